"""The way of a browser: from us to the provider, back to us, and on to the front-end with a one-time code.

``state`` is a random token and its keyed hash over provider and browser. The hash is checked before anything
is looked up; the token is deleted as it is read, so it works once. PKCE's verifier and the nonce are keyed
hashes of the token too: nothing of a flow in progress is readable in the database.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from services.accounts import one_time, people
from services.accounts.oauth.linking import person_for
from services.accounts.oauth.provider import Authorization, Grant
from services.accounts.oauth.providers import provider_named
from services.accounts.oauth.upstream import OauthUnavailable, ProviderRefused, with_query
from services.accounts.one_time import Purpose
from services.accounts.problems import InvalidOneTimeToken
from services.accounts.sessions import EVENTS, Opened, open_session
from services.encoding import b64url
from services.mail import deliver_outbox
from services.problems import BadRequest, Conflict, Forbidden
from services.sealing import Sealer

if TYPE_CHECKING:
    from services.accounts.oauth.provider import Provider
    from services.context import Context


BROWSER_COOKIE = "__Host-studymate-oauth"
BROWSER_SECONDS = 600
_BROWSER = re.compile(r"[\w-]{43}", re.ASCII)


class RedirectNotAllowed(BadRequest):
    """The front-end's address is not on the operator's list."""

    code = "redirect_uri_not_allowed"
    title = "This redirectUri is not allowed; the operator lists them in OAUTH_REDIRECT_URIS."


class BadState(BadRequest):
    """``state`` is not ours, not this browser's, used, or expired."""

    code = "oauth_state_invalid"
    title = "This sign-in was not begun in this browser, is finished, or has expired."


class Began(NamedTuple):
    """Where to send the browser, and the cookie value that it comes back with."""

    location: str
    browser: str


async def begin(
    context: Context,
    provider: str,
    *,
    redirect_uri: str,
    callback: str,
    browser: str | None,
    client_state: str,
) -> Began:
    """Send a browser to a provider. ``client_state`` comes back to the front-end as it is.

    Raises ``NotFound``, ``RedirectNotAllowed``, ``OauthUnavailable``.
    """
    chosen = provider_named(provider)
    if redirect_uri not in context.config.get("OAUTH_REDIRECT_URIS").split():
        raise RedirectNotAllowed
    browser = browser if browser and _BROWSER.fullmatch(browser) else context.random.token()
    payload = {"redirectUri": redirect_uri, "state": client_state}
    token, store = one_time.issue(context, Purpose.OAUTH_STATE, None, payload)
    verifier, nonce = _derived(context, token)
    challenge = b64url(sha256(verifier.encode()).digest())
    state = f"{token}.{_signature(context, provider, token, browser)}"
    try:
        location = await chosen.authorize_url(context, Authorization(callback, state, nonce, challenge))
    except ProviderRefused:
        raise OauthUnavailable from None
    await context.db.run(store)
    return Began(location, browser)


async def finish(
    context: Context, provider: str, *, state: str, code: str | None, callback: str, browser: str
) -> str:
    """Take a browser back from a provider: the front-end's address with ``code``, or with ``error``.

    Raises ``NotFound`` and ``BadState``, when there is no address to trust, and ``OauthUnavailable``.
    """
    chosen = provider_named(provider)
    token, _, signature = state.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(context, provider, token, browser).encode()):
        raise BadState
    began = await one_time.redeem(context, Purpose.OAUTH_STATE, token)
    if began is None:
        raise BadState
    outcome = {"error": "access_denied"}
    if code:
        verifier, nonce = _derived(context, token)
        outcome = await _outcome(context, chosen, Grant(code, callback, state, nonce, verifier))
    if began.payload["state"]:
        outcome["state"] = began.payload["state"]
    context.metrics.count(EVENTS, event=f"oauth_{provider}", outcome=outcome.get("error", "ok"))
    return with_query(began.payload["redirectUri"], outcome)


async def exchange(context: Context, code: str, device: str) -> Opened:
    """Sign in with the code that the front-end got; raises ``InvalidOneTimeToken``, ``AccountSuspended``."""
    redeemed = await one_time.redeem(context, Purpose.OAUTH_CODE, code)
    person = await people.find(context, people.by_id(redeemed.user_id or "")) if redeemed else None
    if person is None:
        raise InvalidOneTimeToken
    person.check_may_sign_in()
    opened = await open_session(context, person, device)
    begun, *_ = await context.db.batch(opened.statements)
    if not begun:
        raise InvalidOneTimeToken
    return opened


async def _outcome(context: Context, provider: Provider, grant: Grant) -> dict[str, str]:
    """A one-time code for the person who signed in, or the code of what stood in the way."""
    try:
        person = await person_for(context, provider.name, await provider.profile(context, grant))
        person.check_may_sign_in()
    except ProviderRefused as refusal:
        context.log.warning("oauth_refused", provider=provider.name, reason=str(refusal))
        return {"error": "oauth_failed"}
    except (Conflict, Forbidden) as problem:
        return {"error": problem.code}
    code, store = one_time.issue(context, Purpose.OAUTH_CODE, person.id)
    await context.db.run(store)
    context.defer(deliver_outbox(context))
    return {"code": code}


def _signature(context: Context, provider: str, token: str, browser: str) -> str:
    return Sealer(context.config).lookup(f"{provider}\0{token}\0{browser}", "oauth.state")


def _derived(context: Context, token: str) -> tuple[str, str]:
    """PKCE's verifier (43 characters of RFC 7636's alphabet) and the nonce of a flow."""
    sealer = Sealer(context.config)
    return sealer.lookup(token, "oauth.pkce"), sealer.lookup(token, "oauth.nonce")
