"""Settings: defaults, partial changes, what is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from services.problems import InvalidToken
from services.users.settings import Settings, read_settings, update_settings

if TYPE_CHECKING:
    from services.context import Context


def change(**groups: Any) -> Settings:
    return Settings.model_validate(groups)


async def test_begin_with_defaults(context: Context, mina: str) -> None:
    settings = await read_settings(context, mina)
    assert (settings.privacy.presence, settings.notifications.push, settings.appearance.theme) == (
        "partners",
        True,
        "system",
    )


async def test_change_what_is_named(context: Context, mina: str) -> None:
    await update_settings(context, mina, change(privacy={"presence": "nobody"}))
    settings = await update_settings(
        context,
        mina,
        change(privacy={"messages": "everyone"}, notifications={"email": False}, unknown={"a": 1}),
    )
    assert settings == await read_settings(context, mina)
    assert (settings.privacy.presence, settings.privacy.messages) == ("nobody", "everyone")
    assert (settings.notifications.email, settings.notifications.push) == (False, True)


async def test_null_returns_to_the_locale_of_the_profile(context: Context, mina: str) -> None:
    await update_settings(context, mina, change(appearance={"language": "KO"}))
    assert (await read_settings(context, mina)).appearance.language == "ko"
    settings = await update_settings(context, mina, change(appearance={"language": None}))
    assert settings.appearance.language is None


async def test_changes_at_once_do_not_undo_each_other(context: Context, mina: str) -> None:
    await asyncio.gather(
        update_settings(context, mina, change(appearance={"theme": "dark"})),
        update_settings(context, mina, change(appearance={"textSize": "large"})),
    )
    appearance = (await read_settings(context, mina)).appearance
    assert (appearance.theme, appearance.text_size) == ("dark", "large")


async def test_of_nobody(context: Context) -> None:
    for answer in (read_settings(context, "nobody"), update_settings(context, "nobody", change())):
        with pytest.raises(InvalidToken):
            await answer


@pytest.mark.parametrize(
    "groups",
    [
        {"privacy": {"presence": "friends"}},
        {"privacy": None},
        {"notifications": {"email": None}},
        {"appearance": {"theme": "<script>"}},
        {"appearance": {"language": "klingon"}},
    ],
)
def test_refused(groups: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        change(**groups)
