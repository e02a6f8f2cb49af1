"""A file that is complete or absent: written beside its place and moved there at the end."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from wss_cases.foundation.operations import reach


class Busy(OSError):
    """Another process writes the same file."""

    def __init__(self) -> None:
        super().__init__(0, "another command writes it at this moment")


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a stream that becomes the file at `path` when the block succeeds; only its owner can read it.

    The remains of a killed process (`.NAME.part`) are overwritten. Raises OSError; Busy is one.
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
        # the previous writer may have moved or removed it after it was opened here
        mine = part.exists() and part.stat().st_ino == os.fstat(stream.fileno()).st_ino
    except BlockingIOError:
        mine = False
    if not mine:
        raise Busy
