"""Sealed columns and look-up hashes."""

from __future__ import annotations

import pytest

from services.context import MissingSecret
from services.sealing import CannotOpen, Sealer
from tests.unit.support import Context, reconfigured, settings
from tests.unit.support_crypto import column_keys

EMAIL = "mina@example.org"


async def test_a_sealed_text_opens_for_its_purpose_only(context: Context) -> None:
    sealer = Sealer(context.config)
    sealed = await sealer.seal(context, EMAIL, "users.email")
    assert EMAIL not in sealed
    assert await sealer.open(context, sealed, "users.email") == EMAIL
    with pytest.raises(CannotOpen):
        await sealer.open(context, sealed, "users.phone")


async def test_equal_texts_are_sealed_differently_and_found_by_equal_hashes(context: Context) -> None:
    sealer = Sealer(context.config)
    assert await sealer.seal(context, EMAIL, "p") != await sealer.seal(context, EMAIL, "p")
    assert sealer.lookup(EMAIL, "p") == sealer.lookup(EMAIL, "p") != sealer.lookup(EMAIL, "q")


@pytest.mark.parametrize(
    "damage",
    [
        lambda sealed: sealed[:-1] + ("A" if sealed[-1] != "A" else "B"),
        lambda sealed: sealed.replace("v1.k1", "v1.k9"),
        lambda sealed: sealed.replace("v1.k1", "v2.k1"),
        lambda sealed: sealed.rpartition(".")[0],
        lambda _: "",
        lambda _: "v1.k1.é.é",
    ],
)
async def test_a_damaged_text_does_not_open(context: Context, damage) -> None:
    sealer = Sealer(context.config)
    with pytest.raises(CannotOpen):
        await sealer.open(context, damage(await sealer.seal(context, EMAIL, "p")), "p")


async def test_after_a_rotation_old_texts_open_and_ask_to_be_sealed_again(context: Context) -> None:
    sealed = await Sealer(context.config).seal(context, EMAIL, "p")
    rotated = reconfigured(context, COLUMN_KEYS=column_keys("k2", "k1"))
    sealer = Sealer(rotated.config)
    assert await sealer.open(rotated, sealed, "p") == EMAIL
    assert sealer.needs_reseal(sealed)
    assert not sealer.needs_reseal(await sealer.seal(rotated, EMAIL, "p"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COLUMN_KEYS", "not json"),
        ("COLUMN_KEYS", "[]"),
        ("COLUMN_KEYS", '{"current": "k1", "keys": {}}'),
        ("COLUMN_KEYS", '{"current": "k1", "keys": {"k1": "c2hvcnQ="}}'),
        ("LOOKUP_KEY", "c2hvcnQ="),
        ("LOOKUP_KEY", "?"),
    ],
)
def test_a_malformed_secret_says_which_and_how_to_make_it(name: str, value: str) -> None:
    with pytest.raises(MissingSecret, match=rf"{name} .*ops keys"):
        Sealer(settings(**{name: value}))
