"""E-mail addresses: one form for each mailbox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.emails import MAX_LENGTH, BadEmail, normalise


@pytest.mark.parametrize(
    ("given_address", "kept"),
    [
        ("mina@example.org", "mina@example.org"),
        ("  Mina.Kim+study@Example.ORG ", "mina.kim+study@example.org"),
        ("민아@예시.한국", "민아@xn--vv4b11d.xn--3e0b707e"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
        ("a@b.co", "a@b.co"),
    ],
)
def test_is_kept_in_one_form(given_address: str, kept: str) -> None:
    assert normalise(given_address) == kept
    assert normalise(kept) == kept


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "mina", "mina@", "@example.org", "mina@localhost", "mina@example", "mi na@example.org",
        "mina@exam ple.org", "mina@-example.org", "mina@example-.org", "mina@example..org",
        ".mina@example.org", "mina.@example.org", "mi..na@example.org", "a@b@example.org",
        '"mina"@example.org', "mina@[127.0.0.1]",
        "mina@127.0.0.1", "mina\r\nBcc: all@example.org", "mina\0@example.org", "<mina@example.org>",
        "x" * 65 + "@example.org", "mina@" + "x" * 64 + ".org", "mina@" + "x." * 130 + "org",
        "mina,a@example.org",
        "mina@ex\u2024ample.\u0000org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadEmail):
        normalise(address)


@given(st.text(max_size=400))
def test_any_text_is_an_address_in_its_form_or_refused(text: str) -> None:
    try:
        kept = normalise(text)
    except BadEmail:
        return
    assert normalise(kept) == kept
    assert len(kept.encode()) <= MAX_LENGTH
