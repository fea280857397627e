"""A person's profile: read, changed, shown to others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from services.context import sql
from services.problems import InvalidToken, NotFound, Unprocessable
from services.users.models import ProfileUpdate
from services.users.profile import (
    READ_PROFILE,
    READ_PUBLIC,
    NativeAsTarget,
    read_profile,
    read_public_profile,
    update_profile,
)
from services.users.relations import block

if TYPE_CHECKING:
    from services.context import Context


def update(**fields: Any) -> ProfileUpdate:
    return ProfileUpdate.model_validate(fields)


class TestRead:
    async def test_a_new_person(self, context: Context, mina: str) -> None:
        profile = (await read_profile(context, mina)).model_dump(mode="json")
        assert profile == {
            "id": mina,
            "email": f"mina.{mina}@example.org",
            "displayName": "Mina",
            "englishName": None,
            "bio": "",
            "nativeLanguage": None,
            "targetLanguages": [],
            "profileImageUrl": None,
            "timeZone": "UTC",
            "locale": "en",
            "onboardingCompleted": False,
            "createdAt": "2025-11-20T12:00:00.000Z",
            "updatedAt": "2025-11-20T12:00:00.000Z",
        }

    async def test_nobody(self, context: Context) -> None:
        with pytest.raises(InvalidToken):
            await read_profile(context, "nobody")

    async def test_costs_two_searches_by_key(self, context: Context, mina: str) -> None:
        for query in (sql(READ_PROFILE, mina), sql(READ_PUBLIC, mina, mina)):
            plan = context.db.plan(query)
            assert "SCAN users" not in plan
            assert "SCAN user_languages" not in plan
            assert "SCAN blocks" not in plan


class TestUpdate:
    async def test_changes_what_is_named(self, context: Context, mina: str) -> None:
        context.clock.advance(minutes=1)
        await update_profile(context, mina, update(bio="안녕하세요\nI paint.", englishName="Mina Kim"))
        profile = await update_profile(
            context,
            mina,
            update(
                nativeLanguage="KO",
                targetLanguages=[{"language": "en", "level": "B1"}, {"language": "pt-br"}],
                timeZone="Asia/Seoul",
            ),
        )
        assert profile == await read_profile(context, mina)
        shown = profile.model_dump(mode="json")
        assert shown["targetLanguages"] == [
            {"language": "en", "level": "B1"},
            {"language": "pt-BR", "level": None},
        ]
        assert (shown["bio"], shown["englishName"], shown["displayName"]) == (
            "안녕하세요\nI paint.",
            "Mina Kim",
            "Mina",
        )
        assert (shown["nativeLanguage"], shown["timeZone"]) == ("ko", "Asia/Seoul")
        assert shown["updatedAt"] == "2025-11-20T12:01:00.000Z"

    async def test_null_clears_and_leaving_out_keeps(self, context: Context, mina: str) -> None:
        await update_profile(context, mina, update(englishName="Mina", nativeLanguage="ko"))
        profile = await update_profile(context, mina, update(englishName=None))
        assert (profile.english_name, profile.native_language) == (None, "ko")

    async def test_an_empty_update_changes_nothing(self, context: Context, mina: str) -> None:
        before = await read_profile(context, mina)
        context.clock.advance(minutes=1)
        assert await update_profile(context, mina, update(unknown=1)) == before

    async def test_updates_at_once_do_not_undo_each_other(self, context: Context, mina: str) -> None:
        await asyncio.gather(
            update_profile(context, mina, update(bio="new")),
            update_profile(context, mina, update(displayName="Mina K.")),
            update_profile(context, mina, update(targetLanguages=[{"language": "fr"}])),
        )
        profile = await read_profile(context, mina)
        assert (profile.bio, profile.display_name, len(profile.target_languages)) == ("new", "Mina K.", 1)

    async def test_the_native_language_is_no_target(self, context: Context, mina: str) -> None:
        before = await update_profile(context, mina, update(nativeLanguage="ko", bio="old"))
        for change in (
            {"targetLanguages": [{"language": "KO"}], "bio": "new"},
            {"nativeLanguage": "en", "targetLanguages": [{"language": "en"}]},
        ):
            with pytest.raises(NativeAsTarget):
                await update_profile(context, mina, update(**change))
        assert await read_profile(context, mina) == before

    async def test_a_target_does_not_become_the_native_language(self, context: Context, mina: str) -> None:
        await update_profile(context, mina, update(targetLanguages=[{"language": "en"}]))
        with pytest.raises(NativeAsTarget):
            await update_profile(context, mina, update(nativeLanguage="en"))
        swapped = update(nativeLanguage="en", targetLanguages=[{"language": "ko"}])
        assert (await update_profile(context, mina, swapped)).native_language == "en"

    async def test_an_unknown_time_zone(self, context: Context, mina: str) -> None:
        with pytest.raises(Unprocessable) as caught:
            await update_profile(context, mina, update(timeZone="Mars/Olympus"))
        assert caught.value.errors[0].path == "$.timeZone"

    async def test_a_deleted_account_is_not_written(self, context: Context, mina: str) -> None:
        await context.db.run(sql("UPDATE users SET deleted_at = 1, bio = '' WHERE id = ?", mina))
        with pytest.raises(InvalidToken):
            await update_profile(context, mina, update(bio="x", targetLanguages=[{"language": "fr"}]))
        rows = await context.db.all(
            sql("SELECT bio FROM users UNION ALL SELECT language FROM user_languages")
        )
        assert rows == [{"bio": ""}]


class TestValidation:
    @pytest.mark.parametrize(
        "fields",
        [
            {"displayName": ""},
            {"displayName": "  \u200d "},
            {"displayName": "x" * 51},
            {"displayName": None},
            {"displayName": "a\u202eb"},
            {"displayName": "a\nb"},
            {"displayName": "a\x00b"},
            {"displayName": "a" + "\u0301" * 400},
            {"bio": "x" * 501},
            {"bio": None},
            {"bio": "\x07"},
            {"nativeLanguage": "english"},
            {"nativeLanguage": "e"},
            {"nativeLanguage": "en_US"},
            {"nativeLanguage": "en-" + "a" * 40},
            {"locale": "../../etc"},
            {"locale": None},
            {"timeZone": ""},
            {"timeZone": "x" * 65},
            {"targetLanguages": [{"language": tag} for tag in ("en", "fr", "de", "es")]},
            {"targetLanguages": [{"language": "en"}, {"language": "EN"}]},
            {"targetLanguages": [{"language": "en", "level": "b1"}]},
            {"targetLanguages": [{"level": "B1"}]},
            {"targetLanguages": None},
        ],
    )
    def test_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            update(**fields)

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("  Mina ", "Mina"),
            ("ㄱ" * 50, "ㄱ" * 50),
            ("e\u0301" * 50, "é" * 50),
            ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
            ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
            ("ที่นี่", "ที่นี่"),
            ("نورا", "نورا"),
        ],
    )
    def test_names_of_all_scripts(self, given: str, kept: str) -> None:
        assert update(displayName=given).display_name == kept

    @pytest.mark.parametrize(
        ("given", "kept"),
        [("EN", "en"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("sl-ROZAJ", "sl-rozaj")],
    )
    def test_language_tags_get_their_conventional_case(self, given: str, kept: str) -> None:
        assert update(nativeLanguage=given).native_language == kept


class TestPublic:
    async def test_shows_no_email(self, context: Context, mina: str, jun: str) -> None:
        shown = (await read_public_profile(context, mina, jun)).model_dump(mode="json")
        assert shown["displayName"] == "Mina"
        assert not {"email", "locale", "settings"} & shown.keys()

    @pytest.mark.parametrize("column", ["deleted_at", "suspended_at"])
    async def test_hides_deleted_and_suspended_people(
        self, context: Context, mina: str, jun: str, column: str
    ) -> None:
        await context.db.run(sql(f"UPDATE users SET {column} = 1 WHERE id = ?", mina))
        with pytest.raises(NotFound):
            await read_public_profile(context, mina, jun)

    async def test_a_block_hides_both_from_each_other(self, context: Context, mina: str, jun: str) -> None:
        await block(context, mina, jun)
        for one, other in ((mina, jun), (jun, mina)):
            with pytest.raises(NotFound):
                await read_public_profile(context, one, other)
        assert (await read_public_profile(context, mina, mina)).id == mina
