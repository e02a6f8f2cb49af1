"""The family members whom staff may tell, and what they may not write, for every field about calls, visits and
letters."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.roster.directory.models import Guardian, Student
from wss_cases.roster.directory.pages import guardian_words
from wss_cases.roster.directory.queries import guardians_of_each
from wss_cases.roster.directory.rules import Reach
from wss_cases.roster.names.finder import private_in
from wss_cases.roster.names.queries import COLUMNS, finder_beside, guardians_named, students_named
from wss_cases.roster.names.spellings import Named

NOT_SAID = _l(
    "Do not name another child. Do not mention sexual orientation, gender identity, a relationship, or the basis of "
    "a bias unless the student agrees."
)
"""What a call does not mention."""


@dataclass(frozen=True)
class Calling:
    """Who to call about some students, a line each, and the words that a call leaves out unless the student agrees."""

    lines: tuple[str, ...]
    agreed: tuple[str, ...] = ()

    def all_lines(self) -> list[str]:
        """Every line: who to call, what is not said, and what the student agreed to."""
        words = ", ".join(self.agreed)
        agrees = [_("The student agrees that the family is told: %(words)s.", words=words)] if words else []
        return [*self.lines, str(NOT_SAID), *agrees]


def calling(students: Iterable[Student]) -> Calling:
    """Who to call about these students; the caller has checked who may see it.

    A person kept away by an order has neither name nor number there.
    """
    named = {student.id: student.shown_name for student in students}
    lines = (
        dotted(named[key] if len(named) > 1 else "", who.name, guardian_words(who))
        for key, guardians in guardians_of_each(named).items()
        for who in guardians
    )
    return Calling(tuple(lines))


def refuse_kept_off(field: str, student_ids: Collection[int], who: str) -> None:
    """Raise Refused when someone whom an order keeps away from one of these students is named as informed or agreeing,
    or may be meant.

    A name that another guardian also has is allowed. Where someone is kept away, the name is required.
    """
    stay, off = _kept_off(student_ids)
    if off and not who.strip():
        raise Refused(
            field, _("No one may contact one of the guardians about this student. Name the person you reached.")
        )
    _refuse_named(field, who, stay, off)


def refuse_naming_kept_off(field: str, student_ids: Collection[int], text: str) -> None:
    """Raise Refused when a text about a call, or about who comes, names someone whom an order keeps away.

    The students' own names are allowed.
    """
    stay, off = _kept_off(student_ids)
    if off:
        stay += students_named(select(*COLUMNS).where(Student.id.in_(student_ids)))
        _refuse_named(field, text, stay, off)


def _kept_off(student_ids: Collection[int]) -> tuple[list[Named], list[Named]]:
    """The guardians of some students: who is allowed, and whom an order keeps away from one of them."""
    guardians = [one for each in guardians_of_each(student_ids).values() for one in each]
    off = {one.id for one in guardians if one.reach is Reach.NEVER}
    if not off:
        return [], []
    return guardians_named(Guardian.id.in_({one.id for one in guardians} - off)), guardians_named(Guardian.id.in_(off))


def _refuse_named(field: str, text: str, stay: list[Named], off: list[Named]) -> None:
    if off and finder_beside(stay, off).names_in(text):
        raise Refused(field, _("No one may contact this person about this student."))


def refuse_private(field: str, text: str, agreed: Collection[str]) -> None:
    """Raise Refused when the family was told what only the student may tell, and the student did not agree."""
    if words := private_in(text, agreed):
        raise Refused(
            field,
            _(
                "This tells the family what only the student can share at home (%(words)s). Ask the student alone "
                "first, or write it without.",
                words=", ".join(words),
            ),
        )
