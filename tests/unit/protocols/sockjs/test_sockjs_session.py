"""Sessions over every transport: what is written, when a response ends, what the next one gets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sockjs import TRANSPORTS, V0_3_3, Output, Receiver, Session, State

PRELUDE = "h" * 2048 + "\n"
HTMLFILE = """\
<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.callback;
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>"""
GO_AWAY = 'c[3000,"Go away!"]'


def receiver(name: str, limit: int = 4096) -> Receiver:
    return Receiver(TRANSPORTS[name], limit=limit, callback="callback")


def opened(name: str = "xhr_streaming", **bounds: int) -> Session:
    session = Session(**bounds)
    session.attach(receiver(name), 0)
    return session


class TestFraming:
    @pytest.mark.parametrize(
        ("name", "prelude", "frame"),
        [
            ("websocket", [], "{}"),
            ("xhr_streaming", [PRELUDE], "{}\n"),
            ("eventsource", ["\r\n"], "data: {}\r\n\r\n"),
        ],
    )
    def test_streams(self, name, prelude, frame):
        session = Session()
        assert session.attach(receiver(name), 0) == Output([*prelude, frame.format("o")])
        assert session.send(["x"], 0) == Output([frame.format('a["x"]')])
        assert session.send(["  \0\n\r "], 0) == Output([frame.format('a["  \\u0000\\n\\r "]')])
        assert session.close(3000, "Go away!", 0) == Output([frame.format(GO_AWAY)], done=True)

    def test_htmlfile(self):
        session = Session()
        page, first = session.attach(receiver("htmlfile"), 0).chunks
        assert page.strip() == HTMLFILE
        assert len(page) > 1024
        assert first == '<script>\np("o");\n</script>\r\n'
        assert session.send(["x"], 0).chunks == ['<script>\np("a[\\"x\\"]");\n</script>\r\n']

    def test_no_message_ends_the_script_of_htmlfile(self):
        (chunk,) = opened("htmlfile").send(["</script><script>evil()//<!--"], 0).chunks
        assert chunk.count("<") == 2
        assert "\\u003c/script>" in chunk

    def test_polls(self):
        session = Session()
        assert session.attach(receiver("xhr"), 0) == Output(["o\n"], done=True)
        assert session.send(["a"], 0) == session.send(["b"], 0) == Output()
        assert session.attach(receiver("xhr"), 0) == Output(['a["a","b"]\n'], done=True)
        assert session.attach(receiver("xhr"), 0) == Output()
        assert session.send(["c", "d"], 0) == Output(['a["c","d"]\n'], done=True)

    @pytest.mark.parametrize(("dialect", "prefix"), [({}, "/**/"), ({"dialect": V0_3_3}, "")])
    def test_jsonp(self, dialect, prefix):
        session = Session()

        def poll():
            return session.attach(Receiver(TRANSPORTS["jsonp"], callback="x", **dialect), 0)

        assert poll() == Output([f'{prefix}x("o");\r\n'], done=True)
        session.send(["x"], 0)
        assert poll() == Output([f'{prefix}x("a[\\"x\\"]");\r\n'], done=True)
        session.close(3000, "Go away!", 0)
        assert poll() == poll() == Output([f'{prefix}x("c[3000,\\"Go away!\\"]");\r\n'], done=True)

    def test_transports_may_change_between_responses(self):
        session = opened("xhr")
        session.send(["a"], 0)
        assert session.attach(receiver("eventsource"), 0).chunks == ["\r\n", 'data: a["a"]\r\n\r\n']


class TestResponseLimit:
    def test_many_messages(self):
        session = opened("xhr_streaming")
        outputs = [session.send(["x" * 128], 0) for _ in range(31)]
        assert [output.done for output in outputs] == [False] * 30 + [True]
        assert not session.attached

    @pytest.mark.parametrize("name", ["eventsource", "htmlfile"])
    def test_one_long_message(self, name):
        session = opened(name)
        assert session.send(["x" * 4096], 0).done
        assert session.send(["y"], 0) == Output()
        assert any("y" in chunk for chunk in session.attach(receiver(name), 0).chunks[1:])

    def test_octets_count(self):
        assert opened("xhr_streaming").send(["世" * 1_400], 0).done

    def test_websockets_have_none(self):
        assert not opened("websocket").send(["x" * 200_000], 0).done


class TestSecondReceiver:
    @pytest.mark.parametrize(("name", "prelude"), [("xhr", []), ("xhr_streaming", [PRELUDE])])
    def test_is_refused_and_the_first_goes_on(self, name, prelude):
        session = opened()
        refused = session.attach(receiver(name), 0)
        assert refused == Output([*prelude, 'c[2010,"Another connection still open"]\n'], done=True)
        assert session.send(["x"], 0) == Output(['a["x"]\n'])

    def test_after_a_broken_connection_learns_of_it(self):
        session = opened()
        session.detach(0)
        assert session.state is State.CLOSED
        assert session.attach(receiver("xhr"), 0) == Output(['c[1002,"Connection interrupted"]\n'], done=True)


class TestClosing:
    def test_is_told_to_everyone_who_asks(self):
        session = opened()
        assert session.close(3000, "Go away!", 0) == Output([GO_AWAY + "\n"], done=True)
        for _ in range(2):
            assert session.attach(receiver("xhr_streaming"), 0) == Output(
                [PRELUDE, GO_AWAY + "\n"], done=True
            )
        assert session.close(1000, "Again", 0) == session.send(["x"], 0) == Output()

    def test_what_waits_is_delivered_first(self):
        session = opened("xhr")
        session.send(["last"], 0)
        session.close(3000, "Go away!", 0)
        assert session.attach(receiver("xhr"), 0).chunks == ['a["last"]\n']
        assert session.attach(receiver("xhr"), 0).chunks == [GO_AWAY + "\n"]

    @pytest.mark.parametrize("bounds", [{"max_messages": 3}, {"max_octets": 15}])
    def test_a_client_that_fetches_nothing_is_let_go(self, bounds):
        session = opened("xhr", **bounds)
        for _ in range(3):
            session.send(["abc"], 0)
            assert session.state is State.OPEN
        session.send(["abc"], 0)
        assert session.state is State.CLOSED
        frame = 'c[1013,"Too many messages wait to be fetched"]\n'
        assert session.attach(receiver("xhr"), 0) == Output([frame], done=True)


class TestTime:
    def test_heart_beats_while_a_receiver_waits(self):
        session = opened("xhr_streaming", heartbeat=25_000)
        assert session.deadline == 25_000
        assert session.tick(24_999) == Output()
        assert session.tick(25_000) == Output(["h\n"])
        session.send(["x"], 30_000)
        assert session.deadline == 55_000

    def test_a_heart_beat_ends_a_poll(self):
        session = opened("xhr")
        session.attach(receiver("xhr"), 0)
        assert session.tick(25_000) == Output(["h\n"], done=True)
        assert session.deadline == 30_000

    def test_nobody_for_five_seconds_ends_the_session(self):
        session = opened("xhr", disconnect=5_000)
        session.send(["x"], 3_000)
        session.tick(4_999)
        assert session.state is State.OPEN
        session.tick(5_000)
        assert (session.state, session.deadline) == (State.GONE, None)
        assert session.send(["x"], 5_001) == session.tick(99_999) == Output()
        with pytest.raises(RuntimeError):
            session.attach(receiver("xhr"), 5_002)

    def test_the_end_is_remembered_as_long(self):
        session = opened()
        session.close(3000, "Go away!", 1_000)
        session.attach(receiver("xhr"), 4_000)
        session.tick(8_999)
        assert session.state is State.CLOSED
        session.tick(9_000)
        assert session.state is State.GONE


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.lists(st.text(max_size=3), max_size=3)),
        st.tuples(st.just("attach"), st.sampled_from(["xhr", "xhr_streaming", "jsonp"])),
    ),
    max_size=30,
)


@given(steps)
def test_nothing_is_lost_doubled_or_reordered(script):
    session, sent, wrote = opened("xhr"), [], []
    for step, argument in script:
        if step == "send":
            sent += argument
            wrote += session.send(argument, 0).chunks
        elif not session.attached:
            wrote += session.attach(
                Receiver(TRANSPORTS["xhr" if argument == "jsonp" else argument], limit=20), 0
            ).chunks
    if session.attached:
        wrote += session.close(1000, "", 0).chunks
    else:
        wrote += session.attach(receiver("xhr"), 0).chunks
    assert messages(wrote) == sent


def messages(chunks: list[str]) -> list[str]:
    return [message for chunk in chunks if chunk.startswith("a") for message in json.loads(chunk[1:])]


class TestProbe:
    @pytest.mark.parametrize("name", ["xhr_streaming", "eventsource", "htmlfile"])
    def test_a_stream_gets_a_heart_beat_ahead_of_time(self, name):
        session = opened(name)
        assert session.probe(1_000) == Output([receiver(name).wrap("h")])
        assert (session.attached, session.deadline) == (True, 26_000)

    def test_a_poll_is_left_alone(self):
        session = opened("xhr")
        session.attach(receiver("xhr"), 0)
        assert session.probe(1_000) == Output()
        assert session.attached

    def test_nobody_is_there(self):
        assert Session().probe(0) == Output()

    def test_whoever_proves_dead_was_interrupted(self):
        session = opened()
        session.probe(0)
        session.detach(10)
        assert session.attach(receiver("xhr"), 20) == Output(
            ['c[1002,"Connection interrupted"]\n'], done=True
        )
