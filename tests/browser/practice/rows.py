"""The goals of a day at school: what each piece of work cost before, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One piece of work."""

    work: str
    before: str
    goal: str


CIRCLE = "two-student case → scheduled circle, all gates recorded"
VISIT = "first contact, pre-meeting and consent of one party"
LOG = "community circle of a class"
GRID = "check-in/check-out of 15 students, one school day"
CARDS = "follow-ups of a simple fight"
FIND = "find a student, case or report from anywhere"
OFFLINE = "report on a phone without network"
DETAILS = "details of a first-grade fight"
FIRST = "a dean's first look in the morning"

ROWS = (
    Row(CIRCLE, "31 clicks, 22 loads, 10 forms", "≤ 4 loads, 3 forms, no click beyond one per answer"),
    Row(VISIT, "4 forms, 3 follow-ups typed again", "1 form; the follow-ups close by themselves"),
    Row(LOG, "could not be recorded", "≤ 6 taps on a phone, no typing, no names"),
    Row(GRID, "about 570 taps", "coordinator ≤ 40 taps, teachers one tap a cell"),
    Row(CARDS, "13, naming no one", "≤ 6 cards, each a person with one visit"),
    Row(FIND, "in no menu", "one field, key /, ≤ 2 taps on a phone"),
    Row(OFFLINE, "lost", "saved on the device, sent by itself, never doubled"),
    Row(DETAILS, "two dozen questions, 4,538 px", "3 to 6 questions, the rest folded"),
    Row(FIRST, "danger and clocks below 16 overdue rows", "one strip on top"),
)

PREFIX = "practice: "
"""Begins the name under which a test's report carries the figure of a row."""

Note = Callable[[str, str], None]
"""`note(row, figure)`: what a story counted for a row, for the table."""
