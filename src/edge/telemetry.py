"""Logs as one JSON object a line, metrics in Prometheus' text format."""

from __future__ import annotations

import json
import sys
from typing import Any

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Labels = tuple[tuple[str, str], ...]


class JsonLog:
    """Writes events as JSON lines with the request's id; field values are never personal data."""

    __slots__ = ("_request_id", "_threshold")

    def __init__(self, threshold: int, request_id: str | None = None) -> None:
        self._threshold = threshold
        self._request_id = request_id

    def for_request(self, request_id: str) -> JsonLog:
        """The same log, its lines marked with a request's id."""
        return JsonLog(self._threshold, request_id)

    def info(self, event: str, **fields: Any) -> None:
        """Log what went as it should."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Log what an operator may want to look at."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Log what an operator must look at."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if LEVELS[level] < self._threshold:
            return
        line = {"level": level, "event": event}
        if self._request_id:
            line["requestId"] = self._request_id
        sys.stdout.write(json.dumps(line | fields, default=str, ensure_ascii=False) + "\n")


class Registry:
    """Counters and histograms of one isolate. Label values come from code, so their number is bounded."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, Labels], int] = {}
        self._histograms: dict[tuple[str, Labels], tuple[tuple[int, ...], list[int], list[float]]] = {}

    def count(self, name: str, **labels: str) -> None:
        """Add one."""
        key = (name, tuple(labels.items()))
        self._counters[key] = self._counters.get(key, 0) + 1

    def observe(self, name: str, value: float, buckets: tuple[int, ...], **labels: str) -> None:
        """Put a value into its bucket."""
        key = (name, tuple(labels.items()))
        if key not in self._histograms:
            self._histograms[key] = (buckets, [0] * (len(buckets) + 1), [0.0])
        _, counts, total = self._histograms[key]
        position = next((at for at, bound in enumerate(buckets) if value <= bound), len(buckets))
        counts[position] += 1
        total[0] += value

    def render(self) -> str:
        """All of it in the text exposition format 0.0.4."""
        lines: list[str] = []
        for kind, names in (("counter", self._counters), ("histogram", self._histograms)):
            for name in sorted({name for name, _ in names}):
                lines.append(f"# TYPE {name} {kind}")
                lines += self._samples(name, kind)
        return "\n".join(lines) + "\n"

    def _samples(self, wanted: str, kind: str) -> list[str]:
        if kind == "counter":
            return [
                f"{name}{_labels(labels)} {value}"
                for (name, labels), value in self._counters.items()
                if name == wanted
            ]
        lines: list[str] = []
        for (name, labels), (buckets, counts, total) in self._histograms.items():
            if name == wanted:
                lines += _histogram(name, labels, buckets, counts, total[0])
        return lines


def _histogram(
    name: str, labels: Labels, buckets: tuple[int, ...], counts: list[int], total: float
) -> list[str]:
    lines: list[str] = []
    cumulated = 0
    for bound, count in zip([*map(str, buckets), "+Inf"], counts, strict=True):
        cumulated += count
        lines.append(f"{name}_bucket{_labels((*labels, ('le', bound)))} {cumulated}")
    return [*lines, f"{name}_sum{_labels(labels)} {total:g}", f"{name}_count{_labels(labels)} {cumulated}"]


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    escaped = (
        (name, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")) for name, value in labels
    )
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"
