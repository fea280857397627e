"""Links in mails, tickets, CSRF tokens, and the mail itself."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from services import mail
from services.accounts import one_time, recovery
from services.accounts.csrf import check_csrf, cookie, csrf_token
from services.accounts.passwords import WeakPassword
from services.accounts.problems import InvalidCredentials, InvalidOneTimeToken
from services.context import UpstreamError, sql
from services.mail import Mail, deliver_outbox
from services.problems import InvalidToken
from tests.unit.accounts.world import EMAIL, PASSWORD, World
from tests.unit.support import make_context

if TYPE_CHECKING:
    from services.context import Context

NEW = "neues-pferd-2"


class TestVerifyEmail:
    async def test_the_mailed_link_confirms_the_address_once(self, world: World) -> None:
        await world.register()
        token = await world.mailed_token("Confirm")
        await recovery.verify_email(world.context, token)
        assert (await world.row("users", display_name="Mina"))[
            "email_verified_at"
        ] == world.context.clock.now()
        with pytest.raises(InvalidOneTimeToken):
            await recovery.verify_email(world.context, token)

    async def test_the_link_ends_after_two_days(self, world: World) -> None:
        await world.register()
        token = await world.mailed_token("Confirm")
        world.context.clock.advance(hours=48)
        with pytest.raises(InvalidOneTimeToken):
            await recovery.verify_email(world.context, token)

    async def test_it_is_mailed_again_not_at_once_and_not_when_confirmed(self, world: World) -> None:
        opened = await world.register()
        principal = world.principal(opened)
        await recovery.resend_verification(world.context, principal)
        assert len(await world.mails()) == 1
        world.context.clock.advance(minutes=2)
        await recovery.resend_verification(world.context, principal)
        assert len(await world.mails()) == 2
        await world.verify_email()
        world.context.clock.advance(minutes=2)
        await recovery.resend_verification(world.context, principal)
        assert len(await world.mails()) == 2

    async def test_the_mail_speaks_the_readers_language(self, world: World) -> None:
        await world.register(locale="ko-KR")
        (letter,) = await world.mails()
        assert letter.subject == "이메일 주소를 확인해 주세요"
        assert "https://app.test/verify-email#token=" in letter.text


class TestForgottenPassword:
    async def test_the_mailed_link_sets_a_new_one_and_signs_all_devices_out(self, world: World) -> None:
        opened = await world.register()
        await recovery.forgot_password(world.context, EMAIL)
        await world.reset_password(await world.mailed_token("Reset"), NEW)
        assert await world.sign_in(password=NEW)
        with pytest.raises(InvalidCredentials):
            await world.sign_in(password=PASSWORD)
        with pytest.raises(InvalidToken):
            await world.refresh(opened)
        assert (await world.mails())[0].subject == "Your password was changed"

    async def test_a_sign_in_with_the_old_one_under_way_opens_nothing(self, world: World) -> None:
        """Verifying a password takes long: whoever knows the old one tries to get in across the change."""
        await world.register()
        old = PASSWORD
        for steps in range(6):
            world.context.clock.advance(minutes=2)
            await recovery.forgot_password(world.context, EMAIL)
            token = await world.mailed_token("Reset")
            reset = asyncio.ensure_future(world.reset_password(token, new := f"{NEW}-{steps}"))
            for _ in range(steps):
                await asyncio.sleep(0)
            intruder = asyncio.ensure_future(world.sign_in(password=old))
            await reset
            old = new
            await asyncio.wait([intruder])
            alive = sql("SELECT 1 FROM device_sessions WHERE revoked_at IS NULL")
            assert await world.context.db.first(alive) is None
            assert intruder.exception() is None or isinstance(intruder.exception(), InvalidCredentials)

    async def test_the_link_works_once_and_for_an_hour(self, world: World) -> None:
        await world.register()
        await recovery.forgot_password(world.context, EMAIL)
        token = await world.mailed_token("Reset")
        world.context.clock.advance(minutes=2)
        await recovery.forgot_password(world.context, EMAIL)
        late = await world.mailed_token("Reset")
        await world.reset_password(token, NEW)
        for spent in (token, late):
            with pytest.raises(InvalidOneTimeToken):
                await world.reset_password(spent, PASSWORD)
        world.context.clock.advance(minutes=2)
        await recovery.forgot_password(world.context, EMAIL)
        expired = await world.mailed_token("Reset")
        world.context.clock.advance(hours=1)
        with pytest.raises(InvalidOneTimeToken):
            await world.reset_password(expired, PASSWORD)

    async def test_a_weak_password_does_not_spend_the_link(self, world: World) -> None:
        await world.register()
        await recovery.forgot_password(world.context, EMAIL)
        token = await world.mailed_token("Reset")
        with pytest.raises(WeakPassword):
            await world.reset_password(token, "password1")
        await world.reset_password(token, NEW)

    @pytest.mark.parametrize("address", ["nobody@example.org", "nonsense"])
    async def test_an_unknown_address_gets_nothing(self, world: World, address: str) -> None:
        await recovery.forgot_password(world.context, address)
        assert await world.mails() == []

    async def test_a_mailbox_is_not_flooded(self, world: World) -> None:
        await world.register()
        for _ in range(5):
            await recovery.forgot_password(world.context, EMAIL)
        assert sum("Reset" in letter.subject for letter in await world.mails()) == 1

    async def test_a_token_for_one_thing_is_good_for_nothing_else(self, world: World) -> None:
        await world.register()
        token = await world.mailed_token("Confirm")
        with pytest.raises(InvalidOneTimeToken):
            await world.reset_password(token, NEW)
        with pytest.raises(InvalidToken):
            await one_time.redeem_ticket(world.context, token)
        await recovery.verify_email(world.context, token)


class TestTicket:
    async def test_stands_for_the_caller_once(self, world: World) -> None:
        principal = world.principal(await world.register())
        ticket = await one_time.issue_ticket(world.context, principal)
        assert await one_time.redeem_ticket(world.context, ticket) == principal
        with pytest.raises(InvalidToken):
            await one_time.redeem_ticket(world.context, ticket)

    async def test_lives_thirty_seconds(self, world: World) -> None:
        ticket = await one_time.issue_ticket(world.context, world.principal(await world.register()))
        world.context.clock.advance(seconds=30)
        with pytest.raises(InvalidToken):
            await one_time.redeem_ticket(world.context, ticket)


class TestCsrf:
    def test_a_token_belongs_to_one_device_session(self, context: Context) -> None:
        token = csrf_token(context, "session-1")
        assert check_csrf(context, "session-1", token)
        assert not check_csrf(context, "session-2", token)
        assert not check_csrf(context, "session-1", "")
        assert not check_csrf(context, "session-1", "é")

    def test_cookies_are_for_this_host_over_tls_and_hidden_from_scripts(self) -> None:
        assert cookie("__Host-a", "v", max_age=9) == (
            "set-cookie", "__Host-a=v; Path=/; Max-Age=9; Secure; SameSite=Lax; HttpOnly",
        )  # fmt: skip
        assert "HttpOnly" not in cookie("a", "v", max_age=9, script=True)[1]


class TestDelivery:
    URL = "https://mail.test/emails"

    @pytest.fixture
    def production(self) -> Context:
        return make_context(
            ENVIRONMENT="production", MAIL_API_URL=self.URL, MAIL_API_KEY="key", MAIL_FROM="S <s@s.test>"
        )

    async def post(self, context: Context) -> None:
        await context.db.run(await mail.post(context, Mail(EMAIL, "Hello", "Text")))

    async def test_development_keeps_its_mail(self, context: Context) -> None:
        await self.post(context)
        await deliver_outbox(context)
        assert [waiting.mail for waiting in await mail.read_outbox(context)] == [Mail(EMAIL, "Hello", "Text")]

    async def test_and_forgets_it_after_a_month(self, context: Context) -> None:
        await self.post(context)
        context.clock.advance(days=29)
        await mail.purge_outbox(context)
        assert len(await mail.read_outbox(context)) == 1
        context.clock.advance(days=1)
        await mail.purge_outbox(context)
        assert await mail.read_outbox(context) == []

    async def test_the_provider_gets_it_and_the_outbox_forgets_it(self, production: Context) -> None:
        production.http.services[self.URL] = lambda **_: (200, {"id": "1"})
        await self.post(production)
        await deliver_outbox(production)
        assert await mail.read_outbox(production) == []
        ((method, _, headers, body),) = production.http.requests
        assert (method, headers["authorization"]) == ("POST", "Bearer key")
        assert json.loads(body) == {"from": "S <s@s.test>", "to": [EMAIL], "subject": "Hello", "text": "Text"}

    async def test_a_provider_that_is_down_gets_it_later(self, production: Context) -> None:
        await self.post(production)
        await deliver_outbox(production)
        production.http.services[self.URL] = lambda **_: (200, {})
        await deliver_outbox(production)
        assert len(production.http.requests) == 1, "not before its time"
        production.clock.advance(minutes=1)
        await deliver_outbox(production)
        assert await mail.read_outbox(production) == []
        keys = [headers["idempotency-key"] for _, _, headers, _ in production.http.requests]
        assert keys[0] == keys[1]

    async def test_waits_double_and_end(self, production: Context) -> None:
        production.http.services[self.URL] = lambda **_: (503, {})
        await self.post(production)
        waits = []
        while (row := await production.db.first(sql("SELECT * FROM outbox_mail"))) is not None:
            waits.append((row["next_attempt_at"] - production.clock.now()) // 60_000)
            production.clock.milliseconds = row["next_attempt_at"]
            await deliver_outbox(production)
        assert waits == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

    async def test_a_refused_mail_is_not_tried_again(self, production: Context) -> None:
        production.http.services[self.URL] = lambda **_: (422, {})
        await self.post(production)
        await deliver_outbox(production)
        assert await mail.read_outbox(production) == []

    async def test_no_address_is_logged(self, production: Context) -> None:
        def broken(**_: object) -> None:
            raise UpstreamError("connection reset")

        production.http.services[self.URL] = broken
        await self.post(production)
        await deliver_outbox(production)
        assert production.log.events
        assert EMAIL not in str(production.log.events)
