"""Registering and signing in with a password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from services.accounts import emails, letters, one_time, passwords, people
from services.accounts.one_time import Purpose
from services.accounts.people import Person
from services.accounts.problems import InvalidCredentials
from services.accounts.sessions import EVENTS, Opened, open_session
from services.context import sql
from services.mail import post
from services.problems import FieldError, Unprocessable
from services.sealing import Sealer

if TYPE_CHECKING:
    from services.accounts.models import Agreements, LoginBody, RegisterBody
    from services.context import Context, Statement


async def register(context: Context, body: RegisterBody, user_id: str, device: str) -> Opened:
    """A new account, signed in on this device; it exists once the statements are executed in one transaction.

    An address that is taken shows there as a ``ConstraintError``, after the same work as for a free one.
    Raises ``BadEmail``, ``WeakPassword``, ``Unprocessable``.
    """
    email = emails.normalise(body.email)
    passwords.check_strength(body.password, email)
    _check(context, body)
    person = await _person(context, body, email, user_id)
    opened = await open_session(context, person, device)
    statements = [
        insert_person(person, body.time_zone, body.agreements),
        *opened.statements,
        *await verification(context, person.id, email, person.locale),
    ]
    context.metrics.count(EVENTS, event="register", outcome="ok")
    return opened._replace(statements=tuple(statements))


async def sign_in(context: Context, body: LoginBody, device: str) -> Opened:
    """Sign in on a device; takes as long for an unknown address as for a wrong password.

    Raises ``InvalidCredentials`` for both, ``AccountSuspended`` only to who knows the password.
    """
    person = await _claimed(context, body.email)
    stored = person.password_hash if person else None
    if not await passwords.verify_password(context, body.password, stored) or not person or not stored:
        context.metrics.count(EVENTS, event="sign_in", outcome="refused")
        raise InvalidCredentials
    person.check_may_sign_in()
    opened = await open_session(context, person, device)
    upgrade = await _upgrade(context, person.id, body.password, stored)
    begun, *_ = await context.db.batch([*opened.statements, *upgrade])
    if not begun:  # the password was changed, or made stronger, while this one was being verified
        return await sign_in(context, body, device)
    context.metrics.count(EVENTS, event="sign_in", outcome="ok")
    return opened


def account_subject(context: Context, address: str) -> str:
    """What sign-in attempts at an account are counted under, whether there is one or not."""
    try:
        address = emails.normalise(address)
    except emails.BadEmail:
        address = "malformed"
    return "account:" + Sealer(context.config).lookup(address, "sign_in")


def insert_person(person: Person, time_zone: str, agreements: Agreements) -> Statement:
    """The statement that creates the account of a person."""
    now = person.created_at
    return sql(
        "INSERT INTO users (id, email_sealed, email_lookup, email_verified_at, password_hash, display_name,"
        " time_zone, locale, agreements, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        person.id, person.email_sealed, person.email_lookup, now if person.email_verified else None,
        person.password_hash, person.display_name, time_zone, person.locale,
        json.dumps({**agreements.model_dump(), "at": now}), now, now,
    )  # fmt: skip


async def verification(context: Context, user_id: str, email: str, locale: str) -> list[Statement]:
    """The statements that send a person the link to confirm the address."""
    token, store = one_time.issue(context, Purpose.VERIFY_EMAIL, user_id)
    letter = letters.write(context, "verify_email", recipient=email, locale=locale, token=token)
    return [store, await post(context, letter)]


def _check(context: Context, body: RegisterBody) -> None:
    agreed = body.agreements
    errors = [
        FieldError(f"$.agreements.{name}", "You must agree to this to have an account.")
        for name, given in (("terms", agreed.terms), ("privacy", agreed.privacy))
        if not given
    ]
    if not context.clock.is_time_zone(body.time_zone):
        errors.append(FieldError("$.timeZone", "This is not an IANA time zone."))
    if errors:
        raise Unprocessable(errors=tuple(errors))


async def _person(context: Context, body: RegisterBody, email: str, user_id: str) -> Person:
    sealer = Sealer(context.config)
    return Person(
        id=user_id,
        email_sealed=await sealer.seal(context, email, emails.PURPOSE),
        email_lookup=sealer.lookup(email, emails.PURPOSE),
        email_verified=False,
        password_hash=await passwords.hash_password(context, body.password),
        display_name=body.display_name,
        locale=body.locale,
        suspended=False,
        created_at=context.clock.now(),
    )


async def _claimed(context: Context, address: str) -> Person | None:
    """Whose account someone says this is."""
    try:
        return await people.find(context, people.by_email(context, emails.normalise(address)))
    except emails.BadEmail:
        return None


async def _upgrade(context: Context, user_id: str, password: str, stored: str) -> list[Statement]:
    """The statement that replaces a hash weaker than today's, as only now the password is at hand."""
    if not passwords.needs_upgrade(context, stored):
        return []
    stronger = await passwords.hash_password(context, password)
    return [
        sql(
            "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?", stronger, user_id, stored
        )
    ]
