from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ops.check_items import check, mp3_seconds
from ops.speak_items import recording
from services.leveltest import items
from services.leveltest.scale import LEVELS


@pytest.mark.parametrize("language", items.languages())
def test_nothing_is_wrong_with_the_bank(language):
    assert list(check(items.load(language))) == []


def test_english_covers_every_level_of_every_area_and_task():
    bank = items.load("en")
    assert len(bank.items) >= 168
    assert {(item.area, item.level) for item in bank.items.values()} == {
        (area, level) for area in items.AREAS for level in LEVELS
    }
    for skill in ("writing", "speaking"):
        assert len([task for task in bank.tasks.values() if task.skill == skill]) >= 12


def test_another_language_is_only_data():
    bank = items.load("ko")
    assert len(bank.items) >= 60
    assert set(bank.by_area) == {"vocabulary", "grammar", "reading"}


@pytest.mark.parametrize("language", ["tlh", "", "..", "en/../en", "EN"])
def test_a_language_without_a_bank_is_refused(language):
    with pytest.raises(items.UnknownLanguage) as refusal:
        items.load(language)
    assert refusal.value.status == 422


def changed(name, **changes):
    """The English bank with one item changed."""
    bank = items.load("en")
    item = replace(bank.items[name], **changes)
    by_area = {a: tuple(item if i.id == name else i for i in group) for a, group in bank.by_area.items()}
    return replace(bank, items={**bank.items, name: item}, by_area=by_area)


@pytest.mark.parametrize(
    ("name", "changes", "complaint"),
    [
        (
            "en-vocabulary-a1-1",
            {"distractors": ("bread", "Coffee", "chairs")},
            "all different from the answer",
        ),
        ("en-vocabulary-a1-1", {"distractors": ("bread", "shoes")}, "needs three distractors"),
        ("en-vocabulary-a1-1", {"prompt": "I drink coffee."}, "one gap"),
        ("en-vocabulary-a1-1", {"difficulty": 0.0}, "lies outside A1"),
        ("en-vocabulary-a1-2", {"difficulty": -4.19}, "not harder than"),
        ("en-vocabulary-a1-1", {"discrimination": 9.0}, "not plausible"),
        ("en-vocabulary-a1-1", {"answer": " coffee"}, "stray spaces"),
        (
            "en-vocabulary-a1-2",
            {"prompt": "My name is Anna and I am a ___."},
            "can be read in en-vocabulary-a1-2",
        ),
        ("en-reading-a1-1", {"passage": None}, "reading has a passage"),
        ("en-reading-a1-1", {"passage": "Vociferous obituarists fulminate. " * 8}, "too many hard words"),
        ("en-reading-a1-1", {"passage": "It is red."}, "words, 15 to 40 suit A1"),
        ("en-listening-a1-1", {"script": (("W", "Hello. " * 90),)}, "words a minute is not this script"),
        ("en-listening-a1-1", {"script": (("X", "Hello."),)}, "a speaker has no voice"),
        ("en-listening-a1-1", {"id": "en-listening-a1-99"}, "has no recording"),
    ],
)
def test_the_check_finds(name, changes, complaint):
    assert any(complaint in problem for problem in check(changed(name, **changes)))


def test_the_check_finds_keys_that_stand_out_by_their_length():
    bank = items.load("en")
    longer = tuple(
        replace(item, answer=item.answer + " indeed, as I said") for item in bank.by_area["reading"]
    )
    told = replace(bank, by_area={**bank.by_area, "reading": longer})
    assert any("length gives it away" in problem for problem in check(told))


def test_a_recording_is_measured_by_its_frames_and_a_broken_one_refused():
    data = recording("en", items.load("en").items["en-listening-a1-1"]).read_bytes()
    # 24 kbit/s are 3 000 bytes a second
    assert mp3_seconds(data) == pytest.approx(len(data) / 3000, abs=0.05)
    with pytest.raises(ValueError, match="cut off"):
        mp3_seconds(data[:-10])
    with pytest.raises(ValueError, match="no MPEG-2"):
        mp3_seconds(b"RIFF" + data)


def test_recordings_stay_small_enough_for_the_repository():
    bank = items.load("en")
    sizes = [recording("en", item).stat().st_size for item in bank.by_area["listening"]]
    assert sum(sizes) < 6_000_000


def test_the_data_is_as_readable_as_it_is_written():
    for path in items.DATA.glob("*/*.json"):
        text = path.read_text(encoding="utf-8")
        json.loads(text)
        assert "\\u" not in text, f"{path.name} escapes its letters"
