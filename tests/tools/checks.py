"""`make check`: the static half of the proof, two at a time, saying only what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support import postgres
from tests.support.databases import ROOT, Databases, flask

PYTHON = (sys.executable, "-m")
CHECKS: dict[str, tuple[str, ...]] = {
    "types": (*PYTHON, "mypy", "wss_cases", "config.py", "wsgi.py", "tests/support", "tests/tools"),
    # whatever is compiled for it, the workers that run the tests afterwards find compiled
    "tests are found": (*PYTHON, "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider"),
    "lint": (*PYTHON, "ruff", "check", "--quiet", "--output-format", "concise", "."),
    "format": (*PYTHON, "ruff", "format", "--check", "--output-format", "concise", "."),
    "imports": (sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"),
    "templates": (*PYTHON, "djlint", "templates", "--lint", "--quiet"),
    "words": (*PYTHON, "tests.tools.words"),
}
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "CI": ""}

Outcome = tuple[str, bool, str, float]


def static(name: str) -> Outcome:
    """Run one tool over the sources."""
    began = time.monotonic()
    done = subprocess.run(
        CHECKS[name], cwd=ROOT, env=dict(os.environ) | ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    return name, done.returncode == 0, done.stdout + done.stderr, time.monotonic() - began


def models(kind: str) -> Outcome:
    """Migrate an empty database and compare it with the models."""
    name = f"models on {kind}"
    began = time.monotonic()
    if kind == "postgresql" and postgres.binaries() is None:
        missing = "PostgreSQL's server programs are missing (apt install postgresql): not checked\n"
        return name, os.environ.get("CI") != "true", missing, 0.0
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        try:
            done = flask(databases.template(kind).url, "db", "check")
            return name, done.returncode == 0, done.stdout + done.stderr, time.monotonic() - began
        except RuntimeError as error:
            return name, False, str(error), time.monotonic() - began
        finally:
            databases.close()


def main() -> int:
    """Run every check; 1 when any of them failed."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        # what is short comes last, so that neither of the two is left with something long
        running = [pool.submit(models, kind) for kind in ("sqlite", "postgresql")]
        running += [pool.submit(static, name) for name in CHECKS]
        outcomes = [task.result() for task in running]
    for name, passed, words, seconds in outcomes:
        if not passed or "not checked" in words:
            sys.stdout.write(words.rstrip() + "\n")
        sys.stdout.write(f"{'ok' if passed else 'FAILED':7}{name} ({seconds:.1f} s)\n")
    return 0 if all(passed for _, passed, _, _ in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
