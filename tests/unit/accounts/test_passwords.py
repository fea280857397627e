"""Passwords: how they are kept, what is refused, and that nothing is learned from the time they take."""

from __future__ import annotations

import hashlib

import pytest

from services.accounts.passwords import (
    ITERATIONS,
    WeakPassword,
    check_strength,
    hash_password,
    needs_upgrade,
    verify_password,
)
from services.encoding import b64url, from_b64url
from tests.unit.support import Context, make_context, reconfigured

PASSWORD = "korrekt-pferd"


async def test_six_chained_rounds_of_pbkdf2_by_default() -> None:
    context = make_context(PASSWORD_ROUNDS="")
    stored = await hash_password(context, PASSWORD)
    _, scheme, parameters, salt, digest = stored.split("$")
    assert (scheme, parameters) == ("pbkdf2-sha256-chain", "i=100000,r=6")
    state = b""
    for _ in range(6):
        state = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), from_b64url(salt) + state, ITERATIONS)
    assert digest == b64url(state)
    assert context.crypto.derivations == 600_000


async def test_the_right_password_verifies_and_no_other(context: Context) -> None:
    stored = await hash_password(context, PASSWORD)
    assert await verify_password(context, PASSWORD, stored)
    assert not await verify_password(context, PASSWORD + " ", stored)
    assert not await verify_password(context, PASSWORD.upper(), stored)


async def test_the_same_password_is_stored_differently_each_time(context: Context) -> None:
    assert await hash_password(context, PASSWORD) != await hash_password(context, PASSWORD)


async def test_other_forms_of_the_same_characters_are_the_same_password(context: Context) -> None:
    stored = await hash_password(context, "비밀번호-é-①②")
    assert await verify_password(context, "비밀번호-e\u0301-12", stored)


@pytest.mark.parametrize("rounds_of_hash", [1, 2, 3, None])
async def test_a_miss_costs_the_same_whatever_is_stored(context: Context, rounds_of_hash: int | None) -> None:
    stored = None
    if rounds_of_hash:
        stored = await hash_password(reconfigured(context, PASSWORD_ROUNDS=str(rounds_of_hash)), PASSWORD)
    before = context.crypto.derivations
    assert not await verify_password(reconfigured(context, PASSWORD_ROUNDS="3"), "wrong password", stored)
    assert context.crypto.derivations - before == 3 * ITERATIONS


async def test_a_weaker_hash_asks_to_be_upgraded(context: Context) -> None:
    stored = await hash_password(context, PASSWORD)
    assert not needs_upgrade(context, stored)
    assert needs_upgrade(reconfigured(context, PASSWORD_ROUNDS="2"), stored)


@pytest.mark.parametrize(
    "password",
    ["short", "1234567", "x" * 129, "password1", "PassWord1", "\uff50assword\uff11", "aaaaaaaaaa",
     "mina@example.org", "Mina@Example.org", "\U0001d54f" * 129],
)  # fmt: skip
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        check_strength(password, "mina@example.org")
    assert refusal.value.errors[0].path == "$.password"


@pytest.mark.parametrize("password", ["korrekt-pferd", "pass word 1", "비밀번호비밀번호", "x1" * 64])
def test_strong_passwords_are_taken(password: str) -> None:
    check_strength(password, "mina@example.org")
