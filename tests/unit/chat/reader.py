"""A client that knows a room by its events alone."""

from __future__ import annotations

import json
from typing import Any


class Reader:
    """Applies events, each once and in order, to what it knows: first of all the room's name."""

    def __init__(self, name: str = "Books") -> None:
        self.event = 0
        self.messages: dict[int, dict[str, Any]] = {}
        self.members: set[str] = set()
        self.reads: dict[str, int] = {}
        self.name = name

    def take(self, batch: str) -> None:
        """A batch: events that are known already are passed over, a gap is an error."""
        for number, kind, text in json.loads(batch):
            if number > self.event:
                assert number == self.event + 1, "an event is missing"
                self.event = number
                self._apply(kind, json.loads(text))

    def _apply(self, kind: str, told: dict[str, Any]) -> None:
        if kind in {"message", "edited", "deleted"}:
            self.messages[told["seq"]] = told
        elif kind == "reaction":
            self._react(told)
        elif kind == "read":
            self.reads[told["userId"]] = told["seq"]
        elif kind == "room":
            self.name = told["name"]
        elif kind == "member":
            (self.members.add if told["action"] in {"joined", "promoted"} else self.members.discard)(
                told["userId"]
            )

    def _react(self, told: dict[str, Any]) -> None:
        users = reactions(self.messages[told["seq"]]).setdefault(told["emoji"], set())
        (users.add if told["added"] else users.discard)(told["userId"])

    def state(self) -> dict[str, Any]:
        """What it shows."""
        return {
            "messages": [comparable(self.messages[seq]) for seq in sorted(self.messages)],
            "members": self.members,
            "name": self.name,
        }


def reactions(message: dict[str, Any]) -> dict[str, set[str]]:
    """The message's reactions as a mapping, which replaces their list."""
    if isinstance(message["reactions"], list):
        message["reactions"] = {each["emoji"]: set(each["userIds"]) for each in message["reactions"]}
    return message["reactions"]


def comparable(message: dict[str, Any]) -> dict[str, Any]:
    return message | {"reactions": {key: users for key, users in reactions(message).items() if users}}
