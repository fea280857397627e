"""What the tests of people share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.chat.world import World
from tests.unit.users.people import someone

if TYPE_CHECKING:
    from services.context import Context


@pytest.fixture
def context() -> Context:
    """An environment with an empty database."""
    return World().context


@pytest.fixture
async def mina(context: Context) -> str:
    """The id of somebody with an account."""
    return await someone(context)


@pytest.fixture
async def jun(context: Context) -> str:
    """The id of somebody else."""
    return await someone(context, "Jun")
