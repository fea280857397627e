"""Finds the Worker's entrypoint classes and calls their methods with converted arguments."""

from inspect import CO_VARARGS, isawaitable, isclass
from types import FunctionType

import js
from pyodide.code import relaxed_call
from pyodide.ffi import to_js
from workers import (
    DurableObject,
    Request,
    WorkerEntrypoint,
    WorkflowEntrypoint,
    python_from_rpc,
    python_to_rpc,
)


def collect_entrypoint_classes(module):
    """Return `{durableObjects: [{className, methodNames}], …}` of the classes that `module` exports."""
    kinds = {
        "durableObjects": DurableObject,
        "workerEntrypoints": WorkerEntrypoint,
        "workflowEntrypoints": WorkflowEntrypoint,
    }
    found = {kind: _collect(module, base) for kind, base in kinds.items()}
    return to_js(found, dict_converter=js.Object.fromEntries)


def _collect(module, base):
    public = [name for name in dir(module) if not name.startswith("_")]
    names = getattr(module, "__all__", public)
    exported = [getattr(module, name) for name in names]
    classes = [
        value for value in exported if isclass(value) and issubclass(value, base) and value is not base
    ]
    return [{"className": cls.__name__, "methodNames": _methods(cls)} for cls in classes]


def _methods(cls):
    attributes = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return sorted(
        name for name, value in attributes.items() if name[0] != "_" and isinstance(value, FunctionType)
    )


def _positional(method):
    """Return how many arguments the method can take: what `relaxed_call` drops needs no conversion."""
    code = getattr(method, "__code__", None)
    return None if code is None or code.co_flags & CO_VARARGS else code.co_argcount - 1


async def wrapper_func(relaxed, instance, name, *args):
    """Call a method with arguments converted from JavaScript, and convert what it gives back."""
    method = getattr(instance, name)
    if relaxed:
        args = args[: _positional(method)]
    # A request is what python_from_rpc makes of it too, after thirty questions across the border.
    converted = [
        (Request if name == "fetch" and not at else python_from_rpc)(arg) for at, arg in enumerate(args)
    ]
    result = relaxed_call(method, *converted) if relaxed else method(*converted)
    return python_to_rpc(await result if isawaitable(result) else result)
