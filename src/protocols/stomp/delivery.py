"""What a connection remembers between frames: messages not yet acknowledged, and open transactions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from protocols.stomp.errors import Limits, ProtocolError, WindowFull
from protocols.stomp.events import Send


class Unacknowledged:
    """Messages delivered in an ack mode other than ``auto``, oldest first, numbered as they were sent.

    The number is the ``ack`` header of 1.2; 1.0 and 1.1 find the message by its ids.
    """

    __slots__ = ("_limit", "_pending", "issued")

    def __init__(self, limit: int, issued: int = 0) -> None:
        self._limit = limit
        self._pending: dict[int, tuple[str, str]] = {}
        self.issued = issued

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, subscription: str, message_id: str) -> int:
        """Note a delivery; its number. Raises ``WindowFull``."""
        if len(self._pending) >= self._limit:
            raise WindowFull(f"{self._limit} messages are not acknowledged yet.")
        self.issued += 1
        self._pending[self.issued] = (subscription, message_id)
        return self.issued

    def restore(self, number: int, subscription: str, message_id: str) -> None:
        """Put back what ``entries`` told."""
        self._pending[number] = (subscription, message_id)

    def entries(self) -> list[tuple[int, str, str]]:
        """List number, subscription and message id of each."""
        return [(number, *entry) for number, entry in self._pending.items()]

    def subscription(self, number: int) -> str | None:
        """Tell whose message it is; None if it is settled."""
        entry = self._pending.get(number)
        return entry[0] if entry else None

    def find(self, message_id: str, subscription: str | None) -> int:
        """Find the oldest delivery of that message, to that subscription unless None; 0 if there is none."""
        for number, (holder, identifier) in self._pending.items():
            if identifier == message_id and subscription in {None, holder}:
                return number
        return 0

    def settle(self, number: int, *, cumulative: bool) -> tuple[str, ...]:
        """Forget a message, and if ``cumulative`` those sent to its subscription before it; their ids."""
        holder = self.subscription(number)
        if holder is None:
            return ()
        numbers = [number]
        if cumulative:
            numbers = [key for key, entry in self._pending.items() if key <= number and entry[0] == holder]
        return tuple(self._pending.pop(key)[1] for key in numbers)

    def drop(self, subscription: str) -> tuple[str, ...]:
        """Forget all of a subscription; their ids."""
        numbers = [key for key, entry in self._pending.items() if entry[0] == subscription]
        return tuple(self._pending.pop(key)[1] for key in numbers)


@dataclass(slots=True)
class Settlement:
    """An ACK or NACK that waits for its transaction's COMMIT."""

    command: Literal["ACK", "NACK"]
    number: int


@dataclass(slots=True)
class Transaction:
    """What was sent since BEGIN; ``lost`` if the memory that held it is gone."""

    work: list[Send | Settlement] = field(default_factory=list["Send | Settlement"])
    octets: int = 0
    lost: bool = False


class Transactions:
    """The open transactions of a connection, bounded together."""

    __slots__ = ("_limits", "_open")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[str, Transaction] = {}

    def begin(self, name: str, *, lost: bool = False) -> None:
        """Open one: "Transaction identifiers MUST be unique" (1.2, BEGIN)."""
        if name in self._open:
            raise ProtocolError("duplicate_transaction", "That transaction is open already.")
        if len(self._open) >= self._limits.transactions:
            raise ProtocolError("too_many_transactions", f"{self._limits.transactions} may be open at once.")
        if len(json.dumps(name)) > self._limits.transaction_id:
            raise ProtocolError("bad_transaction", f"Its name may have {self._limits.transaction_id} octets.")
        self._open[name] = Transaction(lost=lost)

    def enlist(self, name: str, work: Send | Settlement) -> None:
        """Hold back a frame until COMMIT."""
        transaction = self._get(name)
        transaction.work.append(work)
        if isinstance(work, Send):
            transaction.octets += len(work.body) + sum(map(len, work.headers.values()))
        limits = self._limits
        if sum(len(each.work) for each in self._open.values()) > limits.transaction_frames:
            raise ProtocolError(
                "transaction_too_large", f"{limits.transaction_frames} frames may wait for COMMIT."
            )
        if sum(each.octets for each in self._open.values()) > limits.transaction_octets:
            raise ProtocolError(
                "transaction_too_large", f"{limits.transaction_octets} octets may wait for COMMIT."
            )

    def commit(self, name: str) -> list[Send | Settlement]:
        """Close one; its frames in order."""
        work = self._get(name).work
        del self._open[name]
        return work

    def abort(self, name: str) -> None:
        """Close one and forget its frames; one whose frames were lost can be aborted too."""
        if self._open.pop(name, None) is None:
            raise ProtocolError("unknown_transaction", "No such transaction is open.")

    def entries(self) -> list[tuple[str, bool]]:
        """List each name, and whether frames would be lost with the memory."""
        return [(name, each.lost or bool(each.work)) for name, each in self._open.items()]

    def _get(self, name: str) -> Transaction:
        transaction = self._open.get(name)
        if transaction is None:
            raise ProtocolError("unknown_transaction", "No such transaction is open.")
        if transaction.lost:
            raise ProtocolError("transaction_lost", "The transaction's frames were lost; begin it again.")
        return transaction
