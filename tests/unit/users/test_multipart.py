"""Forms as browsers, command lines and attackers send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import FormParser

from services.multipart import MalformedMultipart, Part, TooManyParts, parse_multipart
from services.problems import Problem

FORM = "multipart/form-data; boundary=b0"
FIELD = b'--b0\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n'
END = b"--b0--\r\n"

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters='%"\\'),
    min_size=1,
)
FILES = st.tuples(
    NAMES, st.none() | NAMES, st.sampled_from(["", "image/png", "text/plain; charset=utf-8"]), st.binary()
)


def form(parts: list[tuple[str, str | None, str, bytes]], boundary: str = "b0") -> bytes:
    """Encode a form as browsers do."""
    lines: list[bytes] = []
    for name, filename, content_type, data in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        head += f'; filename="{filename}"' if filename is not None else ""
        head += f"\r\nContent-Type: {content_type}" if content_type else ""
        lines.append(head.encode() + b"\r\n\r\n" + data + b"\r\n")
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


class TestWellFormed:
    @given(parts=st.lists(FILES, max_size=16))
    def test_what_is_encoded_comes_back(self, parts: list[tuple[str, str | None, str, bytes]]) -> None:
        boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
        parsed = parse_multipart(f"multipart/form-data; boundary={boundary}", form(parts, boundary))
        assert [(p.name, p.filename, p.data) for p in parsed] == [(n, f, d) for n, f, _, d in parts]

    @given(parts=st.lists(FILES, min_size=1, max_size=4))
    def test_agrees_with_python_multipart(self, parts: list[tuple[str, str | None, str, bytes]]) -> None:
        body, found = form(parts), []
        if any(b"\r\n--b0" in data or not name.strip() for name, _, _, data in parts):
            return
        parser = FormParser(
            "multipart/form-data",
            lambda field: found.append((field.field_name.decode(), field.value or b"")),
            lambda file: found.append((file.field_name.decode(), _content(file))),
            boundary="b0",
        )
        parser.write(body)
        parser.finalize()
        assert [(part.name, part.data) for part in parse_multipart(FORM, body)] == found

    def test_defaults_of_a_field_and_of_a_file(self) -> None:
        body = (
            b"--b0\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
            b'--b0\r\nContent-Disposition: form-data; name="b"; filename=""\r\n\r\n\r\n--b0--'
        )
        assert parse_multipart(FORM, body) == [
            Part("a", None, "text/plain", b"1"),
            Part("b", "", "application/octet-stream", b""),
        ]

    def test_names_are_decoded_as_browsers_encode_them(self) -> None:
        head = 'content-disposition: form-data; name="a%22b%0D%0Ac"; filename="사진\\".png"'
        body = f"--b0\r\n{head}\r\n\r\n\r\n--b0--"
        (part,) = parse_multipart(FORM, body.encode())
        assert (part.name, part.filename) == ('a"b\r\nc', '사진".png')

    def test_preamble_padding_and_epilogue_are_passed_over(self) -> None:
        body = b"preamble\r\n--b0 \t\r\n" + FIELD[6:] + b"--b0-- \r\nepilogue"
        assert parse_multipart(FORM, body) == [Part("a", None, "text/plain", b"value")]

    def test_lines_that_only_resemble_the_delimiter_are_data(self) -> None:
        data = b"--b\r\n-b0--\r\n\n--b0\r--b0--"
        assert parse_multipart(FORM, form([("a", None, "", data)]))[0].data == data

    def test_an_empty_form_has_no_parts(self) -> None:
        assert parse_multipart(FORM, END) == []

    @pytest.mark.parametrize("boundary", ['"b 0"', '"b0=?"', "b" * 70, '"(b)\'+_,-./:"'])
    def test_boundaries_of_all_legal_characters(self, boundary: str) -> None:
        plain = boundary.strip('"')
        body = form([("a", None, "", b"1")], plain)
        assert (
            parse_multipart(f"Multipart/Form-Data; charset=utf-8; boundary={boundary}", body)[0].data == b"1"
        )


class TestMalformed:
    @pytest.mark.parametrize(
        "content_type",
        [
            "",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=b0; boundary=b1",
            'multipart/form-data; boundary="b0',
            'multipart/form-data; boundary="b0 "',
            "multipart/form-data; boundary=" + "b" * 71,
            'multipart/form-data; boundary="b\x000"',
            "multipart/form-data boundary=b0",
            "multipart/mixed; boundary=b0",
            "application/json; boundary=b0",
        ],
    )
    def test_content_types_are_refused(self, content_type: str) -> None:
        with pytest.raises(MalformedMultipart):
            parse_multipart(content_type, FIELD + END)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"--b0",
            b"--b1--\r\n",
            FIELD,
            FIELD + b"--b0",
            FIELD + b"--b0-",
            FIELD + b"--b0--x",
            FIELD + b"--b0x\r\n\r\n" + END,
            FIELD.replace(b"\r\n", b"\n") + END,
            b"--b0\r\n\r\nvalue\r\n" + END,
            b"--b0\r\n" + END,
            b"--b0\r\nContent-Disposition: form-data\r\n\r\n\r\n" + END,
            b'--b0\r\nContent-Disposition: attachment; name="a"\r\n\r\n\r\n' + END,
            b'--b0\r\nContent-Disposition: form-data; name="a\r\n\r\n\r\n' + END,
            b'--b0\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\n\r\n' + END,
            b'--b0\r\nContent-Disposition: form-data; name="a" junk\r\n\r\n\r\n' + END,
            FIELD[:-9] + b"Content-Disposition: form-data; name=b\r\n\r\nvalue\r\n" + END,
            FIELD[:-9] + b" folded: yes\r\n\r\nvalue\r\n" + END,
            FIELD[:-9] + b"no colon\r\n\r\nvalue\r\n" + END,
            FIELD[:-9] + b"X: \xff\r\n\r\nvalue\r\n" + END,
            FIELD[:-9] + b"X: a\x00\r\n\r\nvalue\r\n" + END,
            FIELD[:-9] + b"Content-Transfer-Encoding: base64\r\n\r\nvalue\r\n" + END,
            FIELD[:-9] + b"X: " + b"a" * 5000 + b"\r\n\r\nvalue\r\n" + END,
        ],
    )
    def test_bodies_are_refused(self, body: bytes) -> None:
        with pytest.raises(MalformedMultipart):
            parse_multipart(FORM, body)

    @given(content_type=st.text(max_size=100) | st.just(FORM), body=st.binary(max_size=300))
    def test_nothing_but_problems_comes_of_noise(self, content_type: str, body: bytes) -> None:
        with pytest.raises(Problem):
            parse_multipart(content_type, b"x" + body.replace(b"b0", b""))


class TestBombs:
    def test_more_parts_than_allowed(self) -> None:
        assert len(parse_multipart(FORM, FIELD * 16 + END)) == 16
        with pytest.raises(TooManyParts):
            parse_multipart(FORM, FIELD * 17 + END)

    def test_larger_parts_than_allowed(self) -> None:
        body = form([("a", None, "", b"12345")])
        assert parse_multipart(FORM, body, max_part_bytes=5)[0].data == b"12345"
        with pytest.raises(TooManyParts):
            parse_multipart(FORM, body, max_part_bytes=4)

    @pytest.mark.parametrize("filling", [b"\r\n", b"\r\n--b", b"--b0", b"\r\n--b0", b"\r", b"-", b"a: b\r\n"])
    def test_megabytes_of_near_delimiters_take_one_pass(self, filling: bytes) -> None:
        with pytest.raises(Problem):
            parse_multipart(FORM, FIELD + b"--b0\r\n" + filling * (4_000_000 // len(filling)))


def _content(file: object) -> bytes:
    file.file_object.seek(0)
    return file.file_object.read()
