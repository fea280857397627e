"""Speech to text and text to text behind one interface, whoever runs the models (docs/ai.md).

``transcriber(context)``, ``completer(context)`` and ``translator(context)`` give what the environment has and
raise ``AiUnavailable`` where there is nothing. Every call has a deadline, one retry, a circuit breaker and a
bound on the answer.
"""

from services.ai.choice import completer, transcriber, translator
from services.ai.contracts import (
    AiUnavailable,
    Completer,
    Message,
    TimedWord,
    Transcriber,
    Transcript,
    Translator,
)

__all__ = [
    "AiUnavailable",
    "Completer",
    "Message",
    "TimedWord",
    "Transcriber",
    "Transcript",
    "Translator",
    "completer",
    "transcriber",
    "translator",
]
