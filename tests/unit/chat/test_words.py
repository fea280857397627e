"""What of a text is searched for."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies

from services.chat.words import index_words, match_words

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = "abzéßЖ가나한語本ひカーกา一 -'\"*()"


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE s USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2')")
    yield database
    database.close()


def finds(index: sqlite3.Connection, query: str, text: str) -> bool:
    index.execute("DELETE FROM s")
    index.execute("INSERT INTO s VALUES (?)", [index_words(text)])
    expression = match_words(query)
    return bool(expression and index.execute("SELECT 1 FROM s WHERE s MATCH ?", [expression]).fetchone())


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("hello", "Hello, world", True),
        ("hel", "Hello, world", True),
        ("hel world", "Hello, world", False),
        ("world hello", "Hello, world", True),
        ("naive", "naïve", True),
        ("\uff21\uff22\uff23", "abc", True),
        ("녕하", "안녕하세요", True),
        ("세안", "안녕하세요", False),
        ("안녕 세요", "안녕하세요", True),
        ("勉強", "日本語を勉強する", True),
        ("強勉", "日本語を勉強する", False),
        ("る", "日本語を勉強する", True),
        ("GPT4 한국", "한국어로 GPT4와", True),
        ("привет", "Привет!", True),
        ("ไทย", "เรียนภาษาไทย", True),
        ("AND", "this OR that", False),
        ("or", "this OR that", True),
        ('"', 'say "x"', False),
        ("NEAR(a b)", "near a and b", True),
    ],
)
def test_finds(index: sqlite3.Connection, query: str, text: str, found: bool) -> None:
    assert finds(index, query, text) is found


@given(query=strategies.text(max_size=200))
def test_no_query_breaks_the_expression(index: sqlite3.Connection, query: str) -> None:
    finds(index, query, "text")


@given(text=strategies.text("가나다라語本日ひคา", min_size=1, max_size=12), data=strategies.data())
def test_any_part_of_a_text_without_blanks_finds_it(
    index: sqlite3.Connection, text: str, data: strategies.DataObject
) -> None:
    start = data.draw(strategies.integers(0, len(text) - 1))
    end = data.draw(strategies.integers(start + 1, len(text)))
    assert finds(index, text[start:end], text)


@given(text=strategies.text(SCRIPTS, max_size=40))
def test_a_text_finds_itself(index: sqlite3.Connection, text: str) -> None:
    assert finds(index, text, text) is bool(match_words(text))
