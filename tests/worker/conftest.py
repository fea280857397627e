"""What the tests of the running Worker share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.people import Town

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def town(url: str) -> Iterator[Town]:
    """People who use the server at ``url``."""
    people = Town(url)
    yield people
    people.close()
