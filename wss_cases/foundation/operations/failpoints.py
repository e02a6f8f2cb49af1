"""Named places in the write path, the sweep and delivery where a test can let this process die, fail or hang.

Only with WSS_ENV=test and WSS_FAILPOINT=name:mode[:nth]; otherwise reaching one costs a comparison with None.
"""

import os
import signal
import threading
from dataclasses import dataclass

NAMES = (
    "save.before_commit",
    "save.after_commit",
    "unit.before_commit",
    "unit.after_commit",
    "sweep.before_claim",
    "sweep.after_claim",
    "queue.before_commit",
    "queue.after_commit",
    "heartbeat.before_commit",
    "deliver.after_claim",
    "deliver.before_send",
    "deliver.after_send",
    "deliver.after_mark",
    "file.before_name",
    "restore.before_commit",
    "drop.before_move",
    "drop.moved_one",
)
"""`save` is a form with its request key, `unit` any other unit of work; `queue` is the outbox rows of one sweep;
`file` is one that a command has written and not yet put in its place; `drop` is a roster of
the watched folder that is imported and not yet moved away."""

MODES = ("kill", "raise", "hang")


class FailpointReached(RuntimeError):
    """The failure that a test ordered."""


@dataclass
class _Armed:
    name: str
    mode: str
    left: int


_armed: _Armed | None = None


def configure(text: str) -> None:
    """Arm one failpoint, written name:mode or name:mode:nth; '' disarms. Raises RuntimeError for an unknown one."""
    global _armed
    if not text:
        _armed = None
        return
    name, mode, nth = (*text.split(":"), "1")[:3] if ":" in text else (text, "", "1")
    if name not in NAMES or mode not in MODES or not nth.isdecimal() or int(nth) < 1:
        raise RuntimeError(f"WSS_FAILPOINT={text}: write one of {', '.join(NAMES)}, then :kill, :raise or :hang.")
    _armed = _Armed(name, mode, int(nth))


def reach(name: str) -> None:
    """Mark a named step as reached; does nothing unless a test armed it."""
    if _armed is None or _armed.name != name:
        return
    _armed.left -= 1
    if _armed.left:
        return
    if _armed.mode == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if _armed.mode == "hang":
        threading.Event().wait()
    raise FailpointReached(name)
