"""A STOMP client's first steps, for tests of what comes after them."""

from __future__ import annotations

from protocols.stomp import Failed, Limits, ServerConnection, State, Subscribe


def open_connection(version: str = "1.2", **limits: int) -> ServerConnection:
    connection = ServerConnection(Limits(**limits))
    accept = "" if version == "1.0" else f"accept-version:{version}\nhost:x\n"
    connection.receive(f"CONNECT\n{accept}\n\0")
    connection.connected()
    return connection


def failure(connection: ServerConnection, data: str | bytes) -> str:
    """The code of the failure that ``data`` must cause; what it must look like is checked on the way."""
    event = connection.receive(data)[-1]
    assert isinstance(event, Failed)
    assert event.frame.startswith("ERROR\nmessage:")
    assert connection.state is State.CLOSED
    assert connection.receive("SEND\ndestination:/a\n\n\0") == []
    return event.error.code


def subscribe(connection: ServerConnection, identifier: str = "0", mode: str = "auto") -> None:
    (event,) = connection.receive(f"SUBSCRIBE\nid:{identifier}\ndestination:/q\nack:{mode}\n\n\0")
    assert isinstance(event, Subscribe)
