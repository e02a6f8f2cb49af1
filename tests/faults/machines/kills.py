"""Each machine is killed in turn while people save; what came of it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.machines import oracle
from tests.faults.machines.district import District
from tests.support.servers.live_system import LONGEST_WAIT, wait_until

STEADY = 5.0
"""Seconds that everybody works before a kill and after."""
LONGEST_LEASE = 300.0
RESTART = 1.0
DECIDED = 5.0
"""Seconds until somebody who was told promotes the standby: here a program, elsewhere a person."""
PARTED = 2.0
ALARM = "second machine does not answer"
BANNER = "kept on one machine only"
MOST_WITHOUT_STANDBY = 30.0


class Wrong(AssertionError):
    """Something acknowledged was lost, or sent twice outside of the gap."""


@dataclass
class Row:
    """One kill, in seconds from it."""

    killed: str
    began: float
    saves: int = 0
    lost: int = 0
    without_a_save: float = 0.0
    longest_of_one: float = 0.0
    without_mail: float = 0.0
    in_the_gap: int = 0


class Kills:
    """The whole proof on one district."""

    def __init__(self, district: District) -> None:
        self.district, self.load = district, district.load
        self.rows: list[Row] = []
        self.gap: set[str] = set()
        self.mails = 0

    def run(self) -> list[Row]:
        """Kill each, and judge."""
        steps = (
            ("the primary (db1); db2 is promoted", self.kill_primary, self.follow_again),
            ("a scheduler", self.kill_scheduler, self.schedule_again),
            ("web machine app1, with its scheduler", self.kill_app, self.serve_again),
            ("the proxy, started again", self.kill_proxy, lambda: None),
            ("the standby (db1)", self.kill_standby, self.stand_by_again),
        )
        for name, kill, mend in steps:
            self.one(name, kill, mend)
        self.load.stop()
        self.judge()
        return self.rows

    def one(self, name: str, kill: Callable[[], None], mend: Callable[[], None]) -> None:
        """Kill one under load, wait until everybody saves and mail arrives again, and mend it."""
        time.sleep(STEADY)
        row = Row(name, time.monotonic())
        kill()
        since = time.monotonic()
        wait_until(lambda: self.load.everybody_saved_since(since), LONGEST_WAIT, f"all save again after {name}")
        wait_until(lambda: any(m > since for m in self.load.office.moments), LONGEST_WAIT, f"mail after {name}")
        time.sleep(STEADY)
        until = time.monotonic()
        row.without_a_save = self.load.without_a_save(row.began, until)
        row.longest_of_one = self.load.longest_of_one(row.began, until)
        row.without_mail = self.load.without_mail(row.began, until)
        mend()
        self.rows.append(row)
        print(row, file=sys.stderr, flush=True)

    def note_gap(self) -> None:
        """Keep which mails were accepted and are not recorded, now that whoever was to record them is dead."""
        self.gap |= oracle.accepted_not_recorded(self.district.app, self.load.office.numbers())

    def kill_primary(self) -> None:
        """Part the two databases for a moment, as a failing switch does; then the first has no power."""
        here = self.district
        here.second.machine.cut()
        time.sleep(PARTED)
        here.first.machine.power_off()
        here.second.machine.mend()
        time.sleep(DECIDED)
        here.second.promote()
        here.swap()
        self.note_gap()

    def follow_again(self) -> None:
        """The old primary is made anew as a copy of the new one, and saves wait for it."""
        self.alarmed()
        here = self.district
        here.second.machine.power_on()
        here.second.follow(here.first)
        self.safe_again()

    def kill_scheduler(self) -> None:
        """Only the process; the other machine's goes on."""
        [pid] = _running(self.district.app2.space, "scheduler")
        os.kill(pid, signal.SIGKILL)
        self.note_gap()

    def schedule_again(self) -> None:
        """Start it again."""
        self.district.schedule(self.district.app2)

    def kill_app(self) -> None:
        """No power, and that in the middle of a save that all others of a school wait for."""
        self.district.hold_a_school(self.district.app1)
        self.district.app1.power_off()
        self.note_gap()

    def serve_again(self) -> None:
        """Power again."""
        machine = self.district.app1
        machine.power_on()
        self.district.serve(machine)
        self.district.schedule(machine)

    def kill_proxy(self) -> None:
        """No power, and a second later power again: with one proxy nothing else could answer."""
        self.district.proxy.power_off()
        time.sleep(RESTART)
        self.district.proxy.power_on()
        self.district.pass_on()

    def kill_standby(self) -> None:
        """No power."""
        self.district.second.machine.power_off()

    def stand_by_again(self) -> None:
        """The alarm was given in time; power again, and the standby catches up by itself."""
        if self.rows and self.load.without_a_save(self.rows[-1].began, time.monotonic()) > MOST_WITHOUT_STANDBY:
            raise Wrong("saves stood still for too long without the standby")
        self.alarmed()
        self.district.second.machine.power_on()
        self.district.second.start()
        self.safe_again()

    def alarmed(self) -> None:
        """Those who run the system were told, and everybody sees it."""
        state = self.district.state()
        assert (state["status"], state["standby"]) == ("ok", "missing"), state
        page = self.load.people[0].send("GET", "/my-day")[1]
        assert BANNER in page, page[:3000]
        wait_until(self._is_told, LONGEST_WAIT, "the alarm by mail")

    def _is_told(self) -> bool:
        return any(ALARM in mail.subject for mail in list(self.load.office.mails))

    def safe_again(self) -> None:
        """Commits wait for the standby again, by the system's own doing, and that is said."""
        wait_until(self.district.first.waits, LONGEST_WAIT, "saves wait for the standby again")
        self.district.ready()

    def judge(self) -> None:
        """Nothing acknowledged is lost or half, no mail was lost, none sent twice but in the gap. Raises Wrong."""
        self.judge_saves()
        app, office = self.district.app, self.load.office
        wait_until(lambda: not oracle.unsent(app), LONGEST_LEASE, "every mail is sent")
        numbers = office.numbers()
        self.mails = len(set(numbers))
        missing = oracle.lost_mails(app, numbers)
        twice = [number for number, count in Counter(numbers).items() if count > 1]
        wrong = [number for number in twice if number not in self.gap]
        for number in twice:
            first = office.moments[numbers.index(number)]
            min(self.rows, key=lambda row: abs(row.began - first)).in_the_gap += 1
        if missing or wrong:
            raise Wrong(f"mails never sent: {missing[:5]}; sent twice: {wrong[:5]}")

    def judge_saves(self) -> None:
        """Every acknowledged save stands there once and whole, every other so or not at all. Raises Wrong."""
        found = oracle.judge_saves(self.district.app, [key for key, _moment in self.load.acknowledged])
        for row, later in zip(self.rows, [*self.rows[1:], None], strict=False):
            end = later.began if later else time.monotonic()
            keys = [key for key, moment in self.load.acknowledged if row.began <= moment < end]
            row.saves, row.lost = len(keys), len(set(keys) & {*found.lost, *found.doubled, *found.half})
        if found.lost or found.doubled or found.half:
            raise Wrong(
                f"lost: {len(found.lost)} of {len(self.load.acknowledged)}; doubled: {len(found.doubled)}; "
                f"half saved: {len(found.half)}"
            )


def _running(space: str, word: str) -> list[int]:
    """Return the processes of a machine that have a word in their command."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            same = os.stat(folder / "ns" / "net").st_ino == os.stat(f"/run/netns/{space}").st_ino
            command = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if same and word.encode() in command:
            found.append(int(folder.name))
    return found
