"""The local server, started once for all tests that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtime.server import Runtime
from runtime.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """The Worker of this checkout on a fresh state folder, with the offline transcriber."""
    state = tmp_path_factory.mktemp("state")
    spread = {"CONNECTION_SHARDS": "2"}
    with Speech() as speech, Runtime(state=state, vars=speech.variables | spread) as server:
        yield server


@pytest.fixture
def url(runtime: Runtime) -> str:
    """Where the server answers, without a slash at the end."""
    return runtime.url
