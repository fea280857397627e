"""Speak the listening items: ``python ops/speak_items.py [id ...]`` writes ``assets/audio/level-test/...``.

Needs Debian's ``flite`` (voices) and ``lame`` (encoder). Voices speak more slowly at the lower levels. MP3 at
16 kHz, mono, 24 kbit/s is the smallest format that every browser plays, Safari included.
"""

from __future__ import annotations

import sys
import wave
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from services.leveltest.items import languages, load  # noqa: E402 - the import root is set just above

if TYPE_CHECKING:
    from services.leveltest.items import Item

ASSETS = ROOT / "assets"
VOICES = {"W": "slt", "M": "rms", "K": "awb"}
STRETCH = {"A1": 1.25, "A2": 1.18, "B1": 1.1, "B2": 1.04, "C1": 1.0, "C2": 0.96}
RATE = 16_000
PAUSE = bytes(2 * RATE * 6 // 10)


def recording(language: str, item: Item) -> Path:
    """Where the recording of a listening item is, served under the same path below ``/``."""
    return ASSETS / "audio" / "level-test" / language / f"{item.id}.mp3"


def speak(item: Item, target: Path) -> None:
    """Synthesise the lines of the script one after the other and encode them into the target."""
    with TemporaryDirectory() as folder:
        joined = Path(folder) / "item.wav"
        lines = [_line(speaker, text, STRETCH[item.level], folder) for speaker, text in item.script]
        with wave.open(str(joined), "wb") as sound:
            sound.setparams((1, 2, RATE, 0, "NONE", ""))
            sound.writeframes(PAUSE + PAUSE.join(lines) + PAUSE)
        target.parent.mkdir(parents=True, exist_ok=True)
        run(
            ["lame", "--quiet", "-t", "-m", "m", "--cbr", "-b", "24", "-q", "2", str(joined), str(target)],
            check=True,
        )


def _line(speaker: str, text: str, stretch: float, folder: str) -> bytes:
    """One line of a script as 16-bit samples at 16 kHz."""
    path = str(Path(folder) / "line.wav")
    setting = f"duration_stretch={stretch}"
    run(["flite", "-voice", VOICES[speaker], "--setf", setting, "-t", text, "-o", path], check=True)
    with wave.open(path, "rb") as sound:
        if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) != (RATE, 1, 2):
            raise SystemExit(f"voice {VOICES[speaker]} does not speak at 16 kHz, mono, 16 bit")
        return sound.readframes(sound.getnframes())


def main(wanted: list[str]) -> None:
    """Speak the items that are named, or all."""
    for language in languages():
        spoken = [item for item in load(language).items.values() if item.script]
        for item in spoken:
            if not wanted or item.id in wanted:
                speak(item, recording(language, item))
                print(recording(language, item).relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
