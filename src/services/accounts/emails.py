"""E-mail addresses: one form for each mailbox, so that an address belongs to one account."""

from __future__ import annotations

import re
import unicodedata

from services.problems import FieldError, Unprocessable

MAX_LENGTH = 254
MAX_LOCAL = 64
PURPOSE = "users.email"
"""What sealed and looked-up addresses are bound to."""

_LOCAL = re.compile(r"[^\s@\x00-\x1f\x7f\"(),:;<>\[\\\]]+")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class BadEmail(Unprocessable):
    """No mail can be sent to such an address."""

    code = "invalid_email"
    title = "This is not an e-mail address."


def normalise(address: str) -> str:
    """The address in NFC, lower case, with an ASCII domain (IDNA); raises ``BadEmail``.

    Quoted local parts and address literals of RFC 5321 are refused: no mailbox of a person has them. Dots and
    ``+tags`` are kept: only some providers ignore them.
    """
    local, _, domain = unicodedata.normalize("NFC", address.strip()).lower().rpartition("@")
    domain = _ascii(domain)
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise _bad()
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise _bad()
    if len(local.encode()) > MAX_LOCAL or len(local.encode()) + 1 + len(domain) > MAX_LENGTH:
        raise _bad()
    return f"{local}@{domain}"


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _bad() from None


def _bad() -> BadEmail:
    return BadEmail(errors=(FieldError("$.email", BadEmail.title),))
