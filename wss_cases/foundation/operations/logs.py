"""The log: one JSON object to a line, in UTC, without what an exception says, which may hold a child's name."""

import json
import logging
import time
import traceback
from types import TracebackType

from flask.logging import default_handler

MOST_FRAMES = 8


class Lines(logging.Formatter):
    """Writes a record on one line; of an exception its kind and where it came from, never its message."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. JSON leaves no line break in it, so nobody can forge a second one."""
        said: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": record.getMessage(),
        }
        said |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = record.exc_info[0].__name__
            said["frames"] = frames(record.exc_info[2])
        return json.dumps(said)


def frames(trace: TracebackType | None) -> list[str]:
    """Return where an exception came from, innermost last."""
    found = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in found]


def init_logs() -> None:
    """Write what any library says at warning or above to standard error, as such lines."""
    default_handler.setFormatter(Lines())
    default_handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(default_handler)
    # how many requests wait for a thread is no trouble: a busy minute would fill the log with it
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
