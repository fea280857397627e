"""People who use the API over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import httpx

PASSWORD = "korrekt-pferd"


def address() -> str:
    """A client address in a network of its own, so that no test uses up another's rate limit."""
    return f"2001:db8:{token_hex(2)}:{token_hex(2)}::1"


@dataclass
class Person:
    """Someone with an account, signed in on one device with a bearer token."""

    http: httpx.Client
    email: str
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.tokens["user"]["id"]

    def accept(self, tokens: dict[str, Any]) -> Person:
        """Use these tokens from now on."""
        self.tokens = tokens
        self.http.headers["authorization"] = f"Bearer {tokens['accessToken']}"
        return self

    def refresh(self) -> httpx.Response:
        return self.http.post("/api/v1/auth/refresh", json={"refreshToken": self.tokens["refreshToken"]})

    def mails(self) -> list[dict[str, Any]]:
        """Mails to this person, the newest first."""
        listed = self.http.get("/dev/outbox").json()["items"]
        return [mail for mail in listed if mail["recipient"] == self.email]

    def mail(self, subject: str) -> dict[str, Any]:
        """The newest mail with such a subject. Some is written after the answer, so it is asked for again."""
        for _ in range(100):
            for mail in self.mails():
                if mail["subject"].startswith(subject):
                    return mail
        raise AssertionError(f"no mail {subject!r} to {self.email}")

    def mailed_token(self, subject: str) -> str:
        return re.search(r"#token=([\w-]+)", self.mail(subject)["text"])[1]


class Town:
    """Where people come from, each with an address of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: list[httpx.Client] = []

    def visitor(self, **headers: str) -> httpx.Client:
        """Someone who is not signed in."""
        own = {"cf-connecting-ip": address(), **headers}
        self._clients.append(httpx.Client(base_url=self.url, headers=own, timeout=30))
        return self._clients[-1]

    def register(self, **changes: Any) -> Person:
        """A new person, signed in."""
        body, http = registration(**changes), self.visitor()
        answer = http.post("/api/v1/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        return Person(http, body["email"]).accept(answer.json())

    def close(self) -> None:
        for client in self._clients:
            client.close()


def registration(**changes: Any) -> dict[str, Any]:
    """A body for ``POST /auth/register``."""
    return {
        "email": f"{token_hex(6)}@example.org",
        "password": PASSWORD,
        "displayName": "Mina",
        "agreements": {"terms": True, "privacy": True},
        **changes,
    }
