"""Recording that whom private words concern agree that a family is told, and that such a yes holds no longer."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from wtforms import SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import person_words
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.names.rules import private_in

CALL = 0
"""Stands for the notice in a yes that was given for calls."""


def may_tell(person: IncidentPerson | None, notice_id: int = CALL) -> frozenset[str]:
    """Return the words that the family of one person of a report may be told: everyone whom they concern agreed.

    A notice says what was agreed for it as it is written; a call also what a notice says. A yes of which nobody knows
    whom the words concern counts not.
    """
    told = person.may_tell if person is not None else []
    return frozenset(one["word"] for one in told if one["concerns"] and notice_id in (CALL, one["notice_id"]))


def yes_to(words: Collection[str], concerns: Collection[int], notice_id: int = CALL) -> list[dict[str, object]]:
    """Return a yes as a report's entry keeps it: each word, and whom it concerns, who all agree."""
    whom = sorted(concerns)
    return [{"word": word.casefold(), "concerns": whom, "notice_id": notice_id} for word in words]


@dataclass(frozen=True)
class Yes:
    """Whom the words concern and who of them agreed, each asked alone: entries of the report."""

    concerns: tuple[int, ...]
    agreed: tuple[int, ...]


@use_case
def agree_to_tell(uow: UnitOfWork, incident_id: int, person_id: int, text: str, given: Yes) -> int:
    """Record that a call may tell the family of one person of a report what only a student tells at home.

    It holds for the words alone. Raises Refused for a person of another report, and where there is none among them.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    words = private_in(text)
    if not words:
        raise Refused("told", _("Nothing in it is for the student alone to share. Write the words themselves."))
    record_yes(uow, entry_of(uow, incident, person_id), words, given)
    uow.record(incident, "incident.may_tell")
    return incident.id


def entry_of(uow: UnitOfWork, incident: Incident, person_id: int) -> IncidentPerson:
    """Return one person of a report, locked. Raises Refused for a person of another. For use cases."""
    person = uow.session.get(IncidentPerson, person_id, with_for_update=True)
    if person is None or person.incident_id != incident.id:
        raise Refused("person", _("One of these people is not in this report."))
    return person


def record_yes(
    uow: UnitOfWork, person: IncidentPerson, words: Collection[str], given: Yes, notice_id: int = CALL
) -> None:
    """Record that all whom these words concern agree that this person's family is told. For use cases.

    Raises Refused for somebody who is no student of the report, and where one of them did not agree: nobody agrees for
    another.
    """
    uow.session.refresh(person, with_for_update=True)
    students = {one.id for one in person.incident.people if one.student_id is not None}
    whom = set(given.concerns)
    if not whom or not whom <= students:
        raise Refused("concerns", _("Choose who the words are about."))
    if set(given.agreed) != whom:
        raise Refused("agreed", _("Only the student the words are about can agree. Without that yes, they stay out."))
    stands = [*person.may_tell, *yes_to(words, whom, notice_id)]
    _set(uow, person, [one for at, one in enumerate(stands) if one not in stands[:at]])


def forget_notice(uow: UnitOfWork, person: IncidentPerson | None, notice_id: int) -> None:
    """Take back what was agreed for a notice, whose words are others now. For use cases."""
    if person is not None:
        _set(uow, person, [one for one in person.may_tell if one["notice_id"] != notice_id])


def forget_people(uow: UnitOfWork, incident: Incident, gone: Collection[int]) -> None:
    """Take back every yes to words that concern people who were named in a report in error. For use cases."""
    for person in incident.people:
        _set(uow, person, [one for one in person.may_tell if not set(gone) & set(one["concerns"])])


def _set(uow: UnitOfWork, person: IncidentPerson, told: list[dict[str, object]]) -> None:
    if told != person.may_tell:
        person.may_tell = told
        uow.audit("incident.may_tell", "incident_person", person.id, changes_of(person))


ASK_ALONE = _l(
    "Ask the student the words are about, alone, whether this family may be told. Without that student’s own yes, "
    "they stay out."
)


class MayTellForm(BaseForm):
    """Whose family is told what, whom the words concern, and who of them agrees."""

    person = select(_l("Which family is told?"), validators=[InputRequired(_l("Choose the student."))])
    told = ShortText(
        _l("What may the family be told?"),
        [NotBlank(_l("Write what the family may be told."))],
        description=_l("The words you may say on the call, for example: girlfriend. Everything else stays out."),
    )
    concerns = SelectMultipleField(
        _l("Who are these words about?"), description=_l("Words about a child who is not listed stay out.")
    )
    agreed = SelectMultipleField(_l("Who agrees, when asked alone?"))

    def offer(self, people: Iterable[IncidentPerson]) -> None:
        """Let the students of a report be chosen."""
        students = choices([(str(one.id), person_words(one)) for one in people if one.student_id is not None])
        self.person.choices = self.concerns.choices = self.agreed.choices = students

    def given(self) -> Yes:
        """Return whom the words concern, and who of them agreed."""
        return Yes(*(tuple(int(one) for one in field.data or ()) for field in (self.concerns, self.agreed)))


def may_tell_page(form: MayTellForm, act: Callable[[], Any], done: Any, back: str, lede: str) -> Page:
    """Show the page, or write the yes down and go on."""
    title = _("What the family may be told")
    shown = {"title": title, "lede": lede, "go_words": _("Record the yes"), "back_href": back}
    return form_page(form, act, done, "layouts/form_page.html", **shown)
