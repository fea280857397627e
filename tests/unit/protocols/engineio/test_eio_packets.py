"""EIO4, "Packet encoding"."""

from __future__ import annotations

import engineio.packet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.engineio import (
    MalformedPacket,
    Packet,
    PayloadTooLarge,
    ProtocolError,
    decode_packet,
    decode_payload,
    encode_message,
    encode_payload,
)
from protocols.engineio.packets import decode_frames, exceeds

BOUNDS = {"max_bytes": 1_000, "max_packets": 16}
TEXT = st.text().filter(lambda text: "\x1e" not in text)
FRAMES = st.lists(
    st.one_of(st.binary(), st.tuples(st.sampled_from("0123456"), TEXT).map("".join)), min_size=1, max_size=16
)


def test_a_packet_is_a_digit_and_its_data():
    assert decode_packet("4hello") == Packet("4", "hello")
    assert decode_packet("2probe") == Packet("2", "probe")
    assert decode_packet("6") == Packet("6", "")


def test_a_binary_frame_is_a_message_as_it_is():
    assert decode_packet(b"\x01\x02") == Packet("4", b"\x01\x02")
    assert encode_message(b"\x01\x02") == b"\x01\x02"


def test_a_text_message_gets_its_type():
    assert encode_message("hello") == "4hello"


@pytest.mark.parametrize("frame", ["", "7", "9x", "abc", "b", "bAQ==", " 4", "-1", "٤x", "\x1e4"])
def test_other_types_are_refused(frame):
    with pytest.raises(MalformedPacket):
        decode_packet(frame)


def test_a_payload_is_packets_with_separators_between():
    packets = decode_payload("4hello\x1ebAQIDBA==\x1e3\x1eb", **BOUNDS)
    assert packets == [Packet("4", "hello"), Packet("4", b"\x01\x02\x03\x04"), Packet("3"), Packet("4", b"")]


def test_a_payload_of_bytes_is_utf8():
    assert decode_payload("4héllo".encode(), **BOUNDS) == [Packet("4", "héllo")]
    with pytest.raises(MalformedPacket):
        decode_payload(b"4\xff", **BOUNDS)


@pytest.mark.parametrize("body", ["", "abc", "4a\x1e", "\x1e4a", "4a\x1e\x1e4b", "4a\x1e9"])
def test_a_payload_with_a_malformed_packet_is_refused_whole(body):
    with pytest.raises(MalformedPacket):
        decode_payload(body, **BOUNDS)


@pytest.mark.parametrize("data", ["A", "AQ", "AQ=", "=AQ=", "AQID BA==", "AQIDBA==AA", "AQ-_", "é", "AQ==\n"])
def test_binary_data_is_strict_base64(data):
    with pytest.raises(MalformedPacket):
        decode_payload("b" + data, **BOUNDS)


def test_a_payload_is_bounded_in_bytes_and_packets():
    assert decode_payload("4" + "é" * 499, **BOUNDS)
    with pytest.raises(PayloadTooLarge) as error:
        decode_payload("4" + "é" * 500, **BOUNDS)
    assert error.value.close_code == 1009
    assert len(decode_payload("\x1e".join("4" * 16), **BOUNDS)) == 16
    with pytest.raises(PayloadTooLarge):
        decode_payload("\x1e".join("4" * 17), **BOUNDS)


@given(FRAMES)
def test_payloads_round_trip(frames):
    assert decode_frames(encode_payload(frames)) == frames
    decoded = decode_payload(encode_payload(frames), max_bytes=10**6, max_packets=16)
    assert decoded == [decode_packet(frame) for frame in frames]


def test_no_frames_round_trip():
    assert decode_frames(encode_payload([])) == []


@given(st.one_of(st.text(), st.binary(), st.text(alphabet="0123456b\x1eAQ=")))
def test_arbitrary_bodies_are_decoded_or_refused(body):
    try:
        packets = decode_payload(body, **BOUNDS)
    except ProtocolError:
        return
    assert 1 <= len(packets) <= 16


@given(st.one_of(st.text(st.characters(codec=None)), st.binary()), st.integers(0, 40))
def test_sizes_are_those_of_utf8(data, limit):
    size = len(data) if isinstance(data, bytes) else len(data.encode(errors="surrogatepass"))
    assert exceeds(data, limit) is (size > limit)


@given(FRAMES)
def test_frames_agree_with_python_engineio(frames):
    for frame in frames:
        theirs = engineio.packet.Packet(encoded_packet=frame)
        ours = decode_packet(frame)
        assert int(ours.type) == theirs.packet_type
        if isinstance(frame, bytes):
            assert ours.data == theirs.data
            assert encode_payload([frame]) == theirs.encode(b64=True)
