"""SIO5, "Packet encoding"."""

from __future__ import annotations

import json
import math
from contextlib import suppress

import pytest
import socketio.packet
from hypothesis import given
from hypothesis import strategies as st

from protocols.socketio import (
    Decoder,
    Limits,
    MalformedPacket,
    Packet,
    PacketType,
    ProtocolError,
    encode,
    encode_event,
)

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR = list(PacketType)[:5]
ONE = '{"_placeholder":true,"num":0}'


def decode(*frames, limits=None):
    decoder = Decoder(limits)
    packets = [decoder.feed(frame) for frame in frames]
    assert packets[:-1] == [None] * (len(packets) - 1)
    return packets[-1]


# The examples of the document, and those of its test suite.
EXAMPLES = [
    (["0"], Packet(CONNECT)),
    (['0{"sid":"wZX3"}'], Packet(CONNECT, "/", {"sid": "wZX3"})),
    (["0/admin,"], Packet(CONNECT, "/admin")),
    (['0/admin,{"token":"123"}'], Packet(CONNECT, "/admin", {"token": "123"})),
    (['4{"message":"Not authorized"}'], Packet(CONNECT_ERROR, "/", {"message": "Not authorized"})),
    (
        ['4/random,{"message":"Invalid namespace"}'],
        Packet(CONNECT_ERROR, "/random", {"message": "Invalid namespace"}),
    ),
    (['2["foo"]'], Packet(EVENT, "/", ["foo"])),
    (['2/admin,["bar"]'], Packet(EVENT, "/admin", ["bar"])),
    (['212["foo"]'], Packet(EVENT, "/", ["foo"], 12)),
    (['2/admin,13["foo"]'], Packet(EVENT, "/admin", ["foo"], 13)),
    (['20["foo"]'], Packet(EVENT, "/", ["foo"], 0)),
    (
        ['2["한국어",{"😀":[null,true,1.5,-2]}]'],
        Packet(EVENT, "/", ["한국어", {"😀": [None, True, 1.5, -2]}]),
    ),
    (["312[]"], Packet(ACK, "/", [], 12)),
    (['3/admin,13["bar"]'], Packet(ACK, "/admin", ["bar"], 13)),
    ([f'51-["baz",{ONE}]', b"\1\2"], Packet(EVENT, "/", ["baz", b"\1\2"])),
    (
        [f'52-/admin,["baz",{ONE},{{"a":[{ONE.replace("0", "1")}]}}]', b"\1", b""],
        Packet(EVENT, "/admin", ["baz", b"\1", {"a": [b""]}]),
    ),
    ([f'51-14["foo",{ONE}]', b"\1"], Packet(EVENT, "/", ["foo", b"\1"], 14)),
    ([f'61-15["bar",{ONE}]', b"\1"], Packet(ACK, "/", ["bar", b"\1"], 15)),
    (["1"], Packet(DISCONNECT)),
    (["1/admin,"], Packet(DISCONNECT, "/admin")),
]


@pytest.mark.parametrize(("frames", "packet"), EXAMPLES)
def test_the_examples_are_read_and_written(frames, packet):
    assert decode(*frames) == packet
    assert encode(packet) == frames


@pytest.mark.parametrize(
    ("frame", "packet"),
    [
        ("0/admin", Packet(CONNECT, "/admin")),
        ("1/admin", Packet(DISCONNECT, "/admin")),
        ("0/,", Packet(CONNECT)),
        ("2/,[1]", Packet(EVENT, "/", [1])),
        ('4"sentence"', Packet(CONNECT_ERROR, "/", "sentence")),
        ('2["a", [ ] ]', Packet(EVENT, "/", ["a", []])),
        ("2[1.5]", Packet(EVENT, "/", [1.5])),
        ('2[""]', Packet(EVENT, "/", [""])),
        ('2["a",{"_placeholder":true,"num":0}]', Packet(EVENT, "/", ["a", {"_placeholder": True, "num": 0}])),
        ("3999999999999999[]", Packet(ACK, "/", [], 999_999_999_999_999)),
    ],
)
def test_other_ways_to_write_a_packet(frame, packet):
    assert decode(frame) == packet


@pytest.mark.parametrize("frame", ["", "7", '9["a"]', "abc", "-1", " 2[1]", "٢[1]", "/admin,"])
def test_unknown_types_are_refused(frame):
    with pytest.raises(MalformedPacket):
        decode(frame)


@pytest.mark.parametrize(
    "frame",
    [
        *("0null", "0[]", '0"a"', "0true", "01{}", "0{", "0{}{}", "0/admin,null"),
        *("1{}", "1null", "1[]", "11", "1/admin,{}"),
        *("2", "2{}", "2[]", "2null", "2[null]", "2[true]", "2[{}]", "2[[]]", '2"a"', "212", '2["a"'),
        *('2["a"]x', '2["a"] ', '2 ["a"]', '2["a"],["b"]', "2/admin", '2/admin["a"]', '2admin,["a"]'),
        *("3[]", '3["a"]', "31{}", "31", "31null"),
        *("4", "4[]", "4null", "41{}"),
    ],
)
def test_the_payload_fits_the_type(frame):
    with pytest.raises(MalformedPacket):
        decode(frame)


@pytest.mark.parametrize(
    "name", ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]
)
def test_reserved_names_are_refused_both_ways(name):
    with pytest.raises(MalformedPacket):
        decode(json.dumps([name]).join(("2", "")))
    with pytest.raises(ValueError, match="fit"):
        encode_event(name)


@pytest.mark.parametrize("digits", ["-1", "007", "1.5", "1e3", "abc", "9" * 16, "0x1", "\uff11"])
def test_ack_ids_are_short_plain_numbers(digits):
    with pytest.raises(MalformedPacket):
        decode(f'2{digits}["a"]')


@pytest.mark.parametrize("namespace", ["/" + "n" * 255, "/\n", "/a\x00"])
def test_namespaces_are_bounded_and_printable(namespace):
    with pytest.raises(MalformedPacket):
        decode(f'2{namespace},["a"]')


@pytest.mark.parametrize(
    "text",
    [
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[1e999]",
        "[" + "9" * 5_000 + "]",
        '["\n"]',
        "['a']",
        "[01]",
        "[1,]",
    ],
)
def test_json_is_strict(text):
    with pytest.raises(MalformedPacket):
        decode("31" + text)


def test_nesting_is_bounded():
    def nested(depth):
        return '2["a",' + "[" * (depth - 1) + "]" * (depth - 1) + "]"

    assert decode(nested(64))
    with pytest.raises(MalformedPacket, match="deeply"):
        decode(nested(65))
    with pytest.raises(MalformedPacket, match="deeply"):
        decode("2" + '{"a":' * 100_000)


def test_brackets_that_do_not_nest_are_no_nesting():
    flat = [["[[{{" * 50, '\\"]}', "\\"]] * 200
    assert decode("31" + json.dumps(flat)).data == flat


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


TRICKY = st.text('[]{}"\\,: n\n한', max_size=6)
NESTED = st.recursive(
    TRICKY,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TRICKY, inner, max_size=3)),
    max_leaves=20,
).map(lambda value: ["a", value])


@given(NESTED, st.booleans())
def test_nesting_is_measured_exactly_whatever_the_strings_hold(data, ascii_only):
    frame = "2" + json.dumps(data, ensure_ascii=ascii_only)
    assert decode(frame, limits=Limits(max_depth=depth(data))).data == data
    with pytest.raises(MalformedPacket, match="deeply"):
        decode(frame, limits=Limits(max_depth=depth(data) - 1))


class TestAttachments:
    @pytest.mark.parametrize("count", ["0", "-1", "", "01", "1.5", "a", " 1", "99999", "9" * 400])
    def test_their_number_is_a_plain_number(self, count):
        with pytest.raises(MalformedPacket):
            decode(f'5{count}-["a"]')

    @pytest.mark.parametrize(
        "frame", ["5", '5["a"]', "51", '51["a"]', "51-", '21-["a"]', '01-{"a":1}', "61-[]"]
    )
    def test_only_binary_packets_have_them(self, frame):
        with pytest.raises(MalformedPacket):
            decode(frame)

    def test_their_number_is_bounded(self):
        assert decode('564-["a"]') is None
        with pytest.raises(ProtocolError, match="too many"):
            decode('565-["a"]')
        with pytest.raises(ProtocolError):
            decode('5999999999-["a"]')

    def test_their_size_is_bounded(self):
        limits = Limits(max_bytes=10)
        frame = f'52-["a",{ONE},{ONE.replace("0", "1")}]'
        assert decode(frame, b"12345", b"67890", limits=limits).data == ["a", b"12345", b"67890"]
        with pytest.raises(ProtocolError, match="too large") as error:
            decode(frame, b"12345", b"678901", limits=limits)
        assert error.value.close_code == 1009

    def test_each_packet_may_use_the_whole_size(self):
        decoder = Decoder(Limits(max_bytes=10))
        for _ in range(3):
            assert decoder.feed(f'51-["a",{ONE}]') is None
            assert decoder.feed(b"1234567890") == Packet(EVENT, "/", ["a", b"1234567890"])

    @pytest.mark.parametrize(
        "placeholder",
        [
            '{"_placeholder":true,"num":1}',
            '{"_placeholder":true,"num":-1}',
            '{"_placeholder":true,"num":0.0}',
            '{"_placeholder":true,"num":false}',
            '{"_placeholder":true,"num":"0"}',
            '{"_placeholder":true}',
            '{"_placeholder":true,"num":0,"more":1}',
            f"{ONE},{ONE}",
            "1",
        ],
    )
    def test_each_has_exactly_one_placeholder(self, placeholder):
        with pytest.raises(MalformedPacket):
            decode(f'51-["a",{placeholder}]', b"")

    def test_what_only_looks_like_a_placeholder_stays(self):
        data = ["a", b"", {"_placeholder": False, "num": 0}, {"num": 0}]
        assert decode(f'51-["a",{ONE},{{"_placeholder":false,"num":0}},{{"num":0}}]', b"").data == data

    def test_the_order_of_placeholders_is_free(self):
        frame = '52-["a",{"num":1,"_placeholder":true},{"_placeholder":true,"num":0}]'
        assert decode(frame, b"0", b"1").data == ["a", b"1", b"0"]

    def test_text_may_not_come_in_between(self):
        with pytest.raises(MalformedPacket):
            decode(f'51-["a",{ONE}]', '2["b"]')

    def test_bytes_may_not_come_alone(self):
        with pytest.raises(MalformedPacket):
            decode(b"\1")

    def test_an_unfinished_packet_survives_eviction(self):
        decoder = Decoder()
        assert decoder.dump() == []
        decoder.feed(f'52-["a",{ONE},{ONE.replace("0", "1")}]')
        decoder.feed(b"\1")
        dumped = json.loads(json.dumps(decoder.dump()))
        decoder = Decoder()
        decoder.load(dumped)
        assert decoder.feed(b"\2") == Packet(EVENT, "/", ["a", b"\1", b"\2"])
        assert decoder.dump() == []


class TestEncoding:
    def test_an_event_is_encoded_once_for_all(self):
        assert encode_event("chat", {"a": 1}, namespace="/x") == ['2/x,["chat",{"a":1}]']
        assert encode_event("chat", b"\1", ack_id=7) == [f'51-7["chat",{ONE}]', b"\1"]

    def test_the_offset_goes_last(self):
        assert encode_event("chat", 1, offset="o1") == ['2["chat",1,"o1"]']

    def test_text_is_utf8_that_exists(self):
        (frame,) = encode_event("한", "\ud800x", {"\udc00": "é"})
        assert frame.encode().decode() == frame
        assert decode(frame).data == ["한", "\ud800x", {"\udc00": "é"}]
        text, attachment = encode_event("a", "\ud800", b"\1")
        assert decode(text.encode().decode(), attachment).data == ["a", "\ud800", b"\1"]

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_numbers_that_json_lacks_are_refused(self, value):
        with pytest.raises(ValueError, match="not JSON compliant"):
            encode_event("a", value)
        with pytest.raises(ValueError, match="not JSON compliant"):
            encode_event("a", value, b"")

    @pytest.mark.parametrize("value", [{1, 2}, object(), bytearray(1), {b"a": 1}])
    def test_values_that_json_lacks_are_refused(self, value):
        with pytest.raises(TypeError):
            encode_event("a", value)
        with pytest.raises(TypeError):
            encode_event("a", b"", value)

    def test_a_placeholder_cannot_be_smuggled_to_the_receiver(self):
        with pytest.raises(ValueError, match="placeholder"):
            encode_event("a", {"_placeholder": True, "num": 0}, b"secret")
        text, _ = encode_event("a", '{"_placeholder":true,"num":0}', b"")
        assert decode(text, b"").data == ["a", '{"_placeholder":true,"num":0}', b""]

    @pytest.mark.parametrize(
        "packet",
        [
            Packet(CONNECT, "/", {"a": b""}),
            Packet(CONNECT, "/", []),
            Packet(DISCONNECT, "/", {}),
            Packet(EVENT, "/", []),
            Packet(EVENT, "/", [True]),
            Packet(ACK, "/", {}),
            Packet(ACK),
        ],
    )
    def test_data_that_does_not_fit_the_type_is_refused(self, packet):
        with pytest.raises(ValueError, match=r"fit|bytes"):
            encode(packet)


NAMESPACES = st.one_of(st.just("/"), st.text("abc/-_éß 0", max_size=9).map("/".__add__))
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
        st.binary(max_size=9),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
IDS = st.one_of(st.none(), st.integers(0, 10**15 - 1))
RESERVED = {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
EVENTS = st.builds(
    Packet,
    st.just(EVENT),
    NAMESPACES,
    st.tuples(st.text().filter(lambda name: name not in RESERVED), st.lists(VALUES, max_size=3)).map(
        lambda event: [event[0], *event[1]]
    ),
    IDS,
)
ACKS = st.builds(Packet, st.just(ACK), NAMESPACES, st.lists(VALUES, max_size=3), st.integers(0, 99))


@given(st.one_of(EVENTS, ACKS))
def test_packets_round_trip(packet):
    assert decode(*encode(packet)) == packet


@given(st.one_of(EVENTS, ACKS))
def test_python_socketio_reads_what_we_write(packet):
    frames = encode(packet)
    theirs = socketio.packet.Packet(encoded_packet=frames[0])
    complete = [theirs.add_attachment(frame) for frame in frames[1:]]
    assert complete == [False] * (len(complete) - 1) + [True] * bool(complete)
    assert (theirs.namespace or "/", theirs.id, theirs.data) == (packet.namespace, packet.id, packet.data)


@given(st.one_of(EVENTS, ACKS))
def test_we_read_what_python_socketio_writes(packet):
    theirs = socketio.packet.Packet(
        packet_type=int(packet.type), data=packet.data, namespace=packet.namespace, id=packet.id
    ).encode()
    assert decode(*(theirs if isinstance(theirs, list) else [theirs])) == packet


@given(
    st.lists(
        st.one_of(
            st.text(),
            st.binary(),
            st.text('0123456-/,a[]{}":_e.'),
            st.sampled_from(
                ["51-", '51-["a"', f'51-["a",{ONE}]', f"61-1[{ONE}]", "599999999999-[", '2["a"]', "0", "1/a"]
            ),
        ),
        max_size=5,
    )
)
def test_arbitrary_frames_only_ever_raise_protocol_errors(frames):
    decoder = Decoder(Limits(max_attachments=2, max_bytes=100, max_depth=5))
    with suppress(ProtocolError):
        for frame in frames:
            decoder.feed(frame)
            assert sum(map(len, decoder.dump()[1:])) <= 140
