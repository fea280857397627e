"""The frame grammar, clause by clause (STOMP 1.2 unless another version is named)."""

from __future__ import annotations

import pytest

from protocols.stomp import VERSIONS, Frame, Limits, Parser, PreparedMessage, ProtocolError, encode_frame


def parse(data: str | bytes, version: str | None = "1.2", **limits: int) -> list[Frame]:
    parser = Parser(Limits(**limits), version)
    parser.feed(data)
    return list(iter(parser.next, None))


def refusal(data: str | bytes, version: str | None = "1.2", **limits: int) -> str:
    with pytest.raises(ProtocolError) as caught:
        parse(data, version, **limits)
    return caught.value.code


class TestFrame:
    def test_command_headers_and_body(self):
        assert parse("SEND\ndestination:/queue/a\ncontent-type:text/plain\n\nhello\0") == [
            Frame("SEND", {"destination": "/queue/a", "content-type": "text/plain"}, b"hello")
        ]

    def test_binary_and_text_messages_are_the_same_octets(self):
        frame = "SEND\ndestination:/q/é\n\nüñî\0"
        assert parse(frame) == parse(frame.encode())

    def test_several_in_one_message_with_line_ends_between(self):
        frames = parse("\n\nBEGIN\ntransaction:1\n\n\0\n\n\r\nABORT\ntransaction:1\n\n\0\n")
        assert [frame.command for frame in frames] == ["BEGIN", "ABORT"]

    def test_octet_by_octet(self):
        parser, frames = Parser(Limits(), "1.2"), []
        for octet in "\nSEND\r\ndestination:/é\r\n\r\n\n\nü\0".encode():
            parser.feed(bytes([octet]))
            frames += iter(parser.next, None)
        assert frames == [Frame("SEND", {"destination": "/é"}, "\n\nü".encode())]
        assert not parser.has_partial

    @pytest.mark.parametrize("data", ["DISCONNECT\nreceipt:77\n\0", "\0", "SEND\0\n\n\0", "SEND\na:\0\n\n\0"])
    def test_needs_the_blank_line_before_its_nul(self, data):
        assert refusal(data) == "malformed_frame"

    @pytest.mark.parametrize(
        "data", ["send\n\n\0", "HELLO\n\n\0", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", " SEND\n\n\0"]
    )
    def test_commands_are_known_and_case_sensitive(self, data):
        assert refusal(data) == "unknown_command"

    @pytest.mark.parametrize("line", ["novalue", ":value", ""])
    def test_a_header_has_a_name_and_a_colon(self, line):
        if line:
            assert refusal(f"SEND\n{line}\n\n\0") == "malformed_header"
        assert parse("SEND\nempty:\n\n\0")[0].headers == {"empty": ""}

    def test_the_first_of_a_repeated_header_counts(self):
        assert parse("SEND\nfoo:World\nfoo:Hello\n\n\0")[0].headers == {"foo": "World"}
        assert parse("SEND\nf\\co:World\nf\\co:Hello\n\n\0")[0].headers == {"f:o": "World"}

    def test_only_some_frames_have_a_body(self):
        assert refusal("SUBSCRIBE\nid:0\n\nbody\0") == "unexpected_body"
        assert parse("SUBSCRIBE\ndestination:/a\n\nbody\0", "1.0")[0].body == b""

    def test_headers_are_utf_8_and_text_is_unicode(self):
        assert refusal(b"SEND\na:\xff\n\n\0") == "bad_encoding"
        assert refusal("SEND\na:\ud800\n\n\0") == "bad_encoding"


class TestLineEnds:
    @pytest.mark.parametrize("version", [None, "1.2"])
    def test_1_2_and_what_may_become_it_takes_cr_lf(self, version):
        assert parse("\r\nSTOMP\r\nhost:x\r\n\r\n\0", version)[0].headers == {"host": "x"}

    def test_a_lone_carriage_return_is_refused_in_1_2(self):
        assert refusal("SEND\na:x\ry\n\n\0") == "malformed_header"
        assert refusal("\rSEND\n\n\0") == "malformed_header"

    def test_in_1_1_a_carriage_return_belongs_to_the_value(self):
        assert parse("SEND\na:x\r\n\n\0", "1.1")[0].headers == {"a": "x\r"}

    @pytest.mark.parametrize("end", ["\n\n", "\n\r\n"])
    def test_the_body_may_begin_with_either_blank_line(self, end):
        assert parse(f"SEND\na:b{end}\r\n\n\n\r\n\0")[0].body == b"\r\n\n\n\r\n"


class TestEscapes:
    def test_1_2(self):
        frame = "SEND\n" + r"a\c\\:\n\r\c\\n" + "\n\n\0"
        assert parse(frame)[0].headers == {"a:\\": "\n\r:\\n"}

    def test_1_1_has_no_escape_for_carriage_return(self):
        assert parse("SEND\na:\\n\\c\\\\\n\n\0", "1.1")[0].headers == {"a": "\n:\\"}
        assert refusal("SEND\na:\\r\n\n\0", "1.1") == "bad_escape"

    @pytest.mark.parametrize("value", ["\\t", "\\", "\\\\\\", "a\\C"])
    @pytest.mark.parametrize("version", ["1.1", "1.2"])
    def test_undefined_ones_are_fatal(self, value, version):
        assert refusal(f"SEND\na:{value}\n\n\0", version) == "bad_escape"

    def test_none_in_1_0_nor_in_connect(self):
        assert parse("SEND\na:\\t\\n\n\n\0", "1.0")[0].headers == {"a": "\\t\\n"}
        assert (
            parse("CONNECT\naccept-version:1.2\npasscode:\\t:\n\n\0", None)[0].headers["passcode"] == "\\t:"
        )

    def test_a_stomp_frame_escapes(self):
        assert parse("STOMP\nhost:a\\cb\n\n\0", None)[0].headers == {"host": "a:b"}

    def test_padding_is_kept_except_in_1_0(self):
        assert parse("SEND\na: x \n\n\0")[0].headers == {"a": " x "}
        assert parse("SEND\na: x \na:y\n\n\0", "1.0")[0].headers == {"a": "x"}
        assert parse("CONNECT\nlogin: me\n\n\0", None)[0].headers == {"login": "me"}
        assert parse("CONNECT\naccept-version:1.2\nlogin: me\n\n\0", None)[0].headers["login"] == " me"

    def test_a_bare_colon_in_a_value_is_taken(self):
        assert parse("SEND\nhost:localhost:8080\n\n\0")[0].headers == {"host": "localhost:8080"}


class TestContentLength:
    def test_counts_octets_and_lets_nul_in(self):
        assert parse("SEND\ncontent-length:4\n\nü\0x\0")[0].body == "ü\0x".encode()

    def test_without_it_the_body_ends_at_the_first_nul(self):
        assert refusal("SEND\n\na\0b\0") == "malformed_frame"

    @pytest.mark.parametrize("text", ["-1", "1.5", "", " 1", "0x1", "\uff11", "99999999999999999999"])
    def test_is_a_number(self, text):
        assert refusal(f"SEND\ncontent-length:{text}\n\na\0") == "bad_content_length"

    @pytest.mark.parametrize("body", ["abcde", "abcdefgh"])
    def test_has_to_be_right(self, body):
        assert refusal(f"SEND\ncontent-length:4\n\n{body}\0\0\0") == "bad_content_length"

    def test_the_first_one_counts(self):
        assert parse("SEND\ncontent-length:1\ncontent-length:7\n\na\0")[0].body == b"a"


class TestSizeLimits:
    def test_number_of_headers(self):
        assert parse("SEND\na:1\nb:2\n\n\0", headers=2)
        assert refusal("SEND\na:1\nb:2\nc:3\n\n\0", headers=2) == "too_many_headers"

    def test_length_of_a_header_line(self):
        assert parse(f"SEND\na:{'x' * 18}\n\n\0", header_line=20)
        assert refusal(f"SEND\na:{'x' * 19}\n\n\0", header_line=20) == "header_too_long"

    def test_all_headers_together_even_if_they_never_end(self):
        assert parse("SEND\na:34567890\n\n\0", head=15)
        assert refusal("SEND\na:345678901\n\n\0", head=15) == "head_too_large"
        assert refusal("S" * 18, head=15) == "head_too_large"

    def test_body_announced_delivered_or_endless(self):
        assert parse("SEND\n\n1234\0", body=4)
        assert refusal("SEND\n\n12345\0", body=4) == "body_too_large"
        assert refusal("SEND\n\n12345", body=4) == "body_too_large"
        assert refusal("SEND\ncontent-length:5\n\n", body=4) == "body_too_large"

    def test_what_was_read_is_let_go(self):
        parser = Parser(Limits(), "1.2")
        for _ in range(1_000):
            parser.feed("D\0BEGIN\ntransaction:1\n\n\0SEN"[2:])
            assert parser.next()
            assert parser.pending == 3
            parser.feed("D\n\n\0")
            assert parser.next() == Frame("SEND", {}, b"")
        assert parser.pending == 0


class TestEncoding:
    @pytest.mark.parametrize("version", ["1.1", "1.2"])
    def test_escapes_names_and_values(self, version):
        assert encode_frame("MESSAGE", {"a:": "\\\n:"}, "", version) == "MESSAGE\na\\c:\\\\\\n\\c\n\n\0"

    def test_carriage_return_has_an_escape_in_1_2_alone(self):
        assert encode_frame("MESSAGE", {"a": "\r"}, "", "1.2") == "MESSAGE\na:\\r\n\n\0"
        assert encode_frame("MESSAGE", {"a": "\r"}, "", "1.1") == "MESSAGE\na:\r\n\n\0"

    @pytest.mark.parametrize(("command", "version"), [("CONNECTED", "1.2"), ("MESSAGE", "1.0")])
    def test_where_nothing_is_escaped_nothing_can_be_injected(self, command, version):
        frame = encode_frame(command, {"a:\n": "x\n\r\nevil:1\\"}, "", version)
        assert frame == f"{command}\na  :x   evil:1\\\n\n\0"

    def test_content_length_is_octets_of_text_and_binary(self):
        assert encode_frame("MESSAGE", {}, "ü\0", "1.2") == "MESSAGE\ncontent-length:3\n\nü\0\0"
        assert encode_frame("MESSAGE", {}, b"\xff", "1.2") == b"MESSAGE\ncontent-length:1\n\n\xff\0"


FORGED = {"priority": "9", "message-id": "forged", "receipt": "r", "content-length": "1", "a:b": "c"}


class TestPreparedMessage:
    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("body", ["hé", b"h\0\xff", ""])
    def test_each_subscriber_reads_the_same_message(self, version, body):
        message = PreparedMessage("/topic/x", body, FORGED)
        for subscription in ("sub-0", "sub-1"):
            (frame,) = parse(message.render(subscription, "7", ack="3", version=version), version)
            assert frame.command == "MESSAGE"
            assert frame.body == (body.encode() if isinstance(body, str) else body)
            own = {"subscription": subscription, "message-id": "7", "ack": "3", "destination": "/topic/x"}
            passed = {"priority": "9", ("a b" if version == "1.0" else "a:b"): "c"}
            assert frame.headers == own | passed | {"content-length": str(len(frame.body))}

    def test_a_subscription_of_1_0_without_id_is_not_named(self):
        assert "subscription" not in PreparedMessage("/a", "x").render(None, "1", version="1.0")
