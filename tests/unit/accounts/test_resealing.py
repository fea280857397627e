"""Rotating the keys of sealed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.accounts.oauth.linking import person_for
from services.accounts.oauth.provider import Profile
from services.accounts.resealing import reseal_columns
from services.accounts.upkeep import keep_up
from services.context import sql
from services.sealing import Sealer
from tests.unit.accounts.world import World
from tests.unit.support import reconfigured
from tests.unit.support_crypto import column_keys

if TYPE_CHECKING:
    from services.context import Context


async def populate(world: World) -> None:
    context, sealer = world.context, Sealer(world.context.config)
    for number in range(5):
        await world.register(f"person-{number}@example.org")
    await person_for(context, "github", Profile("42", None, email_verified=False, name="Octo"))
    birth = await sealer.seal(context, "2000-02-29", "users.birth_date")
    phone = await sealer.seal(context, "+82 10", "users.phone")
    youngest = "(SELECT max(id) FROM users)"
    fill = f"UPDATE users SET birth_date_sealed = ?, phone_sealed = ? WHERE id = {youngest}"
    await context.db.run(sql(fill, birth, phone))


async def key_ids(context: Context) -> set[str]:
    rows = await context.db.all(
        sql(
            "SELECT email_sealed AS sealed FROM users UNION SELECT birth_date_sealed FROM users"
            " UNION SELECT phone_sealed FROM users UNION SELECT subject_sealed FROM identities"
        )
    )
    return {row["sealed"].split(".")[1] for row in rows if row["sealed"]}


async def finish(context: Context) -> int:
    """Calls until all is done."""
    calls = 1
    while not await reseal_columns(context, limit=2):
        calls += 1
    return calls


async def test_page_by_page_everything_comes_under_the_new_key(world: World) -> None:
    await populate(world)
    await finish(world.context)
    assert await key_ids(world.context) == {"k1"}
    rotated = reconfigured(world.context, COLUMN_KEYS=column_keys("k2", "k1"))
    assert await finish(rotated) > 8
    assert await key_ids(rotated) == {"k2"}
    assert await finish(rotated) == 1, "once done, there is nothing to do"


async def test_then_the_old_key_can_be_dropped(world: World) -> None:
    await populate(world)
    rotated = reconfigured(world.context, COLUMN_KEYS=column_keys("k2", "k1"))
    await finish(rotated)
    alone = World(reconfigured(rotated, COLUMN_KEYS=column_keys("k2")))
    opened = await alone.sign_in("person-3@example.org")
    assert opened.reply.user.email == "person-3@example.org"


async def test_cron_does_it_beside_its_other_work(world: World) -> None:
    url = "https://mail.test/emails"
    await populate(world)
    world.context.clock.advance(days=3)
    world.context.http.services[url] = lambda **_: (200, {})
    rotated = reconfigured(
        world.context, COLUMN_KEYS=column_keys("k2", "k1"), MAIL_API_URL=url, MAIL_API_KEY="key"
    )
    await keep_up(rotated)
    assert await key_ids(rotated) == {"k2"}
    assert len(rotated.http.requests) == 5, "the mails that waited are delivered"
    assert await rotated.db.all(sql("SELECT * FROM one_time_tokens")) == [], "the links in them have expired"


async def test_a_value_changed_meanwhile_is_kept(world: World) -> None:
    await populate(world)
    rotated = reconfigured(world.context, COLUMN_KEYS=column_keys("k2", "k1"))
    changed = await Sealer(rotated.config).seal(rotated, "new@example.org", "users.email")
    await rotated.db.run(
        sql("UPDATE users SET email_sealed = ? WHERE id = (SELECT min(id) FROM users)", changed)
    )
    await finish(rotated)
    assert await rotated.db.first(sql("SELECT 1 FROM users WHERE email_sealed = ?", changed))
