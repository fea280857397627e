"""From a finished attempt to its report, with a language model beside the features."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from services.leveltest import attempt as attempts
from services.leveltest.attempt import Attempt, Production
from services.leveltest.items import load
from services.leveltest.report import write_report
from tests.unit.ai.test_model_judge import JUDGEMENT, judged
from tests.unit.support import make_context
from tests.unit.support_http import HttpxHttp, Upstream

TEXT = "Yesterday I go to the market with my sister. Although it was raining, we had a lovely time."
TASK = next(task for task in load("en").tasks.values() if task.skill == "writing")


def finished(question: str) -> Attempt:
    begun = attempts.begin(test_id="t", user_id="mina", language="en", level=None, seed="s", seen=(), now=0)
    made = Production("writing", TASK.prompt, TEXT, question_id=question)
    return replace(begun, status="scoring", productions=(made,))


@pytest.mark.parametrize(("question", "points"), [(TASK.id, list(TASK.looks_for)), ("en-writing-gone", None)])
async def test_the_model_is_told_what_the_task_looks_for(question, points):
    """A task that has left the bank since is judged without."""
    with Upstream(judged(JUDGEMENT)) as upstream:
        configured = make_context(AI_BASE_URL=upstream.url, AI_CHAT_MODEL="m")
        report = await write_report(replace(configured, http=HttpxHttp()), finished(question), "en")
    material = json.loads(upstream.asked[0].json["messages"][1]["content"])
    assert (material["task"], material.get("looksFor")) == (TASK.prompt, points)
    assert report.evaluator == "features+model"
    assert set(report.judges) == {"features", "model"}


async def test_without_a_model_the_report_says_so():
    report = await write_report(make_context(), finished(TASK.id), "en")
    assert report.evaluator == "features"
    assert set(report.judges) == {"features"}
