"""Starts the providers of ``server.mjs`` and signs in on the pages of the OpenID Connect server."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from runtime import bootstrap

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLBACK = "https://api.studymate.test/login/oauth2/code/{provider}"
"""Where providers send browsers back to, as registered with them."""
SERVER = Path(__file__).with_name("server.mjs")


@contextmanager
def providers() -> Iterator[str]:
    """The origin of running providers."""
    process = subprocess.Popen(
        [str(bootstrap.node()), str(SERVER), CALLBACK],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with process:
        for line in process.stdout:
            if line.startswith("ready "):
                yield line.split()[1]
                break
        process.stdin.close()
        process.stdout.read()


def variables(origin: str) -> dict[str, str]:
    """The vars and secrets with which a Worker uses these providers."""
    clients = {
        f"OAUTH_{name}_CLIENT_{part}": value
        for name in ("GOOGLE", "GITHUB", "NAVER")
        for part, value in (("ID", "studymate"), ("SECRET", "hush"))
    }
    return clients | {
        "OAUTH_CALLBACK_URL": CALLBACK,
        "OAUTH_GOOGLE_ISSUER": origin,
        "OAUTH_GITHUB_URL": f"{origin}/github",
        "OAUTH_GITHUB_API_URL": f"{origin}/github-api",
        "OAUTH_NAVER_URL": f"{origin}/naver",
        "OAUTH_NAVER_API_URL": f"{origin}/naver-api",
    }


def visit(location: str, login: str) -> httpx.URL:
    """Go where a browser is sent, sign in and consent on whatever pages come; where it is sent back to."""
    with httpx.Client() as browser:
        origin = httpx.URL(location).copy_with(raw_path=b"/")
        response = browser.get(location)
        for _ in range(12):
            if response.is_redirect:
                target = response.url.join(response.headers["location"])
                if target.host != origin.host:
                    return target
                response = browser.get(target)
            else:
                response = _submit(browser, response, login)
    raise AssertionError("the provider never sends the browser back")


def _submit(browser: httpx.Client, page: httpx.Response, login: str) -> httpx.Response:
    action = re.search(r'action="([^"]+)"', page.text)
    assert action, page.text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page.text))
    return browser.post(page.url.join(action[1]), data={**fields, "login": login, "password": "any"})
