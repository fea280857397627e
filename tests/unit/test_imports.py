"""Imports go one way, and nothing of the platform or of chance is touched while modules are imported."""

import ast
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
PACKAGES = ("durable", "edge", "handlers", "protocols", "services")
PLATFORM = {"js", "pyodide", "workers", "_pyodide", "_cloudflare"}
FORBIDDEN = {
    "services": {"edge", "handlers", "durable", "entry", *PLATFORM},
    "protocols": {"edge", "handlers", "durable", "entry", "services", *PLATFORM},
    "handlers": {"durable", "entry", *PLATFORM},
    "durable": {"handlers", "entry", *PLATFORM},
    "edge": {"durable", "entry"},
}
MAY_KNOW_THE_ROUTES = {"edge/application.py"}
UNSETTLED = {"js", "random", "secrets", "uuid", "time", "asyncio"}
"""What must not be called while modules are imported: the platform has no entropy, clock or I/O then."""


def modules(package):
    return sorted((SRC / package).rglob("*.py"))


def name(path):
    return path.relative_to(SRC).as_posix()


def imported(tree):
    """The top-level names that a module imports anywhere in it, for the type checker's eyes too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            yield node.module.partition(".")[0]


def calls_at_import(node):
    """The calls that importing a module makes by itself: decorators, defaults and class bodies included."""
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        now = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    else:
        now = ast.iter_child_nodes(node)
        if isinstance(node, ast.Call):
            yield node
    for child in now:
        yield from calls_at_import(child)


def root(expression):
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return expression.id if isinstance(expression, ast.Name) else None


@pytest.mark.parametrize("package", PACKAGES)
def test_a_layer_imports_nothing_above_it(package):
    found = {
        f"{name(path)} imports {module}"
        for path in modules(package)
        for module in imported(ast.parse(path.read_text("utf-8")))
        if module in FORBIDDEN[package]
    }
    assert not found


def test_protocols_need_the_standard_library_alone():
    allowed = {"protocols", *sys.stdlib_module_names}
    found = {
        f"{name(path)} imports {module}"
        for path in modules("protocols")
        for module in imported(ast.parse(path.read_text("utf-8")))
        if module not in allowed
    }
    assert not found


def test_the_edge_learns_of_the_routes_in_one_place():
    found = {
        name(path)
        for path in modules("edge")
        if "handlers" in set(imported(ast.parse(path.read_text("utf-8"))))
    }
    assert found == MAY_KNOW_THE_ROUTES


def test_nothing_random_timed_or_from_outside_happens_at_import():
    found = {
        f"{name(path)}:{call.lineno} {ast.unparse(call)[:60]}"
        for path in SRC.rglob("*.py")
        for call in calls_at_import(ast.parse(path.read_text("utf-8")))
        if root(call.func) in UNSETTLED or ast.unparse(call.func) in {"os.urandom", "datetime.now", "open"}
    }
    assert not found


def test_the_check_sees_what_an_import_would_do():
    tree = ast.parse(
        "import js\nclass A:\n    when = js.Date.now()\ndef f(x=uuid.uuid4()):\n    return js.fetch()"
    )
    assert [ast.unparse(call.func) for call in calls_at_import(tree)] == ["js.Date.now", "uuid.uuid4"]
