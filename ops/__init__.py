"""The operator's tools. They run on CPython and share the services' code, so ``src/`` is on their path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
