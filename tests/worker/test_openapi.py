"""The description, the code and the server's real answers say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ops.openapi import document
from runtime.server import Runtime
from services.ratelimit import DEFAULTS
from tests.worker.people import Town

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).parents[2] / "assets" / "openapi.json"
UNLIMITED = json.dumps(dict.fromkeys(DEFAULTS, "1000000/60"))
EXAMPLES = 12


def nothing_breaks(_context: object, response: schemathesis.Response, _case: schemathesis.Case) -> None:
    """No server error; what needs a model where there is none may say so, and when to come back."""
    honest = response.status_code == 503 and "retry-after" in response.headers
    assert response.status_code < 500 or honest, response.text


CHECKS = (nothing_breaks, status_code_conformance, content_type_conformance, response_schema_conformance)

schema = schemathesis.openapi.from_dict(json.loads(document()))


@pytest.fixture(scope="module")
def open_town(tmp_path_factory) -> Iterator[Town]:
    """A server without rate limits, so that each request reaches what it is about."""
    with Runtime(state=tmp_path_factory.mktemp("fuzz"), vars={"RATE_LIMITS": UNLIMITED}) as server:
        town = Town(server.url)
        yield town
        town.close()


def test_the_file_is_what_the_code_says():
    assert FILE.read_text("utf-8") == document()


def test_the_server_gives_the_file(url):
    assert httpx.get(f"{url}/openapi.json").json() == json.loads(document())


@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload media types:UserWarning")
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_breaks_the_server_or_the_description(case, open_town):
    """Every operation, with good and bad input, signed in as someone new: no 5xx, nothing undocumented."""
    person = _someone(open_town)
    case.call_and_validate(base_url=open_town.url, headers=person, checks=CHECKS, timeout=60)


_tokens: dict[str, dict[str, str]] = {}


def _someone(town: Town) -> dict[str, str]:
    """A signed-in person, replaced when fuzzing has signed them out or deleted them."""
    known = _tokens.get(town.url)
    if known and httpx.get(f"{town.url}/api/v1/users/profile", headers=known).status_code == 200:
        return known
    _tokens[town.url] = {"authorization": f"Bearer {town.register().tokens['accessToken']}"}
    return _tokens[town.url]
