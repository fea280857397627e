"""Values across the border between Python and JavaScript, as one JSON text each way.

An attribute of a JavaScript object costs a crossing of its own, so the functions are looked up once per isolate:
at the first use, since what is looked up at import would have to be in the platform's memory snapshot.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import js
from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Callable

Method = TypeVar("Method", bound="Callable[..., Any]")


def unexamined(method: Method) -> Method:
    """Mark a method, which must take any number of arguments, as one that the platform calls as it is.

    The platform drops arguments for which a method has no parameter. To know them it asks ``inspect`` for the
    signature, once for every object whose method it is, which is for every request; one that has none is called
    with all of them (``pyodide.code.relaxed_call``).
    """
    cast("Any", method).__signature__ = False
    return method


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
    return from_json(_functions().stringify(value))


def to_javascript(value: Any) -> Any:
    """A Python value of JSON's types as JavaScript objects."""
    return _functions().parse(json.dumps(value))


def entries(pairs: Any) -> dict[str, Any]:
    """A JavaScript iterable of pairs as a dict."""
    functions = _functions()
    return from_json(functions.stringify(functions.from_entries(pairs)))


def response(body: Any, init: Any) -> Any:
    """A JavaScript ``Response``; ``init`` as JSON's types hold it."""
    functions = _functions()
    return functions.response(body, functions.parse(json.dumps(init)))
