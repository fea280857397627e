"""From a method and a path to a declared route."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from services.problems import BadRequest, MethodNotAllowed, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edge.http.routes import Route

PREFIX_ALIASES = (("/edge/api/v1/", "/api/v1/"), ("/api/studies", "/api/v1/studies"))
MAX_PATH = 2048


class _Node:
    """One level of the tree of path segments."""

    __slots__ = ("children", "parameter", "rest", "routes")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.rest: _Node | None = None
        self.routes: dict[str, tuple[Route, tuple[str, ...]]] = {}


class Router:
    """Finds routes in time proportional to the path's length; a literal segment wins over a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._literal: dict[str, dict[str, tuple[Route, tuple[str, ...]]]] = {}
        for route in routes:
            for path in (route.path, *route.aliases):
                self._add(path, route)

    def _add(self, path: str, route: Route) -> None:
        node, names = self._root, list[str]()
        for segment in path.split("/")[1:]:
            if segment.endswith("...}"):
                names.append(segment[1:-4])
                node.rest = node = node.rest or _Node()
            elif segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node = node.parameter or _Node()
            else:
                node = node.children.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"{route.method} {path} is declared twice")
        node.routes[route.method] = (route, tuple(names))
        if not names:
            self._literal[path] = node.routes

    def match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route and its decoded path parameters; HEAD finds GET.

        Raises ``NotFound``, or ``MethodNotAllowed`` with ``Allow``.
        """
        routes, values = self.resolve(path)
        found = routes.get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodNotAllowed(headers=(("allow", allow(routes)),))
        route, names = found
        return route, dict(zip(names, values, strict=True)) if names else {}

    def resolve(self, path: str) -> tuple[Mapping[str, tuple[Route, tuple[str, ...]]], list[str]]:
        """All that is declared at a path, by method, and the path's parameter values in order."""
        for alias, prefix in PREFIX_ALIASES:
            if path.startswith(alias):
                path = prefix + path[len(alias) :]
        literal = self._literal.get(path)
        if literal is not None:
            return literal, []
        if len(path) > MAX_PATH:
            raise NotFound
        values = list[str]()
        node = self._walk(path.split("/")[1:], values)
        if node is None or not node.routes:
            raise NotFound
        return node.routes, values

    def _walk(self, segments: list[str], values: list[str]) -> _Node | None:
        node = self._root
        for position, segment in enumerate(segments):
            if segment in node.children:
                node = node.children[segment]
            elif node.parameter is not None and segment:
                values.append(_decode(segment))
                node = node.parameter
            elif node.rest is not None:
                values.append(_decode("/".join(segments[position:])))
                return node.rest
            else:
                return None
        return node


def allow(routes: Mapping[str, object]) -> str:
    """The value of ``Allow`` for what is declared at a path."""
    methods = {*routes, "OPTIONS"} | ({"HEAD"} if "GET" in routes else set[str]())
    return ", ".join(sorted(methods))


def _decode(segment: str) -> str:
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise BadRequest("The path is not valid UTF-8.") from None
    if "\x00" in text:
        raise BadRequest("The path must not hold NUL.")
    return text
