from asyncio import Future, Task
from typing import Any

class PyodideFuture(Future[Any]): ...
class PyodideTask(Task[Any]): ...

def scheduleCallback(callback: Any, delay: float) -> None: ...  # noqa: N802 - its name
