"""What the models cost: tokens and seconds of sound, counted by provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.context import Context

TOKEN_BUCKETS = (100, 300, 1000, 3000, 10_000)
SECOND_BUCKETS = (5, 15, 30, 60, 120, 300)


def count_tokens(context: Context, provider: str, read: int, written: int) -> None:
    """Add a completion's tokens, of the prompt and of the answer; the histograms' sums are the totals."""
    for direction, tokens in (("read", read), ("written", written)):
        context.metrics.observe(
            "studymate_ai_tokens", tokens, TOKEN_BUCKETS, provider=provider, direction=direction
        )


def count_sound(context: Context, provider: str, seconds: float) -> None:
    """Add the length of a recording that was transcribed."""
    context.metrics.observe("studymate_ai_audio_seconds", seconds, SECOND_BUCKETS, provider=provider)
