"""Finds the Worker's entrypoint classes and calls their methods with converted arguments."""

from inspect import isawaitable, isclass
from types import FunctionType

import js
from pyodide.code import relaxed_call
from pyodide.ffi import to_js
from workers import DurableObject, WorkerEntrypoint, WorkflowEntrypoint, python_from_rpc, python_to_rpc


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


async def wrapper_func(relaxed, instance, name, *args):
    """Call a method with arguments converted from JavaScript, and convert what it gives back."""
    method = getattr(instance, name)
    converted = [python_from_rpc(arg) for arg in args]
    result = relaxed_call(method, *converted) if relaxed else method(*converted)
    return python_to_rpc(await result if isawaitable(result) else result)
