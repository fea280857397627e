"""A worker of its own that shows what the platform does, started once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from runtime.server import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIXTURE = Path(__file__).parent / "fixture" / "wrangler.toml"


@pytest.fixture(scope="session")
def fixture_config() -> Path:
    return FIXTURE


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    with Runtime(config=FIXTURE, state=tmp_path_factory.mktemp("platform")) as server:
        yield server


@pytest.fixture
def ask(platform: Runtime) -> Callable[..., Any]:
    """Call a route of the fixture worker and return the JSON that it answers."""

    def call(route: str, **arguments: Any) -> Any:
        answer = httpx.post(f"{platform.url}/{route}", timeout=60, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return call


def eventually(look: Callable[[], Any]) -> Any:
    """Look until there is something; each look is a request of its own."""
    for _ in range(500):
        if found := look():
            return found
    raise AssertionError("it never came")
