"""Blocks and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.context import sql
from services.paging import InvalidCursor, PageQuery, encode_cursor
from services.problems import NotFound
from services.users.models import Report
from services.users.relations import LIST_BLOCKS, NotYourself, block, list_blocks, report, unblock
from tests.unit.users.people import someone

if TYPE_CHECKING:
    from services.context import Context


class TestBlock:
    async def test_again_is_no_failure(self, context: Context, mina: str, jun: str) -> None:
        await block(context, mina, jun)
        context.clock.advance(days=1)
        await block(context, mina, jun)
        (blocked,) = (await list_blocks(context, mina, PageQuery())).items
        assert blocked.model_dump(mode="json") == {
            "id": jun,
            "displayName": "Jun",
            "profileImageUrl": None,
            "blockedAt": "2025-11-20T12:00:00.000Z",
        }

    async def test_is_taken_back_and_that_again(self, context: Context, mina: str, jun: str) -> None:
        await block(context, mina, jun)
        await unblock(context, mina, jun)
        await unblock(context, mina, jun)
        assert (await list_blocks(context, mina, PageQuery())).items == []

    async def test_oneself_or_nobody(self, context: Context, mina: str) -> None:
        with pytest.raises(NotYourself):
            await block(context, mina, mina)
        with pytest.raises(NotFound):
            await block(context, mina, "nobody")


class TestList:
    async def test_pages_hold_everyone_once_while_others_come(self, context: Context, mina: str) -> None:
        others = [await someone(context, f"P{number}") for number in range(5)]
        for number, other in enumerate(others):
            context.clock.advance(seconds=number % 2)
            await block(context, mina, other)
        first = await list_blocks(context, mina, PageQuery(limit=2))
        context.clock.advance(seconds=1)
        await block(context, mina, await someone(context, "Late"))
        second = await list_blocks(context, mina, PageQuery(limit=2, cursor=first.next_cursor))
        third = await list_blocks(context, mina, PageQuery(limit=2, cursor=second.next_cursor))
        assert third.next_cursor is None
        found = [blocked.id for page in (first, second, third) for blocked in page.items]
        assert sorted(found) == sorted(others)
        assert found[0] == others[-1]

    @pytest.mark.parametrize(
        "cursor",
        [
            "!",
            "가",
            "bm90IGpzb24",
            encode_cursor((1,)),
            encode_cursor(("a", "b")),
            encode_cursor((1, "b", "c")),
            encode_cursor((True, "b")),
            encode_cursor((2**53, "b")),
            encode_cursor((1, "a\x00")),
            "W1tb" * 100,
            "W" * 1000,
        ],
    )
    async def test_a_cursor_of_no_list_is_refused(self, context: Context, mina: str, cursor: str) -> None:
        with pytest.raises(InvalidCursor):
            await list_blocks(context, mina, PageQuery(cursor=cursor))

    async def test_searches_by_key(self, context: Context, mina: str) -> None:
        plan = context.db.plan(sql(LIST_BLOCKS, mina, 1, "", 20))
        assert "SEARCH b USING PRIMARY KEY (user_id=?)" in plan
        assert "SCAN" not in plan


class TestReport:
    async def test_the_same_reason_on_one_day_is_one_report(
        self, context: Context, mina: str, jun: str
    ) -> None:
        first = await report(context, mina, jun, Report(reason="spam", detail="Sells things."))
        context.clock.advance(hours=1)
        assert await report(context, mina, jun, Report(reason="spam")) == first
        other = await report(context, mina, jun, Report(reason="hate"))
        context.clock.advance(days=1)
        later = await report(context, mina, jun, Report(reason="spam"))
        assert len({first.id, other.id, later.id}) == 3
        rows = await context.db.all(sql("SELECT detail, status FROM reports ORDER BY created_at LIMIT 1"))
        assert rows == [{"detail": "Sells things.", "status": "open"}]

    async def test_oneself_or_nobody(self, context: Context, mina: str) -> None:
        with pytest.raises(NotYourself):
            await report(context, mina, mina, Report(reason="other"))
        with pytest.raises(NotFound):
            await report(context, mina, "nobody", Report(reason="other"))
