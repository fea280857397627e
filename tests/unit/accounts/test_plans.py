"""What accounts ask of the database stays cheap as the tables grow."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from services.accounts import one_time, recovery, sessions
from services.accounts.oauth.linking import person_for
from services.accounts.oauth.provider import Profile
from services.accounts.problems import RefreshTokenReused
from services.accounts.upkeep import keep_up
from tests.unit.accounts.world import EMAIL
from tests.unit.support import reconfigured

if TYPE_CHECKING:
    from tests.unit.accounts.world import World


async def live(world: World) -> None:
    """Everything that can happen to an account."""
    context = world.context
    opened = await world.register()
    await world.verify_email()
    await world.refresh(opened)
    with contextlib.suppress(RefreshTokenReused):
        await world.refresh(opened)
    principal = world.principal(await world.sign_in())
    await sessions.check_fresh(context, principal)
    await sessions.list_sessions(context, principal)
    await sessions.session_of(context, "x")
    await one_time.redeem_ticket(context, await one_time.issue_ticket(context, principal))
    await recovery.resend_verification(context, principal)
    await recovery.forgot_password(context, EMAIL)
    await world.reset_password(await world.mailed_token("Reset"), "neues-pferd-2")
    await sessions.sign_out_everywhere(context, principal.user_id)
    await person_for(context, "google", Profile("1", EMAIL, email_verified=True, name="Mina"))
    await person_for(context, "google", Profile("2", "juno@example.org", email_verified=False, name="Juno"))
    await keep_up(reconfigured(context, MAIL_API_URL="https://mail.test/", MAIL_API_KEY="key"))


async def test_no_statement_reads_a_whole_table(world: World) -> None:
    await live(world)
    database = world.context.db
    read_outbox = "SELECT id, recipient_sealed, subject, body_sealed, created_at FROM outbox_mail"
    plans = {
        text: database.plan(statement)
        for text, statement in list(database.executed.items())
        if not text.startswith(read_outbox)  # development's page shows the newest of all
    }
    assert len(plans) > 30
    # A JSON array among the parameters is a virtual table, and read whole.
    scan = re.compile(r"SCAN (?!CONSTANT ROW|(json_each|n) VIRTUAL TABLE)")
    whole = {text: plan for text, plan in plans.items() if scan.search(plan)}
    assert whole == {}
