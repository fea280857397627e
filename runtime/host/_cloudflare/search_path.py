"""Where the Worker's imports are looked for."""

import sys
from site import addsitedir

PYTHON_MODULES = "/session/metadata/python_modules"


def extend():
    """Put the vendored packages before Pyodide's own, and obey their .pth files."""
    position = next(index for index, path in enumerate(sys.path) if "site-packages" in path)
    sys.path.insert(position, PYTHON_MODULES)
    addsitedir(PYTHON_MODULES)
