"""Pure decisions of a teacher's period: initials that tell students apart, the next question, when it is open."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wss_cases.pathways.mentoring.periods.rules import Hours
from wss_cases.roster.directory.rules import last_digits


@dataclass(frozen=True)
class Question:
    """One goal of one student in a period: `row_id` names both, `who` are initials, `points` None while not marked."""

    row_id: int
    who: str
    goal: int
    words: str
    points: int | None

    @property
    def key(self) -> tuple[int, int]:
        """What tells this question from every other one."""
        return self.row_id, self.goal


@dataclass(frozen=True)
class OwnPeriod:
    """One period of today with its questions, students by initials; nothing of why they are asked."""

    school_id: int
    period: str
    hours: Hours
    questions: tuple[Question, ...]

    @property
    def students(self) -> int:
        """How many students are asked about."""
        return len({one.row_id for one in self.questions})

    @property
    def marked(self) -> int:
        """How many questions have an answer."""
        return sum(one.points is not None for one in self.questions)

    def question(self, row_id: int, goal: int) -> Question | None:
        """Return one question; None where nothing is asked about that goal of that student."""
        return next((one for one in self.questions if one.key == (row_id, goal)), None)

    def has_begun(self, now: datetime) -> bool:
        """Whether it can be marked: from its start until the day is over at its school."""
        return now >= self.hours.starts


def initials_apart(students: Iterable[Any]) -> dict[int, str]:
    """Return students' initials by id: "M. R."; where two are alike, more of the given name, then digits."""
    students = list(students)
    words = {one.id: _initials(one, 1) for one in students}
    for digits in (False, True):
        counts = Counter(words.values())
        words |= {one.id: _longer(one, digits) for one in students if counts[words[one.id]] > 1}
    return words


def _longer(student: Any, digits: bool) -> str:
    return f"{_initials(student, 3)} {last_digits(student.student_number)}" if digits else _initials(student, 3)


def _initials(student: Any, letters: int) -> str:
    given = (student.preferred_given_name or student.given_name).strip()
    family = (student.preferred_family_name or student.family_name).strip()
    return " ".join(f"{part}." for part in (given[:letters], family[:1]) if part)


def next_after(questions: Sequence[Question], key: tuple[int, int] | None) -> Question | None:
    """Return the next question without an answer, going on from one and round again; None when all have one."""
    keys = [one.key for one in questions]
    start = keys.index(key) + 1 if key in keys else 0
    ordered = [*questions[start:], *questions[:start]]
    return next((one for one in ordered if one.points is None and one.key != key), None)
