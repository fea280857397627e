"""Failures as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any

from edge.http.messages import Header, Reply
from services.problems import Problem, Unauthorized

PROBLEM_TYPES = "https://studymate.dev/problems/"
"""Base of the ``type`` URIs; they identify, nothing is fetched from them."""


def problem_body(problem: Problem, request_id: str) -> dict[str, Any]:
    """The members of the problem document."""
    body: dict[str, Any] = {
        "type": PROBLEM_TYPES + problem.code,
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "requestId": request_id,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = [{"path": error.path, "message": error.message} for error in problem.errors]
    return body


def problem_reply(problem: Problem, request_id: str) -> Reply:
    """The answer that tells a caller of a failure."""
    headers: list[Header] = [("content-type", "application/problem+json"), *problem.headers]
    if problem.retry_after is not None:
        headers.append(("retry-after", str(problem.retry_after)))
    if isinstance(problem, Unauthorized):
        headers.append(("www-authenticate", f'Bearer error="{problem.error}"' if problem.error else "Bearer"))
    return Reply(problem.status, json.dumps(problem_body(problem, request_id)), headers)
