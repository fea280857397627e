"""Randomness is refused while modules are imported, except for calls that are counted out in advance.

What is drawn at import would be the same in every copy of the Worker: all start from one memory image.
"""

import sys
from array import array
from contextlib import contextmanager

# The host reads and decrements the counter in the interpreter's memory, through `counter_address`.
ALLOWED_ENTROPY_CALLS = array("b", [0])
_EIO = 29
_in_request = False


def counter_address():
    """Return where the counter lies in the interpreter's memory."""
    return ALLOWED_ENTROPY_CALLS.buffer_info()[0]


def enter_requests():
    """Allow randomness from now on: the first request has come."""
    global _in_request  # noqa: PLW0603
    _in_request = True


def in_request_context():
    """Tell whether a request has come yet."""
    return _in_request


def is_bad_entropy_enabled():
    """Tell whether constant bytes are handed out at the moment."""
    return ALLOWED_ENTROPY_CALLS[0] > 0


def should_allow_entropy_call():
    """Tell whether a call for randomness may pass now."""
    return _in_request or is_bad_entropy_enabled()


def raise_unless_entropy_allowed(what="Randomness"):
    """Raise OSError, which names the importing module, unless a call may pass now."""
    if not should_allow_entropy_call():
        raise OSError(_EIO, refusal(what))


def refusal(what):
    """Compose the sentence for `what` with the module that asked for it."""
    return (
        f"{what} is not allowed while modules are imported, and {importing_module()} asks for it. "
        "Ask inside a function that a request calls."
    )


def importing_module():
    """Name the innermost module whose top level is running, and the line."""
    frame = sys._getframe()  # noqa: SLF001
    while frame is not None:
        if frame.f_code.co_name == "<module>" and not frame.f_code.co_filename.startswith("<frozen"):
            return f"{frame.f_globals.get('__name__')} (line {frame.f_lineno})"
        frame = frame.f_back
    return "a module"


@contextmanager
def allow_bad_entropy_calls(n):
    """Let exactly `n` calls through inside the block; they get constant bytes."""
    before = ALLOWED_ENTROPY_CALLS[0]
    ALLOWED_ENTROPY_CALLS[0] = n
    yield
    if ALLOWED_ENTROPY_CALLS[0] > 0:
        left = ALLOWED_ENTROPY_CALLS[0]
        raise RuntimeError(f"{left} of {n} expected calls for randomness did not come")
    ALLOWED_ENTROPY_CALLS[0] = before
