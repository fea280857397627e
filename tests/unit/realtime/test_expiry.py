"""A connection lasts as long as its access token, or the one that renewed it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from services.accounts.tokens import LIFETIME
from services.context import sql
from services.realtime.engine import EngineHost
from services.realtime.gateway import Gateway
from services.realtime.hosts import SocketHost
from services.realtime.recovery import Recovery
from tests.unit.accounts.world import World
from tests.unit.chat.world import LocalHome
from tests.unit.realtime.platform import LocalPlatform, LocalSocket, upgrade
from tests.unit.support import SetClock, make_context

if TYPE_CHECKING:
    from services.accounts.sessions import Opened
    from services.realtime.identity import Identity

EXPIRED = 4419
UNAUTHORIZED = 4401


async def free(_: Identity) -> None:
    """Messages are not counted here."""


@dataclass
class Connected:
    """A client of one of the protocols."""

    world: World
    platform: LocalPlatform
    host: Any
    key: str

    @property
    def socket(self) -> LocalSocket:
        return self.platform.sockets[self.key]

    async def says(self, frame: str) -> None:
        await self.host.received(self.key, frame)

    async def renew(self, token: str) -> str:
        """Send a new token; the answer."""
        text = json.dumps({"accessToken": token})
        if isinstance(self.host, EngineHost):
            await self.says(f'421["auth:renew",{text}]')
        else:
            await self.says(f"SEND\ndestination:/app/auth\nreceipt:r\n\n{text}\0")
        return self.socket.sent[-1]

    async def at(self, **later: float) -> int | None:
        """The code that it was closed with until then, if it was; the object looks whenever it wants to."""
        clock = self.world.context.clock
        assert isinstance(clock, SetClock)
        end = clock.now() + round(60_000 * later["minutes"])
        while (alarm := self.platform.alarm) is not None and alarm <= end:
            clock.milliseconds = max(clock.milliseconds, alarm)
            self.platform.alarm = None
            again = await self.host.tick(clock.now())
            if again is not None:
                self.platform.wake(again)
        clock.milliseconds = end
        return self.socket.closed and self.socket.closed[0]


@pytest.fixture
def world() -> World:
    return World(make_context())


@pytest.fixture(params=["stomp:0", "socketio:0"])
async def client(request: pytest.FixtureRequest, world: World) -> Connected:
    """Mina, signed in, over each of the protocols."""
    context, platform = world.context, LocalPlatform(world.context.clock)
    framing = request.param.partition(":")[0]
    recovery = Recovery(request.param, context, LocalHome(), platform.wake) if framing == "socketio" else None
    gateway = Gateway(request.param, context, free, recovery)
    host = EngineHost(platform, gateway) if recovery else SocketHost(platform, gateway)
    await host.opened(upgrade(EIO="4", transport="websocket"))
    connected = Connected(world, platform, host, next(iter(platform.sockets)))
    token = (await world.register()).reply.access_token
    if recovery:
        await connected.says(f"40{json.dumps({'token': token})}")
    else:
        await connected.says(f"CONNECT\naccept-version:1.2\npasscode:{token}\n\n\0")
    return connected


async def again(world: World) -> Opened:
    """Mina signs in again."""
    return await world.sign_in()


async def test_it_is_closed_within_two_minutes_of_the_tokens_end(client: Connected) -> None:
    assert await client.at(minutes=LIFETIME / 60 - 0.1) is None
    assert await client.at(minutes=2.1) == EXPIRED


async def test_it_goes_on_with_a_new_token(client: Connected, world: World) -> None:
    assert await client.at(minutes=14) is None
    answer = await client.renew((await again(world)).reply.access_token)
    assert answer.startswith(("RECEIPT", '431[{"ok":true'))
    assert await client.at(minutes=14) is None
    assert await client.at(minutes=3) == EXPIRED


@pytest.mark.parametrize("whose", ["nobody", "juno"])
async def test_another_persons_token_renews_nothing(client: Connected, world: World, whose: str) -> None:
    juno = (await world.register("juno@example.org")).reply.access_token
    answer = await client.renew(juno if whose == "juno" else "x.y.z")
    assert "invalid_token" in answer
    assert await client.at(minutes=17) in (EXPIRED, UNAUTHORIZED)


async def test_a_device_that_was_signed_out_renews_nothing(client: Connected, world: World) -> None:
    other = await again(world)
    await world.context.db.run(
        sql("UPDATE device_sessions SET revoked_at = 1 WHERE id = ?", other.session_id)
    )
    assert "invalid_token" in await client.renew(other.reply.access_token)
