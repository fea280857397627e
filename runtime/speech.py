"""The offline transcriber of `make dev` and the tests: an OpenAI-compatible server around pocketsphinx.

`python -m runtime.speech [PORT]` prints `speech on http://127.0.0.1:PORT/v1` and serves until its standard
input ends, so that it cannot outlive whoever started it. English only. Good enough to run the whole chain
on real audio, not to judge learners by. Nothing heavy is loaded before a recording comes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from python_multipart import parse_form
from python_multipart.exceptions import FormParserError

from runtime import bootstrap
from runtime.sound import MAX_SECONDS, RATE, UndecodableError, pcm_of

MODEL = "pocketsphinx"
MAX_BODY = 11_000_000
BYTES_PER_SECOND = 2 * RATE
START_SECONDS = 20
QUEUE_SECONDS = 60
RECOGNISER = Path(__file__).with_name("recognise.py")


class Speech:
    """The server as a process of its own: `with Speech() as speech:`; `variables` configure a Worker."""

    def __init__(self) -> None:
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The vars with which a Worker finds it."""
        return {"AI_TRANSCRIBE_BASE_URL": self.url, "AI_TRANSCRIBE_MODEL": MODEL}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runtime.speech"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=bootstrap.ROOT,
        )
        assert self._process.stdout  # noqa: S101
        line = self._process.stdout.readline()
        if not line.startswith("speech on "):
            raise RuntimeError("the offline transcriber did not start")
        self.url = line.split()[-1]
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.communicate()
            self._process = None


class RefusedError(Exception):
    """What a client is told, in OpenAI's terms."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Recogniser:
    """Runs one recogniser at a time: two would only slow each other down on a laptop."""

    def __init__(self) -> None:
        self._turn = threading.Semaphore()
        self._process: subprocess.Popen[bytes] | None = None

    def words(self, pcm: bytes) -> list[dict[str, Any]]:
        """Return the words of some PCM; raises RefusedError when it is busy, too slow or crashes."""
        if not self._turn.acquire(timeout=QUEUE_SECONDS):
            raise RefusedError(503, "busy", "Other recordings are being transcribed.")
        try:
            return self._run(pcm, START_SECONDS + 2 * len(pcm) / BYTES_PER_SECOND)
        finally:
            self._turn.release()

    def _run(self, pcm: bytes, seconds: float) -> list[dict[str, Any]]:
        command = [sys.executable, str(RECOGNISER)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            self._process = process
            try:
                output, _ = process.communicate(pcm, timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise RefusedError(504, "timeout", "The recogniser took too long.") from None
        if process.returncode:
            raise RefusedError(500, "recogniser_failed", "The recogniser broke off.")
        return json.loads(output)

    def stop(self) -> None:
        """End a recogniser that may still run."""
        if self._process:
            self._process.kill()


class Handler(BaseHTTPRequestHandler):
    """`GET /v1/models` and `POST /v1/audio/transcriptions`."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    recogniser = Recogniser()

    def do_GET(self) -> None:
        """List the one model."""
        if self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "cmu"}]})
        else:
            self._refuse(RefusedError(404, "not_found", "There is nothing here."))

    def do_POST(self) -> None:
        """Transcribe."""
        try:
            self._send(200, transcription(self.recogniser, self._recording()))
        except RefusedError as refusal:
            self._refuse(refusal)
        except UndecodableError as reason:
            self._refuse(RefusedError(415, "unsupported_format", str(reason)))

    def _recording(self) -> bytes:
        if self.path != "/v1/audio/transcriptions":
            raise RefusedError(404, "not_found", "There is nothing here.")
        fields, recording = self._form()
        if fields.get("language", "en").partition("-")[0] != "en":
            raise RefusedError(400, "unsupported_language", "The offline transcriber knows English only.")
        return recording

    def _form(self) -> tuple[dict[str, str], bytes]:
        length = self.headers.get("content-length", "")
        if not length.isdecimal():
            raise RefusedError(411, "length_required", "Send a Content-Length.")
        if int(length) > MAX_BODY:
            raise RefusedError(413, "too_large", f"At most {MAX_BODY} bytes are taken.")
        headers = {
            "Content-Type": self.headers.get("content-type", "").encode(),
            "Content-Length": length.encode(),
        }
        fields: dict[str, str] = {}
        files: list[bytes] = []

        def keep(file: Any) -> None:
            file.file_object.seek(0)
            files.append(file.file_object.read())

        try:
            parse_form(
                headers,
                self.rfile,
                lambda field: fields.setdefault(
                    field.field_name.decode(), (field.value or b"").decode("utf-8", "replace")
                ),
                keep,
            )
        except (FormParserError, UnicodeDecodeError):
            raise RefusedError(400, "malformed", "Send multipart/form-data.") from None
        if len(files) != 1:
            raise RefusedError(400, "file_missing", "Send the recording as one part named file.")
        return fields, files[0]

    def _refuse(self, refusal: RefusedError) -> None:
        self.close_connection = True  # the body may not have been read
        self._send(
            refusal.status,
            {"error": {"message": str(refusal), "code": refusal.code, "type": "invalid_request_error"}},
        )

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the Worker logs its calls."""


def transcription(recogniser: Recogniser, recording: bytes) -> dict[str, Any]:
    """Return a recording's words in the shape of `verbose_json`."""
    pcm = pcm_of(recording)
    if len(pcm) > MAX_SECONDS * BYTES_PER_SECOND:
        raise RefusedError(413, "too_long", f"At most {MAX_SECONDS} seconds are taken.")
    words = recogniser.words(pcm)
    text = " ".join(word["word"] for word in words)
    seconds = len(pcm) / BYTES_PER_SECOND
    segments = [{"id": 0, "start": 0.0, "end": seconds, "text": text}] if text else []
    return {
        "task": "transcribe", "language": "english", "duration": seconds,
        "text": text, "words": words, "segments": segments,
    }  # fmt: skip


def main() -> None:
    """Serve until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"speech on http://127.0.0.1:{server.server_port}/v1", flush=True)
    with suppress(KeyboardInterrupt):
        sys.stdin.buffer.read()
    Handler.recogniser.stop()


if __name__ == "__main__":
    main()
