"""Device sessions and refresh tokens."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from services.accounts import sessions
from services.accounts.devices import device_name
from services.accounts.problems import AccountSuspended, RefreshTokenReused
from services.accounts.sessions import MAX_SESSIONS, Opened, check_fresh
from services.context import sql
from services.problems import InvalidToken, NotFound

if TYPE_CHECKING:
    from services.context import Context
    from tests.unit.accounts.world import World

WEBKIT = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {}"


class TestRefresh:
    async def test_each_token_works_once_and_gives_the_next(self, world: World) -> None:
        opened = await world.register()
        second = await world.refresh(opened)
        third = await world.refresh(second)
        assert len({step.reply.refresh_token for step in (opened, second, third)}) == 3
        assert opened.session_id == second.session_id == third.session_id
        assert world.principal(third).session_id == opened.session_id

    async def test_of_two_at_once_exactly_one_wins_and_the_family_ends(self, world: World) -> None:
        opened = await world.register()
        results = await asyncio.gather(*(world.refresh(opened) for _ in range(5)), return_exceptions=True)
        winners = [result for result in results if isinstance(result, Opened)]
        assert len(winners) == 1
        assert all(isinstance(result, RefreshTokenReused) for result in results if result not in winners)
        with pytest.raises(InvalidToken):
            await world.refresh(winners[0])

    async def test_lives_seven_days_from_its_last_use(self, world: World) -> None:
        opened = await world.register()
        world.context.clock.advance(days=6)
        renewed = await world.refresh(opened)
        world.context.clock.advance(days=6)
        renewed = await world.refresh(renewed)
        world.context.clock.advance(days=7)
        with pytest.raises(InvalidToken):
            await world.refresh(renewed)

    @pytest.mark.parametrize("token", ["", "unknown", "x" * 200])
    async def test_an_unknown_token_is_refused(self, context: Context, token: str) -> None:
        with pytest.raises(InvalidToken) as refusal:
            await sessions.refresh(context, token)
        assert not isinstance(refusal.value, RefreshTokenReused)

    async def test_stops_for_the_suspended_and_goes_on_after(self, world: World) -> None:
        opened = await world.register()
        await world.suspend(opened)
        with pytest.raises(AccountSuspended):
            await world.refresh(opened)
        await world.context.db.run(sql("UPDATE users SET suspended_at = NULL"))
        assert await world.refresh(opened), "the refused attempt has not spent the token"


class TestReuse:
    async def test_ends_the_whole_family(self, world: World) -> None:
        opened = await world.register()
        current = await world.refresh(await world.refresh(opened))
        principal = world.principal(current)
        with pytest.raises(RefreshTokenReused):
            await world.refresh(opened)
        with pytest.raises(InvalidToken):
            await world.refresh(current)
        with pytest.raises(InvalidToken):
            await check_fresh(world.context, principal)

    async def test_leaves_other_devices_alone(self, world: World) -> None:
        opened, other = await world.register(), await world.sign_in()
        await world.refresh(opened)
        with pytest.raises(RefreshTokenReused):
            await world.refresh(opened)
        assert await world.refresh(other)

    async def test_tells_the_owner_once(self, world: World) -> None:
        opened = await world.register(locale="ko")
        await world.refresh(opened)
        for _ in range(3):
            with pytest.raises(RefreshTokenReused):
                await world.refresh(opened)
        notification = await world.row("notifications", user_id=opened.reply.user.id)
        assert notification["kind"] == "refresh_token_reused"
        assert json.loads(notification["data"]) == {
            "sessionId": opened.session_id,
            "device": "Firefox on Linux",
        }
        warnings = [mail for mail in await world.mails() if "로그아웃" in mail.subject]
        assert len(warnings) == 1
        assert "Firefox on Linux" in warnings[0].text
        live = [told for *_, method, told in world.context.objects.calls if method == "direct"]
        assert [json.loads(told["payload"])["id"] for told in live] == [notification["id"]]

    async def test_is_seen_until_the_spent_token_would_have_expired(self, world: World) -> None:
        opened = await world.register()
        current = await world.refresh(opened)
        world.context.clock.advance(days=6)
        await sessions.purge_expired(world.context)
        with pytest.raises(RefreshTokenReused):
            await world.refresh(opened)
        with pytest.raises(InvalidToken):
            await world.refresh(current)


class TestDevices:
    async def test_lists_those_signed_in_and_marks_the_current(self, world: World) -> None:
        first = await world.register()
        world.context.clock.advance(minutes=1)
        second = await world.sign_in()
        listed = await sessions.list_sessions(world.context, world.principal(second))
        assert [(device.id, device.device, device.current) for device in listed] == [
            (second.session_id, "Safari on iPhone", True),
            (first.session_id, "Firefox on Linux", False),
        ]

    async def test_signing_one_out_leaves_the_others(self, world: World) -> None:
        first, second = await world.register(), await world.sign_in()
        user_id, principal = first.reply.user.id, world.principal(first)
        await sessions.sign_out(world.context, user_id, first.session_id)
        with pytest.raises(InvalidToken):
            await check_fresh(world.context, principal)
        await check_fresh(world.context, world.principal(second))
        with pytest.raises(NotFound):
            await sessions.sign_out(world.context, user_id, first.session_id)

    async def test_the_access_token_of_a_signed_out_device_is_refused_at_once(self, world: World) -> None:
        first, second = await world.register(), await world.sign_in()
        unseen = await world.refresh(first)
        world.principal(first)
        await sessions.sign_out(world.context, first.reply.user.id, first.session_id)
        for opened in (first, unseen):
            with pytest.raises(InvalidToken):
                world.principal(opened)
        assert world.principal(second)

    async def test_nobody_signs_another_person_out(self, world: World) -> None:
        mina, juno = await world.register(), await world.register("juno@example.org")
        with pytest.raises(NotFound):
            await sessions.sign_out(world.context, mina.reply.user.id, juno.session_id)
        assert await world.refresh(juno)

    async def test_signing_out_everywhere_is_everywhere(self, world: World) -> None:
        first, second = await world.register(), await world.sign_in()
        await sessions.sign_out_everywhere(world.context, first.reply.user.id)
        for opened in (first, second):
            with pytest.raises(InvalidToken):
                await world.refresh(opened)

    async def test_the_device_unused_for_longest_gives_way(self, world: World) -> None:
        first = await world.register()
        second = await world.sign_in()
        for _ in range(MAX_SESSIONS - 2):
            world.context.clock.advance(seconds=1)
            await world.sign_in()
        world.context.clock.advance(seconds=1)
        first = await world.refresh(first)
        newest = await world.sign_in()
        listed = await sessions.list_sessions(world.context, world.principal(newest))
        assert len(listed) == MAX_SESSIONS
        assert first.session_id in {device.id for device in listed}
        with pytest.raises(InvalidToken):
            await world.refresh(second)

    async def test_an_access_token_of_a_suspended_person_is_not_fresh(self, world: World) -> None:
        opened = await world.register()
        await world.suspend(opened)
        with pytest.raises(InvalidToken):
            await check_fresh(world.context, world.principal(opened))

    async def test_an_access_token_with_a_role_since_taken_away_is_not_fresh(self, world: World) -> None:
        opened = await world.register()
        await world.context.db.run(sql("INSERT INTO user_roles VALUES (?, 'admin', 1)", opened.reply.user.id))
        admin = world.principal(await world.refresh(opened))
        await check_fresh(world.context, admin)
        await world.context.db.run(sql("DELETE FROM user_roles"))
        with pytest.raises(InvalidToken):
            await check_fresh(world.context, admin)

    @pytest.mark.parametrize(
        ("user_agent", "name"),
        [
            (WEBKIT.format("Windows NT 10.0; x64", "Chrome/143.0.0.0 Safari/537.36"), "Chrome on Windows"),
            (WEBKIT.format("Windows NT 10.0", "Chrome/143.0.0.0 Edg/143.0.0.0"), "Edge on Windows"),
            (WEBKIT.format("iPhone; CPU iPhone OS 19_0 like Mac OS X", "Safari/604.1"), "Safari on iPhone"),
            (WEBKIT.format("Linux; Android 16", "SamsungBrowser/29.0 Chrome/136.0.0.0"),
             "Samsung Internet on Android"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
            ("python-httpx/0.28.1", "python-httpx"),
            ("", "Unknown device"),
            ("\x1b[31m", "Unknown device"),
            ("x" * 10_000, "x" * 40),
        ],
    )  # fmt: skip
    def test_are_named_by_browser_and_system(self, user_agent: str, name: str) -> None:
        assert device_name(user_agent) == name


async def test_what_has_expired_is_forgotten(world: World) -> None:
    opened = await world.register()
    await world.refresh(opened)
    world.context.clock.advance(days=8)
    await sessions.purge_expired(world.context)
    for table in ("device_sessions", "spent_refresh_tokens", "one_time_tokens"):
        assert await world.context.db.all(sql(f"SELECT * FROM {table}")) == []


@pytest.mark.parametrize("query", ["token", "family"])
def test_a_refresh_token_is_found_by_index(context: Context, query: str) -> None:
    statements = {
        "token": sql("SELECT 1 FROM device_sessions WHERE token_hash = ?", "x"),
        "family": sessions._family("x"),
    }
    assert "SCAN device_sessions" not in context.db.plan(statements[query])
