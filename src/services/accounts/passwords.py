"""Passwords: PBKDF2-HMAC-SHA256, the strongest derivation that the platform computes natively.

A call is capped at 100 000 iterations, so rounds of 100 000 are chained: each takes the former's output into
its salt, so none can be computed before the other. Stored in the form of the PHC string format:
``$pbkdf2-sha256-chain$i=100000,r=6$<salt>$<hash>``. Six rounds are the 600 000 iterations of OWASP's password
storage cheat sheet (2023); ``PASSWORD_ROUNDS`` raises them, and each sign-in upgrades what is weaker.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from services.encoding import b64url, from_b64url
from services.problems import FieldError, Unprocessable

if TYPE_CHECKING:
    from services.context import Context

SCHEME = "pbkdf2-sha256-chain"
ITERATIONS = 100_000
ROUNDS = 6
SALT_BYTES = 16
MIN_LENGTH = 8
MAX_LENGTH = 128
MAX_BYTES = 512
_STORED = re.compile(rf"\${SCHEME}\$i=([0-9]{{1,6}}),r=([0-9]{{1,3}})\$([\w-]+)\$([\w-]+)", re.ASCII)

_COMMON = """
12345678 123456789 1234567890 0123456789 987654321 9876543210 87654321 11111111 00000000 88888888 99999999
12341234 11223344 12344321 123123123 111222333 147258369 789456123 123321123 1q2w3e4r 1q2w3e4r5t 1qaz2wsx
1qazxsw2 q1w2e3r4 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 asdfghjk asdfghjkl zxcvbnm1 zaq12wsx
1234qwer qwer1234 asdf1234 abcd1234 abc12345 abcdefgh abcdefg1 a1234567 a12345678 aa123456 password
password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword letmein1 welcome1 welcome123
iloveyou iloveyou1 sunshine princess football baseball basketball superman batman123 pokemon1 dragon12
trustno1 whatever computer internet samsung1 michelle jennifer jessica1 charlie1 changeme changeme1
administrator admin123 admin1234 starwars liverpool chelsea1 arsenal1 football1 baseball1 monkey12
shadow12 master12 default1 secret12 guest123 test1234 testtest testing1 hello123 helloworld
dkssudgktpdy rkskekfk1 tkfkdgo1 dkssud12 studymate studymate1 studymate123 calligraphy
"""
COMMON = frozenset(_COMMON.split())
"""The passwords that guessers try first and that are long enough to be taken otherwise."""


class Stored(NamedTuple):
    """A stored hash, taken apart."""

    iterations: int
    rounds: int
    salt: bytes
    digest: bytes


class WeakPassword(Unprocessable):
    """The password is too short, too long, too common, or the e-mail address."""

    code = "weak_password"
    title = "Choose another password."


def check_strength(password: str, email: str | None = None) -> None:
    """Raise ``WeakPassword`` unless the password may be used (NIST SP 800-63B, section 5.1.1.2)."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH or len(password.encode()) > MAX_BYTES:
        _refuse(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    folded = _normalised(password).casefold()
    if folded in COMMON or len(set(folded)) == 1:
        _refuse("This password is among the first that guessers try.")
    if email and folded in {email.casefold(), email.partition("@")[0].casefold()}:
        _refuse("A password must not be the e-mail address.")


async def hash_password(context: Context, password: str) -> str:
    """The text to store, under a new salt and the configured number of rounds."""
    salt = context.random.bytes(SALT_BYTES)
    rounds = _rounds(context)
    digest = await _derive(context, password, salt, ITERATIONS, rounds)
    return f"${SCHEME}$i={ITERATIONS},r={rounds}${b64url(salt)}${b64url(digest)}"


async def verify_password(context: Context, password: str, stored: str | None) -> bool:
    """Whether the password is the stored one.

    A miss costs the same number of derivations whether there is no account, no password, or a wrong one.
    """
    known = _parse(stored) if stored else Stored(ITERATIONS, 0, b"", b"")
    digest = await _derive(context, password, known.salt, known.iterations, known.rounds)
    if known.rounds and hmac.compare_digest(digest, known.digest):
        return True
    await _derive(context, password, b"", ITERATIONS, _rounds(context) - known.rounds)
    return False


def needs_upgrade(context: Context, stored: str) -> bool:
    """Whether a hash is weaker than those made now."""
    known = _parse(stored)
    return known.iterations * known.rounds < ITERATIONS * _rounds(context)


async def _derive(context: Context, password: str, salt: bytes, iterations: int, rounds: int) -> bytes:
    return await context.crypto.pbkdf2_sha256(_normalised(password).encode(), salt, iterations, rounds)


def _normalised(password: str) -> str:
    """Keyboards send the same characters in different forms (NIST SP 800-63B, section 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _rounds(context: Context) -> int:
    return max(1, int(context.config.get("PASSWORD_ROUNDS") or ROUNDS))


def _parse(stored: str) -> Stored:
    match = _STORED.fullmatch(stored)
    if match is None:
        raise ValueError(f"not a hash of the scheme {SCHEME}")
    return Stored(int(match[1]), int(match[2]), from_b64url(match[3]), from_b64url(match[4]))


def _refuse(message: str) -> None:
    raise WeakPassword(errors=(FieldError("$.password", message),))
