"""`python -m tests.faults.machines.holding SCHOOL`: a save of a school that has its number and never commits."""

from __future__ import annotations

import sys
import threading

from wss_cases.access.actor import SYSTEM
from wss_cases.app import create_app
from wss_cases.foundation import clock
from wss_cases.journal.unit_of_work import unit_of_work


def hold(school_id: int) -> None:
    """Take the next number of a school's reports, say so, and stand still until the machine dies."""
    with create_app().app_context(), unit_of_work(SYSTEM, clock.now()) as uow:
        uow.next_number(f"incident:{school_id}")
        print("held", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    hold(int(sys.argv[1]))
