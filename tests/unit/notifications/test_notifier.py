"""What one person is told, and by which way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.context import sql
from services.encoding import b64url
from services.notifications.inbox import count_unread, list_notifications
from services.notifications.models import PushSubscription
from services.notifications.notifier import notify
from services.notifications.preferences import is_quiet, replace_preferences
from services.notifications.pushes import FIRST_RETRY, MAX_ATTEMPTS, MAX_WAITING, payload
from services.notifications.subscriptions import MAX_SUBSCRIPTIONS, subscribe
from services.notifications.webpush import MAX_PLAINTEXT
from services.paging import PageQuery
from services.users.settings import NotificationSettings, QuietHours
from tests.unit.chat.world import World
from tests.unit.support_crypto import point

if TYPE_CHECKING:
    from services.notifications.models import Notification

ENDPOINT = "https://push.test/one"


class PushService:
    """What the push services answer, in turn, then 201; and what they were sent."""

    def __init__(self, world: World, *endpoints: str) -> None:
        self.script: list[int] = []
        self.sent: list[dict[str, str]] = []
        for endpoint in endpoints:
            world.context.http.services[endpoint] = self

    def __call__(self, *, headers: dict[str, str], **_: Any) -> tuple[int, Any]:
        self.sent.append(headers)
        return (self.script.pop(0) if self.script else 201), {}


@pytest.fixture
async def world() -> World:
    world = World()
    await world.person("Mina")
    return world


def browser(endpoint: str = ENDPOINT) -> PushSubscription:
    key = b64url(point(ec.generate_private_key(ec.SECP256R1())))
    return PushSubscription.model_validate({"endpoint": endpoint, "keys": {"p256dh": key, "auth": "A" * 22}})


async def tell(world: World, kind: str = "match_request", **more: Any) -> None:
    await notify(world.context, "mina", kind=kind, data={"number": 1}, **more)


async def inbox(world: World) -> list[Notification]:
    return (await list_notifications(world.context, "mina", PageQuery(limit=100))).items


async def queued(world: World) -> int:
    return len(world.homes["NOTIFIER", "mina"].rows("SELECT 1 FROM pushes"))


class TestInbox:
    async def test_the_same_notification_comes_once(self, world: World) -> None:
        for _ in range(2):
            await tell(world, notification_id="n1")
        assert [item.id for item in await inbox(world)] == ["n1"]

    async def test_of_one_subject_the_latest_unread_stays(self, world: World) -> None:
        for number in range(3):
            await tell(world, notification_id=f"n{number}", subject="s")
        await tell(world, notification_id="n9", subject="other")
        assert [item.id for item in await inbox(world)] == ["n9", "n2"]
        await world.context.db.run(sql("UPDATE notifications SET read_at = 1"))
        await tell(world, notification_id="n3", subject="s")
        assert [item.id for item in await inbox(world)] == ["n9", "n3", "n2"]

    async def test_is_live(self, world: World) -> None:
        await tell(world)
        (item,) = await inbox(world)
        assert world.presences["mina"].direct == [item.model_dump(mode="json")]

    async def test_an_unwanted_kind_is_not_told_and_safety_always(self, world: World) -> None:
        await replace_preferences(world.context, "mina", NotificationSettings(matches=False))
        await tell(world)
        await tell(world, "refresh_token_reused")
        assert [item.kind for item in await inbox(world)] == ["refresh_token_reused"]
        assert (await count_unread(world.context, "mina")).count == 1

    async def test_nobody_is_told_nothing(self, world: World) -> None:
        await notify(world.context, "stranger", kind="match_request", data={})
        assert await world.context.db.all(sql("SELECT * FROM notifications")) == []


class TestPush:
    async def test_waits_for_the_service_and_doubles_its_patience(self, world: World) -> None:
        service = PushService(world, ENDPOINT)
        service.script = [503, 429, 500]
        await subscribe(world.context, "mina", browser(), "Firefox")
        await tell(world)
        times = []
        for _ in range(4):
            await world.ring()
            times.append(world.homes["NOTIFIER", "mina"].alarm)
            world.context.clock.milliseconds = times[-1] or 0
        assert [later - times[0] for later in times[1:3]] == [2 * FIRST_RETRY, 6 * FIRST_RETRY]
        assert times[3] is None
        assert len(service.sent) == 4
        assert await queued(world) == 0

    async def test_survives_an_eviction(self, world: World) -> None:
        service = PushService(world, ENDPOINT)
        service.script = [503]
        await subscribe(world.context, "mina", browser(), "Firefox")
        await tell(world)
        await world.ring()
        world.crash()
        await world.ring(seconds=10)
        assert len(service.sent) == 2

    async def test_a_newer_one_of_the_same_subject_takes_the_place(self, world: World) -> None:
        service = PushService(world, ENDPOINT)
        await subscribe(world.context, "mina", browser(), "Firefox")
        for number in range(3):
            await tell(world, notification_id=f"n{number}", subject="s")
        await tell(world, notification_id="n9")
        await world.ring()
        assert len(service.sent) == 2
        assert len({sent["topic"] for sent in service.sent}) == 2

    @pytest.mark.parametrize("status", [404, 410])
    async def test_a_browser_that_is_gone_is_forgotten(self, world: World, status: int) -> None:
        service = PushService(world, ENDPOINT, "https://eu.push.test/two")
        service.script = [status]
        for endpoint in (ENDPOINT, "https://eu.push.test/two"):
            await subscribe(world.context, "mina", browser(endpoint), "Firefox")
        await tell(world, notification_id="n1")
        await tell(world, notification_id="n2")
        await world.ring()
        await world.ring(seconds=60)
        assert len(await world.context.db.all(sql("SELECT * FROM push_subscriptions"))) == 1
        assert await queued(world) == 0

    @pytest.mark.parametrize("status", [301, 400, 401, 403, 413])
    async def test_a_refusal_is_not_repeated(self, world: World, status: int) -> None:
        service = PushService(world, ENDPOINT)
        service.script = [status]
        await subscribe(world.context, "mina", browser(), "Firefox")
        await tell(world)
        await world.ring()
        await world.ring(seconds=3600)
        assert (len(service.sent), await queued(world)) == (1, 0)

    async def test_is_given_up_when_it_is_stale(self, world: World) -> None:
        await subscribe(world.context, "mina", browser(), "Firefox")
        await tell(world)
        for _ in range(MAX_ATTEMPTS * 2):
            await world.ring(seconds=7200)
        assert await queued(world) == 0
        assert world.homes["NOTIFIER", "mina"].alarm is None

    async def test_the_queue_is_bounded(self, world: World) -> None:
        await subscribe(world.context, "mina", browser(), "Firefox")
        for number in range(MAX_WAITING + 5):
            await tell(world, notification_id=f"n{number:03}")
        assert await queued(world) == MAX_WAITING

    async def test_respects_what_the_person_wants(self, world: World) -> None:
        await subscribe(world.context, "mina", browser(), "Firefox")
        quiet = QuietHours(start="11:00", end="13:00")
        for wish in (NotificationSettings(push=False), NotificationSettings(quiet_hours=quiet)):
            await replace_preferences(world.context, "mina", wish)
            await tell(world)
        assert "pushes" not in str(world.homes["NOTIFIER", "mina"].rows("SELECT name FROM sqlite_master"))
        assert len(await inbox(world)) == 2

    async def test_of_many_browsers_the_latest_stay(self, world: World) -> None:
        for number in range(MAX_SUBSCRIPTIONS + 2):
            world.context.clock.advance(seconds=1)
            await subscribe(world.context, "mina", browser(f"{ENDPOINT}{number}"), "Firefox")
        rows = await world.context.db.all(
            sql("SELECT created_at FROM push_subscriptions ORDER BY created_at")
        )
        assert len(rows) == MAX_SUBSCRIPTIONS
        assert rows[-1]["created_at"] == world.context.clock.now()

    async def test_a_browser_belongs_to_who_subscribed_last(self, world: World) -> None:
        await world.person("Jun")
        for user in ("mina", "jun"):
            await subscribe(world.context, user, browser(), "Firefox")
        rows = await world.context.db.all(sql("SELECT user_id FROM push_subscriptions"))
        assert rows == [{"user_id": "jun"}]

    def test_what_would_not_fit_goes_without_its_texts(self) -> None:
        long = json.dumps({"id": "n", "data": {"preview": "가" * 4000, "seq": 3}}, ensure_ascii=False)
        assert json.loads(payload(long)) == {"id": "n", "data": {"seq": 3}}
        assert len(payload(long)) <= MAX_PLAINTEXT


@pytest.mark.parametrize(
    ("start", "end", "time_zone", "quiet"),
    [
        ("11:00", "13:00", "UTC", True),
        ("12:00", "12:01", "UTC", True),
        ("11:00", "12:00", "UTC", False),
        ("22:00", "07:00", "UTC", False),
        ("13:00", "12:01", "UTC", True),
        ("20:00", "22:00", "Asia/Seoul", True),
        ("22:00", "07:00", "Australia/Sydney", True),
        ("07:00", "08:00", "America/New_York", True),
        ("12:00", "12:00", "UTC", False),
    ],
)
def test_quiet_hours_are_local_and_may_go_over_midnight(
    start: str, end: str, time_zone: str, quiet: bool
) -> None:
    """It is noon in UTC, in November."""
    wish = NotificationSettings(quiet_hours=QuietHours(start=start, end=end))
    assert is_quiet(wish, World().context.clock, time_zone) is quiet
