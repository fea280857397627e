"""EIO4, "Protocol": every test of the public suite for servers, and what it leaves open."""

from __future__ import annotations

import json

import pytest

from protocols.engineio import Closed, CloseSocket, Deliver, Reply, SendFrame, Session, Settings, State

SETTINGS = Settings(
    ping_interval=300, ping_timeout=200, max_payload=100, upgrade_timeout=250, max_buffered_packets=4
)
UNKNOWN = '{"code":1,"message":"Session ID unknown"}'
BAD = '{"code":3,"message":"Bad request"}'


def polling(settings=SETTINGS):
    return Session.open_polling("abc", settings, 1, 0)[0]


def websocket(settings=SETTINGS):
    return Session.open_websocket("abc", settings, 7, 0)[0]


def post(session, request, body, now=1):
    return [*session.post_opened(request, now), *session.post_received(request, body, now)]


class TestHandshake:
    def test_polling(self):
        session, (reply,) = Session.open_polling("abc", SETTINGS, 1, 0)
        assert (reply.request, reply.status, reply.content_type) == (1, 200, "text/plain; charset=UTF-8")
        assert reply.body[0] == "0"
        assert json.loads(reply.body[1:]) == {
            "sid": "abc",
            "upgrades": ["websocket"],
            "pingInterval": 300,
            "pingTimeout": 200,
            "maxPayload": 100,
        }
        assert session.state is State.POLLING

    def test_websocket(self):
        _, (send,) = Session.open_websocket("abc", SETTINGS, 7, 0)
        assert send.socket == 7
        assert json.loads(send.frame[1:])["upgrades"] == []


class TestPollingMessages:
    def test_a_post_delivers_its_packets_and_answers_ok(self):
        assert post(polling(), 2, "4test1\x1e4test2\x1ebAQIDBA==") == [
            Deliver("test1"),
            Deliver("test2"),
            Deliver(b"\x01\x02\x03\x04"),
            Reply(2, 200, "ok"),
        ]

    def test_a_poll_takes_what_waits(self):
        session = polling()
        assert session.send("hello") == []
        assert session.send(b"\x01\x02\x03\x04") == []
        assert session.poll_opened(2, 1) == [Reply(2, 200, "4hello\x1ebAQIDBA==")]

    def test_a_poll_waits_for_something_to_say(self):
        session = polling()
        assert session.poll_opened(2, 1) == []
        assert session.send("hello") == [Reply(2, 200, "4hello")]
        assert session.poll_opened(3, 1) == []

    @pytest.mark.parametrize("body", ["abc", "", "4a\x1e9", "b!"])
    def test_a_malformed_post_ends_the_session(self, body):
        session = polling()
        session.poll_opened(2, 1)
        reply, closed, answer = post(session, 3, body)
        assert (reply, answer) == (Reply(2, 200, "1"), Reply(3, 400, BAD))
        assert isinstance(closed, Closed)
        assert session.poll_opened(4, 2) == [Reply(4, 400, UNKNOWN)]

    def test_a_post_beyond_max_payload_ends_the_session(self):
        closed, answer = post(polling(), 2, "4" * 101)
        assert isinstance(closed, Closed)
        assert (answer.status, answer.content_type) == (413, "application/json")

    def test_a_second_poll_ends_the_session(self):
        session = polling()
        session.poll_opened(2, 1)
        assert session.poll_opened(3, 1) == [
            Reply(2, 200, "1"),
            Closed("overlapping polls"),
            Reply(3, 400, BAD),
        ]
        assert session.poll_opened(4, 1) == [Reply(4, 400, UNKNOWN)]

    def test_a_second_post_ends_the_session(self):
        session = polling()
        assert session.post_opened(2, 1) == []
        assert session.post_opened(3, 1) == [Closed("overlapping posts"), Reply(3, 400, BAD)]
        assert session.post_received(2, "4a", 1) == [Reply(2, 400, UNKNOWN)]
        assert session.post_opened(4, 1) == [Reply(4, 400, UNKNOWN)]

    def test_a_cancelled_request_ends_the_session(self):
        session = polling()
        session.poll_opened(2, 1)
        assert session.request_cancelled(2) == [Closed("transport close")]
        assert session.poll_opened(3, 1) == [Reply(3, 400, UNKNOWN)]

    def test_a_cancelled_post_lets_the_poll_go(self):
        session = polling()
        session.poll_opened(2, 1)
        session.post_opened(3, 1)
        assert session.request_cancelled(3) == [Reply(2, 200, "1"), Closed("transport close")]

    def test_a_request_that_was_answered_may_go_away(self):
        session = polling()
        session.send("hello")
        session.poll_opened(2, 1)
        assert session.request_cancelled(2) == []
        assert session.state is State.POLLING

    def test_text_that_polling_cannot_carry_is_refused(self):
        with pytest.raises(ValueError, match="separator"):
            polling().send("a\x1e4b")

    @pytest.mark.parametrize("size", [5, 1])
    def test_a_client_that_does_not_poll_is_given_up(self, size):
        session = polling(Settings(max_buffered_packets=4, max_buffered_size=40))
        message = "x" * (8 if size == 5 else 40)
        actions = [action for _ in range(size) for action in session.send(message)]
        assert actions == [Closed("write buffer full")]
        assert session.send("more") == []


class TestWebSocketMessages:
    def test_text_and_binary(self):
        session = websocket()
        assert session.websocket_message(7, "4hello", 1) == [Deliver("hello")]
        assert session.websocket_message(7, b"\x01\x02", 1) == [Deliver(b"\x01\x02")]
        assert session.send("hello") == [SendFrame(7, "4hello")]
        assert session.send(b"\x01\x02") == [SendFrame(7, b"\x01\x02")]

    def test_frames_encoded_once_go_to_many(self):
        frames = ["4hello", b"\x01"]
        assert websocket().send_frames(frames) == [SendFrame(7, "4hello"), SendFrame(7, b"\x01")]
        session = polling()
        session.poll_opened(2, 1)
        assert session.send_frames(frames) == [Reply(2, 200, "4hello\x1ebAQ==")]

    @pytest.mark.parametrize(
        "frame", ["abc", "", "9", "0", "0{}", "2", "2probe", "3probe", "5", "1x", "6x", "bAQ=="]
    )
    def test_a_malformed_or_misplaced_packet_ends_the_session(self, frame):
        close, closed = websocket().websocket_message(7, frame, 1)
        assert close == CloseSocket(7, 1002)
        assert isinstance(closed, Closed)

    @pytest.mark.parametrize("frame", ["4" + "x" * 100, "4" + "é" * 50, b"x" * 101])
    def test_a_message_beyond_max_payload_ends_the_session(self, frame):
        close, closed = websocket().websocket_message(7, frame, 1)
        assert close == CloseSocket(7, 1009)
        assert isinstance(closed, Closed)

    def test_noop_is_ignored(self):
        assert websocket().websocket_message(7, "6", 1) == []

    def test_the_end_of_the_socket_is_that_of_the_session(self):
        session = websocket()
        assert session.websocket_closed(7) == [Closed("transport close")]
        assert session.websocket_closed(7) == []
        assert session.deadline is None


class TestHeartbeat:
    def test_over_polling(self):
        session, now = polling(), 0
        for request in range(2, 8, 2):
            assert session.poll_opened(request, now) == []
            assert session.deadline == now + 300
            now += 300
            assert session.tick(now - 1) == []
            assert session.tick(now) == [Reply(request, 200, "2")]
            assert session.deadline == now + 200
            assert post(session, request + 1, "3", now + 10) == [Reply(request + 1, 200, "ok")]

    def test_over_a_websocket(self):
        session, now = websocket(), 0
        for _ in range(3):
            now += 300
            assert session.tick(now) == [SendFrame(7, "2")]
            assert session.websocket_message(7, "3", now + 10) == []

    def test_silence_ends_the_session(self):
        session = websocket()
        session.tick(300)
        assert session.tick(499) == []
        assert session.tick(500) == [CloseSocket(7, 1008), Closed("ping timeout")]

    def test_a_request_after_the_timeout_finds_no_session(self):
        session = polling()
        session.tick(300)
        assert session.poll_opened(2, 500) == [Closed("ping timeout"), Reply(2, 400, UNKNOWN)]

    def test_a_ping_that_waits_for_a_poll_is_in_it(self):
        session = polling()
        assert session.poll_opened(2, 310) == [Reply(2, 200, "2")]

    def test_waking_late_leaves_the_client_half_of_its_time(self):
        session = websocket()
        session.tick(480)
        assert session.deadline == 580

    def test_a_pong_without_a_ping_changes_nothing(self):
        session = websocket()
        session.websocket_message(7, "3", 10)
        assert session.deadline == 300

    def test_a_pong_that_the_platform_absorbed_counts(self):
        session = websocket(Settings(ping_interval=300, ping_timeout=200, lazy_pongs=True))
        session.tick(300)
        assert session.deadline == 600
        session.heard(299)
        assert session.deadline == 600
        session.heard(350)
        assert session.tick(600) == [SendFrame(7, "2")]
        assert session.tick(900) == [CloseSocket(7, 1008), Closed("ping timeout")]


class TestClose:
    def test_by_the_client_over_polling(self):
        session = polling()
        session.poll_opened(2, 1)
        assert post(session, 3, "1") == [Reply(2, 200, "6"), Closed("client close"), Reply(3, 200, "ok")]
        assert session.poll_opened(4, 2) == [Reply(4, 400, UNKNOWN)]

    def test_nothing_counts_after_the_close_packet(self):
        assert post(polling(), 2, "1\x1e4late\x1e2") == [Closed("client close"), Reply(2, 200, "ok")]

    def test_by_the_client_over_a_websocket(self):
        actions = websocket().websocket_message(7, "1", 1)
        assert actions == [CloseSocket(7, 1000), Closed("client close")]

    def test_by_the_server_over_a_websocket(self):
        actions = websocket().close(1, code=4001, reason="token expired")
        assert actions == [CloseSocket(7, 4001), Closed("token expired")]

    def test_by_the_server_tells_the_waiting_poll(self):
        session = polling()
        session.poll_opened(2, 1)
        assert session.close(1) == [Reply(2, 200, "1"), Closed("server close")]
        assert session.close(1) == []

    def test_by_the_server_waits_for_the_poll_with_the_last_messages(self):
        session = polling()
        session.send("last")
        assert session.close(1) == []
        assert session.send("too late") == []
        assert post(session, 2, "4ignored") == [Reply(2, 200, "ok")]
        assert session.poll_opened(3, 2) == [Reply(3, 200, "4last\x1e1"), Closed("server close")]

    def test_by_the_server_does_not_wait_for_ever(self):
        session = polling(Settings(linger=50))
        session.close(1)
        assert session.deadline == 51
        assert session.tick(50) == []
        assert session.tick(51) == [Closed("server close")]

    def test_by_the_server_during_an_upgrade_completes_it_first(self):
        session = polling()
        session.websocket_opened(7, 1)
        session.websocket_message(7, "2probe", 1)
        session.send("last")
        assert session.close(1) == []
        assert session.websocket_message(7, "5", 2) == [
            SendFrame(7, "4last"),
            SendFrame(7, "1"),
            CloseSocket(7, 1000),
            Closed("server close"),
        ]


class TestEviction:
    def test_a_session_on_a_websocket_goes_on(self):
        session = websocket()
        session.tick(300)
        dumped = json.dumps(session.dump())
        assert len(dumped) < 100
        session = Session.load(json.loads(dumped), SETTINGS)
        assert session.deadline == 500
        assert session.websocket_message(7, "3", 310) == []
        assert session.deadline == 600
        assert session.send("hello") == [SendFrame(7, "4hello")]

    def test_a_polling_session_keeps_what_waits(self):
        session = polling()
        session.send("hello")
        session.send(b"\x01")
        session = Session.load(json.loads(json.dumps(session.dump())), SETTINGS)
        assert session.poll_opened(2, 1) == [Reply(2, 200, "4hello\x1ebAQ==")]

    def test_a_socket_may_have_the_handle_zero(self):
        session, _ = Session.open_websocket("abc", SETTINGS, 0, 0)
        session = Session.load(session.dump(), SETTINGS)
        assert session.send("hello") == [SendFrame(0, "4hello")]
