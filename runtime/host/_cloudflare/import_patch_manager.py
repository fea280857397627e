"""Runs chosen modules' import inside a context manager that their package needs on this platform."""

import sys
from contextlib import nullcontext
from functools import partial, wraps

from . import allow_entropy

_HOOKS = ("create", "exec", "after_snapshot", "before_first_request")
_patches = {}
_blocked = {}
before_first_request_handlers = []


def _register(kind, name, hook=None):
    if hook is None:
        return partial(_register, kind, name)
    _patches.setdefault(name, {})[kind] = hook
    return hook


def register_create_patch(name, context_manager=None):
    """Make module `name` inside the context; also a decorator."""
    return _register("create", name, context_manager)


def register_exec_patch(name, context_manager=None):
    """Run the top level of module `name` inside the context; also a decorator."""
    return _register("exec", name, context_manager)


def register_after_snapshot(name, handler=None):
    """Accept a check that belongs to memory images, which this runtime does not take."""
    return _register("after_snapshot", name, handler)


def register_before_first_request(name, handler=None):
    """Call `handler(module)` before the first request if `name` was imported; also a decorator."""
    return _register("before_first_request", name, handler)


class PatchLoader:
    """A module's own loader, with the contexts registered for it around its two steps."""

    def __init__(self, loader, hooks):
        self._loader = loader
        self._hooks = hooks

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        """Make the module object."""
        with self._hooks.get("create", nullcontext)(spec):
            return self._loader.create_module(spec)

    def exec_module(self, module):
        """Run the module's top level."""
        if handler := self._hooks.get("before_first_request"):
            before_first_request_handlers.append(partial(handler, module))
        with self._hooks.get("exec", nullcontext)(module):
            self._loader.exec_module(module)


class PatchFinder:
    """Finds patched modules before the real finders, through the real finders."""

    def invalidate_caches(self):
        """Nothing is cached here."""

    def find_spec(self, fullname, path, target=None):
        """Return the real spec with its loader wrapped, or None for a module without patches."""
        if fullname not in _patches:
            return None
        finders = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(fullname, path, target) for finder in finders)
        spec = next(filter(None, specs), None)
        if spec is not None:
            spec.loader = PatchLoader(spec.loader, _patches[fullname])
        return spec


def install_import_patch_manager():
    """Start to patch imports."""
    sys.meta_path.insert(0, PatchFinder())


def remove_import_patch_manager():
    """Stop to patch imports and put blocked modules back."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, PatchFinder)]
    sys.modules.update(_blocked)


def block_calls(module, *, allowlist=()):
    """Refuse calls into `module`, save for the allowed names, until the first request."""
    _blocked[module.__name__] = module
    sys.modules[module.__name__] = BlockedModule(module, allowlist)


class BlockedModule:
    """Stands in for a module: reads pass through, functions refuse to be called before the first request."""

    def __init__(self, module, allowlist):
        super().__setattr__("_module", module)
        super().__setattr__("_allowed", allowlist)

    def __getattribute__(self, name):
        module = super().__getattribute__("_module")
        value = getattr(module, name)
        allowed = allow_entropy.in_request_context() or name in super().__getattribute__("_allowed")
        return value if allowed or not callable(value) else _guarded(value, f"{module.__name__}.{name}()")

    def __setattr__(self, name, value):
        setattr(super().__getattribute__("_module"), name, value)

    def __dir__(self):
        return dir(super().__getattribute__("_module"))


def _guarded(function, title):
    @wraps(function)
    def call(*args, **kwargs):
        if not allow_entropy.in_request_context():
            raise RuntimeError(allow_entropy.refusal(title))
        return function(*args, **kwargs)

    return call
