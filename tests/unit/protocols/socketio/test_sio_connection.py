"""SIO5, "Exchange protocol": every test of the public suite for servers, and what it leaves open."""

from __future__ import annotations

import json

import pytest

from protocols.socketio import (
    AckReceived,
    AckTimeout,
    ConnectTimeout,
    Emitted,
    EventReceived,
    NamespaceConnect,
    NamespaceDisconnect,
    ProtocolError,
    Send,
    ServerConnection,
    Settings,
)

KNOWN = frozenset(("/", "/custom"))
SETTINGS = Settings(connect_timeout=100, ack_timeout=50, max_pending_acks=3, max_namespaces=2)
ONE = '{"_placeholder":true,"num":0}'


def fresh():
    return ServerConnection(KNOWN, SETTINGS, 0)


def connected(*namespaces, pid=None):
    connection = fresh()
    for namespace in namespaces or ("/",):
        connection.receive("0" if namespace == "/" else f"0{namespace},", 1)
        connection.accept(namespace, "s", pid=pid)
    return connection


class TestConnect:
    def test_to_the_main_namespace(self):
        connection = fresh()
        assert connection.receive("0", 1) == [NamespaceConnect("/", {})]
        assert connection.accept("/", "abc") == ['0{"sid":"abc"}']
        assert connection.namespaces["/"].sid == "abc"

    def test_with_a_payload(self):
        assert fresh().receive('0{"token":"123"}', 1) == [NamespaceConnect("/", {"token": "123"})]

    def test_to_a_custom_namespace(self):
        connection = fresh()
        assert connection.receive('0/custom,{"a":1}', 1) == [NamespaceConnect("/custom", {"a": 1})]
        assert connection.accept("/custom", "abc") == ['0/custom,{"sid":"abc"}']

    def test_to_an_unknown_namespace(self):
        connection = fresh()
        assert connection.receive("0/random", 1) == [Send(['4/random,{"message":"Invalid namespace"}'])]
        assert connection.accept("/random", "abc") == []
        assert connection.deadline == 100

    def test_refused_by_the_application(self):
        connection = fresh()
        connection.receive("0", 1)
        frames = connection.refuse("/", "Not authorized", 1, data={"code": "invalid_token"})
        assert frames == ['4{"message":"Not authorized","data":{"code":"invalid_token"}}']
        assert connection.refuse("/", "again", 1) == []
        assert connection.receive("0", 2) == [NamespaceConnect("/", {})]

    @pytest.mark.parametrize("frame", ["abc", '2["a"]', "31[]", "1", '4{"message":"x"}', b"\1"])
    def test_is_what_a_client_does_first(self, frame):
        with pytest.raises(ProtocolError):
            fresh().receive(frame, 1)

    @pytest.mark.parametrize("frame", ["0", '2["a"]', "31[]", "1"])
    def test_must_be_answered_before_anything_else(self, frame):
        connection = fresh()
        connection.receive("0", 1)
        with pytest.raises(ProtocolError):
            connection.receive(frame, 1)

    def test_happens_once(self):
        with pytest.raises(ProtocolError):
            connected().receive("0", 1)

    def test_errors_come_from_the_server_alone(self):
        with pytest.raises(ProtocolError):
            connected().receive('4{"message":"x"}', 1)

    def test_must_not_take_for_ever(self):
        connection = fresh()
        assert connection.deadline == 100
        assert connection.tick(99) == []
        assert connection.tick(100) == [ConnectTimeout()]
        assert connection.deadline is None

    def test_the_application_has_its_time(self):
        connection = fresh()
        connection.receive("0", 1)
        assert connection.deadline is None
        connection.refuse("/", "no", 50)
        assert connection.deadline == 150

    def test_the_number_of_namespaces_is_bounded(self):
        connection = ServerConnection({"/", "/a", "/b"}, SETTINGS, 0)
        connection.receive("0", 1)
        connection.receive("0/a", 1)
        with pytest.raises(ProtocolError, match="too many"):
            connection.receive("0/b", 1)


class TestRecovery:
    def test_the_client_learns_its_private_id(self):
        connection = fresh()
        connection.receive("0", 1)
        assert connection.accept("/", "abc", pid="p1") == ['0{"sid":"abc","pid":"p1"}']

    def test_the_client_asks_for_it(self):
        (event,) = fresh().receive('0{"pid":"p1","offset":"o1","token":"t"}', 1)
        assert (event.pid, event.offset) == ("p1", "o1")
        assert event.auth["token"] == "t"

    @pytest.mark.parametrize("auth", [{"pid": "p1"}, {"offset": "o1"}, {"pid": 1, "offset": "o1"}])
    def test_half_a_wish_is_none(self, auth):
        assert fresh().receive("0" + json.dumps(auth), 1) == [NamespaceConnect("/", auth)]

    def test_events_carry_their_offset(self):
        connection = connected(pid="p1")
        assert connection.emit("/", "chat", 1, offset="o2").frames == ['2["chat",1,"o2"]']

    def test_without_it_events_carry_none(self):
        assert connected().emit("/", "chat", 1, offset="o2").frames == ['2["chat",1]']


class TestDisconnect:
    def test_from_a_namespace_leaves_the_others(self):
        connection = connected("/", "/custom")
        assert connection.receive("1/custom", 1) == [NamespaceDisconnect("/custom")]
        assert connection.receive('2["message","x"]', 1) == [EventReceived("/", "message", ["x"])]
        assert list(connection.namespaces) == ["/"]
        assert connection.deadline is None

    def test_from_the_last_one_leaves_time_for_another(self):
        connection = connected()
        assert connection.receive("1", 10) == [NamespaceDisconnect("/")]
        assert connection.deadline == 110
        assert connection.receive("0", 20) == [NamespaceConnect("/", {})]
        assert connection.deadline is None

    def test_by_the_server(self):
        connection = connected("/custom")
        assert connection.disconnect("/custom", 10) == ["1/custom,"]
        assert connection.disconnect("/custom", 10) == []
        assert connection.emit("/custom", "chat").frames == []
        assert connection.deadline == 110

    @pytest.mark.parametrize("frame", ['2["late"]', '21["late"]', "31[]", "1"])
    def test_by_the_server_what_was_under_way_is_ignored(self, frame):
        connection = connected()
        connection.disconnect("/", 1)
        assert connection.receive(frame, 2) == []
        assert connection.receive("0", 3) == [NamespaceConnect("/", {})]

    def test_with_the_transport_ends_every_namespace(self):
        connection = connected("/", "/custom")
        assert connection.close() == [NamespaceDisconnect("/"), NamespaceDisconnect("/custom")]
        assert connection.close() == []
        assert connection.deadline is None


class TestEvents:
    def test_with_arguments(self):
        events = connected().receive('2["message",1,"2",{"3":[true]}]', 1)
        assert events == [EventReceived("/", "message", [1, "2", {"3": [True]}])]
        emitted = connected().emit("/", "message-back", 1, "2", {"3": [True]})
        assert emitted == Emitted(['2["message-back",1,"2",{"3":[true]}]'])

    def test_with_attachments(self):
        connection = connected()
        assert connection.receive(f'51-["message",{ONE}]', 1) == []
        assert connection.receive(b"\1", 1) == [EventReceived("/", "message", [b"\1"])]
        assert connection.emit("/", "a", b"\1").frames == [f'51-["a",{ONE}]', b"\1"]

    def test_in_a_namespace_that_the_client_is_not_in(self):
        assert connected().emit("/custom", "a").frames == []
        with pytest.raises(ProtocolError):
            connected().receive('2/custom,["a"]', 1)

    @pytest.mark.parametrize(
        "frame", ["4abc", "2{}", '2abc["message-with-ack",1]', "5999999999-[]", '9["a"]']
    )
    def test_that_are_malformed(self, frame):
        with pytest.raises(ProtocolError):
            connected().receive(frame, 1)


class TestAcksOfTheServer:
    def test_are_sent_once(self):
        connection = connected()
        events = connection.receive('2456["message-with-ack",1,"2",{"3":[false]}]', 1)
        assert events == [EventReceived("/", "message-with-ack", [1, "2", {"3": [False]}], 456)]
        assert connection.ack("/", 456, 1, "2", {"3": [False]}) == ['3456[1,"2",{"3":[false]}]']
        assert connection.ack("/", 456) == []

    def test_carry_attachments(self):
        connection = connected()
        connection.receive('2789["a"]', 1)
        assert connection.ack("/", 789, b"\1") == [f"61-789[{ONE}]", b"\1"]

    def test_answer_an_event(self):
        assert connected().ack("/", 1) == []

    def test_belong_to_their_namespace(self):
        connection = connected("/", "/custom")
        connection.receive('2/custom,1["a"]', 1)
        assert connection.ack("/", 1) == []
        connection.receive("1/custom,", 1)
        assert connection.ack("/custom", 1) == []

    def test_are_owed_for_a_bounded_number_of_events(self):
        connection = connected()
        for ack_id in range(3):
            connection.receive(f'2{ack_id}["a"]', 1)
        with pytest.raises(ProtocolError, match="too many"):
            connection.receive('23["a"]', 2)

    def test_are_forgotten_in_time(self):
        connection = connected()
        for ack_id in range(3):
            connection.receive(f'2{ack_id}["a"]', 1)
        connection.receive('23["a"]', 51)
        assert connection.ack("/", 0) == []
        assert connection.ack("/", 3) == ["33[]"]

    def test_have_one_event(self):
        connection = connected()
        connection.receive('21["a"]', 1)
        with pytest.raises(ProtocolError, match="id"):
            connection.receive('21["b"]', 1)


class TestAcksOfTheClient:
    def test_answer_an_event(self):
        connection = connected("/custom")
        assert connection.emit("/custom", "a", now=1, ack_timeout=10) == Emitted(['2/custom,0["a"]'], 0)
        assert connection.emit("/custom", "b", now=1, ack_timeout=20).ack_id == 1
        assert connection.deadline == 11
        assert connection.receive('3/custom,0["ok"]', 2) == [AckReceived("/custom", 0, ["ok"])]
        assert connection.deadline == 21

    def test_carry_attachments(self):
        connection = connected()
        connection.emit("/", "a", now=1, ack_timeout=10)
        assert connection.receive(f"61-0[{ONE}]", 2) == []
        assert connection.receive(b"\1", 2) == [AckReceived("/", 0, [b"\1"])]

    def test_do_not_come_in_time(self):
        connection = connected()
        connection.emit("/", "a", now=1, ack_timeout=10)
        assert connection.tick(10) == []
        assert connection.tick(11) == [AckTimeout("/", 0)]
        assert connection.receive("30[]", 12) == []
        assert connection.deadline is None

    @pytest.mark.parametrize("frame", ["30[]", "3999[]", "3/custom,0[]"])
    def test_that_nobody_waits_for_are_ignored(self, frame):
        connection = connected("/", "/custom")
        connection.emit("/", "a", now=1, ack_timeout=10)
        connection.receive("30[]", 1)
        assert connection.receive(frame, 2) == []

    def test_are_bounded_in_number(self):
        connection = connected()
        for _ in range(3):
            connection.emit("/", "a", ack_timeout=10)
        with pytest.raises(ProtocolError, match="acknowledge"):
            connection.emit("/", "a", ack_timeout=10)

    def test_end_with_their_namespace(self):
        connection = connected("/", "/custom")
        connection.emit("/custom", "a", ack_timeout=10)
        connection.receive("1/custom,", 1)
        assert connection.deadline is None


class TestEviction:
    def test_an_idle_connection_is_small(self):
        dumped = json.dumps(connected(pid="p1").dump())
        assert len(dumped) < 60
        connection = ServerConnection.load(json.loads(dumped), KNOWN, SETTINGS)
        assert connection.emit("/", "a", offset="o").frames == ['2["a","o"]']
        assert connection.deadline is None

    def test_everything_under_way_goes_on(self):
        connection = connected("/", "/custom", pid="p1")
        connection.disconnect("/custom", 1)
        connection.emit("/", "a", now=1, ack_timeout=10)
        connection.receive('27["q"]', 1)
        connection.receive(f'51-["b",{ONE}]', 1)
        dumped = json.loads(json.dumps(connection.dump()))
        connection = ServerConnection.load(dumped, KNOWN, SETTINGS)
        assert connection.dump() == dumped
        assert connection.receive(b"\1", 2) == [EventReceived("/", "b", [b"\1"])]
        assert connection.receive("30[]", 2) == [AckReceived("/", 0, [])]
        assert connection.ack("/", 7) == ["37[]"]
        assert connection.receive('2/custom,["late"]', 2) == []
        assert connection.emit("/", "a", ack_timeout=10).ack_id == 1

    def test_a_client_without_a_namespace_still_has_its_deadline(self):
        connection = ServerConnection.load(fresh().dump(), KNOWN, SETTINGS)
        assert connection.tick(100) == [ConnectTimeout()]
