"""What lists, counts and search cost as rooms and messages grow."""

from __future__ import annotations

import pytest

from services.chat.projection import CLOSED
from services.chat.relations import BLOCKED, ROOMS_OF
from services.chat.rooms import FACES, LIST, PEOPLE
from services.chat.search import SEARCH
from services.context import sql
from services.notifications.inbox import LIST as INBOX
from services.notifications.inbox import UNREAD
from services.notifications.subscriptions import OF_USER
from tests.unit.chat.world import ROOM, World, group

OURS = {"(subquery-1)", "p", "f"}
"""Results of bounded subqueries, which are walked."""


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (LIST, ("mina", 1, "", 20, 1000, 10)),
        (PEOPLE, ("mina", "[]")),
        (FACES, ("[]",)),
        (SEARCH, ("mina", '"x"', None, 1, 20, 500)),
        (ROOMS_OF, ("mina",)),
        (BLOCKED, ("mina", "jun")),
        (INBOX, ("mina", "~", 20)),
        (UNREAD, ("mina", 1000)),
        (OF_USER, ("mina",)),
        *((text, (ROOM,)) for text in CLOSED[1:]),
    ],
)
async def test_nothing_is_scanned(query: str, parameters: tuple[object, ...]) -> None:
    plan = World().context.db.plan(sql(query, *parameters))
    scanned = [step for step in plan.splitlines() if step.startswith("SCAN")]
    assert all("VIRTUAL TABLE" in step or step.split()[1] in OURS for step in scanned), plan


async def test_unread_messages_are_counted_in_the_index_alone() -> None:
    plan = World().context.db.plan(sql(LIST, "mina", 1, "", 20, 1000, 10))
    assert "SEARCH c USING COVERING INDEX chat_messages_unread (room_id=? AND seq>?)" in plan


async def test_rooms_own_queries_search_by_index() -> None:
    world = World()
    await group(world, "Mina", "Jun")
    home = world.homes["CHAT_HUB", ROOM]
    for query, parameters in (
        ("SELECT * FROM messages WHERE sender = ? AND client_id = ?", ("mina", "c")),
        ("SELECT min(version) AS n FROM outbox", ()),
        ("SELECT min(created_at) AS at FROM attachments WHERE seq IS NULL", ()),
        ("DELETE FROM attachments WHERE seq = ?", (1,)),
    ):
        plan = home.plan(query, *parameters)
        assert "SEARCH" in plan, plan
        assert "SCAN" not in plan, plan
