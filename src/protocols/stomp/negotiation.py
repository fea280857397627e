"""What client and server agree on when they connect: the version and the heart-beats."""

from __future__ import annotations

from protocols.stomp.errors import ProtocolError
from protocols.stomp.frames import VERSIONS, Version


def agree_on_version(accept_version: str | None) -> Version:
    """Choose the highest version in common (Protocol Negotiation); without the header it is 1.0."""
    if accept_version is None:
        return "1.0"
    offered = {version.strip() for version in accept_version.split(",")}
    for version in reversed(VERSIONS):
        if version in offered:
            return version
    supported = ",".join(VERSIONS)
    raise ProtocolError(
        "unsupported_version",
        f"Supported protocol versions are {supported.replace(',', ' ')}",
        version=supported,
    )


def parse_heart_beat(header: str | None) -> tuple[int, int]:
    """Read ``<cx>,<cy>``, milliseconds; no header "MUST be treated the same way as 0,0" (Heart-beating)."""
    if header is None:
        return 0, 0
    first, _, second = header.partition(",")
    # Padding is against the letter, and clients of 1.1 send it. Nine digits are eleven days.
    numbers = [part.strip(" ") for part in (first, second)]
    if not all(number.isascii() and number.isdigit() and len(number) <= 9 for number in numbers):  # noqa: PLR2004
        raise ProtocolError("bad_heart_beat", "heart-beat must be two numbers of milliseconds.")
    return int(numbers[0]), int(numbers[1])


def agree_on_heart_beats(client: tuple[int, int], server: tuple[int, int]) -> tuple[int, int]:
    """Agree on milliseconds between the server's beats and between the client's; 0 is never (Heart-beating).

    Each side states (what it can send, what it would like to get); what is done is the slower of the two.
    """
    (client_sends, client_wants), (server_sends, server_wants) = client, server
    return (
        max(server_sends, client_wants) if server_sends and client_wants else 0,
        max(client_sends, server_wants) if client_sends and server_wants else 0,
    )
