"""The documents say what is there: links, files, commands, error codes, variables, metrics and limits."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from ops.__main__ import parser
from services import problems
from services.ratelimit import DEFAULTS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FOLDERS = ("src", "tests", "docs", "ops", "runtime", "bench", "demo", "migrations", "assets", "requirements")

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./-]+")
TARGET = re.compile(r"^(?:[A-Z_]+=\S* )*make ([a-z-]+)", re.MULTILINE)
OPS = re.compile(r"^\s*python -m ops (.+?)(?:\s+#.*)?$|`python -m ops ([^`]+)`", re.MULTILINE)
ROW = re.compile(r"^\| (\d{3}) \| `(\w+)` \|", re.MULTILINE)

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def text_of(relative):
    return (ROOT / relative).read_text("utf-8")


@cache
def sources():
    return [ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "src").rglob("*.py"))]


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def leads_somewhere(document, link):
    file, _, anchor = link.partition("#")
    target = document.parent / file if file else document
    if not target.exists():
        return False
    return not anchor or anchor in map(slug, HEADING.findall(FENCE.sub("", target.read_text("utf-8"))))


def problem_classes():
    """Status and code of every failure in the source, the platform's modules included."""
    known = {
        name: (kind.status, kind.code)
        for name, kind in vars(problems).items()
        if isinstance(kind, type) and issubclass(kind, problems.Problem)
    }
    classes = [node for tree in sources() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    before = -1
    while before != len(known):
        before = len(known)
        for node in classes:
            base = next(
                (base.id for base in node.bases if isinstance(base, ast.Name) and base.id in known), None
            )
            if base is not None and node.name not in known:
                own = constants(node)
                known[node.name] = (own.get("status", known[base][0]), own.get("code", known[base][1]))
    return known


def constants(node):
    return {
        line.targets[0].id: line.value.value
        for line in node.body
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
    }


def texts_given_to(*methods):
    """Texts that are the first argument of calls of these methods."""
    for tree in sources():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in methods
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                yield node.args[0].value


@each_document
def test_links_between_documents_lead_somewhere(document):
    links = LINK.findall(FENCE.sub("", document.read_text("utf-8")))
    own = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert not [link for link in own if not leads_somewhere(document, link)]


@each_document
def test_files_that_documents_name_exist(document):
    named = {
        code
        for code in CODE.findall(FENCE.sub("", document.read_text("utf-8")))
        if PATH.fullmatch(code) and code.rpartition("/")[2] != "NNNN-title.md"
    }
    assert not {path for path in named if not (ROOT / path).exists()}


@each_document
def test_commands_that_documents_name_exist(document):
    text = document.read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    code = "\n".join([*CODE.findall(text), *FENCE.findall(text)])
    assert set(TARGET.findall(code)) <= targets
    for fenced, inline in OPS.findall(text):
        parser().parse_args((fenced or inline).replace("…", "").split())


def test_every_error_code_is_in_the_users_guide_and_no_other():
    listed = {(int(status), code) for status, code in ROW.findall(text_of("docs/user-guide.md"))}
    assert listed == set(problem_classes().values())


def test_rate_limits_in_the_users_guide_are_those_of_the_code():
    listed = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) s \|", text_of("docs/user-guide.md"), re.MULTILINE)
    assert {name: f"{quota}/{window}" for name, quota, window in listed} == {
        name: rule.partition(" ")[0] for name, rule in DEFAULTS.items()
    }


def test_every_variable_and_secret_is_in_the_operators_guide():
    read = {
        name
        for name in texts_given_to("get", "secret")
        if re.fullmatch(r"[A-Z]+(_[A-Z]+)+|ENVIRONMENT", name)
    }
    bindings = set(re.findall(r'(?:name|binding) = "([A-Z_]+)"', text_of("wrangler.toml")))
    guide = text_of("docs/operator-guide.md")
    assert not {name for name in read - bindings if f"`{name}`" not in guide}


def test_every_metric_is_in_the_operators_guide():
    measured = {name for name in texts_given_to("count", "observe") if name.startswith("studymate_")}
    guide = text_of("docs/operator-guide.md")
    assert measured
    assert not {name for name in measured if f"`{name}" not in guide}


def test_every_error_in_the_log_is_in_the_operators_guide():
    logged = {event for event in texts_given_to("error") if re.fullmatch(r"[a-z_]+", event)}
    guide = text_of("docs/operator-guide.md")
    assert logged
    assert not {event for event in logged if f"| `{event}` |" not in guide}


def test_every_page_is_in_the_index():
    for index, folder in (("docs/README.md", "docs"), ("docs/decisions/README.md", "docs/decisions")):
        pages = {path.name for path in (ROOT / folder).glob("*.md")} - {"README.md"}
        assert pages <= set(LINK.findall(text_of(index)))
