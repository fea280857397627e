"""Export and erasure: nothing about a person is forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from services.accounts.emails import PURPOSE
from services.accounts.tokens import issue_access_token, read_access_token
from services.activity import record
from services.context import sql
from services.problems import InvalidToken, NotFound, Unprocessable
from services.sealing import Sealer
from services.users import erasure
from services.users.erasure import SETTLED, UNSETTLED, NotConfirmed, delete_account, finish_erasures
from services.users.export import export
from services.users.image import set_image
from services.users.models import DeleteAccount, ProfileUpdate, Report
from services.users.personal_data import HOLDINGS
from services.users.profile import read_profile, read_public_profile, update_profile
from services.users.relations import block, report
from tests.unit.support import Sqlite
from tests.unit.users.people import PASSWORD, someone
from tests.unit.users.test_pictures import PICTURES

if TYPE_CHECKING:
    from services.context import Context

WITHOUT_PEOPLE = {
    "outbox_mail": "Letters are sealed and go when they are sent; none can be found by its reader.",
    "spent_refresh_tokens": "Goes with its device session.",
    "schema_version": "Holds no person.",
    "chat_rooms": "Belongs to all its members.",
    "chat_search": "The words of messages, which stay in the rooms of others.",
}
SURE = DeleteAccount(password=PASSWORD)


async def full_life(context: Context, mina: str, jun: str) -> None:
    """Leave a trace of Mina in every table and beyond."""
    await update_profile(
        context,
        mina,
        ProfileUpdate.model_validate({"bio": "Paints.", "targetLanguages": [{"language": "en"}]}),
    )
    await set_image(context, mina, PICTURES["photo.png"])
    await block(context, mina, jun)
    await block(context, jun, mina)
    await report(context, mina, jun, Report(reason="spam", detail="Sells things."))
    sealer = Sealer(context.config)
    subject = await sealer.seal(context, "github-4711", "identities.subject")
    phone = await sealer.seal(context, "+82 10 1234 5678", "users.phone")
    now = context.clock.now()
    await context.db.batch(
        [
            sql("UPDATE users SET phone_sealed = ? WHERE id = ?", phone, mina),
            sql("INSERT INTO user_roles VALUES (?, 'moderator', ?)", mina, now),
            sql("INSERT INTO identities VALUES ('github', 'lookup', ?, ?, ?)", subject, mina, now),
            sql(
                "INSERT INTO notifications (user_id, id, kind, created_at) VALUES (?, 'n', 'match', 0)", mina
            ),
            sql(
                "INSERT INTO idempotency_keys VALUES (?, 'k', 'h', 'r', 201, 'sealed', ?, ?)",
                f"{mina} POST /api/v1/users",
                now,
                now,
            ),
            record(context, mina, "session", 60, {"partnerId": jun}),
            record(context, jun, "session", 60, {"partnerId": mina}),
        ]
    )


def columns(database: Sqlite) -> dict[str, list[Any]]:
    """Table → the columns that refer to a person, by foreign key or by name."""
    found: dict[str, list[str]] = {}
    tables = database.connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
        " AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    for (table,) in tables:
        keys = database.connection.execute(f"SELECT * FROM pragma_foreign_key_list('{table}')").fetchall()
        named = database.connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchall()
        found[table] = [key["from"] for key in keys if key["table"] == "users"] + [
            name for (name,) in named if name in {"user_id", "subject_id", "scope", "author_id", "owner_id"}
        ]
    return found


class TestRegistry:
    def test_every_table_is_accounted_for(self) -> None:
        tables = set(columns(Sqlite()))
        registered = {holding.table for holding in HOLDINGS}
        assert registered | WITHOUT_PEOPLE.keys() == tables
        assert not registered & WITHOUT_PEOPLE.keys()

    def test_tables_that_refer_to_people_are_registered(self) -> None:
        referring = {table for table, found in columns(Sqlite()).items() if found}
        assert referring <= {holding.table for holding in HOLDINGS}

    def test_what_is_not_exported_or_not_erased_has_a_reason(self) -> None:
        for holding in HOLDINGS:
            assert holding.why or (holding.export and holding.erase)

    def test_erasing_and_exporting_search_by_index(self) -> None:
        database = Sqlite()
        for holding in HOLDINGS:
            for text in (*holding.erase, holding.export):
                if text:
                    assert f"SCAN {holding.table}" not in database.plan(sql(text, "someone"))
        assert "users_to_erase" in database.plan(sql(UNSETTLED, 0, 0, "", 1))


class TestExport:
    async def test_holds_what_is_kept_in_clear(self, context: Context, mina: str, jun: str) -> None:
        await full_life(context, mina, jun)
        data = (await export(context, mina)).model_dump(mode="json")["data"]
        (account,) = data["account"]
        assert (account["email"], account["phone"]) == (f"mina.{mina}@example.org", "+82 10 1234 5678")
        assert account["createdAt"] == "2025-11-20T12:00:00.000Z"
        assert account["agreements"]["terms"] is True
        assert data["identities"][0]["subject"] == "github-4711"
        assert data["activity"][0]["data"] == {"partnerId": jun}
        assert data["reports"][0]["detail"] == "Sells things."
        assert all(data[name] for name in ("roles", "languages", "devices", "blocks", "notifications"))

    async def test_tells_no_secret_and_nobody_elses_affairs(
        self, context: Context, mina: str, jun: str
    ) -> None:
        await full_life(context, mina, jun)
        text = (await export(context, jun)).model_dump_json()
        assert not [
            word for word in ("pbkdf2", "tokenHash", "lookup", "Sells things", "mina.") if word in text
        ]

    async def test_of_nobody(self, context: Context) -> None:
        with pytest.raises(InvalidToken):
            await export(context, "nobody")


class TestProof:
    @pytest.mark.parametrize("proof", [{"password": "wrong"}, {"password": ""}])
    async def test_the_wrong_password(self, context: Context, mina: str, proof: dict[str, str]) -> None:
        with pytest.raises(NotConfirmed):
            await delete_account(context, mina, DeleteAccount(**proof))
        assert (await read_profile(context, mina)).display_name == "Mina"

    @pytest.mark.parametrize("proof", [{}, {"confirm": "mina@example.org"}])
    async def test_no_password(self, context: Context, mina: str, proof: dict[str, str]) -> None:
        with pytest.raises(Unprocessable):
            await delete_account(context, mina, DeleteAccount(**proof))

    async def test_the_address_of_an_account_without_password(self, context: Context, mina: str) -> None:
        await context.db.run(sql("UPDATE users SET password_hash = NULL WHERE id = ?", mina))
        for proof in (DeleteAccount(), DeleteAccount(password="x")):
            with pytest.raises(Unprocessable):
                await delete_account(context, mina, proof)
        with pytest.raises(NotConfirmed):
            await delete_account(context, mina, DeleteAccount(confirm="jun@example.org"))
        await delete_account(context, mina, DeleteAccount(confirm=f" MINA.{mina}@example.org "))
        with pytest.raises(InvalidToken):
            await read_profile(context, mina)

    async def test_the_id_of_an_account_without_password_and_address(
        self, context: Context, mina: str
    ) -> None:
        await context.db.run(
            sql("UPDATE users SET password_hash = NULL, email_sealed = NULL WHERE id = ?", mina)
        )
        await delete_account(context, mina, DeleteAccount(confirm=mina))
        with pytest.raises(InvalidToken):
            await read_profile(context, mina)


class TestErasure:
    async def test_leaves_an_empty_row_and_nothing_else(self, context: Context, mina: str, jun: str) -> None:
        await full_life(context, mina, jun)
        email = Sealer(context.config).lookup(f"mina.{mina}@example.org", PURPOSE)
        await delete_account(context, mina, SURE)
        await context.defer.finish()
        dump = "\n".join(context.db.connection.iterdump())
        assert not [word for word in ("Mina", "Paints", email, "github", f"{mina} POST") if word in dump]
        assert "Sells things." in dump, "moderators still need the report"
        mentions = [line for line in dump.splitlines() if mina in line]
        assert len(mentions) == 2, "the empty row, and the partner's own history"
        assert any("Deleted user" in line for line in mentions)
        assert context.media.objects == {}

    async def test_ends_all_sign_ins_at_once(self, context: Context, mina: str) -> None:
        device = await context.db.first(sql("SELECT id FROM device_sessions WHERE user_id = ?", mina))
        token = issue_access_token(context, mina, device["id"], ["user"])
        assert read_access_token(context, token).user_id == mina
        await delete_account(context, mina, SURE)
        with pytest.raises(InvalidToken):
            read_access_token(context, token)

    async def test_others_keep_what_is_theirs(self, context: Context, mina: str, jun: str) -> None:
        await full_life(context, mina, jun)
        before = (await export(context, jun)).data
        await delete_account(context, mina, SURE)
        after = (await export(context, jun)).data
        assert after == before | {"blocks": []}

    async def test_the_person_is_gone_for_everyone(self, context: Context, mina: str, jun: str) -> None:
        await delete_account(context, mina, SURE)
        with pytest.raises(InvalidToken):
            await read_profile(context, mina)
        with pytest.raises(InvalidToken):
            await delete_account(context, mina, SURE)
        with pytest.raises(NotFound):
            await read_public_profile(context, mina, jun)

    async def test_a_crash_before_the_bucket_is_made_good_by_the_cron(
        self, context: Context, mina: str, jun: str
    ) -> None:
        await full_life(context, mina, jun)
        crashing = replace(context, defer=_never)
        await delete_account(crashing, mina, SURE)
        assert context.media.objects
        context.clock.advance(minutes=59)
        assert await finish_erasures(context) == 0
        context.clock.advance(minutes=2)
        assert await finish_erasures(context) == 1
        assert context.media.objects == {}
        assert await finish_erasures(context) == 0

    async def test_what_a_late_request_wrote_goes_with_the_second_pass(
        self, context: Context, mina: str
    ) -> None:
        await delete_account(context, mina, SURE)
        await context.defer.finish()
        await context.db.batch([record(context, mina, "session", 60)])
        await context.media.put(f"profile/{mina}/late.png", b"x", content_type="image/png")
        context.clock.milliseconds += SETTLED
        assert await finish_erasures(context) == 1
        assert await context.db.all(sql("SELECT * FROM activity")) == []
        assert context.media.objects == {}

    async def test_one_that_fails_does_not_hold_up_the_others(
        self, context: Context, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(erasure, "BATCH", 2)
        people = [await someone(context, f"P{number}") for number in range(5)]
        for user_id in people:
            await delete_account(context, user_id, SURE)
        await context.defer.finish()
        context.clock.milliseconds += SETTLED
        stubborn = _Stubborn(context, people[1])
        assert await finish_erasures(replace(context, media=stubborn)) == 4
        assert await finish_erasures(context) == 1

    async def test_the_address_is_free_again(self, context: Context, mina: str) -> None:
        address = (await read_profile(context, mina)).email
        await delete_account(context, mina, SURE)
        lookup = Sealer(context.config).lookup(address or "", PURPOSE)
        assert await context.db.first(sql("SELECT 1 FROM users WHERE email_lookup = ?", lookup)) is None


def _never(work: Any) -> None:
    """The machine stops before deferred work begins."""
    work.close()


class _Stubborn:
    """A bucket that cannot list one person's files today."""

    def __init__(self, context: Context, user_id: str) -> None:
        self.bucket, self.user_id = context.media, user_id

    async def list(self, prefix: str, *, cursor: str | None = None) -> Any:
        if self.user_id in prefix:
            raise ConnectionError("the bucket does not answer")
        return await self.bucket.list(prefix, cursor=cursor)
