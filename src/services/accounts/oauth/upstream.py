"""Talking to providers: with a deadline, in JSON, and every way of failing told apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from services.context import UpstreamError
from services.problems import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.context import Context

RETRY_AFTER = 30
TIMEOUT = 5.0
MAX_BYTES = 200_000
SERVER_ERROR = 500
CLIENT_ERROR = 400


class OauthUnavailable(Unavailable):
    """The provider does not answer, or this deployment has no client there."""

    code = "oauth_unavailable"
    title = "Signing in through this provider is not possible right now."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, retry_after=RETRY_AFTER)


class ProviderRefused(Exception):  # noqa: N818 - it says what happened
    """The provider answered and gave no proof of identity: a used code, a bad token."""


class Client(NamedTuple):
    """A deployment of ours as a client of a provider."""

    id: str
    secret: str


def with_query(address: str, query: Mapping[str, str]) -> str:
    """An address with more in its query (RFC 6749, section 3.1: what it has already is kept)."""
    base, hash_sign, fragment = address.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{urlencode(query)}{hash_sign}{fragment}"


def client_of(context: Context, provider: str) -> Client:
    """Var ``OAUTH_<PROVIDER>_CLIENT_ID`` and secret ``OAUTH_<PROVIDER>_CLIENT_SECRET``.

    Raises ``OauthUnavailable`` when there is no client, ``MissingSecret`` when only the secret is missing.
    """
    prefix = f"OAUTH_{provider.upper()}_CLIENT"
    client_id = context.config.get(f"{prefix}_ID")
    if not client_id:
        raise OauthUnavailable(f"Signing in through {provider} is not configured here.")
    return Client(client_id, context.config.secret(f"{prefix}_SECRET"))


async def get_json(context: Context, url: str, *, token: str | None = None) -> Any:
    """Read a document; raises ``OauthUnavailable`` or ``ProviderRefused``."""
    return await _exchange(context, "GET", url, {"authorization": f"Bearer {token}"} if token else {}, None)


async def post_form(
    context: Context, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Send a form to a token endpoint; raises ``OauthUnavailable`` or ``ProviderRefused``."""
    sent = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
    answer = await _exchange(context, "POST", url, sent, urlencode(form).encode())
    if not isinstance(answer, dict) or "error" in answer:
        raise ProviderRefused("the token endpoint answered with an error")
    return answer  # pyright: ignore[reportUnknownVariableType] - JSON


async def _exchange(
    context: Context, method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> Any:
    sent = {"accept": "application/json", "user-agent": "studymate", **headers}
    try:
        reply = await context.http.fetch(
            method, url, headers=sent, body=body, timeout=TIMEOUT, max_bytes=MAX_BYTES
        )
    except UpstreamError as error:
        context.log.warning("oauth_upstream_failed", reason=str(error))
        raise OauthUnavailable from None
    if reply.status >= SERVER_ERROR:
        context.log.warning("oauth_upstream_failed", status=reply.status)
        raise OauthUnavailable
    if reply.status >= CLIENT_ERROR:
        raise ProviderRefused(f"status {reply.status}")
    try:
        return json.loads(reply.body)
    except ValueError:
        raise ProviderRefused("not JSON") from None
