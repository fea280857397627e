"""What the flow asks of every provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from services.context import Context


class Authorization(NamedTuple):
    """What a browser takes along to the provider."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str


class Grant(NamedTuple):
    """What a browser brought back, with what belongs to it."""

    code: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str


class Profile(NamedTuple):
    """Who the provider says it is. ``subject`` never changes, all the rest may."""

    subject: str
    email: str | None
    email_verified: bool
    name: str
    locale: str = "en"


class Provider(Protocol):
    """A service through which people sign in."""

    name: str

    async def authorize_url(self, context: Context, wanted: Authorization) -> str:
        """Where the browser is sent; raises ``OauthUnavailable`` or ``ProviderRefused``."""
        ...

    async def profile(self, context: Context, grant: Grant) -> Profile:
        """Exchange the code for who signed in; raises ``OauthUnavailable`` or ``ProviderRefused``."""
        ...
