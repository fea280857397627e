"""A learner of about B1 takes a whole level test, with real speech, offline."""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING, Any

from demo.paper import bar, call, heading, say
from services.leveltest.items import load

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from demo.accounts import Person

BASE = "/api/v1/level-test"
ABILITY = 0.2
"""Of the learner who is played here, in logits: near the border of B1 and B2."""
ESSAYS = (
    (
        "I want to tell about my home town. It is not big but I like it very much, because people are friendly and "
        "there is a river where we can swim in the summer. Last year many informations about the old bridge was in "
        "the newspaper, so a lot of tourists came. If I would have more time, I would show them the small streets "
        "that nobody knows. Although it is sometimes boring in winter, I would not want to live somewhere else."
    ),
    (
        "In my opinion it is better to learn a language with a partner than alone. When you speak with a real person "
        "you must listen carefully and you learn the words that people really use. On the other hand, you need "
        "courage, and somebody who corrects your mistakes. I have been learning English since three years and I "
        "made the best progress when I was talking every week with a friend from Canada."
    ),
)


def show(http: httpx.Client, mina: Person, recording: Path) -> None:
    """Take the test over HTTP and print the report."""
    heading("The level test: from a voice to a CEFR level")
    chance = random.Random(7)  # noqa: S311 - plays a learner
    started = call(http, "POST", f"{BASE}/start", 201, headers=mina.headers, json={"language": "en"}).json()
    answered = _choices(http, mina, started, chance)
    question = answered["next"]
    essays = iter(ESSAYS)
    while question:
        answered = (
            _speak(http, mina, started["testId"], question, recording)
            if question["kind"] == "speech"
            else _write(http, mina, started["testId"], question, next(essays))
        )
        question = answered["next"]
    _report(_result(http, mina, started["testId"]))


def _choices(
    http: httpx.Client, mina: Person, started: dict[str, Any], chance: random.Random
) -> dict[str, Any]:
    """Answer the choice items as someone of ``ABILITY`` would; the test homes in on it."""
    bank, answered, levels = load("en"), {"next": started["question"]}, list[str]()
    while answered["next"] and answered["next"]["kind"] == "choice":
        question = answered["next"]
        item = bank.items[question["id"]]
        knows = chance.random() < 1 / (1 + math.exp(item.discrimination * (item.difficulty - ABILITY)))
        texts = {choice["text"]: choice["id"] for choice in question["choices"]}
        given = texts[item.answer if knows else item.distractors[0]]
        body = {"testId": started["testId"], "questionId": question["id"], "answer": given}
        sent = http.post(f"{BASE}/submit-answer", headers=mina.headers, json=body)
        levels.append(f"{item.level}{'+' if knows else '-'}")
        answered = sent.raise_for_status().json()
    say(f"{len(levels)} choice items, each chosen by what is known so far (+ right, - wrong):")
    say(" ".join(levels))
    return answered


def _write(
    http: httpx.Client, mina: Person, test: str, question: dict[str, Any], text: str
) -> dict[str, Any]:
    say(f"✎ {question['prompt']}")
    body = {"testId": test, "questionId": question["id"], "answer": text}
    return call(http, "POST", f"{BASE}/submit-answer", headers=mina.headers, json=body).json()


def _speak(
    http: httpx.Client, mina: Person, test: str, question: dict[str, Any], recording: Path
) -> dict[str, Any]:
    say(f"🎤 {question['prompt']}")
    heard = call(
        http, "POST", f"{BASE}/analyze-speech",
        headers=mina.headers,
        data={"testId": test, "questionId": question["id"]},
        files={"audio": (recording.name, recording.read_bytes())},
    ).json()  # fmt: skip
    say(f"heard by {heard['provider']} in {heard['durationSeconds']} s of speech: “{heard['transcript']}”")
    if figures := heard["metrics"]:
        say(
            f"{figures['wordsPerMinute']:.0f} words a minute, {figures['articulationRate']:.1f} syllables a second, "
            f"{figures['meanLengthOfRun']:.1f} words between pauses, {figures['pauseRatio']:.0%} silence"
        )
    return heard


def _result(http: httpx.Client, mina: Person, test: str) -> dict[str, Any]:
    while True:
        result = call(http, "GET", f"{BASE}/result?testId={test}", headers=mina.headers).json()
        if result["status"] == "complete":
            return result
        time.sleep(0.2)


def _report(result: dict[str, Any]) -> None:
    low, high = result["band"]
    heading(f"Mina's level: {result['overallLevel']}")
    say(f"between {low} and {high}, {result['confidence']:.0%} sure")
    say(_judged(result))
    for skill, found in result["skills"].items():
        bar(skill, found["score"], found["level"])
    feedback = result["feedback"]
    print()
    say(feedback["summary"])
    for strength in feedback["strengths"]:
        say(f"+ “{strength['quote']}” {strength['comment']}")
    for improvement in feedback["improvements"]:
        say(f"~ “{improvement['quote']}” → “{improvement['suggestion']}” {improvement['comment']}")
    for number, step in enumerate(feedback["nextSteps"], 1):
        say(f"{number}. {step}")


def _judged(result: dict[str, Any]) -> str:
    """Who judged what was written and said, and how they differ."""
    if result["evaluator"] == "features":
        return "writing and speaking judged by their features alone, without a language model (evaluator: features)"
    scores = " and ".join(f"{score:.1f} by the {judge}" for judge, score in result["judges"].items())
    return f"writing and speaking judged at {scores}, of 100 (evaluator: {result['evaluator']})"
