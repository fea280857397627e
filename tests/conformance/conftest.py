"""The conformance worker, started once for its tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.serve import serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def conformance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the worker answers, without a slash at the end."""
    with serve(tmp_path_factory.mktemp("conformance")) as server:
        yield server.url
