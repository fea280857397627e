from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.ai.guard import guard_of
from services.audio import Audio, read_audio
from tests.unit.support import make_context
from tests.unit.support_http import HttpxHttp, RestInference, Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.context import Context, Inference

RECORDINGS = Path(__file__).parents[2] / "data" / "audio"


@pytest.fixture(autouse=True)
def _an_isolate_of_its_own() -> None:
    guard_of.cache_clear()


@pytest.fixture
def speech() -> Audio:
    return read_audio((RECORDINGS / "walk.wav").read_bytes())


@pytest.fixture
def over_http() -> Callable[..., Context]:
    """A context whose provider is a server: ``over_http(upstream)``, with further settings."""

    def build(upstream: Upstream, **changes: str) -> Context:
        configured = {
            "AI_BASE_URL": upstream.url,
            "AI_API_KEY": "sk-chat",
            "AI_CHAT_MODEL": "llama3.1:8b",
            "AI_TRANSCRIBE_MODEL": "whisper-1",
        }
        return replace(make_context(**configured | changes), http=HttpxHttp())

    return build


@pytest.fixture
def on_platform() -> Callable[[Upstream], Context]:
    """A context whose provider is the platform's binding, here over its REST API."""

    def build(upstream: Upstream) -> Context:
        binding: Inference = RestInference(HttpxHttp(), upstream.url)
        return replace(make_context(), http=HttpxHttp(), ai=binding)

    return build
