"""Recognises English speech: 16 kHz mono PCM on standard input, timed words as JSON on standard output.

A process of its own for every recording: what happens to the recogniser's native code happens to nobody else.
"""

from __future__ import annotations

import json
import sys

from pocketsphinx import Decoder

RATE = 16_000
FRAMES_PER_SECOND = 100
FASTER = {"maxwpf": 10, "maxhmmpf": 3000}
"""A quarter less time than unpruned, with the same word error rate on synthetic speech."""


def recognise(pcm: bytes) -> list[dict[str, str | float]]:
    """Return the words and, in seconds, when each begins and ends; silence and noises are no words."""
    decoder = Decoder(samprate=RATE, **FASTER)
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    segments = decoder.seg() or ()
    words = [(segment.word.partition("(")[0], segment.start_frame, segment.end_frame) for segment in segments]
    return [
        {"word": word, "start": start / FRAMES_PER_SECOND, "end": (end + 1) / FRAMES_PER_SECOND}
        for word, start, end in words
        if word[:1].isalpha() or word[:1] == "'"
    ]


if __name__ == "__main__":
    json.dump(recognise(sys.stdin.buffer.read()), sys.stdout)
