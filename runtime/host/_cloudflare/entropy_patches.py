"""Python's own sources of randomness: refused at import, seeded anew before the first request."""

import os
import time
from contextlib import contextmanager
from functools import wraps

from . import allow_entropy
from .allow_entropy import allow_bad_entropy_calls, raise_unless_entropy_allowed
from .import_patch_manager import (
    before_first_request_handlers,
    block_calls,
    install_import_patch_manager,
    register_before_first_request,
    register_exec_patch,
    remove_import_patch_manager,
)

_urandom = os.urandom
_sleep = None
_seed = None


@wraps(_urandom)
def _refusing_urandom(size):
    raise_unless_entropy_allowed()
    return _urandom(size)


def before_top_level():
    """Refuse randomness: modules are about to be imported."""
    os.urandom = _refusing_urandom
    install_import_patch_manager()


def refuse_sleep():
    """Refuse to wait; to be called when Pyodide has put its own `time.sleep` in place."""
    global _sleep  # noqa: PLW0603
    _sleep = time.sleep

    @wraps(_sleep)
    def sleep(seconds):
        raise_unless_entropy_allowed("A timer")
        return _sleep(seconds)

    time.sleep = sleep


def before_first_request():
    """Allow randomness and reseed what was seeded with constant bytes."""
    allow_entropy.enter_requests()
    os.urandom = _urandom
    time.sleep = _sleep
    remove_import_patch_manager()
    for handler in before_first_request_handlers:
        handler()


@register_exec_patch("random")
@contextmanager
def _random(random):
    # The module seeds one generator and SystemRandom's hooks when it is imported: ten calls.
    with allow_bad_entropy_calls(10):
        yield
    block_calls(random, allowlist=("Random", "SystemRandom"))


@register_before_first_request("random")
def _reseed(random):
    random.seed()


@register_exec_patch("_random")
@contextmanager
def _random_core(module):
    global _seed  # noqa: PLW0603
    yield
    _seed = module.Random.seed

    @wraps(_seed)
    def seed(self, value=None):
        if value is None:
            raise_unless_entropy_allowed()
        return _seed(self, value)

    module.Random.seed = seed


@register_before_first_request("_random")
def _restore_seed(module):
    module.Random.seed = _seed


@register_exec_patch("tempfile")
@contextmanager
def _tempfile(module):
    yield
    module._orig_names, module._RandomNameSequence = module._RandomNameSequence, _CountedNames  # noqa: SLF001


@register_before_first_request("tempfile")
def _restore_names(module):
    module._RandomNameSequence = module._orig_names  # noqa: SLF001


class _CountedNames:
    """File names without chance."""

    def __init__(self):
        self._count = 0

    def __iter__(self):
        return self

    def __next__(self):
        self._count += 1
        return f"{self._count:08d}"


@register_exec_patch("multiprocessing.process")
@contextmanager
def _multiprocessing(_module):
    # It makes a key for talking to other processes, of which there are none here.
    with allow_bad_entropy_calls(1):
        yield
