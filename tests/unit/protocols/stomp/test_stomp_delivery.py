"""Acknowledgements, transactions, and a connection that sleeps in between (STOMP 1.2 unless named)."""

from __future__ import annotations

import json

import pytest

from protocols.stomp import (
    Abort,
    Ack,
    Begin,
    Commit,
    Enlisted,
    Limits,
    Nack,
    Parser,
    PreparedMessage,
    Send,
    ServerConnection,
    State,
    Unsubscribe,
    WindowFull,
)
from tests.unit.protocols.stomp.client import failure, open_connection, subscribe


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
