"""A mail server that refuses, stalls, drips and dies at every step of the conversation."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.faults.mail.smtp_server import FAULTS, Fault
from tests.faults.reminders.district import at
from tests.faults.reminders.system import WALL, Reminding, Wrong
from tests.support.servers.live_system import LONGEST_WAIT, wait_until
from wss_cases.journal.models import OutboxState

PATIENCE = "2"
"""Seconds a sender gives a mail into a server that stalls: few, since each such fault takes all of them. Where no
server stalls the usual limit holds, or a machine that is busy otherwise would make a mail wait for its next attempt."""


def smtp_faults(here: Reminding, first: int, faults: tuple[Fault, ...] = FAULTS) -> int:
    """Send a mail into each of these faults, then again when it may; returns the next day's number."""
    now = at(here.days[first], WALL)  # what is of the same day has a mail each from here on
    here.district.close([task for task in here.district.tasks if task.closed_at is None], now)
    _turn(here, now, "tick")
    now += timedelta(minutes=1)
    # each of these ends its connection, so one sender meets them one after the other; QUIT comes but once
    _send_into(here, now, tuple(fault for fault in faults if fault.step != "quit"))
    for fault in faults:
        if fault.step == "quit":
            _send_into(here, now, (fault,))
    return first + 1


def refused(here: Reminding, first: int, mails: int) -> int:
    """Nobody listens at the mail server's door: everything waits, and goes out once it is back."""
    now = at(here.days[first], WALL)  # what is of the same day has a mail each from here on
    here.district.close([task for task in here.district.tasks if task.closed_at is None], now)
    _turn(here, now, "tick")
    now += timedelta(minutes=1)
    here.district.add([(0, "same_day", here.days[first])] * mails, now - timedelta(seconds=2))
    here.office.stop()
    before = sum(here.office.taken.values())
    _turn(here, now, "tick")
    here.office.again()
    _turn(here, now + timedelta(minutes=4), "tick")
    if sum(here.office.taken.values()) != before:
        raise Wrong("a mail did not wait five minutes after it was refused")
    _turn(here, now + timedelta(minutes=6), "tick")
    here.tally.faults["connection refused"] += mails
    here.judge()
    return first + 1


def _turn(here: Reminding, now: datetime, *arguments: str) -> None:
    if here.instants[-1:] != [now]:  # a clock that runs on is not set back
        here.nursery.set_clock(now)
        here.instants.append(now)
    here.nursery.start(*arguments).done()


def _send_into(here: Reminding, now: datetime, faults: tuple[Fault, ...]) -> None:
    before = set(here.district.queued())
    here.district.add([(0, "same_day", now.date())] * len(faults), now - timedelta(seconds=2))
    _turn(here, now, "reminders", "sweep")
    here.office.faults[:] = faults
    _turn(here, now, "reminders", "deliver")
    wait_until(lambda: here.office.talking == 0, LONGEST_WAIT, "the server's conversations end")
    reached = here.office.reached[-len(faults) :]
    if reached != list(faults):
        raise Wrong(f"not every fault was reached: {reached}\n{here.nursery.words()[-2000:]}")
    numbers = _judge_first(here, faults, before)
    _turn(here, now + timedelta(minutes=6), "tick")
    for number, fault in zip(numbers, faults, strict=True):
        wanted = 0 if _state_after(fault) is OutboxState.FAILED else 2 if fault.taken else 1
        if here.office.taken.get(number, 0) != wanted:
            raise Wrong(f"in the end after {fault}: {here.office.taken.get(number, 0)} copies, wanted {wanted}")
    here.tally.mails = len(here.office.taken)


def _judge_first(here: Reminding, faults: tuple[Fault, ...], before: set[str]) -> list[str]:
    """What the rules say of each mail after its fault; returns the Message-IDs in the order of the faults."""
    # those of one sweep are sent in the order of the outbox, which is not the order of the follow-ups
    rows = [(number, state) for number, (_key, state) in here.district.queued().items() if number not in before]
    for (number, state), fault in zip(rows, faults, strict=True):
        found = (state, here.office.taken.get(number, 0))
        wanted = (_state_after(fault), int(fault.taken or fault.step == "quit"))
        if found != wanted:
            raise Wrong(f"after {fault}: {found}, wanted {wanted}")
        here.tally.faults[f"{fault.step} {fault.way}"] += 1
        here.gaps[number] += fault.taken
    return [number for number, _state in rows]


def _state_after(fault: Fault) -> OutboxState:
    """What a message is after one attempt: refused for good by its own answer, sent, or waiting again."""
    if fault.step == "quit":
        return OutboxState.SENT
    if fault.way == "5xx" and fault.step in ("mail", "rcpt", "data", "dot"):
        return OutboxState.FAILED
    return OutboxState.WAITING
