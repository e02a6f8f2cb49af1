"""The log: one JSON object per line, in UTC. Exception messages are left out, because they may contain a child's
name."""

import json
import logging
import time
import traceback
from types import TracebackType

from flask.logging import default_handler

MOST_FRAMES = 8


class Lines(logging.Formatter):
    """Formats a record as one line; of an exception only its kind and place."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The record as one JSON line. JSON escapes line breaks, so no one can forge a second line."""
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
    """Where an exception was raised, innermost last."""
    found = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in found]


def init_logs() -> None:
    """Write every library's warnings and errors to standard error as such lines."""
    default_handler.setFormatter(Lines())
    default_handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(default_handler)
    # waiting requests are no fault: a busy minute would fill the log with them
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
