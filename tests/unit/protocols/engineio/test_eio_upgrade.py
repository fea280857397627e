"""EIO4, "Upgrade": from polling to a WebSocket, and nothing lost on the way."""

from __future__ import annotations

import pytest

from protocols.engineio import CloseSocket, Deliver, Reply, SendFrame, Session, Settings, State

SETTINGS = Settings(ping_interval=300, ping_timeout=200, max_payload=100, upgrade_timeout=250)
BAD = '{"code":3,"message":"Bad request"}'


def polling(settings=SETTINGS):
    return Session.open_polling("abc", settings, 1, 0)[0]


def post(session, request, body, now=1):
    return [*session.post_opened(request, now), *session.post_received(request, body, now)]


def upgraded():
    session = polling()
    session.websocket_opened(7, 1)
    session.websocket_message(7, "2probe", 1)
    session.websocket_message(7, "5", 1)
    return session


def test_from_polling_to_websocket():
    session = polling()
    assert session.websocket_opened(7, 1) == []
    assert session.websocket_message(7, "2probe", 1) == [SendFrame(7, "3probe")]
    assert session.poll_opened(2, 1) == [Reply(2, 200, "6")]
    assert session.websocket_message(7, "5", 1) == []
    assert session.websocket_message(7, "4hello", 1) == [Deliver("hello")]
    assert session.send("hello") == [SendFrame(7, "4hello")]


def test_the_waiting_poll_is_let_go():
    session = polling()
    session.poll_opened(2, 1)
    session.websocket_opened(7, 1)
    assert session.websocket_message(7, "2probe", 1) == [SendFrame(7, "3probe"), Reply(2, 200, "6")]


def test_what_waited_goes_out_first():
    session = polling()
    session.websocket_opened(7, 1)
    session.websocket_message(7, "2probe", 1)
    session.send("one")
    session.send(b"\x02")
    assert session.websocket_message(7, "5", 1) == [SendFrame(7, "4one"), SendFrame(7, b"\x02")]
    assert session.send("three") == [SendFrame(7, "4three")]


def test_a_poll_during_the_upgrade_takes_what_waits():
    session = polling()
    session.websocket_opened(7, 1)
    session.websocket_message(7, "2probe", 1)
    session.send("one")
    assert session.poll_opened(2, 1) == [Reply(2, 200, "4one")]


def test_polling_goes_on_until_it_is_complete():
    session = polling()
    session.websocket_opened(7, 1)
    session.websocket_message(7, "2probe", 1)
    assert post(session, 2, "4hello") == [Deliver("hello"), Reply(2, 200, "ok")]


def test_a_post_under_way_is_not_lost():
    session = polling()
    session.post_opened(2, 1)
    session.websocket_opened(7, 1)
    session.websocket_message(7, "2probe", 1)
    session.websocket_message(7, "5", 1)
    assert session.post_received(2, "4hello", 1) == [Deliver("hello"), Reply(2, 200, "ok")]


def test_http_requests_are_refused_afterwards():
    session = upgraded()
    assert session.poll_opened(2, 1) == [Reply(2, 400, BAD)]
    assert session.post_opened(3, 1) == [Reply(3, 400, BAD)]
    assert session.websocket_message(7, "4hello", 1) == [Deliver("hello")]


def test_a_second_websocket_is_refused():
    session = upgraded()
    assert session.websocket_opened(8, 1) == [CloseSocket(8, 1008)]
    assert session.websocket_message(8, "4evil", 1) == []
    assert session.websocket_closed(8) == []
    assert session.websocket_message(7, "4hello", 1) == [Deliver("hello")]


def test_a_second_candidate_is_refused():
    session = polling()
    session.websocket_opened(7, 1)
    assert session.websocket_opened(8, 1) == [CloseSocket(8, 1008)]


@pytest.mark.parametrize("frame", ["5", "2", "2other", "4hello", "abc", b"2probe", "4" + "x" * 100])
def test_a_candidate_that_does_not_probe_is_dropped(frame):
    session = polling()
    session.websocket_opened(7, 1)
    (close,) = session.websocket_message(7, frame, 1)
    assert close.socket == 7
    assert session.state is State.POLLING
    assert session.websocket_opened(8, 1) == []


@pytest.mark.parametrize("frame", ["2probe", "4hello", "5x", "3"])
def test_a_candidate_that_does_not_upgrade_is_dropped(frame):
    session = polling()
    session.websocket_opened(7, 1)
    session.websocket_message(7, "2probe", 1)
    assert session.websocket_message(7, frame, 1) == [CloseSocket(7, 1002)]
    assert session.state is State.POLLING


def test_a_candidate_that_dawdles_is_dropped():
    session = polling()
    session.websocket_opened(7, 1)
    assert session.deadline == 251
    assert session.tick(251) == [CloseSocket(7, 1008)]
    assert session.deadline == 300


def test_a_candidate_that_breaks_leaves_the_session():
    session = polling()
    session.websocket_opened(7, 1)
    assert session.websocket_closed(7) == []
    assert session.websocket_opened(8, 2) == []


def test_a_ping_held_up_by_the_upgrade_has_its_whole_time():
    session = polling(Settings(ping_interval=300, ping_timeout=200))
    session.websocket_opened(7, 290)
    session.websocket_message(7, "2probe", 290)
    session.tick(300)
    assert session.websocket_message(7, "5", 490) == [SendFrame(7, "2")]
    assert session.deadline == 690
