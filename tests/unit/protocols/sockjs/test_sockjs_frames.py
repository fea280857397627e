"""Frames, payloads and what JSON has to escape."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sockjs import PayloadError, close_frame, decode_payload, message_frame
from protocols.sockjs.frames import quote

# The ranges that the protocol definition wants escaped, whatever else a server escapes.
ESCAPED_BY_SERVER = re.compile("[\x00-\x1f\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]")
anything = st.text(st.characters(exclude_categories=[]), max_size=40)


def refusal(payload: str | bytes, limit: int = 1_000) -> PayloadError:
    with pytest.raises(PayloadError) as caught:
        decode_payload(payload, limit=limit)
    return caught.value


class TestQuoting:
    def test_escapes_what_browsers_mangle(self):
        killer = "".join(chr(code) for code in range(255, 65_536) if ESCAPED_BY_SERVER.match(chr(code)))
        assert quote(killer) == '"' + "".join(f"\\u{ord(char):04x}" for char in killer) + '"'

    def test_leaves_other_scripts_as_they_are(self):
        assert quote("안녕 世界 é 🦉") == '"안녕 世界 é 🦉"'

    @given(anything)
    def test_any_string_of_javascript_comes_through_utf_8(self, text):
        quoted = quote(text).encode().decode()
        assert json.loads(quoted).encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")
        assert not ESCAPED_BY_SERVER.search(quoted)

    def test_frames(self):
        assert message_frame([quote("a"), quote('"')]) == 'a["a","\\""]'
        assert close_frame(3000, "Go away!") == 'c[3000,"Go away!"]'


class TestPayload:
    @pytest.mark.parametrize(
        ("payload", "messages"),
        [
            ('"a"', ["a"]),
            (' "a"\n', ["a"]),
            ('\t[ "a" ,\r\n"[]," ] ', ["a", "[],"]),
            ("[ ]", []),
            ('["a","b"]', ["a", "b"]),
            ("[]", []),
            (b'["\xc3\xa9"]', ["é"]),
        ],
    )
    def test_is_a_string_or_an_array_of_strings(self, payload, messages):
        assert decode_payload(payload, limit=1_000) == messages

    @pytest.mark.parametrize(
        "payload",
        [
            '["x',
            "1",
            "{}",
            "null",
            "[1]",
            '["a",null]',
            '[["a"]]',
            "NaN",
            b'["\xff"]',
            "[" * 100_000,
            "\x00",
            " ",
            "[",
            "]",
            ",",
            '["a"',
            '["a",]',
            '[,"a"]',
            '"a"]',
            '["a"],',
            '["a"]]',
            '["a""b"]',
            '"a","b"',
            '"a""b"',
            '"a\nb"',
            "[]]",
            "[],",
            '["a",["b"]]',
            "\xa0[]",
        ],
    )
    def test_anything_else_is_broken(self, payload):
        error = refusal(payload, limit=200_000)
        assert (str(error), error.status) == ("Broken JSON encoding.", 500)

    def test_nothing_is_expected_nowhere_but_on_a_socket(self):
        assert str(refusal("")) == "Payload expected."
        assert decode_payload("", limit=10, socket=True) == []

    def test_is_bounded(self):
        assert decode_payload('"12345678"', limit=10) == ["12345678"]
        assert refusal('"123456789"', limit=10).status == 413

    @given(st.lists(anything, max_size=5))
    def test_what_we_frame_a_client_could_send(self, messages):
        frame = message_frame([quote(message) for message in messages])
        assert decode_payload(frame[1:], limit=10_000) == json.loads(json.dumps(messages))

    @given(st.lists(st.sampled_from(['"', "[", "]", ",", " ", "a", '"a"', "\\\\", "{", "1"]), max_size=12))
    def test_agrees_with_json(self, parts):
        payload = "".join(parts) or " "
        try:
            value = json.loads(payload)
        except ValueError:
            value = None
        expected = [value] if isinstance(value, str) else value
        if isinstance(expected, list) and all(isinstance(message, str) for message in expected):
            assert decode_payload(payload, limit=1_000) == expected
        else:
            assert str(refusal(payload)) == "Broken JSON encoding."

    @given(st.one_of(st.binary(max_size=60), st.text(max_size=60)))
    def test_garbage_raises_nothing_else(self, payload):
        try:
            messages = decode_payload(payload, limit=50)
        except PayloadError as error:
            assert error.status in {413, 500}  # noqa: PT017 - that it is raised is not the point
        else:
            assert all(isinstance(message, str) for message in messages)
