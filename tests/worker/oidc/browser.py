"""A browser on its way from a front-end through a provider and back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx

from tests.worker.oidc.provider import visit

if TYPE_CHECKING:
    from tests.worker.people import Town

AUTH = "/api/v1/auth"
APP = "https://app.studymate.test/signed-in"
"""Where the front-end is."""


class Browser:
    """A browser that keeps the one cookie that matters here."""

    def __init__(self, town: Town) -> None:
        self.http = town.visitor()
        self.cookie = ""

    def begin(self, provider: str, **query: str) -> httpx.Response:
        answer = self.http.get(f"{AUTH}/oauth2/authorize/{provider}", params={"redirectUri": APP, **query})
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    def come_back(self, target: httpx.URL) -> httpx.Response:
        """Follow the provider's redirect to the registered callback, an alias of ours."""
        return self.http.get(target.raw_path.decode(), headers={"cookie": self.cookie})

    def outcome(self, provider: str, login: str = "mina") -> dict[str, str]:
        """What the front-end's address says at the end."""
        answer = self.come_back(visit(self.begin(provider).headers["location"], login))
        assert answer.status_code == 302, answer.text
        location = httpx.URL(answer.headers["location"])
        assert str(location.copy_with(query=None)) == APP
        return dict(parse_qsl(location.query.decode()))

    def sign_in(self, provider: str, login: str = "mina") -> dict:
        answer = self.http.post(f"{AUTH}/oauth2/token", json=self.outcome(provider, login))
        assert answer.status_code == 200, answer.text
        return answer.json()
