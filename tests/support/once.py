"""What several processes of one run need and only one has to make: kept in a folder that the run shares."""

from __future__ import annotations

import atexit
import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

FOLDER = "WSS_TEST_ONCE"
"""Names the folder to the workers, which are started from here."""
Made = TypeVar("Made")


def shared_folder() -> Path:
    """Return the folder that all processes of this run share; who asks first makes it, and removes it at its end."""
    folder = os.environ.get(FOLDER)
    if not folder:
        folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="wss-test-once-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """Give the path of a shared file that nobody else makes or looks for meanwhile; it may be there already."""
    path = shared_folder() / name
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def once(name: str, make: Callable[[], Made]) -> Made:
    """Return what `make` returns, made by the first process that asks for this name and read by the others."""
    with alone(name) as path:
        if not path.exists():
            path.write_bytes(pickle.dumps(make()))
        made: Made = pickle.loads(path.read_bytes())
    return made
