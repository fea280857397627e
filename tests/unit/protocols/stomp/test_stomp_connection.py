"""What a client may do on a connection and what the server answers (STOMP 1.2 unless another is named)."""

from __future__ import annotations

import pytest

from protocols.stomp import (
    Connect,
    Disconnect,
    Failed,
    HeartBeat,
    Limits,
    Send,
    ServerConnection,
    Subscribe,
    Unsubscribe,
    agree_on_heart_beats,
)
from tests.unit.protocols.stomp.client import failure, open_connection, subscribe


class TestConnecting:
    @pytest.mark.parametrize("command", ["CONNECT", "STOMP"])
    def test_credentials_and_wishes(self, command):
        connection = ServerConnection()
        data = "accept-version:1.1,1.2\nhost:x\nlogin:me\npasscode:s\nheart-beat:100,200\nreceipt:1\n"
        (event,) = connection.receive(f"{command}\n{data}\n\0")
        assert isinstance(event, Connect)
        assert (event.version, event.host, event.login, event.passcode) == ("1.2", "x", "me", "s")
        assert event.heart_beat == (100, 200)
        assert "passcode" not in repr(event)

    @pytest.mark.parametrize(
        ("accept", "version"),
        [("1.0,1.1,2.0", "1.1"), ("1.2,1.1,1.0", "1.2"), ("1.0", "1.0"), ("1.1, 1.2", "1.2"), (None, "1.0")],
    )
    def test_the_highest_version_in_common(self, accept, version):
        connection = ServerConnection()
        connection.receive("CONNECT\n" + (f"accept-version:{accept}\n" if accept else "") + "\n\0")
        assert f"version:{version}\n" in connection.connected()
        assert connection.version == version

    @pytest.mark.parametrize("accept", ["1.3", "2.0,3", "", "1"])
    def test_no_version_in_common(self, accept):
        connection = ServerConnection()
        (event,) = connection.receive(f"CONNECT\naccept-version:{accept}\n\n\0")
        assert isinstance(event, Failed)
        assert "\nversion:1.0,1.1,1.2\n" in event.frame
        assert event.error.code == "unsupported_version"

    def test_connected_tells_what_was_agreed(self):
        connection = ServerConnection()
        connection.receive("CONNECT\naccept-version:1.2\nheart-beat:0,5000\n\n\0")
        frame = connection.connected(
            heart_beat=(10_000, 10_000), session="s", server="x/1", headers={"a": "b:c"}
        )
        assert frame == "CONNECTED\nversion:1.2\nsession:s\nserver:x/1\nheart-beat:10000,10000\na:b:c\n\n\0"
        assert connection.heart_beats == (10_000, 0)

    @pytest.mark.parametrize("value", ["1", "a,b", "1,-1", "1,2,3", "", "9999999999,1"])
    def test_malformed_heart_beats(self, value):
        data = f"CONNECT\naccept-version:1.2\nheart-beat:{value}\n\n\0"
        assert failure(ServerConnection(), data) == "bad_heart_beat"

    @pytest.mark.parametrize(
        ("client", "server", "agreed"),
        [
            ((0, 0), (10, 10), (0, 0)),
            ((10, 20), (0, 0), (0, 0)),
            ((10, 20), (30, 5), (30, 10)),
            ((10, 20), (15, 25), (20, 25)),
            ((0, 20), (15, 25), (20, 0)),
        ],
    )
    def test_heart_beats_are_the_slower_of_offer_and_wish(self, client, server, agreed):
        assert agree_on_heart_beats(client, server) == agreed

    def test_nothing_behind_connect_is_read_before_it_is_answered(self):
        connection = ServerConnection()
        events = connection.receive("CONNECT\naccept-version:1.2\n\n\0SEND\ndestination:/a\\cb\n\nx\0")
        assert [type(event) for event in events] == [Connect]
        assert connection.has_partial
        connection.connected()
        (event,) = connection.receive(b"")
        assert isinstance(event, Send)
        assert event.destination == "/a:b"

    def test_what_waits_for_the_answer_is_bounded(self):
        connection = ServerConnection(Limits(head=100, body=100))
        connection.receive("CONNECT\naccept-version:1.2\n\n\0")
        assert connection.receive("x" * 200) == []
        assert failure(connection, "x") == "too_early"

    def test_a_connection_begins_with_connect(self):
        assert failure(ServerConnection(), "SEND\ndestination:/a\n\n\0") == "unexpected_command"
        assert failure(open_connection(), "CONNECT\naccept-version:1.2\n\n\0") == "unexpected_command"

    def test_only_a_connect_can_be_accepted(self):
        with pytest.raises(RuntimeError):
            ServerConnection().connected()

    def test_a_refusal_is_an_error_frame_and_the_end(self):
        connection = ServerConnection()
        connection.receive("CONNECT\naccept-version:1.2\n\n\0")
        assert connection.error("Bad credentials", "No: try\nagain") == (
            "ERROR\nmessage:Bad credentials\ncontent-type:text/plain\ncontent-length:13\n\nNo: try\nagain\0"
        )
        assert connection.receive("\n") == []


class TestClientFrames:
    def test_send_passes_its_headers_on(self):
        (event,) = open_connection().receive("SEND\ndestination:/a\nreceipt:\nfoo:b\\cr\n\n{}\0")
        assert isinstance(event, Send)
        assert (event.destination, event.body, event.receipt) == ("/a", b"{}", "")
        assert event.headers["foo"] == "b:r"
        assert event.content() == "{}"

    def test_a_body_that_is_not_text_stays_octets(self):
        (event,) = open_connection().receive(b"SEND\ndestination:/a\n\n\xff\0")
        assert event.content() == b"\xff"

    @pytest.mark.parametrize(
        ("version", "frame"),
        [
            ("1.2", "SEND\n\n\0"),
            ("1.2", "SEND\ndestination:\n\n\0"),
            ("1.2", "SUBSCRIBE\nid:0\n\n\0"),
            ("1.2", "SUBSCRIBE\ndestination:/a\n\n\0"),
            ("1.1", "SUBSCRIBE\ndestination:/a\n\n\0"),
            ("1.0", "SUBSCRIBE\nid:0\n\n\0"),
            ("1.2", "UNSUBSCRIBE\ndestination:/a\n\n\0"),
            ("1.2", "ACK\nmessage-id:1\nsubscription:0\n\n\0"),
            ("1.1", "ACK\nmessage-id:1\n\n\0"),
            ("1.1", "NACK\nsubscription:1\n\n\0"),
            ("1.0", "ACK\nid:1\n\n\0"),
            ("1.2", "BEGIN\n\n\0"),
            ("1.2", "COMMIT\n\n\0"),
            ("1.2", "ABORT\n\n\0"),
        ],
    )
    def test_required_headers(self, version, frame):
        assert failure(open_connection(version), frame) == "missing_header"

    @pytest.mark.parametrize("command", ["CONNECTED", "MESSAGE", "RECEIPT", "ERROR"])
    def test_the_servers_frames_are_not_the_clients(self, command):
        assert failure(open_connection(), f"{command}\n\n\0") == "unexpected_command"

    def test_1_0_has_no_nack(self):
        assert failure(open_connection("1.0"), "NACK\nmessage-id:1\n\n\0") == "unexpected_command"

    def test_an_error_names_the_receipt_of_the_frame_that_erred(self):
        event = open_connection().receive("SEND\nreceipt:r:1\n\n\0")[-1]
        assert isinstance(event, Failed)
        assert "\nreceipt-id:r\\c1\n" in event.frame

    def test_an_error_does_not_name_the_receipt_of_the_frame_before(self):
        event = open_connection().receive("SEND\ndestination:/a\nreceipt:r\n\n\0\0")[-1]
        assert isinstance(event, Failed)
        assert "receipt-id" not in event.frame

    def test_what_was_right_before_the_error_counts(self):
        events = open_connection().receive("SEND\ndestination:/a\n\n\0SEND\n\n\0")
        assert [type(event) for event in events] == [Send, Failed]

    def test_receipt(self):
        assert open_connection().receipt("m:1") == "RECEIPT\nreceipt-id:m\\c1\n\n\0"
        assert open_connection("1.0").receipt("m:1") == "RECEIPT\nreceipt-id:m:1\n\n\0"

    def test_disconnect_is_the_last_frame(self):
        connection = open_connection()
        assert connection.receive("DISCONNECT\nreceipt:77\n\n\0SEND\n\n\0") == [Disconnect("77")]
        assert connection.receive("SEND\n\n\0") == []

    def test_line_ends_are_heart_beats(self):
        connection = open_connection()
        assert connection.receive("\n") == connection.receive(b"\r\n\n") == [HeartBeat()]
        assert connection.receive("SEND\n") == []
        assert failure(connection, "\n\0") == "missing_header"


class TestSubscriptions:
    def test_come_and_go(self):
        connection = open_connection()
        (event,) = connection.receive("SUBSCRIBE\nid:0\ndestination:/q\nlast-seq:7\nreceipt:r\n\n\0")
        assert isinstance(event, Subscribe)
        assert (event.id, event.destination, event.ack, event.receipt) == ("0", "/q", "auto", "r")
        assert event.headers["last-seq"] == "7"
        assert connection.receive("UNSUBSCRIBE\nid:0\nreceipt:s\n\n\0") == [Unsubscribe("0", "/q", (), "s")]
        assert connection.subscriptions == {}

    def test_ids_differ_and_exist(self):
        connection = open_connection()
        subscribe(connection)
        assert failure(connection, "SUBSCRIBE\nid:0\ndestination:/other\n\n\0") == "duplicate_subscription"
        assert failure(open_connection(), "UNSUBSCRIBE\nid:0\n\n\0") == "unknown_subscription"

    def test_1_0_knows_them_by_destination(self):
        connection = open_connection("1.0")
        connection.receive("SUBSCRIBE\ndestination: /q\n\n\0")
        assert "subscription" not in connection.message("/q", "1", "/q", "x")
        assert connection.receive("UNSUBSCRIBE\ndestination:/q\n\n\0") == [Unsubscribe("/q", "/q", ())]

    @pytest.mark.parametrize(
        ("version", "mode"), [("1.2", "AUTO"), ("1.2", ""), ("1.0", "client-individual")]
    )
    def test_ack_modes(self, version, mode):
        data = f"SUBSCRIBE\nid:0\ndestination:/q\nack:{mode}\n\n\0"
        assert failure(open_connection(version), data) == "bad_ack_mode"

    def test_are_bounded_in_number_and_size(self):
        connection = open_connection(subscriptions=2)
        subscribe(connection, "0")
        subscribe(connection, "1")
        assert failure(connection, "SUBSCRIBE\nid:2\ndestination:/q\n\n\0") == "too_many_subscriptions"
        long = "x" * 7_000
        assert (
            failure(open_connection(), f"SUBSCRIBE\nid:2\ndestination:{long}\n\n\0")
            == "subscriptions_too_large"
        )

    def test_a_message_needs_one_that_is_open(self):
        with pytest.raises(KeyError):
            open_connection().message("0", "1", "/q", "x")
