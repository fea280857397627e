"""How fast STOMP frames are read and written, beside the codecs of stompman and stomp.py in the same process.

Run: ``PYTHONPATH=src python bench/codecs_stomp.py``. Each figure is the best of five rounds.
"""

from __future__ import annotations

import json
import timeit
from typing import TYPE_CHECKING

import stomp.utils
import stompman
from stompman.serde import FrameParser, dump_frame

from protocols.stomp import Limits, Parser, PreparedMessage, ServerConnection

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, FRAMES = 5, 5_000
DESTINATION = "/app/chat/01jd3v7k2m9w5x8q4r6t0y1z3b"
BODY = json.dumps({"clientMessageId": "c-000017", "body": "See you at the library at seven?"})
HEADERS = {"destination": DESTINATION, "content-type": "application/json", "receipt": "m-17"}
HEAD = "".join(f"{name}:{value}\n" for name, value in HEADERS.items())
SEND = f"SEND\n{HEAD}content-length:{len(BODY)}\n\n{BODY}\0"
OCTETS = SEND.encode()


def connected() -> ServerConnection:
    connection = ServerConnection()
    connection.receive("CONNECT\naccept-version:1.2\n\n\0")
    connection.connected()
    return connection


def reader() -> Callable[[], object]:
    parser = Parser(Limits(), "1.2")

    def read() -> object:
        parser.feed(OCTETS)
        return parser.next()

    return read


def readers() -> dict[str, Callable[[], object]]:
    connection, theirs = connected(), FrameParser()
    return {
        "frame (ours)": reader(),
        "frame, stompman": lambda: list(theirs.parse_frames_from_chunk(OCTETS)),
        "frame, stomp.py": lambda: stomp.utils.parse_frame(OCTETS[:-1]),
        "text message to checked event (ours)": lambda: connection.receive(SEND),
    }


def writers() -> dict[str, Callable[[], object]]:
    connection, prepared = (
        connected(),
        PreparedMessage(DESTINATION, BODY, {"content-type": "application/json"}),
    )
    connection.receive(f"SUBSCRIBE\nid:sub-0\ndestination:{DESTINATION}\n\n\0")
    headers = {"destination": DESTINATION, "message-id": "17", "subscription": "sub-0"}
    length = {"content-length": str(len(BODY))}
    theirs = stompman.MessageFrame(headers=headers | length, body=BODY.encode())
    return {
        "MESSAGE (ours)": lambda: connection.message("sub-0", "17", DESTINATION, BODY),
        "MESSAGE, stompman": lambda: dump_frame(theirs),
        "MESSAGE, stomp.py": lambda: b"".join(
            stomp.utils.convert_frame(stomp.utils.Frame("MESSAGE", dict(headers), BODY))
        ),
        "MESSAGE to one more subscriber (ours)": lambda: connection.deliver(prepared, "sub-0", "17"),
    }


def main() -> None:
    for verb, cases in (("read", readers()), ("write", writers())):
        for name, case in cases.items():
            seconds = min(timeit.repeat(case, number=FRAMES, repeat=ROUNDS)) / FRAMES
            print(f"{verb} {name:<40}{seconds * 1e6:8.2f} µs {1 / seconds:12,.0f} /s")


if __name__ == "__main__":
    main()
