"""The form of the capture page, and the people search of a school."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateTimeLocalField, HiddenField, SelectMultipleField
from wtforms.validators import Optional, StopValidation

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choices, is_storable, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import at_wall, local
from wss_cases.incidents.incident.queries import recent_students
from wss_cases.incidents.incident.rules import LOCATION_OF_TILE, OLDEST_DAYS, Capture, CapturedPerson
from wss_cases.incidents.incident.states import PersonKind, PersonRole, Tile, WhenChoice, WhenPrecision, WhereTile
from wss_cases.intake.report import rules
from wss_cases.intake.report.rules import FIGURE, MAYBE, SKIPPED, STATED
from wss_cases.roster.directory.models import StaffMember, Student
from wss_cases.roster.directory.pages import short_grade
from wss_cases.roster.directory.queries import staff_matching, students_matching

PARTS = ("caused", "harmed", "witness")
NUMBER = "number"
"""Prefix of a people search value that is the full student number of another school."""

NAMED = "named:"
"""Prefix of a people search value that is a typed name on no list."""
LONGEST_NAME = 200

DRAFT_FIELDS = (
    "danger", "people", *PARTS, "unknown_person", "what", *rules.QUESTIONS, "where", "when", "occurred", "narrative",
)  # fmt: skip
WORD_ANSWERS = {STATED: _l("Yes"), MAYBE: _l("Maybe"), FIGURE: _l("A figure of speech")}
MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def person_ids(form: BaseForm, field: Any) -> None:
    """Refuse anything but values of the search: "12" or "student:12", and "staff:12"."""
    for value in field.data or []:
        if captured_person(value) is None:
            raise StopValidation(_("Choose a name from the list."))


def captured_person(value: str) -> CapturedPerson | None:
    """One value of the people search; None if it is invalid."""
    if value.startswith(NAMED):
        name = " ".join(value.removeprefix(NAMED).split())
        fits = 0 < len(name) <= LONGEST_NAME and is_storable(name)
        return CapturedPerson(PersonKind.NOT_IDENTIFIED, description=name) if fits else None
    kind, _colon, number = value.rpartition(":")
    kinds = {"": PersonKind.STUDENT, "student": PersonKind.STUDENT, "staff": PersonKind.STAFF}
    if kind not in (*kinds, NUMBER) or not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    if kind == NUMBER:
        return CapturedPerson(PersonKind.NOT_IDENTIFIED, description=number)
    return CapturedPerson(kinds[kind], int(number))


class CaptureForm(BaseForm):
    """Danger, who, what, where, when, and what was seen or heard."""

    school_id = HiddenField()
    danger = radio(
        _l("Is anyone hurt or in danger now?"),
        {"no": _l("No"), "yes": _l("Yes")},
        _l("Answer whether anyone is hurt or in danger now."),
    )
    people = SelectMultipleField(_l("Who was involved?"), choices=[], validate_choice=False, validators=[person_ids])
    caused = SelectMultipleField(_l("Caused harm"), choices=[], validate_choice=False)
    harmed = SelectMultipleField(_l("Was harmed"), choices=[], validate_choice=False)
    witness = SelectMultipleField(_l("Witness"), choices=[], validate_choice=False)
    people_q = ShortText(_l("Name"))
    unknown_person = BooleanField(_l("I don’t know who yet"))
    what = radio(_l("What happened?"), Tile.labels(), _l("Choose what happened."))
    which_weapon = radio(rules.WHICH_WEAPON.label, rules.WHICH_WEAPON.labels)
    threat_with = radio(rules.THREAT_WITH.label, rules.THREAT_WITH.labels)
    which_substance = radio(rules.WHICH_SUBSTANCE.label, rules.WHICH_SUBSTANCE.labels)
    was_shared = radio(rules.SHARED.label, rules.SHARED.labels)
    about_who = radio(rules.WHO_THEY_ARE.label, rules.WHO_THEY_ARE.labels)
    any_sexual = radio(rules.ANY_SEXUAL.label, rules.ANY_SEXUAL.labels)
    dating = radio(rules.DATING.label, rules.DATING.labels)
    private_kind = radio(
        rules.PRIVATE.label,
        rules.PRIVATE.labels,
        description=_l("Never open, copy, or upload a picture. Write down what you were told; ask no questions."),
    )
    part_of_it = SelectMultipleField(rules.PART_OF_IT.label, choices=choices([*rules.PART_OF_IT.labels.items()]))
    said = SelectMultipleField(choices=[], validate_choice=False)
    where = radio(_l("Where?"), WhereTile.labels(), _l("Choose where it happened."))
    when = radio(_l("When?"), WhenChoice.labels(), _l("Choose when it happened."), default=WhenChoice.NOW.value)
    occurred = DateTimeLocalField(_l("Date and time"), format=MOMENT_FORMATS, validators=[Optional()])
    narrative = LongText(_l("What did you see or hear?"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Ignores errors of a date that was typed but not chosen."""
        super().validate(extra_validators)
        if self.when.data != WhenChoice.OTHER:
            self.occurred.errors = []
        return not self.errors

    def answers(self) -> list[tuple[str, str]]:
        """All answers as (name, value) pairs, for a page that asks again."""
        raw = {name: self[name].raw_data or [] for name in (*DRAFT_FIELDS, "said", "school_id")}
        raw["people"] = self.people.data or []
        return [(name, value) for name, values in raw.items() for value in values]

    @property
    def card(self) -> dict[str, tuple[str, ...]]:
        given = {name: self[name].data or [] for name in rules.QUESTIONS}
        return {name: tuple([data] if isinstance(data, str) else data) for name, data in given.items() if data}

    @property
    def card_fields(self) -> list[tuple[Any, list[Tile]]]:
        return [(self[name], rules.TILES_OF[name]) for name in rules.QUESTIONS]

    @property
    def words_answered(self) -> dict[str, str]:
        """The reporter's answers about words of the text, by sign; '' if they chose to save without answering."""
        pairs = (value.partition(":") for value in self.said.data or [])
        return {sign: answer if answer in WORD_ANSWERS else "" for sign, _colon, answer in pairs}

    def take_typed_name(self) -> None:
        """Add a typed name that is on no list as a described person."""
        typed = (self.people_q.data or "").strip()
        name = f"{NAMED}{typed}"
        if any(map(str.isalpha, typed)) and captured_person(name) is not None:
            self.people.data = [*(self.people.data or []), name]
            self.people_q.data = ""

    def check_people(self) -> bool:
        """Whether someone is named or marked unknown, and the search field is empty; otherwise the field gets an
        error."""
        if (self.people_q.data or "").strip():
            self.people.errors = [_("Choose a name from the list, or clear the search field.")]
        elif not self.people.data and not self.unknown_person.data:
            self.people.errors = [_("Enter who was involved, or check “I don’t know who yet”.")]
        return not self.people.errors

    def moment(self, now: datetime, time_zone: str) -> tuple[datetime, WhenPrecision] | None:
        """When it happened and how exactly; None, with an error at the field, for a bad time."""
        chosen = WhenChoice(self.when.data)
        if chosen is not WhenChoice.OTHER:
            precision = {WhenChoice.PERIOD: WhenPrecision.PERIOD, WhenChoice.EARLIER: WhenPrecision.EARLIER_TODAY}
            return now, precision.get(chosen, WhenPrecision.EXACT)
        problem = time_problem(self.occurred.data, now, time_zone)
        if problem:
            self.occurred.errors = [problem]
            return None
        return at_wall(self.occurred.data, time_zone), WhenPrecision.EXACT

    def _role(self, value: str) -> PersonRole:
        """The part marked beside a name; involved if none."""
        caused, harmed = value in (self.caused.data or []), value in (self.harmed.data or [])
        if caused and harmed:
            return PersonRole.BOTH
        if caused or harmed:
            return PersonRole.CAUSED_HARM if caused else PersonRole.HARMED
        return PersonRole.WITNESS if value in (self.witness.data or []) else PersonRole.INVOLVED

    def capture(self, school_id: int, moment: tuple[datetime, WhenPrecision]) -> Capture:
        people = [
            replace(person, role=self._role(value))
            for value in dict.fromkeys(self.people.data or [])
            if (person := captured_person(value))
        ]
        if self.unknown_person.data:
            people.append(CapturedPerson(PersonKind.NOT_IDENTIFIED))
        return Capture(
            school_id=school_id,
            danger_now=self.danger.data == "yes",
            tile=Tile(self.what.data),
            location_code=LOCATION_OF_TILE[WhereTile(self.where.data)],
            occurred_at=moment[0],
            precision=moment[1],
            people=tuple(dict.fromkeys(people)),
            narrative=self.narrative.data or "",
            card=self.card,
            said={sign: answer for sign, answer in self.words_answered.items() if sign != SKIPPED},
        )


def time_problem(wall: datetime | None, now: datetime, time_zone: str) -> str:
    """What is wrong with the time of an event, in local time; '' if nothing."""
    wall_now = local(now, time_zone).replace(tzinfo=None)
    if wall is None:
        return _("Enter the date and the time, for example 11/24/2026, 10:30 am.")
    if wall > wall_now:
        return _("This time is in the future. Enter when it happened.")
    if wall < wall_now - timedelta(days=OLDEST_DAYS):
        return _("This is more than five years ago. Check the year.")
    shown = local(at_wall(wall, time_zone), time_zone)
    if (shown.hour, shown.minute) != (wall.hour, wall.minute):
        return _("The clocks changed at this time. Enter a time before or after.")
    return ""


def draft_values(payload: dict[str, Any]) -> MultiDict[str, str]:
    pairs = [(name, value) for name, values in payload.items() if name in DRAFT_FIELDS for value in values]
    return MultiDict(pairs)


Item = dict[str, str]
FULL_NUMBER = 6
"""Least number of digits that may be offered as another school's student number."""


def student_meta(grade: int | None, number: str) -> str:
    """Grade and last digits of the number, to tell students of one name apart."""
    parts = [short_grade(grade), number[-4:]]
    return " · ".join(part for part in parts if part)


def search_items(actor: Actor, school_id: int, words: str) -> list[Item]:
    """At most ten matches at a school: the actor's recent students first, staff last. An unknown full number is
    offered as another school's student, without a lookup there; other unmatched words are offered as a typed name."""
    recent = recent_students(actor, school_id)
    items = [
        _item(str(who.id), who.name, student_meta(who.grade, who.number))
        for who in students_matching(actor, school_id, words, recent=recent)
    ]
    items += [_item(f"staff:{who.id}", who.name, who.role) for who in staff_matching(actor, school_id, words)]
    number = words.strip()
    if not items and number.isascii() and number.isdecimal() and len(number) >= FULL_NUMBER:
        items = [_number_item(number)]
    elif not items and any(map(str.isalpha, number)) and captured_person(NAMED + number) is not None:
        items = [_named_item(number)]
    return items[:10]


def is_on_list(items: Sequence[Item]) -> bool:
    """Whether the search matched someone on a list, rather than only offering the typed name."""
    return any(not item["value"].startswith(NAMED) for item in items)


def _item(value: str, label: str, meta: str) -> Item:
    return {"value": value, "label": label, "meta": meta}


def _number_item(number: str) -> Item:
    return _item(f"{NUMBER}:{number}", _("A student of another school"), number)


def _named_item(name: str) -> Item:
    return _item(f"{NAMED}{name}", name, _("not on this school’s list; kept as typed"))


def people_items(school_id: int, people: Sequence[CapturedPerson]) -> list[Item]:
    """Chosen people as chips, in order. Those of other schools are left out; saving refuses them."""
    student_ids = [p.id for p in people if p.kind is PersonKind.STUDENT]
    staff_ids = [p.id for p in people if p.kind is PersonKind.STAFF]
    items: dict[tuple[PersonKind, int | None], Item] = {}
    if student_ids:
        of_school = select(Student).where(Student.id.in_(student_ids), Student.school_id == school_id)
        for student in db.session.scalars(of_school):
            meta = student_meta(student.grade, student.student_number)
            items[PersonKind.STUDENT, student.id] = _item(str(student.id), student.shown_name, meta)
    if staff_ids:
        of_school_staff = select(StaffMember).where(StaffMember.id.in_(staff_ids), StaffMember.school_id == school_id)
        for staff in db.session.scalars(of_school_staff):
            items[PersonKind.STAFF, staff.id] = _item(f"staff:{staff.id}", staff.name, staff.role)
    described = {
        p: _number_item(p.description) if p.description.isdecimal() else _named_item(p.description)
        for p in people
        if p.description
    }
    return [item for p in people if (item := described.get(p) or items.get((p.kind, p.id)))]
