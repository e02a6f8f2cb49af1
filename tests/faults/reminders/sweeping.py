"""Many schedulers at once, a database that is restarted under one, and clocks that jump."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from tests.faults.reminders.district import at
from tests.faults.reminders.oracle import Task
from tests.faults.reminders.system import Reminding, Wrong
from tests.support.postgres import PostgresServer
from tests.support.servers.live_system import LONGEST_WAIT, wait_until
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxState
from wss_cases.mail.monitoring import standing

Act = tuple[datetime, Callable[[datetime], object]]


def sweep_at_once(here: Reminding, schedulers: int, sweeps: int, step: timedelta = timedelta(minutes=58)) -> None:
    """Let so many schedulers tick at once, so many times, over days, nights, a weekend and a holiday."""
    instants = [at(here.days[0], "05:40") + step * turn for turn in range(sweeps)]
    # one more in the middle of the next school day, so that nothing still waits for the morning
    instants.append(next(at(day, "12:30") for day in here.days if at(day, "12:30") > instants[-1]))
    acts = _timetable(here, instants[-1])
    for now in instants:
        while acts and acts[0][0] <= now:
            when, act = acts.pop(0)
            act(when)
        here.instants.append(now)
        here.nursery.set_clock(now)
        running = [here.nursery.start("tick") for _scheduler in range(schedulers)]
        for child in running:
            child.done()
        here.tally.sweeps += schedulers
    here.judge()


def _timetable(here: Reminding, last: datetime) -> list[Act]:
    """What people do meanwhile: new things in the early morning and before noon, done by the evening of their day."""
    acts: list[Act] = []
    for number, day in enumerate(here.days[:-2]):
        later = here.days[number + 2]
        early = [(0, "contact", day), (1, "plain", later), (2, "contact", later), (2, "same_day", day)]
        late = [(0, "same_day", day), (3, "same_day", day), (1, "contact", day)]
        for wall, wanted in (("06:00", early), ("11:00", late)):
            acts.append((at(day, wall), lambda now, wanted=wanted: here.district.add(wanted, now)))
        acts.append((at(day, "22:30"), lambda now, day=day: here.district.close(_due(here, day), now)))
    return [act for act in acts if act[0] <= last]


def _due(here: Reminding, day: date) -> list[Task]:
    return [task for task in here.district.tasks if task.closed_at is None and task.due_on <= day]


MARK_SECONDS = 0.5
"""Within this time of the server's acceptance a mail has been marked."""


def restart_database(here: Reminding, server: PostgresServer, first: int, restarts: int) -> int:
    """Stop PostgreSQL as a crash would, in the middle of a scheduler's work, which goes on once it is back.

    Returns the next day's number.
    """
    here.nursery.set_clock(at(here.days[first], "05:00"))
    scheduler = here.nursery.start("scheduler", "run")
    for number in range(first, first + restarts):
        now = here.begin(number)
        here.district.add([(0, "same_day", here.days[number])] * 20, now - timedelta(seconds=2))
        here.office.arrived.clear()
        assert here.office.arrived.wait(LONGEST_WAIT), "the day's first mail"
        time.sleep(here.random.uniform(0.0, 0.3))
        stopped = time.monotonic()
        with server.paused():
            time.sleep(0.5)
        back = time.monotonic()
        # what its sender had claimed when the database went stays until the lease runs out; all else goes on
        _wait_for(here, OutboxState.WAITING)
        for mail, times in here.office.times.items():
            here.gaps[mail] += any(stopped - MARK_SECONDS < when < back + MARK_SECONDS for when in times)
        here.district.leases_run_out()
        _wait_for(here, OutboxState.WAITING, OutboxState.CLAIMED)
        here.judge()
        here.tally.restarts += 1
    os.kill(scheduler.pid, signal.SIGTERM)
    scheduler.done()
    return first + restarts


def _wait_for(here: Reminding, *states: OutboxState) -> None:
    """Until the scheduler beats again and nothing stands in these states."""

    def calm() -> bool:
        if not here.district.answers() or not here.beats() or here.office.talking:
            return False
        return not any(state in states for _key, state in here.district.queued().values())

    wait_until(calm, LONGEST_WAIT, f"the scheduler is back at work\n{here.nursery.words()[-1500:]}")


def jump(here: Reminding, first: int) -> int:
    """The clock is a day ahead, back, and in 1970, while a dead sender's lease runs; returns the next day's number."""
    day, tomorrow = here.days[first], here.days[first + 1]
    here.district.close([task for task in here.district.tasks if task.closed_at is None], at(day, "00:05"))
    here.district.add([(0, "contact", tomorrow), (1, "contact", tomorrow), (2, "plain", tomorrow)], at(day, "00:10"))
    here.instants += [at(day, "10:00"), at(tomorrow, "10:00")]
    here.nursery.set_clock(at(day, "10:00"))
    assert here.nursery.start("tick", failpoint="deliver.before_send:kill").wait() == -signal.SIGKILL
    here.tally.kills += 1
    held = _held(here)
    for instant in (at(tomorrow, "10:00"), datetime(1970, 1, 1, 12, tzinfo=UTC), at(day, "10:10")):
        here.nursery.set_clock(instant)
        here.nursery.start("tick").done()
        if not held or _held(here) != held:
            raise Wrong(f"a jump of the clock moved a lease: {held} became {_held(here)}")
    here.died()
    here.nursery.start("tick").done()
    here.judge()
    for instant in (at(tomorrow, "10:00"), at(tomorrow, "10:10")):
        here.nursery.set_clock(instant)
        here.nursery.start("tick").done()
    with here.district.app.app_context():
        # beats of ten past ten tomorrow, seen by a web server that knows that it is ten past ten today
        if (words := standing(at(day, "10:20")).scheduler) != "silent":
            raise Wrong(f"a scheduler whose clock is a day ahead passes for {words}")
        db.session.remove()
    here.judge()
    return first + 2


def _held(here: Reminding) -> set[str]:
    return {number for number, (_key, state) in here.district.queued().items() if state is OutboxState.CLAIMED}
