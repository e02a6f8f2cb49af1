"""A long-running command in a session of its own, so that nothing it starts is overlooked."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from tests.support.databases import ROOT


class Running:
    """The command, running; its words go to a file."""

    def __init__(self, folder: Path, command: list[str], env: dict[str, str]) -> None:
        self.words_file = folder / "words"
        with self.words_file.open("wb") as words:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=words, stderr=words, start_new_session=True
            )

    @property
    def words(self) -> str:
        """What it has printed so far."""
        return self.words_file.read_text(encoding="utf-8")

    def alive(self) -> list[int]:
        """Every living process of its session, itself included."""
        return [
            pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if _session(pid) == self.process.pid
        ]

    def end(self, number: int) -> float:
        """Send a signal to the command alone and return the seconds until it ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(15)
        return time.monotonic() - began


def _session(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[3])
