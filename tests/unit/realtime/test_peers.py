"""What goes to many clients is made once."""

from __future__ import annotations

from services.realtime.peers import SharedFrames


class Wire:
    """A socket that takes only what some socket has prepared."""

    made = 0

    def __init__(self) -> None:
        self.sent: list[str] = []

    def prepare(self, frame: str) -> tuple[str]:
        Wire.made += 1
        return (frame,)

    def send_prepared(self, frame: tuple[str]) -> None:
        self.sent += frame


def test_shared_frames_are_prepared_once_and_reach_everyone_in_order() -> None:
    frames, wires = SharedFrames(["one", "two"]), [Wire(), Wire(), Wire()]
    for wire in wires:
        frames.send(wire)  # type: ignore[arg-type]
    assert [wire.sent for wire in wires] == [["one", "two"]] * 3
    assert Wire.made == 2
