"""Killing, failing and hanging what sweeps and sends, at random and at every named step."""

from __future__ import annotations

import time

from tests.faults.processes.forked import Child
from tests.faults.reminders.system import REMINDER_FAILPOINTS, Reminding, Wrong
from wss_cases.journal.models import OutboxState

JUDGED_EVERY = 5


def kill_at_failpoints(here: Reminding, first: int, names: tuple[str, ...] = REMINDER_FAILPOINTS) -> int:
    """Kill a whole tick at each of these steps, at its first or a later reaching; returns the next day's number."""
    for number, name in enumerate(names):
        here.begin(first + number)
        nth = here.random.randint(1, 2) if name.startswith(("unit", "deliver")) else 1
        child = here.nursery.start("tick", failpoint=f"{name}:kill:{nth}")
        assert child.wait() == -9, f"{name} was not reached"
        here.tally.kills += 1
        here.tally.by_failpoint[name] += 1
        here.died()
        here.recover()
        here.judge()
    return first + len(names)


def kill_at_random(here: Reminding, first: int, kills: int) -> int:
    """Kill schedulers and senders at random until so many died; returns the next day's number."""
    goal = here.tally.kills + kills
    number = first
    while here.tally.kills < goal:
        here.begin(number)
        running = _start(here, number)
        time.sleep(here.random.uniform(0.0, 1.1 * here.usual))
        here.random.shuffle(running)
        for child in running:
            here.tally.kills += child.kill()
            time.sleep(here.random.uniform(0.0, 0.05))
        here.died()
        here.recover()
        number += 1
        if number % JUDGED_EVERY == 0:
            here.judge()
    here.judge()
    return number


def _start(here: Reminding, number: int) -> list[Child]:
    kind = number % 3
    if kind == 0:
        return [here.nursery.start("scheduler", "run")]
    if kind == 1:
        return [here.nursery.start("scheduler", "run") for _scheduler in range(2)]
    here.nursery.start("reminders", "sweep").done()
    return [here.nursery.start("reminders", "deliver") for _sender in range(2)]


def fail_at_failpoints(here: Reminding, first: int, names: tuple[str, ...] = REMINDER_FAILPOINTS) -> int:
    """Let each step raise instead: the tick ends in good order, and the next one finds everything."""
    for number, name in enumerate(names):
        here.begin(first + number)
        here.nursery.start("tick", failpoint=f"{name}:raise").done()
        here.died()
        here.recover()
        here.judge()
    return first + len(names)


def hang_at_sending(here: Reminding, first: int) -> int:
    """A sender that hangs before or after sending holds up nobody else's mail, and is killed in the end."""
    for number, name in enumerate(("deliver.before_send", "deliver.after_send")):
        here.begin(first + number)
        hung = here.nursery.start("tick", failpoint=f"{name}:hang:2")
        assert hung.wait(2 * here.usual + 1) is None, f"{name} was not reached"
        here.recover()
        left = [state for _key, state in here.district.queued().values() if state is OutboxState.CLAIMED]
        if not 1 <= len(left) <= 5:
            raise Wrong(f"beside a sender that hangs, {len(left)} mails are left")
        here.tally.kills += hung.kill()
        here.died()
        here.recover()
        here.judge()
    return first + 2
