"""Signing in through Naver, Google and GitHub."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edge.http.headers import cookies
from edge.http.messages import Reply
from edge.http.routes import PUBLIC, Call, Routes
from handlers.auth import device, signed_in
from services.accounts import csrf
from services.accounts.models import Secret, SignedIn
from services.accounts.oauth import flow
from services.accounts.oauth.upstream import OauthUnavailable
from services.accounts.problems import AccountSuspended, InvalidOneTimeToken
from services.models import Model

routes = Routes("/api/v1/auth/oauth2", "Accounts")

CALLBACK = "/api/v1/auth/oauth2/callback/{provider}"


class AuthorizeQuery(Model):
    """Where the front-end wants the browser back, and a text of its own that comes along."""

    redirect_uri: Annotated[str, Field(max_length=500)]
    state: Annotated[str, Field(max_length=500)] = ""


class CallbackQuery(Model):
    """What a provider sends back (RFC 6749, sections 4.1.2 and 4.1.2.1)."""

    state: Annotated[str, Field(max_length=500)] = ""
    code: Annotated[str, Field(max_length=3000)] | None = None


class CodeBody(Model):
    """The code that the front-end got in its address."""

    code: Secret


@routes.get(
    "/authorize/{provider}",
    auth=PUBLIC,
    status=302,
    problems=(flow.RedirectNotAllowed, OauthUnavailable),
)
async def authorize(call: Call, provider: str, query: AuthorizeQuery) -> Reply:
    """Send the browser to a provider (`naver`, `google`, `github`) to sign in.

    It comes back to `redirectUri`, which must be on the operator's list, with `?code=` for
    `POST /oauth2/token`, or with `?error=`: `access_denied`, `oauth_failed`, `account_suspended`, or
    `email_taken` when an account has the same address and it is not confirmed on both sides: sign in there
    with the password.
    """
    began = await flow.begin(
        call.context,
        provider,
        redirect_uri=query.redirect_uri,
        callback=_callback(call, provider),
        browser=_browser(call),
        client_state=query.state,
    )
    call.headers.append(csrf.cookie(flow.BROWSER_COOKIE, began.browser, max_age=flow.BROWSER_SECONDS))
    return Reply(302, None, [("location", began.location)])


@routes.get(
    "/callback/{provider}",
    auth=PUBLIC,
    status=302,
    problems=(flow.BadState, OauthUnavailable),
    aliases=("/login/oauth2/code/{provider}",),
)
async def callback(call: Call, provider: str, query: CallbackQuery) -> Reply:
    """Where providers send the browser back to; it goes on to the front-end."""
    location = await flow.finish(
        call.context,
        provider,
        state=query.state,
        code=query.code,
        callback=_callback(call, provider),
        browser=_browser(call) or "",
    )
    return Reply(302, None, [("location", location)])


@routes.post("/token", auth=PUBLIC, problems=(InvalidOneTimeToken, AccountSuspended))
async def exchange_code(call: Call, body: CodeBody) -> SignedIn:
    """Exchange the code from the front-end's address for tokens; it works once, within a minute."""
    return signed_in(call, await flow.exchange(call.context, body.code, device(call)))


def _browser(call: Call) -> str | None:
    return cookies(call.request.headers.get("cookie")).get(flow.BROWSER_COOKIE)


def _callback(call: Call, provider: str) -> str:
    """The callback as registered with the provider; ``OAUTH_CALLBACK_URL`` if it is not the usual one."""
    template = call.context.config.get("OAUTH_CALLBACK_URL") or call.request.origin + CALLBACK
    return template.replace("{provider}", provider)
