"""``Connections``: where the clients' sockets end. See docs/realtime.md."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from edge.http.limits import Limits
from edge.outside import header_map, read_stream
from edge.sockets import SocketObject
from services.ratelimit import parse_policies
from services.realtime.admission import ADMITTED, BASE
from services.realtime.allowance import Allowance
from services.realtime.engine import EngineHost
from services.realtime.gateway import Gateway
from services.realtime.hosts import Opening, SocketHost
from services.realtime.identity import Identity
from services.realtime.journal import Offset
from services.realtime.recovery import Recovery
from services.realtime.sockjs import SockJsHost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.realtime.recovery import Claim

MAX_BODY = 1_000_000

_BEATS = {"stomp": ("\n", "\n"), "sockjs": ('["\\n"]', 'a["\\n"]'), "socketio": ("3", "6")}
_HOSTS: dict[str, Any] = {"stomp": SocketHost, "sockjs": SockJsHost, "socketio": EngineHost}

_PASSED_ON: defaultdict[str, dict[str, int]] = defaultdict(dict)
"""Object → room → the last event that was passed on. An object that was evicted and comes back in the same isolate
knows a batch that is repeated; in another one it relies on how far rooms have stored that it is."""


class Connections(SocketObject):
    """Sockets and sessions of one framing: the object ``stomp:2`` is the third shard of STOMP's."""

    exposed = frozenset(
        {
            "deliver",
            "typing",
            "presence",
            "direct",
            "follow",
            "close_user",
            "listeners",
            "alive",
            "give_up",
        }
    )  # fmt: skip

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        name = str(self._raw_ctx.id.name)
        framing = name.partition(":")[0]
        policies = parse_policies(json.loads(self.context.config.get("RATE_LIMITS", "{}")))
        self._limits = Limits(policies)
        self._allowance = Allowance(self.context.clock, policies["realtime"], self._take)
        recovers = framing == "socketio"
        recovery = Recovery(name, self.context, self, self.wake) if recovers else None
        self.gateway = Gateway(name, self.context, self._charge, recovery, _PASSED_ON[name])
        self.host = _HOSTS[framing](self, self.gateway)
        if framing in _BEATS:
            self.answer_beats(*_BEATS[framing])

    async def _charge(self, identity: Identity) -> None:
        await self._allowance.charge(f"user:{identity.user_id}")

    async def _take(self, subject: str) -> None:
        await self._limits.take(self.context, "realtime", subject)

    async def fetch(self, request: Any) -> Any:
        """Open a connection, or serve a request of one that is open."""
        self.restore()
        raw = request.js_object
        headers = header_map(raw.headers)
        url = urlsplit(str(raw.url))
        admitted = headers.get(ADMITTED)
        base = headers.get(BASE, "")
        body = await read_stream(raw.body, MAX_BODY + 1) if raw.method == "POST" else b""
        opening = Opening(
            method=raw.method,
            path=url.path.removeprefix(base),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers=headers,
            body=body or b"",
            identity=Identity.load(admitted) if admitted else None,
            signal=raw.signal,
        )
        return await self.host.opened(opening)

    async def deliver(self, *, room_id: str, events: str) -> int:
        """A batch of a room's events; how many listen to it here."""
        self.restore()
        return self.gateway.deliver(room_id, events)

    async def typing(self, *, room_id: str, user_id: str, payload: str) -> int:
        """Somebody in a room is writing."""
        self.restore()
        return self.gateway.tell_typing(room_id, user_id, payload)

    async def presence(
        self, *, user_id: str, rooms: Sequence[str], hidden: Sequence[str], payload: str
    ) -> int:
        """Somebody came, or went; how many here were told."""
        self.restore()
        return self.gateway.tell_presence(user_id, rooms, hidden, payload)

    async def direct(self, *, user_id: str, number: int, destination: str, payload: str) -> int:
        """Something for one person; how many of their connections here took it."""
        self.restore()
        return self.gateway.direct(user_id, destination, payload, number)

    async def follow(self, *, user_id: str, room_id: str, after: int) -> None:
        """A person is in one more room."""
        self.restore()
        await self.gateway.follow(user_id, room_id, after)

    async def close_user(
        self, *, user_id: str, code: int, reason: str, session_ids: Sequence[str] | None
    ) -> int:
        """End a person's connections, or those of some devices; how many."""
        self.restore()
        return self.gateway.close_user(user_id, code, reason, session_ids)

    async def listeners(self, *, room_id: str) -> list[str]:
        """The people who listen to a room here."""
        self.restore()
        return self.gateway.listeners(room_id)

    async def alive(self, *, ids: Sequence[str]) -> list[str]:
        """Which of these connections there are."""
        self.restore()
        return self.gateway.alive(ids)

    async def give_up(self, *, user_id: str, pid: str, offset: str) -> Claim | None:
        """Let a session go to the object where its client is now."""
        self.restore()
        parsed, recovery = Offset.parse(offset), self.gateway.recovery
        return recovery.give_up(user_id, pid, parsed) if recovery and parsed else None
