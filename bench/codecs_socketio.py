"""Time the Engine.IO and Socket.IO codecs beside python-socketio's, in one process, taking turns.

    python bench/codecs_socketio.py [--rounds 7]

Prints the median time of one operation in microseconds, with the spread between the rounds. What is compared
does the same work: a frame of the wire to the application's values, or the values to a frame.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from timeit import Timer
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from engineio.packet import Packet as TheirFrame
from engineio.payload import Payload as TheirPayload
from socketio.packet import Packet as TheirPacket

from protocols.engineio import Session, decode_packet, decode_payload, encode_message, encode_payload
from protocols.engineio import Settings as EngineSettings
from protocols.socketio import Decoder, ServerConnection, Settings, encode_event

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE = {
    "roomId": "r_01JD",
    "clientMessageId": "c_01JD",
    "body": "See you at the lesson at seven, 일곱 시!",
}
EVENT = encode_event("chat:message", MESSAGE)[0]
WITH_ACK = encode_event("chat:message", MESSAGE, namespace="/study", ack_id=12)[0]
LARGE = encode_event("history", [MESSAGE] * 100)[0]
IMAGE = bytes(4_096)
BINARY = encode_event("stroke", {"points": IMAGE})
FRAMES = ["4" + EVENT] * 10
PAYLOAD = encode_payload(FRAMES)
TARGET_SECONDS = 0.02

Operation = tuple[str, "Callable[[], object]", "Callable[[], object] | None"]


def operations() -> list[Operation]:
    decoder = Decoder()
    connection = ServerConnection({"/"}, Settings(), 0)
    connection.receive("0", 0)
    connection.accept("/", "sid")
    session, _ = Session.open_websocket("sid", EngineSettings(), 1, 0)
    bounds = {"max_bytes": 1_000_000, "max_packets": 100}
    frames = [encode_message(EVENT)]
    return [
        ("read an event", lambda: decoder.feed(EVENT), lambda: TheirPacket(encoded_packet=EVENT)),
        (
            "read, namespace and id",
            lambda: decoder.feed(WITH_ACK),
            lambda: TheirPacket(encoded_packet=WITH_ACK),
        ),
        ("read 100 messages", lambda: decoder.feed(LARGE), lambda: TheirPacket(encoded_packet=LARGE)),
        ("read a 4 KiB attachment", lambda: [decoder.feed(f) for f in BINARY], read_theirs),
        (
            "write an event",
            lambda: encode_event("chat:message", MESSAGE),
            lambda: TheirPacket(packet_type=2, data=["chat:message", MESSAGE]).encode(),
        ),
        (
            "write a 4 KiB attachment",
            lambda: encode_event("stroke", {"points": IMAGE}),
            lambda: TheirPacket(packet_type=2, data=["stroke", {"points": IMAGE}]).encode(),
        ),
        ("read a frame", lambda: decode_packet(FRAMES[0]), lambda: TheirFrame(encoded_packet=FRAMES[0])),
        (
            "read a payload of 10",
            lambda: decode_payload(PAYLOAD, **bounds),
            lambda: TheirPayload(encoded_payload=PAYLOAD),
        ),
        ("frame in, event out", lambda: from_wire(session, connection), None),
        ("event to one client", lambda: session.send_frames(to_wire(connection)), None),
        ("broadcast, per client", lambda: session.send_frames(frames), None),
    ]


def read_theirs() -> TheirPacket:
    packet = TheirPacket(encoded_packet=BINARY[0])
    for attachment in BINARY[1:]:
        packet.add_attachment(attachment)
    return packet


def from_wire(session: Session, connection: ServerConnection) -> object:
    return [connection.receive(action.message, 0) for action in session.websocket_message(1, FRAMES[0], 0)]


def to_wire(connection: ServerConnection) -> list[str | bytes]:
    return [encode_message(frame) for frame in connection.emit("/", "chat:message", MESSAGE).frames]


def microseconds(function: Callable[[], object], loops: int) -> float:
    return Timer(function).timeit(loops) / loops * 1e6


def calibrate(function: Callable[[], object]) -> int:
    return max(1, int(TARGET_SECONDS / (microseconds(function, 50) / 1e6)))


def measure(operation: Operation, rounds: int) -> tuple[list[float], list[float]]:
    _, ours, theirs = operation
    loops, their_loops = calibrate(ours), calibrate(theirs or ours)
    our_times, their_times = [], []
    for _ in range(rounds):
        our_times.append(microseconds(ours, loops))
        if theirs:
            their_times.append(microseconds(theirs, their_loops))
    return our_times, their_times


def row(name: str, ours: list[float], theirs: list[float]) -> str:
    spread = f"{min(ours):.2f}-{max(ours):.2f}"
    text = f"{name:26}{median(ours):9.2f}  {spread:15}"
    return text + (
        f"{median(theirs):9.2f}   {median(theirs) / median(ours):5.1f} x" if theirs else "        -"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    versions = {name: version(name) for name in ("python-socketio", "python-engineio")}
    print(f"CPython {platform.python_version()}, {json.dumps(versions)}, {rounds} rounds, microseconds")
    print(f"{'operation':26}{'ours':>9}  {'spread':15}{'theirs':>9}   faster")
    for operation in operations():
        print(row(operation[0], *measure(operation, rounds)))


if __name__ == "__main__":
    main()
