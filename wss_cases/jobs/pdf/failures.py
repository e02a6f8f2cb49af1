"""The messages between the process that makes a PDF and the one that starts it."""

import re
import traceback
from pathlib import Path
from types import TracebackType
from typing import Final

MISSING: Final = 3
"""The exit code where Pango is not on this machine."""
FRAME_PARTS: Final = 3
_FAILURE: Final = re.compile(r"(?P<error>\w+) (?P<frame>[\w./-]+:\d+)")


def failure_line(kind: type[BaseException], trace: TracebackType | None) -> str:
    """An exception's class and its last frame, never its message, which may hold words of the page."""
    frames = traceback.extract_tb(trace)
    if not frames:
        return kind.__name__
    file = "/".join(Path(frames[-1].filename).parts[-FRAME_PARTS:])
    return f"{kind.__name__} {file}:{frames[-1].lineno}"


def failure_in(errors: bytes) -> dict[str, str]:
    """`error` and `frame` of a process's last line; {} for any other line."""
    last = errors.decode(errors="replace").rstrip("\n").rpartition("\n")[2]
    found = _FAILURE.fullmatch(last)
    return found.groupdict() if found else {}
