"""Signing up, in and out; devices; mail links; tickets; the public signing keys."""

from __future__ import annotations

from edge.http.access import CsrfFailed
from edge.http.headers import cookies, limited_address
from edge.http.messages import Reply
from edge.http.routes import FRESH, PUBLIC, USER, Call, Routes
from services.accounts import csrf, one_time, recovery, registration, sessions
from services.accounts.devices import device_name
from services.accounts.keys import published_keys
from services.accounts.models import (
    Accepted,
    DeviceSession,
    ForgotBody,
    LoginBody,
    LogoutBody,
    RefreshBody,
    RegisterBody,
    ResetBody,
    SignedIn,
    Ticket,
    TokenBody,
)
from services.accounts.passwords import WeakPassword
from services.accounts.problems import (
    AccountSuspended,
    EmailTaken,
    InvalidCredentials,
    InvalidOneTimeToken,
    InvalidRefreshToken,
    RefreshTokenReused,
)
from services.accounts.tokens import LIFETIME
from services.context import ConstraintError
from services.mail import deliver_outbox
from services.models import Page
from services.problems import NotFound, Unauthorized

routes = Routes("/api/v1/auth", "Accounts")
well_known = Routes("/.well-known", "Accounts")

JWKS_SECONDS = 3600


@routes.post(
    "/register",
    auth=PUBLIC,
    status=201,
    idempotent=True,
    problems=(EmailTaken, WeakPassword),
)
async def register(call: Call, body: RegisterBody) -> SignedIn:
    """Create an account and sign in. A link to confirm the address is mailed."""
    opened = await registration.register(call.context, body, call.new_id(), device(call))
    try:
        await call.commit(opened.statements, opened.reply)
    except ConstraintError as error:
        if "email_lookup" not in str(error):
            raise
        raise EmailTaken from None
    call.context.defer(deliver_outbox(call.context))
    return signed_in(call, opened)


@routes.post("/login", auth=PUBLIC, problems=(InvalidCredentials, AccountSuspended))
async def login(call: Call, body: LoginBody) -> SignedIn:
    """Sign in with a password."""
    await _limit_attempts(call, body.email)
    return signed_in(call, await registration.sign_in(call.context, body, device(call)))


@routes.post(
    "/refresh", auth=PUBLIC, problems=(RefreshTokenReused, InvalidRefreshToken, CsrfFailed, AccountSuspended)
)
async def refresh(call: Call, body: RefreshBody) -> SignedIn:
    """Exchange the refresh token for new tokens. It works once; a second use signs the device out."""
    token = body.refresh_token or await _refresh_cookie(call)
    try:
        return signed_in(call, await sessions.refresh(call.context, token))
    except Unauthorized:
        if body.refresh_token is None:
            _clear_cookies(call)
        raise


@routes.post("/logout")
async def logout(call: Call, body: LogoutBody) -> None:
    """Sign this device out, or all. Where that is not known yet, access tokens last 15 minutes at most."""
    _clear_cookies(call)
    if body.all:
        await sessions.sign_out_everywhere(call.context, call.user.user_id)
        return
    try:
        await sessions.sign_out(call.context, call.user.user_id, call.user.session_id)
    except NotFound:
        return


@routes.get("/sessions")
async def list_devices(call: Call) -> Page[DeviceSession]:
    """The devices on which you are signed in, at most 50, the last used first."""
    return Page(items=await sessions.list_sessions(call.context, call.user))


@routes.delete("/sessions/{session_id}", auth=FRESH, problems=(NotFound,))
async def sign_out_device(call: Call, session_id: str) -> None:
    """Sign one of your devices out."""
    await sessions.sign_out(call.context, call.user.user_id, session_id)


@routes.post("/password/forgot", auth=PUBLIC, status=202)
async def forgot_password(call: Call, body: ForgotBody) -> Accepted:
    """Mail a link to choose a new password. The answer is the same whether there is an account or not."""
    await _limit_attempts(call, body.email)
    call.context.defer(recovery.forgot_password(call.context, body.email))
    return Accepted(message="If there is an account with this address, a mail is on its way.")


@routes.post("/password/reset", auth=PUBLIC, problems=(InvalidOneTimeToken, WeakPassword))
async def reset_password(call: Call, body: ResetBody) -> None:
    """Choose a new password with the token of the mail; all devices are signed out."""
    await recovery.reset_password(call.context, body)


@routes.post("/email/verify", auth=PUBLIC, problems=(InvalidOneTimeToken,))
async def verify_email(call: Call, body: TokenBody) -> None:
    """Confirm the e-mail address with the token of the mail."""
    await recovery.verify_email(call.context, body.token)


@routes.post("/email/verify/resend", auth=USER, status=202)
async def resend_verification(call: Call) -> Accepted:
    """Mail the link to confirm the address again, at most once a minute."""
    await recovery.resend_verification(call.context, call.user)
    return Accepted(message="If the address is not confirmed yet, a mail is on its way.")


@routes.post("/ticket", auth=FRESH)
async def issue_ticket(call: Call) -> Ticket:
    """A proof of identity for ``?ticket=``, good once, for 30 seconds: access tokens never stand in a URL."""
    ticket = await one_time.issue_ticket(call.context, call.user)
    return Ticket(ticket=ticket, expires_in=one_time.TICKET_SECONDS)


@well_known.get("/jwks.json", auth=PUBLIC, produces="application/jwk-set+json")
async def jwks(call: Call) -> Reply:
    """The public keys that verify access tokens (RFC 7517): the one in use, the next, and the last."""
    headers = [
        ("content-type", "application/jwk-set+json"),
        ("cache-control", f"public, max-age={JWKS_SECONDS}"),
    ]
    return Reply(200, published_keys(call.context), headers)


def device(call: Call) -> str:
    """What the caller's device is called in the list of devices."""
    return device_name(call.request.headers.get("user-agent", ""))


def signed_in(call: Call, opened: sessions.Opened) -> SignedIn:
    """Answer with the tokens, and give browsers the same as cookies."""
    token = csrf.csrf_token(call.context, opened.session_id)
    week = sessions.REFRESH_LIFETIME
    call.headers += [
        csrf.cookie(csrf.ACCESS_COOKIE, opened.reply.access_token, max_age=LIFETIME),
        csrf.cookie(csrf.REFRESH_COOKIE, opened.reply.refresh_token, max_age=week),
        csrf.cookie(csrf.CSRF_COOKIE, token, max_age=week, script=True),
    ]
    return opened.reply


async def _limit_attempts(call: Call, email: str) -> None:
    """Count an attempt on an account: strictly for one address, loosely for all together.

    A classroom behind one address signs in without being stopped; one account is not tried from everywhere.
    """
    account = registration.account_subject(call.context, email)
    await call.limit("sign_in", f"{limited_address(call.request.client_ip)} {account}")
    await call.limit("account", account)


def _clear_cookies(call: Call) -> None:
    call.headers += [
        csrf.cookie(csrf.ACCESS_COOKIE, "", max_age=0),
        csrf.cookie(csrf.REFRESH_COOKIE, "", max_age=0),
        csrf.cookie(csrf.CSRF_COOKIE, "", max_age=0, script=True),
    ]


async def _refresh_cookie(call: Call) -> str:
    """The refresh token of a browser, whose CSRF token must belong to the same device session."""
    token = cookies(call.request.headers.get("cookie")).get(csrf.REFRESH_COOKIE)
    if not token:
        raise InvalidRefreshToken("Send the refresh token in the body or as a cookie.")
    session_id = await sessions.session_of(call.context, token)
    if session_id is None:
        raise InvalidRefreshToken
    if not csrf.check_csrf(call.context, session_id, call.request.headers.get("x-csrf-token", "")):
        raise CsrfFailed
    return token
