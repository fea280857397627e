"""How each transport wraps frames, as a table, and what differs by revision of the protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

_JAVASCRIPT: Final = "application/javascript; charset=UTF-8"
_TEXT: Final = "text/plain; charset=UTF-8"
_HTML: Final = "text/html; charset=UTF-8"
_EVENTS: Final = "text/event-stream"

_IFRAME_0_3_3: Final = """\
  <script>
    document.domain = document.domain;
    _sockjs_onload = function(){SockJS.bootstrap_iframe();};
  </script>
  <script src="%s"></script>"""
_IFRAME: Final = """\
  <script src="%s"></script>
  <script>
    document.domain = document.domain;
    SockJS.bootstrap_iframe();
  </script>"""
_HTMLFILE: Final = """\
<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.%s;
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>
"""
_SNIFFED: Final = 1024  # Safari renders nothing of a page before so many octets (HtmlFile)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the two published revisions contradict each other. Clients of either work with both."""

    cache_control: str
    null_origin: str
    always_credentials: bool
    event_charset: str
    jsonp_prefix: str
    iframe_scripts: str


CURRENT: Final = Dialect(
    cache_control="no-store, no-cache, no-transform, must-revalidate, max-age=0",
    null_origin="null",
    always_credentials=False,
    event_charset="",
    jsonp_prefix="/**/",  # keeps the answer from being taken for a Flash file
    iframe_scripts=_IFRAME,
)
V0_3_3: Final = Dialect(
    cache_control="no-store, no-cache, must-revalidate, max-age=0",
    null_origin="*",
    always_credentials=True,
    event_charset="; charset=UTF-8",
    jsonp_prefix="",
    iframe_scripts=_IFRAME_0_3_3,
)


Kind = Literal["socket", "polling", "streaming", "sending"]


@dataclass(frozen=True, slots=True)
class Transport:
    """One way to talk. A polling response ends with its first frame, a streaming one at its limit."""

    name: str
    method: str
    kind: Kind
    content_type: str
    wrap: Callable[[str, str, Dialect], str]
    prelude: Callable[[str], str] = lambda _: ""
    cors: bool = False
    callback: bool = False
    """Whether the query has to name the function to call."""


def _verbatim(frame: str, _callback: str, _dialect: Dialect) -> str:
    return frame


def _line(frame: str, _callback: str, _dialect: Dialect) -> str:
    return f"{frame}\n"


def _event(frame: str, _callback: str, _dialect: Dialect) -> str:
    # JSON has escaped every line end of the frame, so that one data field holds it (EventSource).
    return f"data: {frame}\r\n\r\n"


def _script(frame: str, _callback: str, _dialect: Dialect) -> str:
    # A message that says </script> must not end ours.
    text = json.dumps(frame, ensure_ascii=False).replace("<", "\\u003c")
    return f"<script>\np({text});\n</script>\r\n"


def _call(frame: str, callback: str, dialect: Dialect) -> str:
    return f"{dialect.jsonp_prefix}{callback}({json.dumps(frame, ensure_ascii=False)});\r\n"


def _page(callback: str) -> str:
    return (_HTMLFILE % callback).ljust(_SNIFFED) + "\r\n\r\n"


def _padding(_callback: str) -> str:
    return "h" * 2048 + "\n"  # what some browsers swallow before they report progress (XhrStreaming)


def _new_line(_callback: str) -> str:
    return "\r\n"  # for a bug in Opera (EventSource)


TRANSPORTS: Final = {
    transport.name: transport
    for transport in (
        Transport("websocket", "GET", "socket", "", _verbatim),
        Transport("xhr", "POST", "polling", _JAVASCRIPT, _line, cors=True),
        Transport("xhr_send", "POST", "sending", _TEXT, _verbatim, cors=True),
        Transport("xhr_streaming", "POST", "streaming", _JAVASCRIPT, _line, _padding, cors=True),
        Transport("eventsource", "GET", "streaming", _EVENTS, _event, _new_line),
        Transport("htmlfile", "GET", "streaming", _HTML, _script, _page, callback=True),
        Transport("jsonp", "GET", "polling", _JAVASCRIPT, _call, callback=True),
        Transport("jsonp_send", "POST", "sending", _TEXT, _verbatim),
    )
}
