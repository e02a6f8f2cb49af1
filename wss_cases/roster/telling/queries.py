"""Who at home may be told, for every field in which staff write down that a family was: calls, visits, letters."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.roster.directory.guardians import guardians_of_each
from wss_cases.roster.directory.models import Guardian, Student
from wss_cases.roster.directory.presenters import guardian_words
from wss_cases.roster.directory.states import Reach
from wss_cases.roster.names.private_words import private_in
from wss_cases.roster.names.queries import finder_beside, guardians_named

NOT_SAID = _l(
    "Do not name another child. Say nothing of sexual orientation, gender identity, a relationship or the ground of a"
    " bias unless the student agrees."
)
"""What a call does not say."""


@dataclass(frozen=True)
class Calling:
    """Whom to call about some students, a line each; of what a call does not say, words to which the student agrees."""

    lines: tuple[str, ...]
    agreed: tuple[str, ...] = ()

    def all_lines(self) -> list[str]:
        """Return every line: whom to call, what is not said, and to what of it the student agrees."""
        words = ", ".join(self.agreed)
        agrees = [_("The student agrees that the family is told: %(words)s.", words=words)] if words else []
        return [*self.lines, str(NOT_SAID), *agrees]


def calling(students: Iterable[Student]) -> Calling:
    """Return whom to call about these students; the caller has checked who may see it.

    Whom an order keeps away has neither name nor number there.
    """
    named = {student.id: student.shown_name for student in students}
    lines = (
        dotted(named[key] if len(named) > 1 else "", who.name, guardian_words(who))
        for key, guardians in guardians_of_each(named).items()
        for who in guardians
    )
    return Calling(tuple(lines))


def refuse_kept_off(field: str, student_ids: Collection[int], who: str) -> None:
    """Raise Refused where somebody whom an order keeps from one of these students is said to be told, or may have been.

    A name that another guardian bears too may stand. Where somebody is kept off, who was told is said by name.
    """
    found = [one for each in guardians_of_each(student_ids).values() for one in each]
    off = {one.id for one in found if one.reach is Reach.NEVER}
    if not off:
        return
    if not who.strip():
        raise Refused(field, _("Nobody may contact one of the guardians about this student. Say by name who was told."))
    stay = guardians_named(Guardian.id.in_({one.id for one in found} - off))
    if finder_beside(stay, guardians_named(Guardian.id.in_(off))).names_in(who):
        raise Refused(field, _("Nobody may contact this person about this student."))


def refuse_private(field: str, text: str, agreed: Collection[str]) -> None:
    """Raise Refused where what was told at home is the student's alone to tell, and the student did not agree."""
    if words := private_in(text, agreed):
        raise Refused(
            field,
            _(
                "This tells the family what only the student tells at home (%(words)s). Ask the student alone first, or"
                " write it without.",
                words=", ".join(words),
            ),
        )
