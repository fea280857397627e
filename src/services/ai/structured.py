"""Answers in a shape: asked for by JSON Schema, checked by pydantic, repaired once."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ValidationError

from services.ai.contracts import Message
from services.ai.prompting import prompt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.ai.contracts import Completer
    from services.context import Context

A = TypeVar("A", bound=BaseModel)

MAX_ANSWER = 20_000
"""Characters of an answer that are looked at."""
MAX_QUOTED = 6_000
MAX_ERRORS = 5
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)

Prose = Annotated[str, AfterValidator(lambda text: _LINK.sub("…", text))]
"""What a model writes to a person: without links, which could only come from what it was given to read."""


async def ask(
    context: Context,
    completer: Completer,
    instructions: str,
    material: Mapping[str, Any],
    answer: type[A],
    *,
    max_tokens: int = 1200,
    temperature: float = 0.0,
) -> A | None:
    """What the model answers, validated; None when it does not fit even after one repair.

    The material is data to the model (``services.ai.prompting``). Raises ``AiUnavailable``.
    """
    schema = schema_of(answer)
    shape = f"Answer with one JSON object and nothing else. Its JSON Schema: {json.dumps(schema)}"
    messages = prompt(f"{instructions.strip()}\n\n{shape}", material)
    for outcome in ("first", "repaired"):
        text = await completer.complete(
            context, messages, schema=schema, max_tokens=max_tokens, temperature=temperature
        )
        try:
            found = answer.model_validate_json(_json_of(text))
        except ValidationError as error:
            messages = [*messages, Message("assistant", text[:MAX_QUOTED]), _complaint(error)]
            continue
        context.metrics.count("studymate_ai_answers_total", shape=answer.__name__, outcome=outcome)
        return found
    context.metrics.count("studymate_ai_answers_total", shape=answer.__name__, outcome="unusable")
    context.log.warning("ai_unusable", shape=answer.__name__, provider=completer.name)
    return None


@cache
def schema_of(answer: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of an answer, in the subset that servers enforce: no references, closed objects."""
    schema = answer.model_json_schema()
    return _inlined(schema, schema.pop("$defs", {}))


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    found = cast("dict[str, Any]", node)
    if "$ref" in found:
        return _inlined(definitions[found["$ref"].rpartition("/")[2]], definitions)
    plain = {
        name: _inlined(value, definitions)
        for name, value in found.items()
        if name not in ("title", "default")
    }
    if plain.get("type") == "object":
        plain |= {"additionalProperties": False, "required": list(plain.get("properties", {}))}
    return plain


def _json_of(text: str) -> str:
    """The object within an answer: models like to think aloud before it and to fence it."""
    text = _THOUGHT.sub("", text[:MAX_ANSWER])
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _complaint(error: ValidationError) -> Message:
    found = error.errors(include_url=False, include_input=False, include_context=False)[:MAX_ERRORS]
    listed = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'the whole'}: {item['msg']}" for item in found)
    return Message("user", f"That does not fit the schema ({listed}). Send the corrected JSON object alone.")
