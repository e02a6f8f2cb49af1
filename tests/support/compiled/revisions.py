"""The revisions of the schema read once in a process: otherwise every database command reads all of them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.script import Script, ScriptDirectory

_load = ScriptDirectory._load_revisions
_loaded: dict[tuple[Any, ...], list[Script]] = {}


def share_revisions() -> None:
    """Let commands run from now on take the revisions that were read from the same files; a forked process has those of
    the one before it. What runs them (`env.py`) is run each time."""
    ScriptDirectory._load_revisions = _shared  # type: ignore[assignment, method-assign]


def _shared(directory: ScriptDirectory) -> Iterator[Script]:
    files = sorted(path for place in directory._version_locations for path in place.glob("*.py"))
    key = tuple((str(path), path.stat().st_mtime_ns) for path in files)
    if key not in _loaded:
        _loaded[key] = list(_load(directory))
    return iter(_loaded[key])
