"""What a client may do on a connection and what the server answers (STOMP 1.2 unless another is named)."""

from __future__ import annotations

import json

import pytest

from protocols.stomp import (
    Abort,
    Ack,
    Begin,
    Commit,
    Connect,
    Disconnect,
    Enlisted,
    Failed,
    HeartBeat,
    Limits,
    Nack,
    Parser,
    PreparedMessage,
    Send,
    ServerConnection,
    State,
    Subscribe,
    Unsubscribe,
    WindowFull,
    agree_on_heart_beats,
)


def open_connection(version: str = "1.2", **limits: int) -> ServerConnection:
    connection = ServerConnection(Limits(**limits))
    accept = "" if version == "1.0" else f"accept-version:{version}\nhost:x\n"
    connection.receive(f"CONNECT\n{accept}\n\0")
    connection.connected()
    return connection


def failure(connection: ServerConnection, data: str | bytes) -> str:
    """The code of the failure that ``data`` must cause; what it must look like is checked on the way."""
    event = connection.receive(data)[-1]
    assert isinstance(event, Failed)
    assert event.frame.startswith("ERROR\nmessage:")
    assert connection.state is State.CLOSED
    assert connection.receive("SEND\ndestination:/a\n\n\0") == []
    return event.error.code


def subscribe(connection: ServerConnection, identifier: str = "0", mode: str = "auto") -> None:
    (event,) = connection.receive(f"SUBSCRIBE\nid:{identifier}\ndestination:/q\nack:{mode}\n\n\0")
    assert isinstance(event, Subscribe)


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


class TestAcknowledging:
    def deliver(self, connection: ServerConnection, count: int, subscription: str = "0") -> list[str | None]:
        parser, acks = Parser(Limits(), connection.version), []
        for number in range(count):
            parser.feed(connection.message(subscription, f"m{number}", "/q", "x"))
            frame = parser.next()
            assert frame
            acks.append(frame.headers.get("ack"))
        return acks

    def test_auto_needs_none(self):
        connection = open_connection()
        subscribe(connection)
        assert self.deliver(connection, 1) == [None]
        assert connection.window == Limits().pending

    def test_client_is_cumulative(self):
        connection = open_connection()
        subscribe(connection, "0", "client")
        subscribe(connection, "1", "client")
        self.deliver(connection, 1, "1")
        acks = self.deliver(connection, 3)
        assert connection.receive(f"ACK\nid:{acks[1]}\nreceipt:r\n\n\0") == [Ack("0", ("m0", "m1"), "r")]
        assert connection.receive(f"NACK\nid:{acks[2]}\n\n\0") == [Nack("0", ("m2",))]
        assert connection.window == Limits().pending - 1

    def test_client_individual_is_not(self):
        connection = open_connection()
        subscribe(connection, "0", "client-individual")
        acks = self.deliver(connection, 3)
        assert connection.receive(f"ACK\nid:{acks[1]}\n\n\0") == [Ack("0", ("m1",))]
        assert connection.receive(f"NACK\nid:{acks[2]}\n\n\0") == [Nack("0", ("m2",))]

    def test_1_1_names_message_and_subscription(self):
        connection = open_connection("1.1")
        subscribe(connection, "0", "client-individual")
        subscribe(connection, "1", "client-individual")
        assert self.deliver(connection, 2, "0") == self.deliver(connection, 2, "1") == [None, None]
        assert connection.receive("ACK\nsubscription:1\nmessage-id:m1\n\n\0") == [Ack("1", ("m1",))]

    def test_1_0_names_the_message(self):
        connection = open_connection("1.0")
        subscribe(connection, "0", "client")
        self.deliver(connection, 2)
        assert connection.receive("ACK\nmessage-id:m1\n\n\0") == [Ack("0", ("m0", "m1"))]

    def test_a_second_or_late_ack_settles_nothing(self):
        connection = open_connection()
        subscribe(connection, "0", "client")
        acks = self.deliver(connection, 2)
        connection.receive(f"ACK\nid:{acks[0]}\n\n\0")
        assert connection.receive(f"ACK\nid:{acks[0]}\nreceipt:r\n\n\0") == [Ack(None, (), "r")]
        assert connection.receive("UNSUBSCRIBE\nid:0\n\n\0") == [Unsubscribe("0", "/q", ("m1",))]
        assert connection.receive(f"NACK\nid:{acks[1]}\n\n\0") == [Nack(None, ())]

    @pytest.mark.parametrize("identifier", ["2", "0", "x", "1e0", "\uff19", "9" * 40])
    def test_an_ack_that_was_never_asked_for_is_refused(self, identifier):
        connection = open_connection()
        subscribe(connection, "0", "client")
        self.deliver(connection, 1)
        assert failure(connection, f"ACK\nid:{identifier}\n\n\0") == "unknown_ack"

    def test_deliveries_wait_for_acks(self):
        connection = open_connection(pending=2)
        subscribe(connection, "0", "client")
        subscribe(connection, "1")
        acks = self.deliver(connection, 2)
        with pytest.raises(WindowFull):
            self.deliver(connection, 1)
        self.deliver(connection, 1, "1")
        connection.receive(f"ACK\nid:{acks[1]}\n\n\0")
        assert connection.window == 2
        self.deliver(connection, 1)

    @pytest.mark.parametrize("last", ["DISCONNECT\n\n\0", "ACK\nid:9\n\n\0", "BEGIN\ntransaction:t\n\n\0"])
    def test_what_is_unsettled_can_be_redelivered_however_it_ends(self, last):
        connection = open_connection()
        subscribe(connection, "0", "client-individual")
        self.deliver(connection, 3)
        connection.receive("ACK\nid:2\n\n\0BEGIN\ntransaction:s\n\n\0ACK\nid:1\ntransaction:s\n\n\0")
        connection.receive(last)
        assert connection.unsettled == [("0", "m0"), ("0", "m2")]

    def test_the_servers_message_ids_are_bounded(self):
        connection = open_connection()
        subscribe(connection, "0", "client")
        with pytest.raises(ValueError, match="message id"):
            connection.deliver(PreparedMessage("/q", "x"), "0", "m" * 63)


class TestTransactions:
    def test_commit_releases_everything_at_once(self):
        connection = open_connection()
        subscribe(connection, "0", "client")
        connection.message("0", "m0", "/q", "x")
        data = (
            "BEGIN\ntransaction:t\nreceipt:b\n\n\0SEND\ndestination:/a\ntransaction:t\n\n1\0"
            "ACK\nid:1\ntransaction:t\n\n\0SEND\ndestination:/a\ntransaction:t\nreceipt:s\n\n2\0"
            "SEND\ndestination:/b\n\n3\0"
        )
        begin, enlisted, outside = connection.receive(data)
        assert (begin, enlisted) == (Begin("t", "b"), Enlisted("t", "s"))
        assert isinstance(outside, Send)
        assert connection.window == Limits().pending - 1
        (commit,) = connection.receive("COMMIT\ntransaction:t\nreceipt:c\n\n\0")
        assert isinstance(commit, Commit)
        assert commit.receipt == "c"
        first, ack, second = commit.events
        assert ack == Ack("0", ("m0",))
        assert (first.body, second.body, second.receipt) == (b"1", b"2", None)
        assert connection.window == Limits().pending

    def test_abort_undoes_it(self):
        connection = open_connection()
        subscribe(connection, "0", "client")
        connection.message("0", "m0", "/q", "x")
        connection.receive("BEGIN\ntransaction:t\n\n\0NACK\nid:1\ntransaction:t\n\n\0")
        assert connection.receive("ABORT\ntransaction:t\nreceipt:r\n\n\0") == [Abort("t", "r")]
        assert connection.receive("ACK\nid:1\n\n\0") == [Ack("0", ("m0",))]
        assert connection.receive("BEGIN\ntransaction:t\n\n\0") == [Begin("t")]

    def test_a_frame_that_waits_is_no_heart_beat(self):
        connection = open_connection()
        connection.receive("BEGIN\ntransaction:t\n\n\0")
        assert connection.receive("SEND\ndestination:/a\ntransaction:t\n\n1\0") == []

    @pytest.mark.parametrize(
        "frame",
        [
            "COMMIT\ntransaction:t\n\n\0",
            "ABORT\ntransaction:t\n\n\0",
            "SEND\ndestination:/a\ntransaction:t\n\n\0",
        ],
    )
    def test_have_to_be_begun(self, frame):
        assert failure(open_connection(), frame) == "unknown_transaction"

    def test_are_begun_once(self):
        begin = "BEGIN\ntransaction:t\n\n\0"
        assert failure(open_connection(), begin + begin) == "duplicate_transaction"

    def test_are_bounded_in_number_frames_and_octets(self):
        send = "SEND\ndestination:/a\ntransaction:t\n\n12345\0"
        begin = "BEGIN\ntransaction:t\n\n\0"
        many = open_connection(transactions=1)
        assert failure(many, begin + begin.replace(":t", ":u")) == "too_many_transactions"
        assert failure(open_connection(transaction_frames=1), begin + send * 2) == "transaction_too_large"
        assert failure(open_connection(transaction_octets=30), begin + send * 4) == "transaction_too_large"
        assert failure(open_connection(), begin.replace(":t", f":{'t' * 63}")) == "bad_transaction"


class TestHibernation:
    def sleep(self, connection: ServerConnection) -> ServerConnection:
        return ServerConnection.load(json.loads(json.dumps(connection.dump())), connection.limits)

    def test_goes_on_where_it_was(self):
        connection = ServerConnection()
        connection.receive("CONNECT\naccept-version:1.1\nheart-beat:1,2\n\n\0")
        connection.connected(heart_beat=(3, 4))
        subscribe(connection, "0", "client")
        subscribe(connection, "1")
        connection.message("0", "m0", "/q", "x")
        connection.receive("BEGIN\ntransaction:t\n\n\0")
        woken = self.sleep(connection)
        assert woken.dump() == connection.dump()
        assert woken.heart_beats == (3, 4)
        assert woken.receive("ACK\nsubscription:0\nmessage-id:m0\n\n\0") == [Ack("0", ("m0",))]
        assert woken.receive("COMMIT\ntransaction:t\n\n\0") == [Commit("t", ())]

    def test_while_the_client_is_being_authenticated(self):
        connection = ServerConnection()
        connection.receive("CONNECT\naccept-version:1.2\nheart-beat:5,5\n\n\0")
        woken = self.sleep(connection)
        assert "version:1.2" in woken.connected(heart_beat=(7, 3))
        assert woken.heart_beats == (7, 5)

    @pytest.mark.parametrize("begun", ["SE", "SEND\ndestination:/a\n\n", "SEND\ndestination:/a\n\nxy"])
    def test_a_frame_that_was_cut_in_two_is_not_taken_for_whole(self, begun):
        connection = open_connection()
        connection.receive(begun)
        assert connection.has_partial
        assert failure(self.sleep(self.sleep(connection)), "\0") == "frame_lost"
        assert connection.receive("ND\ndestination:/a\n\n\0" if begun == "SE" else "\0")

    def test_a_transaction_that_lost_its_frames_can_only_be_aborted(self):
        connection = open_connection()
        connection.receive("BEGIN\ntransaction:t\n\n\0SEND\ndestination:/a\ntransaction:t\n\n\0")
        assert failure(self.sleep(connection), "COMMIT\ntransaction:t\n\n\0") == "transaction_lost"
        woken = self.sleep(self.sleep(connection))
        assert woken.receive("ABORT\ntransaction:t\n\n\0") == [Abort("t")]

    def test_the_worst_state_fits_a_sockets_attachment(self):
        connection = open_connection()
        limits = connection.limits
        for number in range(limits.subscriptions):
            subscribe(connection, f"😀{number:05}", "client-individual")
        for _ in range(limits.pending):
            connection.message("😀00000", "🦉" * 5, "/q", "x")
        for number in range(limits.transactions):
            connection.receive(f"BEGIN\ntransaction:{number:02}{'🦉' * 5}\n\n\0")
        assert connection.state is State.CONNECTED
        largest = limits.subscription_octets - len(json.dumps(connection.dump()[7]))
        assert largest >= 0
        assert len(json.dumps(connection.dump())) + largest <= 12_288
