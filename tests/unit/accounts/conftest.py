"""What the tests of accounts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.accounts.world import World
from tests.unit.support import make_context

if TYPE_CHECKING:
    from services.context import Context


@pytest.fixture
def context() -> Context:
    """An environment with an empty database."""
    return make_context()


@pytest.fixture
def world(context: Context) -> World:
    """The same, with people."""
    return World(context)
