"""Whom follow-ups are about, and which guardians to call, for pages and what is printed of them; never for a mail."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.pages import person_words as party_words
from wss_cases.followups.core.pages import Due as CoreDue
from wss_cases.followups.core.states import FAMILY
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.incidents.telling import may_tell
from wss_cases.roster.directory.pages import guardian_words
from wss_cases.roster.directory.queries import GuardianOf, guardians_of_each

PARTIES = (PersonRole.HARMED, PersonRole.CAUSED_HARM, PersonRole.BOTH)


def _named(kind: Any) -> Any:
    """Return the select of entries with what says who a person is: else one statement for each who is no student."""
    if kind is CaseParticipant:
        return select(kind).options(joinedload(CaseParticipant.student))
    one = IncidentPerson
    return select(kind).options(joinedload(one.student), joinedload(one.staff), joinedload(one.other_school))


PEOPLE: dict[Any, Prepared] = {
    CaseParticipant: Prepared(lambda among_ids: _named(CaseParticipant).where(among_ids(CaseParticipant.id))),
    IncidentPerson: Prepared(lambda among_ids: _named(IncidentPerson).where(among_ids(IncidentPerson.id))),
}
"""Entries by their ids."""


@Prepared
def _of_cases(among_ids: Narrow) -> Any:
    one = CaseParticipant
    return _named(one).where(among_ids(one.case_id), one.role.in_(PARTIES)).order_by(one.id)


@Prepared
def _of_reports(among_ids: Narrow) -> Any:
    one = IncidentPerson
    return _named(one).where(among_ids(one.incident_id), one.role.in_(PARTIES)).order_by(one.id)


@dataclass(frozen=True)
class About:
    """Whom one follow-up is about, by the names that the school uses, and the guardians to call, a line each.

    `person` is the one person whom it names, the same in every case and report; '' where it names nobody or several.
    `phones`: whom to call, each with what stands on the link and the number that it dials. `students`: the names on
    screen of the students among them, and of nobody else, for lists that shorten them.
    """

    who: str = ""
    guardians: tuple[str, ...] = ()
    person: str = ""
    phones: tuple[tuple[str, str], ...] = ()
    students: tuple[str, ...] = ()

    def titled(self, title: str) -> str:
        """Return a follow-up's title with whom it is about."""
        return _("%(title)s: %(who)s", title=title, who=self.who) if self.who else title


NOBODY = About()
Named = Mapping[int, list[Any]]
"""The one person whom a follow-up names, by its id."""


def about(
    actor: Actor, rows: Iterable[Any], *, call: bool = False, named: Named | None = None, beside: Iterable[Any] = ()
) -> dict[int, About]:
    """Return whom these follow-ups, which the actor may see, are about, by id.

    Of one that names nobody the case team alone hears who stands in its case or report. Guardians come with what is
    asked of a family, and with `call` beside everything that the case team sees. `named` is what `named_in` says of
    them, where a page has it. Students of one name are told apart, those of the follow-ups `beside` among them, of
    which nothing else is asked.
    """
    rows = list(rows)
    every = [*rows, *beside]
    named = named_in(every) if named is None else named
    parties = _parties([row for row in every if row.id not in named and actor.covers(row.school_id, *CASE_TEAM)])
    found = {row.id: named.get(row.id) or parties.get((row.case_id, row.incident_id), []) for row in every}
    students = {person.student_id: person.student for people in found.values() for person in people if person.student}
    namesakes = Counter(student.shown_name for student in students.values())
    called = {row.id: _called(actor, row, found[row.id], call) for row in rows}
    guardians = guardians_of_each({key for keys in called.values() for key in keys})
    lines = {one: _line(one) for of_student in guardians.values() for one in of_student}
    shown = {}
    for row in rows:
        names = dict.fromkeys(_words(person, namesakes) for person in found[row.id])
        calls = [one for key in called[row.id] for one in guardians[key]]
        shown[row.id] = About(
            who=", ".join(names),
            guardians=tuple(lines[one] for one in calls),
            person=person_key(named[row.id][0]) if row.id in named else "",
            phones=tuple(_phones(calls, lines)),
            students=_students(found[row.id]),
        )
    return shown


def person_key(person: Any) -> str:
    """Return what names one person in every case and report: a student, else somebody's entry in a report."""
    if person.student_id is not None:
        return f"student:{person.student_id}"
    entry = person.id if isinstance(person, IncidentPerson) else person.incident_person_id
    return f"entry:{entry}" if entry is not None else f"part:{person.id}"


def spoken_of(row: Any) -> tuple[set[int], frozenset[str]]:
    """Return the students whom a follow-up is about, and the words of which the student agrees that the family is told:
    none where it is about several, since one's words are not another family's to hear."""
    people = named_in([row]).get(row.id) or _parties([row]).get((row.case_id, row.incident_id), [])
    entries = [one if isinstance(one, IncidentPerson) else one.incident_person_id for one in people]
    found = [db.session.get(IncidentPerson, one) if isinstance(one, int) else one for one in entries]
    words = may_tell(found[0]) if len(found) == 1 else frozenset()
    return {one.student_id for one in people if one.student_id}, words


def _called(actor: Actor, row: Any, people: list[Any], call: bool) -> list[int]:
    """The students whose guardians stand beside a follow-up."""
    calls = row.kind in FAMILY or (call and actor.covers(row.school_id, *CASE_TEAM))
    return [person.student_id for person in people if person.student_id] if calls else []


def named_in(rows: Collection[Any]) -> Named:
    """Return the one person whom a follow-up names, by its id: by their part in the case, or in the report."""
    parts = _by_id(CaseParticipant, (row.participant_id for row in rows))
    entries = _by_id(IncidentPerson, (row.incident_person_id for row in rows))
    found = {row.id: parts.get(row.participant_id) or entries.get(row.incident_person_id) for row in rows}
    return {key: [person] for key, person in found.items() if person is not None}


def _by_id(kind: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    return {person.id: person for person in PEOPLE[kind].rows(wanted).scalars()}


def _parties(rows: Iterable[Any]) -> dict[tuple[int | None, int | None], list[Any]]:
    """Who was harmed and who is reported to have caused it, by (case, report), where a follow-up names nobody."""
    found: dict[tuple[int | None, int | None], list[Any]] = {}
    of_cases, of_reports = (
        [getattr(row, key) for row in rows if getattr(row, key)] for key in ("case_id", "incident_id")
    )
    for person in _of_cases.rows({*of_cases}).scalars() if of_cases else ():
        found.setdefault((person.case_id, None), []).append(person)
    for person in _of_reports.rows({*of_reports}).scalars() if of_reports else ():
        found.setdefault((None, person.incident_id), []).append(person)
    return found


def _words(person: Any, namesakes: Counter[str]) -> str:
    """A person's name as the school uses it; of two students of one name each with the end of their number."""
    words = party_words(person) if isinstance(person, CaseParticipant) else person_words(person)
    if person.student is not None and namesakes[words] > 1:
        return _("%(name)s (number ends in %(digits)s)", name=words, digits=person.student.student_number[-4:])
    return words


def _students(people: Iterable[Any]) -> tuple[str, ...]:
    """The names on screen of the students among people, each student once."""
    return tuple({one.student.id: one.student.shown_name for one in people if one.student}.values())


def _line(who: GuardianOf) -> str:
    return dotted(who.name, guardian_words(who))


def _phones(guardians: Iterable[GuardianOf], lines: Mapping[GuardianOf, str]) -> Iterable[tuple[str, str]]:
    """Yield each number that may be called: the words of its link, and what it dials."""
    for who in guardians:
        if dialed := "".join(sign for sign in who.phone if sign in "+0123456789"):
            yield _("Call %(name)s", name=lines[who]), dialed


WEEK = 5
"""School days that one card spans at most."""


class Due(Protocol):
    """What a card is made of: due on a day, at a school, for somebody to do."""

    @property
    def due_on(self) -> date:
        """The school-local date on which it is due."""

    @property
    def school_id(self) -> int:
        """Whose days count."""

    @property
    def owner_id(self) -> int | None:
        """Whose it is to do."""


Row = TypeVar("Row", bound=Due)


@dataclass
class Card(Generic[Row]):
    """What one person is asked about within a school week, by the same owner; `person` '' where nobody is named."""

    person: str
    rows: list[Row]


def cards(
    rows: Iterable[Row], person_of: Callable[[Row], str], apart: Callable[[int, date, date], int]
) -> list[Card[Row]]:
    """Return these follow-ups on cards, in their order of days; what names nobody or several stands by itself.

    `apart(school, day, later day)` counts a school's days.
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
    ids: Sequence[int], first_due: CoreDue, whom: dict[int, About], things: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return one person's follow-ups (`ids`, the first due first) in words; `things` is a line of each.

    `unreachable` are lines of guardians whom no link calls: whom nobody contacts, or of whom no number is known.
    """
    abouts = [whom[number] for number in ids]
    phones = list(dict.fromkeys(call for one in abouts for call in one.phones))
    return {
        "who": abouts[0].who,
        "visit": url_for("visit.visit", follow_up_id=ids[0]),
        "due": first_due.words,
        "tone": TONES.get(first_due.state, "slate"),
        "phones": phones,
        "unreachable": without_links(abouts),
        "things": [_with_its_day(one, first_due) for one in things],
    }


def _with_its_day(thing: dict[str, Any], first_due: CoreDue) -> dict[str, Any]:
    """A line that says when it is due where that is not when the first is."""
    return thing if thing["due"] == first_due.words else thing | {"meta": dotted(thing["meta"], thing["due"])}


def without_links(abouts: Collection[About]) -> list[str]:
    """Return the lines of guardians whom no link of these calls."""
    called = [words for one in abouts for words, _number in one.phones]
    lines = dict.fromkeys(line for one in abouts for line in one.guardians)
    return [line for line in lines if not any(line in words for words in called)]
