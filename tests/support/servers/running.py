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

    def named(self, name: str) -> list[int]:
        """Every living process of its session that goes by a name."""
        return [pid for pid in self.alive() if _words(pid, "comm").strip() == name]

    def end(self, number: int) -> float:
        """Send a signal to the command alone and return the seconds until it ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(15)
        return time.monotonic() - began


def parent_of(pid: int) -> int:
    return int(_words(pid, "stat").rpartition(")")[2].split()[1])


def _session(pid: int) -> int:
    fields = _words(pid, "stat").rpartition(")")[2].split()
    return 0 if not fields or fields[0] == "Z" else int(fields[3])


def _words(pid: int, what: str) -> str:
    """Return what the system says of a process, nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/{what}").read_text(encoding="utf-8")
    except OSError:
        return ""
