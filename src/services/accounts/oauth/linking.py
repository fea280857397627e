"""From a provider's profile to a person of ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.accounts import emails, people
from services.accounts.models import Agreements
from services.accounts.people import Person
from services.accounts.problems import EmailTaken
from services.accounts.registration import insert_person, verification
from services.context import ConstraintError, sql
from services.sealing import Sealer

if TYPE_CHECKING:
    from services.accounts.oauth.provider import Profile
    from services.context import Context, Statement

SUBJECT = "identities.subject"
MAX_NAME = 50
_UNSEEN = re.compile(r"[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")


async def person_for(context: Context, provider: str, profile: Profile) -> Person:
    """The person behind a profile: known by it, known by the address, or new.

    An account is linked by address only if the provider says that the address is the caller's and we know
    that it is the account's: else whoever registers an address first, here or there, would own the other's
    account. Raises ``EmailTaken`` then.
    """
    try:
        return await _find_or_create(context, provider, profile)
    except ConstraintError:  # the same person, or the same address, a moment earlier
        return await _find_or_create(context, provider, profile)


async def _find_or_create(context: Context, provider: str, profile: Profile) -> Person:
    known = await people.find(context, _by_identity(context, provider, profile.subject))
    if known:
        return known
    email = _address(profile)
    namesake = await people.find(context, people.by_email(context, email)) if email else None
    if namesake is None:
        return await _create(context, provider, profile, email)
    if not (profile.email_verified and namesake.email_verified):
        raise EmailTaken
    await context.db.run(await _identity(context, provider, profile.subject, namesake.id))
    return namesake


async def _create(context: Context, provider: str, profile: Profile, email: str | None) -> Person:
    sealer = Sealer(context.config)
    person = Person(
        id=context.random.id(),
        email_sealed=await sealer.seal(context, email, emails.PURPOSE) if email else None,
        email_lookup=sealer.lookup(email, emails.PURPOSE) if email else None,
        email_verified=email is not None and profile.email_verified,
        password_hash=None,
        display_name=_UNSEEN.sub(" ", profile.name).strip()[:MAX_NAME].strip() or "New learner",
        locale=profile.locale if _LOCALE.fullmatch(profile.locale) else "en",
        suspended=False,
        created_at=context.clock.now(),
    )
    statements = [
        insert_person(person, "UTC", Agreements(terms=False, privacy=False)),
        await _identity(context, provider, profile.subject, person.id),
    ]
    if email and not profile.email_verified:
        statements += await verification(context, person.id, email, person.locale)
    await context.db.batch(statements)
    return person


def _by_identity(context: Context, provider: str, subject: str) -> Statement:
    return sql(
        "SELECT p.* FROM identities i JOIN people p ON p.user_id = i.user_id"
        " WHERE i.provider = ? AND i.subject_lookup = ?",
        provider, Sealer(context.config).lookup(subject, f"{SUBJECT} {provider}"),
    )  # fmt: skip


async def _identity(context: Context, provider: str, subject: str, user_id: str) -> Statement:
    sealer = Sealer(context.config)
    sealed = await sealer.seal(context, subject, SUBJECT)
    return sql(
        "INSERT INTO identities (provider, subject_lookup, subject_sealed, user_id, created_at)"
        " VALUES (?, ?, ?, ?, ?)",
        provider, sealer.lookup(subject, f"{SUBJECT} {provider}"), sealed, user_id, context.clock.now(),
    )  # fmt: skip


def _address(profile: Profile) -> str | None:
    try:
        return emails.normalise(profile.email) if profile.email else None
    except emails.BadEmail:
        return None
