"""What holds for every frame, every way of chopping a stream, and every garbage."""

from __future__ import annotations

import itertools
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.stomp import (
    VERSIONS,
    Failed,
    Frame,
    HeartBeat,
    Limits,
    Parser,
    ProtocolError,
    ServerConnection,
    State,
    encode_frame,
)

LIMITS = Limits(headers=8, head=400, header_line=200, body=300, subscriptions=3, transactions=2, pending=4)

versions = st.sampled_from(VERSIONS)
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
bodies = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.binary(max_size=40))
# Plain names and values survive in every version; the awkward ones where there are escapes.
plain = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


def headers_for(version: str) -> st.SearchStrategy[dict[str, str]]:
    if version == "1.0":
        return st.dictionaries(plain, plain, max_size=5)
    values = text if version == "1.2" else text.filter(lambda value: "\r" not in value)
    names = values.filter(bool)
    return st.dictionaries(names, values, max_size=5).map(
        lambda headers: {name: value for name, value in headers.items() if name != "content-length"}
    )


frames = versions.flatmap(
    lambda version: st.tuples(
        st.just(version), st.sampled_from(["SEND", "MESSAGE", "ERROR"]), headers_for(version), bodies
    )
)

COMMANDS = ["CONNECT", "SEND", "SUBSCRIBE", "UNSUBSCRIBE", "ACK", "NACK", "BEGIN", "COMMIT", "ABORT"]
MARKS = ["\n", "\n\n", "\r\n", "\r", "\0", "\n\n\0", ":", "\\", "\\n", "\\x", "abc"]
HEADERS = ["id:0", "id:1", "destination:/a", "transaction:t", "ack:client", "receipt:r", "content-length:3"]
tokens = st.sampled_from([*COMMANDS, *MARKS, *HEADERS, "DISCONNECT", "content-length:999"])
sensible = st.sampled_from(
    [
        "SEND\ndestination:/a\n\nhi\0",
        "SEND\ndestination:/a\ntransaction:t\n\nhi\0",
        "SEND\ndestination:/a\ncontent-length:3\n\na\0b\0",
        "SUBSCRIBE\nid:0\ndestination:/a\nack:client\n\n\0",
        "SUBSCRIBE\nid:1\ndestination:/b\nack:client-individual\nreceipt:r\n\n\0",
        "UNSUBSCRIBE\nid:0\n\n\0",
        "ACK\nid:1\n\n\0",
        "NACK\nid:2\ntransaction:t\n\n\0",
        "BEGIN\ntransaction:t\n\n\0",
        "COMMIT\ntransaction:t\nreceipt:c\n\n\0",
        "ABORT\ntransaction:t\n\n\0",
        "\n",
        "DISCONNECT\nreceipt:7\n\n\0",
    ]
)
garbage = st.one_of(
    st.binary(max_size=200),
    st.lists(tokens, max_size=30).map(lambda parts: "".join(parts).encode()),
    st.lists(st.one_of(sensible, sensible, sensible, tokens), max_size=12).map(
        lambda parts: "".join(parts).encode()
    ),
)


def chop(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def connected() -> ServerConnection:
    connection = ServerConnection(LIMITS)
    connection.receive("CONNECT\naccept-version:1.2\n\n\0")
    connection.connected()
    return connection


def told(connection: ServerConnection, chunks: list[bytes]) -> list[object]:
    """Everything but heart-beats, which say when octets came; a failure by what the client is told."""
    events = [event for chunk in chunks for event in connection.receive(chunk)]
    return [
        event.frame if isinstance(event, Failed) else event
        for event in events
        if not isinstance(event, HeartBeat)
    ]


@given(frames)
def test_what_is_encoded_is_parsed(case):
    version, command, headers, body = case
    parser = Parser(Limits(), version)
    parser.feed(encode_frame(command, headers, body, version))
    octets = body.encode() if isinstance(body, str) else body
    expected = headers | ({"content-length": str(len(octets))} if octets else {})
    assert parser.next() == Frame(command, expected, octets)
    assert not parser.has_partial


@given(st.lists(frames, max_size=5), st.lists(st.integers(0, 10_000), max_size=20))
def test_frames_do_not_depend_on_where_the_stream_is_cut(cases, cuts):
    stream = [encode_frame(command, headers, body, "1.2") for _, command, headers, body in cases]
    data = b"".join(frame.encode() if isinstance(frame, str) else frame for frame in stream)
    whole, chopped = Parser(Limits(), "1.2"), Parser(Limits(), "1.2")
    whole.feed(data)
    expected = list(iter(whole.next, None))
    found = []
    for chunk in chop(data, cuts):
        chopped.feed(chunk)
        found += iter(chopped.next, None)
    assert found == expected
    assert len(found) == len(cases)


@settings(max_examples=400)
@given(garbage, st.lists(st.integers(0, 10_000), max_size=12))
def test_events_and_errors_do_not_depend_on_where_the_stream_is_cut(data, cuts):
    assert told(connected(), chop(data, cuts)) == told(connected(), [data])


@settings(max_examples=400)
@given(st.sampled_from([None, *VERSIONS]), garbage)
def test_garbage_raises_nothing_but_protocol_errors(version, data):
    parser = Parser(LIMITS, version)
    try:
        parser.feed(data)
        for frame in iter(parser.next, None):
            assert len(frame.body) <= LIMITS.body
            assert len(frame.headers) <= LIMITS.headers
    except ProtocolError as error:
        assert error.code  # noqa: PT017 - that it is raised is not the point


@settings(max_examples=300)
@given(st.lists(garbage, max_size=10))
def test_a_connection_holds_no_more_than_its_bounds_and_can_always_be_dumped(messages):
    connection = connected()
    for message in messages:
        connection.receive(message)
        for subscription in connection.subscriptions:
            if connection.window:
                connection.message(subscription, "m", "/a", "x")
        assert connection._parser.pending <= LIMITS.head + LIMITS.body + 3
        assert len(connection.subscriptions) <= LIMITS.subscriptions or connection.state is State.CLOSED
        woken = ServerConnection.load(json.loads(json.dumps(connection.dump())), LIMITS)
        assert woken.dump() == connection.dump()


@given(st.integers(1, 60))
def test_an_endless_frame_is_given_up_at_the_bound(size):
    connection, fed = connected(), 0
    while connection.state is State.CONNECTED:
        connection.receive(b"S" * size)
        fed += size
    assert fed <= LIMITS.head + 3 + size
