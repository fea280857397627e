"""Registering and signing in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from services.accounts import people, registration
from services.accounts.problems import AccountSuspended, InvalidCredentials
from services.context import ConstraintError, sql
from services.problems import Unprocessable
from tests.unit.accounts.world import EMAIL, PASSWORD, World
from tests.unit.support import reconfigured

if TYPE_CHECKING:
    from services.context import Context


class TestRegister:
    async def test_is_signed_in_at_once(self, world: World) -> None:
        opened = await world.register()
        user = opened.reply.user
        assert (user.email, user.display_name, user.roles) == (EMAIL, "Mina", ["user"])
        assert world.principal(opened).user_id == user.id
        assert (await world.refresh(opened)).reply.user == user

    async def test_no_address_and_no_password_is_readable_in_the_database(self, world: World) -> None:
        await world.register()
        await world.mails()
        dump = "\n".join(world.context.db.connection.iterdump())
        assert EMAIL not in dump
        assert PASSWORD not in dump

    async def test_no_token_is_readable_in_the_database(self, world: World) -> None:
        opened = await world.register()
        dump = "\n".join(world.context.db.connection.iterdump())
        assert opened.reply.refresh_token not in dump
        assert await world.mailed_token("Confirm") not in dump

    async def test_an_address_belongs_to_one_account_however_it_is_written(self, world: World) -> None:
        await world.register()
        before = world.context.crypto.derivations
        with pytest.raises(ConstraintError, match="email_lookup"):
            await world.register("  MINA@Example.Org")
        assert world.context.crypto.derivations > before, "a taken address must cost the same work"
        assert len(await world.mails()) == 1, "nothing of the second is kept"

    async def test_of_two_at_once_one_gets_the_address(self, world: World) -> None:
        results = await asyncio.gather(*(world.register() for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(result, ConstraintError) for result in results) == 4
        assert len(await world.context.db.all(sql("SELECT id FROM users"))) == 1

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"agreements": {"terms": False, "privacy": True}}, "$.agreements.terms"),
            ({"agreements": {"terms": True, "privacy": False}}, "$.agreements.privacy"),
            ({"timeZone": "Mars/Olympus"}, "$.timeZone"),
            ({"timeZone": ""}, "$.timeZone"),
        ],
    )
    async def test_says_what_is_wrong(self, world: World, changes: dict, path: str) -> None:
        with pytest.raises(Unprocessable) as refusal:
            await world.register(**changes)
        assert [error.path for error in refusal.value.errors] == [path]

    @pytest.mark.parametrize(
        "changes",
        [{"displayName": "  "}, {"displayName": "a\u202eb"}, {"displayName": "x" * 51}, {"locale": "english"},
         {"password": "short"}, {"agreements": {"terms": True}}, {"displayName": "a\nb"}],
    )  # fmt: skip
    async def test_takes_no_malformed_field(self, world: World, changes: dict) -> None:
        with pytest.raises(ValueError, match="validation error"):
            await world.register(**changes)

    async def test_spaces_belong_to_a_password(self, world: World) -> None:
        await world.register(password="  korrekt pferd  ")
        assert await world.sign_in(password="  korrekt pferd  ")
        with pytest.raises(InvalidCredentials):
            await world.sign_in(password="korrekt pferd")


class TestSignIn:
    async def test_with_the_password(self, world: World) -> None:
        registered = await world.register()
        opened = await world.sign_in(email="MINA@example.org")
        assert opened.reply.user == registered.reply.user
        assert opened.session_id != registered.session_id

    async def test_a_wrong_password_and_an_unknown_account_look_and_cost_the_same(self, world: World) -> None:
        await world.register()
        outcomes = []
        for email in (EMAIL, "nobody@example.org", "not an address"):
            before = world.context.crypto.derivations
            with pytest.raises(InvalidCredentials) as refusal:
                await world.sign_in(email, "wrong password")
            outcomes.append((str(refusal.value), world.context.crypto.derivations - before))
        assert len(set(outcomes)) == 1

    async def test_an_account_without_a_password_costs_the_same_too(self, world: World) -> None:
        await world.register()
        await world.context.db.run(sql("UPDATE users SET password_hash = NULL"))
        before = world.context.crypto.derivations
        with pytest.raises(InvalidCredentials):
            await world.sign_in()
        assert world.context.crypto.derivations - before == 100_000

    async def test_a_suspension_is_told_only_to_who_knows_the_password(self, world: World) -> None:
        await world.suspend(await world.register())
        with pytest.raises(AccountSuspended):
            await world.sign_in()
        with pytest.raises(InvalidCredentials):
            await world.sign_in(password="wrong password")

    async def test_replaces_a_weaker_hash(self, world: World, context: Context) -> None:
        await world.register()
        stronger = World(reconfigured(context, PASSWORD_ROUNDS="2"))
        await stronger.sign_in()
        user = await world.row("users", display_name="Mina")
        assert "r=2$" in user["password_hash"]
        assert await stronger.sign_in()

    async def test_has_the_roles_that_were_granted(self, world: World) -> None:
        opened = await world.register()
        grant = sql("INSERT INTO user_roles VALUES (?, 'admin', 1)", opened.reply.user.id)
        await world.context.db.run(grant)
        assert world.principal(await world.sign_in()).roles == {"user", "admin"}
        assert world.principal(await world.refresh(opened)).roles == {"user", "admin"}

    async def test_attempts_are_counted_by_account_however_it_is_written(self, context: Context) -> None:
        subject = registration.account_subject(context, EMAIL)
        assert subject == registration.account_subject(context, " MINA@example.org")
        assert subject != registration.account_subject(context, "other@example.org")
        assert EMAIL not in subject

    async def test_finds_the_person_by_index(self, context: Context) -> None:
        assert "SCAN" not in context.db.plan(people.by_email(context, EMAIL)).replace("SCAN CONSTANT", "")
