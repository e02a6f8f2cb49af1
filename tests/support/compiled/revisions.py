"""Each revision of the schema loaded once in a process: otherwise every database command loads all of them again."""

from __future__ import annotations

import os
from types import ModuleType

from alembic import util

_load = util.load_python_file
_loaded: dict[tuple[str, int], ModuleType] = {}


def share_revisions() -> None:
    """Let commands run from now on take the revision that was loaded from the same file; a forked process has those of
    the one before it. What runs them (`env.py`) is run each time."""
    util.load_python_file = _shared


def _shared(dir_: str | os.PathLike[str], filename: str | os.PathLike[str]) -> ModuleType:
    if os.fspath(filename) == "env.py":
        return _load(dir_, filename)
    path = os.path.join(dir_, filename)
    key = os.path.realpath(path), os.stat(path).st_mtime_ns
    if key not in _loaded:
        _loaded[key] = _load(dir_, filename)
    return _loaded[key]
