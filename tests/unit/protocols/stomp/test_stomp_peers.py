"""Our codec against those on PyPI, each where it is right."""

from __future__ import annotations

import io

import stomp.utils
import stompman
from coilmq.util.frames import Frame as CoilFrame
from coilmq.util.frames import parse_body, parse_headers
from hypothesis import given
from hypothesis import strategies as st
from stompman.serde import FrameParser, dump_frame

from protocols.stomp import Frame, Limits, Parser, encode_frame

# stompman writes no escape for a carriage return, and drops lines that hold a bare colon (CONNECT's host).
stompman_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)
stompman_headers = st.dictionaries(
    stompman_text.filter(lambda name: name and name.lower() != "content-length"), stompman_text, max_size=5
)
# stomp.py leaves escapes as they are and coilmq does not know them: what has none is common ground. coilmq
# strips lines, and counts content-length in characters, so that its length is only compared for ASCII.
plain = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
plain_headers = st.dictionaries(plain, plain, max_size=5)
bodies = st.binary(max_size=40)


def ours(data: bytes) -> list[Frame]:
    parser = Parser(Limits(), "1.2")
    parser.feed(data)
    return list(iter(parser.next, None))


@given(stompman_headers, bodies)
def test_we_read_what_stompman_writes(headers, body):
    length = {"content-length": str(len(body))}
    sent = stompman.SendFrame(headers={"destination": "/a", **headers, **length}, body=body)
    assert ours(dump_frame(sent)) == [Frame("SEND", {"destination": "/a"} | headers | length, body)]


@given(stompman_headers, bodies.filter(bool))
def test_stompman_reads_what_we_write(headers, body):
    data = encode_frame("MESSAGE", headers, body, "1.2")
    (frame,) = FrameParser().parse_frames_from_chunk(data)
    assert isinstance(frame, stompman.MessageFrame)
    assert dict(frame.headers) == headers | {"content-length": str(len(body))}
    assert frame.body == body


@given(plain_headers, bodies)
def test_we_read_what_stomp_py_writes(headers, body):
    headers = headers | {"content-length": str(len(body))}
    data = b"".join(stomp.utils.convert_frame(stomp.utils.Frame("SEND", dict(headers), body)))
    assert ours(data) == [Frame("SEND", headers, body)]


@given(plain_headers, bodies)
def test_stomp_py_reads_what_we_write(headers, body):
    data = encode_frame("MESSAGE", headers, body, "1.2")
    frame = stomp.utils.parse_frame(data.removesuffix(b"\0"))
    assert (frame.cmd, frame.body) == ("MESSAGE", body)
    assert frame.headers == headers | ({"content-length": str(len(body))} if body else {})


@given(plain_headers, st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=40))
def test_we_read_what_coilmq_writes(headers, body):
    data = CoilFrame("MESSAGE", headers=dict(headers), body=body).pack()
    assert ours(data) == [Frame("MESSAGE", headers | {"content-length": str(len(body))}, body.encode())]


@given(plain_headers, bodies)
def test_coilmq_reads_what_we_write(headers, body):
    buffer = io.BytesIO(encode_frame("SEND", headers, body, "1.2"))
    command, found = parse_headers(buffer)
    assert (command, dict(found)) == ("SEND", headers | ({"content-length": str(len(body))} if body else {}))
    assert parse_body(buffer, found) == body
