"""Who is calling, and whether they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.http.headers import cookies
from edge.http.routes import ADMIN, FRESH, MODERATOR, PUBLIC, SOCKET, USER, Route
from services.accounts.csrf import ACCESS_COOKIE, check_csrf
from services.accounts.sessions import check_fresh
from services.accounts.tokens import read_access_token
from services.problems import Forbidden, InvalidToken, Unauthorized

if TYPE_CHECKING:
    from edge.http.messages import Request
    from services.accounts.principal import Principal
    from services.context import Context

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ROLES = {MODERATOR: frozenset({"moderator", "admin"}), ADMIN: frozenset({"admin"})}


class CsrfFailed(Forbidden):
    """A cookie authenticated a request that may not have come from our own pages."""

    code = "csrf_failed"
    title = "Send the CSRF token of this session in X-CSRF-Token."


def identify(context: Context, request: Request, route: Route) -> Principal | None:
    """The caller by bearer token, else by cookie. On public routes a bad credential counts as none.

    Raises ``InvalidToken`` elsewhere.
    """
    token, via_cookie = credential(request)
    if token is None or route.auth == SOCKET:
        return None
    try:
        principal = read_access_token(context, token)
    except InvalidToken:
        if route.auth == PUBLIC:
            return None
        raise
    if via_cookie and request.method not in SAFE_METHODS and not _proves_itself(context, request, principal):
        if route.auth == PUBLIC:
            return None
        raise CsrfFailed
    return principal


async def authorise(context: Context, route: Route, principal: Principal | None) -> None:
    """Let the caller pass to this route, or raise ``Unauthorized`` or ``Forbidden``."""
    if route.auth in {PUBLIC, SOCKET}:
        return
    if principal is None:
        raise Unauthorized
    if route.auth == USER:
        return
    demanded = _ROLES.get(route.auth)
    if demanded is not None and not demanded & principal.roles:
        raise Forbidden
    if route.auth == FRESH or demanded is not None:
        await check_fresh(context, principal)


def credential(request: Request) -> tuple[str | None, bool]:
    """The access token of a request, if it has one, and whether it came in a cookie."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        return (token.strip(), False) if scheme.lower() == "bearer" else (None, False)
    if "cookie" in request.headers:
        return cookies(request.headers["cookie"]).get(ACCESS_COOKIE), True
    return None, False


def _proves_itself(context: Context, request: Request, principal: Principal) -> bool:
    """Whether the request carries the CSRF token of the session that its cookie names."""
    return check_csrf(context, principal.session_id, request.headers.get("x-csrf-token", ""))
