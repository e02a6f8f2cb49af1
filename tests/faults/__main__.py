"""`make faults`: the whole proof, on both databases side by side; prints its figures as a table.

`python -m tests.faults [--kind KIND] [--scale N]`: a scale of 0.1 is a tenth of everything.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.mail import misdelivering
from tests.faults.mail.smtp_server import FAULTS
from tests.faults.planted import rounds as planted
from tests.faults.reminders import killing, sweeping
from tests.faults.reminders.system import REMINDER_FAILPOINTS, Reminding
from tests.faults.saving.reporters import SAVE_FAILPOINTS, Saving
from tests.support.databases import ROOT, Database, Databases
from tests.support.depth import BACKENDS
from tests.support.memory import keep_temporary_files_in_memory

SAVE_KILLS = 300
REMINDER_KILLS = 150
SWEEPS = 200
SMTP_ROUNDS = 6
RESTARTS = 10
Figures = dict[str, int | float | str]


class Full:
    """The full run on one kind of database."""

    def __init__(self, kind: str, scale: float, folder: Path) -> None:
        self.kind = kind
        self.scale = scale
        self.folder = folder
        self.databases = Databases(folder, synchronous_commit="on")
        self.figures: Figures = {}

    def times(self, full: int) -> int:
        """How often at this scale, once at least."""
        return max(1, round(full * self.scale))

    def fresh(self) -> Database:
        """A migrated database of its own."""
        return self.databases.copy(self.databases.template(self.kind))

    def run(self) -> Figures:
        """Everything, one after the other."""
        parts = (self.saving, self.kills, self.schedulers, self.mail, self.clocks, self.restarts, self.planted)
        for part in parts:
            began = time.monotonic()
            part()
            seconds = time.monotonic() - began
            self.figures[f"seconds for {part.__name__}"] = round(seconds)
            print(f"{self.kind}: {json.dumps(self.figures)}", file=sys.stderr, flush=True)
        self.databases.close()
        return self.figures

    def reminding(self, name: str, act: Callable[[Reminding], object], **settings: str) -> Reminding:
        """Carry out a round on a district of its own."""
        here = Reminding(self.fresh(), self.folder / name, days=int(250 * self.scale) + 40, **settings)
        try:
            act(here)
        finally:
            here.close()
        return here

    def saving(self) -> None:
        """Web processes."""
        saving = Saving(self.fresh(), self.folder / "saving")
        try:
            for _turn in range(self.times(10)):
                for name in SAVE_FAILPOINTS:
                    saving.kill_at_failpoint(name)
            for _turn in range(self.times(6)):
                saving.kill_at_random(self.times(SAVE_KILLS) // self.times(6) + 1)
                saving.kill_everything()
            saving.pause()
            saving.judge()
        finally:
            saving.close()
        self.figures["kills of the web server"] = saving.tally.kills
        self.figures["saves acknowledged"] = len(saving.acknowledged)
        self.figures["saves given up after a kill"] = len(saving.given_up)

    def kills(self) -> None:
        """Schedulers and senders."""

        def act(here: Reminding) -> None:
            number = 0
            for _turn in range(self.times(3)):
                number = killing.kill_at_failpoints(here, number)
            number = killing.fail_at_failpoints(here, number)
            number = killing.hang_at_sending(here, number)
            killing.kill_at_random(here, number, self.times(REMINDER_KILLS))

        here = self.reminding("kills", act)
        self.figures["kills of schedulers and senders"] = here.tally.kills
        self.figures["of these at a named step"] = sum(here.tally.by_failpoint.values())
        self.figures["failures raised at a named step"] = len(REMINDER_FAILPOINTS)
        self.figures["mails that had to arrive"] = here.tally.mails
        self.figures["second copies, each in the gap"] = here.tally.gap_copies

    def schedulers(self) -> None:
        """One to four at once."""
        ticks = mails = 0
        for count in (1, 2, 3, 4):
            here = self.reminding(
                f"schedulers{count}", lambda here, count=count: sweeping.sweep_at_once(here, count, self.times(SWEEPS))
            )
            ticks, mails = ticks + here.tally.sweeps, mails + here.tally.mails
        self.figures["ticks of 1, 2, 3 and 4 schedulers at once"] = ticks
        self.figures["mails of these, each once"] = mails

    def mail(self) -> None:
        """The mail server."""

        def act(here: Reminding) -> None:
            number = misdelivering.refused(here, 0, 10)
            for _turn in range(self.times(SMTP_ROUNDS)):
                number = misdelivering.smtp_faults(here, number)

        here = self.reminding("mail", act, WSS_MAIL_SECONDS=misdelivering.PATIENCE)
        assert set(here.tally.faults) == {f"{one.step} {one.way}" for one in FAULTS} | {"connection refused"}
        self.figures["faults of the mail server"] = sum(here.tally.faults.values())

    def clocks(self) -> None:
        """Clocks that jump."""

        def act(here: Reminding) -> None:
            number = 0
            for _turn in range(self.times(10)):
                number = sweeping.jump(here, number)

        self.reminding("clocks", act)
        self.figures["jumps of the clock by a day, back, to 1970"] = 3 * self.times(10)

    def restarts(self) -> None:
        """The database goes away."""
        if self.kind != "postgresql":
            return
        server = self.databases.postgres()
        here = self.reminding(
            "restarts",
            lambda here: sweeping.restart_database(here, server, 0, self.times(RESTARTS)),
            WSS_TICK_SECONDS="0.3",
        )
        self.figures["restarts of PostgreSQL under a scheduler"] = here.tally.restarts
        self.figures["second copies of these, each in the gap"] = here.tally.gap_copies

    def planted(self) -> None:
        """Bugs planted to be found."""
        for name in planted.REMINDING:
            kills = planted.find_in_reminding(name, self.fresh(), self.folder / name.replace(" ", "-"))
            self.figures[f"planted: {name}"] = f"found after {kills} kills"
        for name in planted.SAVING:
            kills = planted.find_in_saving(name, self.fresh(), self.folder / name.replace(" ", "-"))
            self.figures[f"planted: {name}"] = f"found after {kills} kills"


def table(found: dict[str, Figures]) -> str:
    """The figures of both databases in Markdown."""
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    rows = ["| | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    rows += [f"| {n} | " + " | ".join(str(f.get(n, "–")) for f in found.values()) + " |" for n in names]
    return "\n".join(rows)


def main() -> int:
    """Run one kind, or both side by side; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="tests.faults")
    parser.add_argument("--kind", choices=BACKENDS)
    parser.add_argument("--scale", type=float, default=1.0)
    wanted = parser.parse_args()
    if wanted.kind:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(Full(wanted.kind, wanted.scale, Path(folder)).run()))
        return 0
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.faults", "--scale", str(wanted.scale), "--kind"]
    running = {
        kind: subprocess.Popen([*command, kind], cwd=ROOT, stdout=subprocess.PIPE, text=True) for kind in BACKENDS
    }
    answers = {kind: process.communicate()[0] for kind, process in running.items()}
    if any(process.returncode for process in running.values()):
        return 1
    print(table({kind: json.loads(answer) for kind, answer in answers.items()}))
    print(f"\n{time.monotonic() - began:.0f} s, {time.strftime('%Y-%m-%d')}")
    return 0


if __name__ == "__main__":
    keep_temporary_files_in_memory()
    sys.exit(main())
