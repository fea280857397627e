"""Whatever happens in a room, in whatever order, with whatever failures: what clients know is what is so."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.problems import Problem
from tests.unit.chat.reader import Reader, comparable
from tests.unit.chat.world import ROOM, World, group

PEOPLE = ("mina", "jun", "sora", "tao")
people = strategies.sampled_from(PEOPLE)
guests = strategies.sampled_from(PEOPLE[1:])
seqs = strategies.integers(0, 5)
emoji = strategies.sampled_from(("👍", "❤️"))


class RoomMachine(RuleBasedStateMachine):
    """Four people, two shards, a projection. Mina owns the room and stays."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = World()
        self.live = {"stomp:0": Reader(), "socketio:1": Reader()}
        self.sent: dict[tuple[str, str], int] = {}

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @property
    def hub(self) -> Any:
        return self.world.hub(ROOM)

    def attempt(self, method: str, **arguments: Any) -> Any:
        """Call the room; a refusal is one, and changes nothing."""
        before = self.run(self.truth())
        try:
            answer = self.run(getattr(self.hub, method)(**arguments))
        except Problem:
            assert self.run(self.truth()) == before
            return None
        self.world.live.note(ROOM, said=method == "send")
        return answer

    @initialize()
    def begin(self) -> None:
        async def found() -> None:
            await group(self.world, "Mina", "Jun", "Sora")
            await self.world.person("Tao")
            for shard, reader in self.live.items():
                reader.take((await self.hub.subscribe(user_id="mina", shard=shard, last_event=0))["replay"])

        self.run(found())
        for number, user in enumerate(("mina", "jun", "jun", "sora")):
            self.say(user, f"c{number}")

    @rule(user=people, times=strategies.integers(1, 3), reply=strategies.sampled_from((0, 0, 1, 2)))
    def send(self, user: str, times: int, reply: int) -> None:
        for _ in range(times):
            reply_to = f"{ROOM}-{reply}" if reply else None
            self.say(user, f"c{len(self.sent)}", reply_to=reply_to, projected=times == 1)

    @rule(data=strategies.data())
    def send_again(self, data: strategies.DataObject) -> None:
        if self.sent:
            user, client_id = data.draw(strategies.sampled_from(sorted(self.sent)))
            self.say(user, client_id)

    @rule(user=people, shard=strategies.sampled_from(("stomp:0", "socketio:1")), lost=strategies.booleans())
    def send_from_a_shard(self, user: str, shard: str, lost: bool) -> None:
        """What the room sends along arrives or not; the shard tells what it has with its next message."""
        reader = self.hear(shard)
        client_id = f"c{len(self.sent)}"
        answer = self.say(user, client_id, shard=shard, seen=reader.event)
        if answer and "events" in answer and not lost:
            reader.take(answer["events"])

    def hear(self, shard: str) -> Reader:
        """What a shard knows after all that was delivered to it."""
        reader, batches = self.live[shard], self.world.shards[shard].batches
        while batches:
            reader.take(batches.pop(0))
        return reader

    def say(self, user: str, client_id: str, **more: Any) -> Any:
        answer = self.attempt("send", user_id=user, client_message_id=client_id, body=client_id, **more)
        if answer:
            assert self.sent.setdefault((user, client_id), answer["seq"]) == answer["seq"]
        return answer

    @rule(user=people, seq=seqs, text=strategies.sampled_from(("new", "newer")))
    def edit(self, user: str, seq: int, text: str) -> None:
        self.attempt("edit", user_id=user, message_id=f"{ROOM}-{seq}", body=text)

    @rule(user=people, seq=seqs)
    def delete(self, user: str, seq: int) -> None:
        self.attempt("delete", user_id=user, message_id=f"{ROOM}-{seq}")

    @rule(user=people, seq=seqs, emoji=emoji, added=strategies.booleans())
    def react(self, user: str, seq: int, emoji: str, added: bool) -> None:
        self.attempt("react", user_id=user, message_id=f"{ROOM}-{seq}", emoji=emoji, added=added)

    @rule(user=people, seq=seqs)
    def read(self, user: str, seq: int) -> None:
        self.attempt("read", user_id=user, seq=seq)

    @rule(guest=guests)
    def add(self, guest: str) -> None:
        before = self.run(self.counts_in_the_room())
        self.attempt("add_members", user_id="mina", people={guest: guest.title()})
        if guest not in before:
            assert self.run(self.counts_in_the_room())[guest][1] == 0

    @rule(guest=guests, leaves=strategies.booleans())
    def remove(self, guest: str, leaves: bool) -> None:
        self.attempt("remove_member", user_id=guest if leaves else "mina", member_id=guest)

    @rule(name=strategies.sampled_from(("Books", "Films")))
    def rename(self, name: str) -> None:
        self.attempt("update", user_id="mina", name=name)

    @rule(shard=strategies.sampled_from(("stomp:0", "socketio:1")), failing=strategies.integers(0, 2))
    def let_deliveries_fail(self, shard: str, failing: int) -> None:
        self.world.shards[shard].failing = failing

    @rule(shard=strategies.sampled_from(("stomp:0", "socketio:1")))
    def let_an_answer_be_lost(self, shard: str) -> None:
        self.world.shards[shard].forgetful = 1

    @rule()
    def crash(self) -> None:
        self.world.crash()

    @rule(seconds=strategies.integers(0, 20))
    def wait(self, seconds: int) -> None:
        self.run(self.world.ring(seconds=seconds))

    @rule()
    def everything_arrives(self) -> None:
        for _ in range(6):
            self.run(self.world.ring(seconds=60))
        expected = self.run(self.truth())
        for shard in self.live:
            assert self.hear(shard).state() == expected

    @rule(back=strategies.integers(0, 30))
    def somebody_resumes(self, back: int) -> None:
        """A client that knows the room up to some event or message, and catches up."""
        answer = self.run(self.hub.subscribe(user_id="mina", shard="away", last_event=0))
        away, at = Reader(), max(0, answer["event"] - back)
        away.take(json.dumps(json.loads(answer["replay"])[:at]))
        away.take(self.run(self.hub.subscribe(user_id="mina", shard="away", last_event=at))["replay"])
        by_seq = self.run(
            self.hub.subscribe(user_id="mina", shard="away", last_seq=max(0, answer["seq"] - back))
        )
        numbers = [number for number, _, _ in json.loads(by_seq["replay"])]
        assert numbers == list(range(answer["event"] - len(numbers) + 1, answer["event"] + 1))
        brought = [
            json.loads(text)["seq"] for _, kind, text in json.loads(by_seq["replay"]) if kind == "message"
        ]
        assert brought == list(range(max(0, answer["seq"] - back) + 1, answer["seq"] + 1))
        assert away.state() == self.run(self.truth())

    @invariant()
    def unread_counts_are_right(self) -> None:
        if self.world.homes:
            counted = self.run(self.counts_in_the_room())
            truth = self.run(self.truth())["messages"]
            for user, (read_seq, count) in counted.items():
                assert count == sum(
                    message["seq"] > read_seq and message["sender"]["id"] != user and not message["deletedAt"]
                    for message in truth
                )

    @invariant()
    def lists_lag_behind_nothing(self) -> None:
        if self.world.homes:
            self.run(self.world.settle())
            assert self.run(self.counts_in_lists()) == self.run(self.counts_in_the_room())

    @invariant()
    def nothing_is_doubled_or_missing(self) -> None:
        if self.world.homes:
            messages = self.run(self.truth())["messages"]
            assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
            found = {(each["sender"]["id"], each["clientMessageId"]): each["seq"] for each in messages}
            assert found == self.sent
            assert len(found) == len(messages)

    async def truth(self) -> dict[str, Any]:
        """The room as REST tells it."""
        about = await self.hub.describe(user_id="mina")
        texts = await self.hub.history(user_id="mina", after_seq=0, limit=1000)
        return {
            "messages": [comparable(json.loads(text)) for text in texts],
            "members": {member["id"] for member in about["members"]},
            "name": about["name"],
        }

    async def counts_in_the_room(self) -> dict[str, tuple[int, int]]:
        about = await self.hub.describe(user_id="mina")
        told = {}
        for member in about["members"]:
            own = await self.hub.describe(user_id=member["id"])
            told[member["id"]] = (own["read_seq"], own["unread_count"])
        return told

    async def counts_in_lists(self) -> dict[str, tuple[int, int]]:
        about = await self.hub.describe(user_id="mina")
        told = {}
        for member in about["members"]:
            counts = await self.world.unread(member["id"])
            told[member["id"]] = (member["read_seq"], counts[ROOM])
        return told

    def teardown(self) -> None:
        try:
            self.run(self.world.settle())
        finally:
            self.runner.close()


TestRoom = RoomMachine.TestCase
TestRoom.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
