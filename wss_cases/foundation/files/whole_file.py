"""A file that is there whole or not at all: written beside its place and put there at the end."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from wss_cases.foundation.operations.failpoints import reach


class Busy(OSError):
    """Another process writes the same file."""

    def __init__(self) -> None:
        super().__init__(0, "another command writes it at this moment")


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a stream that becomes the file at `path` when the block ends well; readable by its owner only.

    What a killed process left (`.NAME.part`) is written over by the next. Raises OSError, Busy among them.
    """
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as stream:
        _take(stream, part)
        try:
            stream.truncate()
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            reach("file.before_name")
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _take(stream: IO[bytes], part: Path) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # its last writer may have put it in its place, or away, since it was opened
        mine = part.exists() and part.stat().st_ino == os.fstat(stream.fileno()).st_ino
    except BlockingIOError:
        mine = False
    if not mine:
        raise Busy
