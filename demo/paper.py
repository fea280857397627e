"""How the transcript looks."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

WIDTH = 100
_COLOUR = sys.stdout.isatty()


class DemoFailedError(RuntimeError):
    """The server answered what it should not have."""


def heading(text: str) -> None:
    """Begin a part."""
    print(f"\n{_styled('1', text)}\n{'─' * len(text)}", flush=True)


def say(text: str) -> None:
    """Tell something, wrapped."""
    print(textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  "), flush=True)


def closing(text: str) -> None:
    """End the transcript."""
    print(f"\n{_styled('1', text)}", flush=True)


def bar(name: str, score: float, level: str) -> None:
    """One line of a chart: a score of 0 to 100 with its level."""
    filled = round(score / 100 * 40)
    print(
        f"    {name:<10} {_styled('36', '█' * filled)}{'·' * (40 - filled)} {score:5.1f}  {level}", flush=True
    )


def call(http: httpx.Client, method: str, path: str, expected: int = 200, **request: Any) -> httpx.Response:
    """Send a request, print it with its status, and insist on the status."""
    answer = http.request(method, path, **request)
    print(f"  {_styled('2', f'{method:<6} {path}')} → {answer.status_code}", flush=True)
    if answer.status_code != expected:
        raise DemoFailedError(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer


def _styled(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if _COLOUR else text
