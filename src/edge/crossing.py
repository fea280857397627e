"""Values across the border between Python and JavaScript, as one JSON text each way.

An attribute of a JavaScript object costs a crossing of its own, so the functions are looked up once per isolate:
at the first use, since what is looked up at import would have to be in the platform's memory snapshot.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import js

if TYPE_CHECKING:
    from collections.abc import Callable


class _Functions(NamedTuple):
    stringify: Callable[[Any], str]
    parse: Callable[[str], Any]
    from_entries: Callable[[Any], Any]
    response: Callable[[Any, Any], Any]


@lru_cache(maxsize=1)
def _functions() -> _Functions:
    return _Functions(js.JSON.stringify, js.JSON.parse, js.Object.fromEntries, js.Response.new)


def to_python(value: Any) -> Any:
    """What JSON can hold of a JavaScript value."""
    return json.loads(_functions().stringify(value))


def to_javascript(value: Any) -> Any:
    """A Python value of JSON's types as JavaScript objects."""
    return _functions().parse(json.dumps(value))


def entries(pairs: Any) -> dict[str, Any]:
    """A JavaScript iterable of pairs as a dict."""
    functions = _functions()
    return json.loads(functions.stringify(functions.from_entries(pairs)))


def response(body: Any, init: Any) -> Any:
    """A JavaScript ``Response``; ``init`` as JSON's types hold it."""
    functions = _functions()
    return functions.response(body, functions.parse(json.dumps(init)))
