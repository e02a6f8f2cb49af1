"""The people whom follow-ups are about, and which guardians to call: for pages and print, never for mail."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.cases.case.actions import person_words as party_words
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.followups.core.presenters import Due as CoreDue
from wss_cases.followups.core.states import FAMILY
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, dotted
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.incidents.telling import may_tell
from wss_cases.roster.directory.pages import guardian_words
from wss_cases.roster.directory.queries import GuardianOf, guardians_of_each

PARTIES = (PersonRole.HARMED, PersonRole.CAUSED_HARM, PersonRole.BOTH)


def _named(kind: Any) -> Any:
    """A select of entries with their students and staff loaded, so that naming them needs no statement per person."""
    if kind is CaseParticipant:
        return select(kind).options(joinedload(CaseParticipant.student))
    entry = IncidentPerson
    return select(kind).options(joinedload(entry.student), joinedload(entry.staff), joinedload(entry.other_school))


PEOPLE: dict[Any, Prepared] = {
    CaseParticipant: Prepared(lambda among_ids: _named(CaseParticipant).where(among_ids(CaseParticipant.id))),
    IncidentPerson: Prepared(lambda among_ids: _named(IncidentPerson).where(among_ids(IncidentPerson.id))),
}
"""Entries by id."""


@Prepared
def _of_cases(among_ids: Narrow) -> Any:
    participant = CaseParticipant
    return (
        _named(participant)
        .where(among_ids(participant.case_id), participant.role.in_(PARTIES))
        .order_by(participant.id)
    )


@Prepared
def _of_reports(among_ids: Narrow) -> Any:
    entry = IncidentPerson
    return _named(entry).where(among_ids(entry.incident_id), entry.role.in_(PARTIES)).order_by(entry.id)


@dataclass(frozen=True)
class About:
    """The people of a follow-up by the names that the school uses, and the guardians to call, one per line.

    `person`: the key of the only person it names, the same in every case and report; '' when it names no one or
    several. `phones`: whom to call, each as the words of the link and the number it dials. `students`: the displayed
    names of the students among them, and of no one else, for lists that shorten names.
    """

    who: str = ""
    guardians: tuple[str, ...] = ()
    person: str = ""
    phones: tuple[tuple[str, str], ...] = ()
    students: tuple[str, ...] = ()

    def titled(self, title: str) -> str:
        """A follow-up's title with the people it is about."""
        return _("%(title)s: %(who)s", title=title, who=self.who) if self.who else title


NOBODY = About()
Named = Mapping[int, list[Any]]
"""The only person whom a follow-up names, by follow-up id."""


def about(
    actor: Actor, rows: Iterable[Any], *, call: bool = False, named: Named | None = None, beside: Iterable[Any] = ()
) -> dict[int, About]:
    """The people of these follow-ups, by follow-up id. The actor may see the follow-ups.

    When a follow-up names no one, the parties of its case or report are shown, only to the case team. Guardians appear
    for follow-ups that call a family, and with `call` for everything the case team sees. `named`: the result of
    `named_in`, if the caller has it. Students of the same name are told apart, also from those of the follow-ups
    `beside`, for which nothing else is returned.
    """
    rows = list(rows)
    every = [*rows, *beside]
    named = named_in(every) if named is None else named
    parties = _parties([row for row in every if row.id not in named and actor.covers(row.school_id, *CASE_TEAM)])
    people_by_id = {row.id: named.get(row.id) or parties.get((row.case_id, row.incident_id), []) for row in every}
    students = {
        person.student_id: person.student for people in people_by_id.values() for person in people if person.student
    }
    namesakes = Counter(student.shown_name for student in students.values())
    called = {row.id: _called(actor, row, people_by_id[row.id], call) for row in rows}
    guardians = guardians_of_each({key for keys in called.values() for key in keys})
    lines = {guardian: _line(guardian) for of_student in guardians.values() for guardian in of_student}
    shown = {}
    for row in rows:
        names = dict.fromkeys(_words(person, namesakes) for person in people_by_id[row.id])
        calls = [guardian for key in called[row.id] for guardian in guardians[key]]
        shown[row.id] = About(
            who=", ".join(names),
            guardians=tuple(lines[guardian] for guardian in calls),
            person=person_key(named[row.id][0]) if row.id in named else "",
            phones=tuple(_phones(calls, lines)),
            students=_students(people_by_id[row.id]),
        )
    return shown


def person_key(person: Any) -> str:
    """The key of a person across cases and reports: the student, or else their entry in a report."""
    if person.student_id is not None:
        return f"student:{person.student_id}"
    entry = person.id if isinstance(person, IncidentPerson) else person.incident_person_id
    return f"entry:{entry}" if entry is not None else f"part:{person.id}"


def spoken_of(row: Any) -> tuple[set[int], frozenset[str]]:
    """The students of a follow-up, and the private words that the student allows the family to hear. Empty for several
    students, because the words of one are not for another's family.
    """
    people = named_in([row]).get(row.id) or _parties([row]).get((row.case_id, row.incident_id), [])
    entries = [person if isinstance(person, IncidentPerson) else person.incident_person_id for person in people]
    entry_rows = [db.session.get(IncidentPerson, person) if isinstance(person, int) else person for person in entries]
    words = may_tell(entry_rows[0]) if len(entry_rows) == 1 else frozenset()
    return {person.student_id for person in people if person.student_id}, words


def _called(actor: Actor, row: Any, people: list[Any], call: bool) -> list[int]:
    """The students whose guardians are listed with a follow-up."""
    calls = row.kind in FAMILY or (call and actor.covers(row.school_id, *CASE_TEAM))
    return [person.student_id for person in people if person.student_id] if calls else []


def named_in(rows: Collection[Any]) -> Named:
    """The only person whom a follow-up names, by follow-up id: their part in the case, or else in the report."""
    parts = _by_id(CaseParticipant, (row.participant_id for row in rows))
    entries = _by_id(IncidentPerson, (row.incident_person_id for row in rows))
    named = {row.id: parts.get(row.participant_id) or entries.get(row.incident_person_id) for row in rows}
    return {key: [person] for key, person in named.items() if person is not None}


def _by_id(kind: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    wanted = sorted({entry_id for entry_id in ids if entry_id is not None})
    if not wanted:
        return {}
    return {person.id: person for person in PEOPLE[kind].rows(wanted).scalars()}


def _parties(rows: Iterable[Any]) -> dict[tuple[int | None, int | None], list[Any]]:
    """The parties by (case, report), for follow-ups that name no one: who was harmed, and who is reported to have
    caused it.
    """
    parties: dict[tuple[int | None, int | None], list[Any]] = {}
    of_cases, of_reports = (
        [getattr(row, key) for row in rows if getattr(row, key)] for key in ("case_id", "incident_id")
    )
    for person in _of_cases.rows({*of_cases}).scalars() if of_cases else ():
        parties.setdefault((person.case_id, None), []).append(person)
    for person in _of_reports.rows({*of_reports}).scalars() if of_reports else ():
        parties.setdefault((None, person.incident_id), []).append(person)
    return parties


def _words(person: Any, namesakes: Counter[str]) -> str:
    """A person's name as the school uses it. Two students of the same name get the end of their number."""
    words = party_words(person) if isinstance(person, CaseParticipant) else person_words(person)
    if person.student is not None and namesakes[words] > 1:
        return _("%(name)s (number ends in %(digits)s)", name=words, digits=person.student.student_number[-4:])
    return words


def _students(people: Iterable[Any]) -> tuple[str, ...]:
    """The displayed names of the students among these people, each student once."""
    return tuple({person.student.id: person.student.shown_name for person in people if person.student}.values())


def _line(who: GuardianOf) -> str:
    return dotted(who.name, guardian_words(who))


def _phones(guardians: Iterable[GuardianOf], lines: Mapping[GuardianOf, str]) -> Iterable[tuple[str, str]]:
    """Yield each number that may be called: the words of the link, and the digits it dials."""
    for who in guardians:
        if dialed := "".join(sign for sign in who.phone if sign in "+0123456789"):
            yield _("Call %(name)s", name=lines[who]), dialed


WEEK = 5
"""The most school days that a card spans."""


class Due(Protocol):
    """A row that can be put on a card: due on a day, at a school, for an owner."""

    @property
    def due_on(self) -> date:
        """The school-local due date."""

    @property
    def school_id(self) -> int:
        """The school whose days count."""

    @property
    def owner_id(self) -> int | None:
        """The account responsible for it."""


Row = TypeVar("Row", bound=Due)


@dataclass
class Card(Generic[Row]):
    """What a person is asked about within a school week, by the same owner; `person` is '' when no one is named."""

    person: str
    rows: list[Row]


def cards(
    rows: Iterable[Row], person_of: Callable[[Row], str], apart: Callable[[int, date, date], int]
) -> list[Card[Row]]:
    """Follow-ups grouped into cards, in order of due date. A follow-up that names no one or several is a card by
    itself.

    `apart(school, day, later day)` counts school days.
    """
    made: list[Card[Row]] = []
    open_card: dict[tuple[Any, ...], Card[Row]] = {}
    for row in sorted(rows, key=lambda row: row.due_on):
        person = person_of(row)
        key = (person, row.owner_id, row.school_id)
        card = open_card.get(key) if person else None
        if card is not None and apart(row.school_id, card.rows[0].due_on, row.due_on) < WEEK:
            card.rows.append(row)
        else:
            card = Card(person, [row])
            made.append(card)
            open_card[key] = card
    return made


TONES = {"overdue": "brick", "today": "sun"}


def block(
    ids: Sequence[int], first_due: CoreDue, abouts_by_id: dict[int, About], things: list[dict[str, Any]]
) -> dict[str, Any]:
    """A person's follow-ups (`ids`, the first due first) in words; `things` are their lines.

    `unreachable`: guardians without a link, because they must not be contacted or have no known number.
    """
    abouts = [abouts_by_id[number] for number in ids]
    phones = list(dict.fromkeys(call for person_about in abouts for call in person_about.phones))
    return {
        "who": abouts[0].who,
        "visit": url_for("visit.visit", follow_up_id=ids[0]),
        "due": first_due.words,
        "tone": TONES.get(first_due.state, "slate"),
        "phones": phones,
        "unreachable": without_links(abouts),
        "things": [_with_its_day(person_about, first_due) for person_about in things],
    }


def _with_its_day(thing: dict[str, Any], first_due: CoreDue) -> dict[str, Any]:
    """A line with its due date, when that differs from the first one's."""
    return thing if thing["due"] == first_due.words else thing | {"meta": dotted(thing["meta"], thing["due"])}


def without_links(abouts: Collection[About]) -> list[str]:
    called = [words for person_about in abouts for words, _number in person_about.phones]
    lines = dict.fromkeys(line for person_about in abouts for line in person_about.guardians)
    return [line for line in lines if not any(line in words for words in called)]
