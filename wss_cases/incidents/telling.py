"""The consent of people concerned to tell a family something private, and its end."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from wtforms import SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choice_field, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import person_words
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.names.finder import private_in

CALL = 0
"""Notice id of a consent given for calls."""


def may_tell(person: IncidentPerson | None, notice_id: int = CALL) -> frozenset[str]:
    """Words that a person's family may be told, with consent of everyone concerned. A notice uses consent for that
    notice only; a call also that of any notice. A consent without people concerned does not count."""
    told = person.may_tell if person is not None else []
    return frozenset(one["word"] for one in told if one["concerns"] and notice_id in (CALL, one["notice_id"]))


def yes_to(words: Collection[str], concerns: Collection[int], notice_id: int = CALL) -> list[dict[str, object]]:
    """A consent as it is stored: each word with the people it concerns, all of whom agree."""
    whom = sorted(concerns)
    return [{"word": word.casefold(), "concerns": whom, "notice_id": notice_id} for word in words]


@dataclass(frozen=True)
class Yes:
    """The people the words concern, and those who agreed, each asked alone (ids in the report)."""

    concerns: tuple[int, ...]
    agreed: tuple[int, ...]


@use_case
def agree_to_tell(uow: UnitOfWork, incident_id: int, person_id: int, text: str, given: Yes) -> int:
    """Record that a call may tell a person's family what normally only a student tells at home. Covers only the
    words in the text. Raises Refused for a person of another report, or a text without such words."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    words = private_in(text)
    if not words:
        raise Refused("told", _("Nothing in it is for the student alone to share. Write the words themselves."))
    record_yes(uow, entry_of(uow, incident, person_id), words, given)
    uow.record(incident, "incident.may_tell")
    return incident.id


def entry_of(uow: UnitOfWork, incident: Incident, person_id: int) -> IncidentPerson:
    """A person of the report, locked. Raises Refused for a person of another report. For use cases."""
    person = uow.session.get(IncidentPerson, person_id, with_for_update=True)
    if person is None or person.incident_id != incident.id:
        raise Refused("person", _("One of these people is not in this report."))
    return person


def record_yes(
    uow: UnitOfWork, person: IncidentPerson, words: Collection[str], given: Yes, notice_id: int = CALL
) -> None:
    """Record that everyone these words concern agrees. For use cases. Raises Refused for someone who is no student
    of the report, or if anyone concerned did not agree: nobody agrees for another."""
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
    """Withdraw the consent for a notice whose text changed. For use cases."""
    if person is not None:
        _set(uow, person, [one for one in person.may_tell if one["notice_id"] != notice_id])


def forget_people(uow: UnitOfWork, incident: Incident, gone: Collection[int]) -> None:
    """Withdraw consents that concern people who were named in the report in error. For use cases."""
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
    """Whose family is told what, whom the words concern, and who agrees."""

    person = choice_field(_l("Which family is told?"), validators=[InputRequired(_l("Choose the student."))])
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
        students = choices([(str(one.id), person_words(one)) for one in people if one.student_id is not None])
        self.person.choices = self.concerns.choices = self.agreed.choices = students

    def given(self) -> Yes:
        return Yes(*(tuple(int(one) for one in field.data or ()) for field in (self.concerns, self.agreed)))


def may_tell_page(form: MayTellForm, act: Callable[[], Any], done: Any, back: str, lede: str) -> Page:
    """The page of a consent; submitting it runs `act`."""
    title = _("What the family may be told")
    shown = {"title": title, "lede": lede, "go_words": _("Record the yes"), "back_href": back}
    return form_page(form, act, done, "layouts/form_page.html", **shown)
