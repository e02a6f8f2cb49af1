"""Which questions the details of a report ask, by kind of report; the district chooses them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from flask import render_template, url_for
from sqlalchemy import CheckConstraint, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, HiddenField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import PlainForm, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CAUSED
from wss_cases.incidents.incident.states import PersonKind, PersonRole, Tile
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.dated_settings import end_before, newest_row, period_words
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork

ADULTS = "adults"
"""Kind of a report without students."""

KINDS: dict[str, Any] = {tile.value: tile.label for tile in Tile if tile is not Tile.WORRIED} | {
    ADULTS: _l("A report without a student")
}
FLAGS: dict[str, Any] = {
    "gun_violence_threat": _l("Words or actions meant to use a gun at school (not play, drawings, or a finger)?"),
    "fire_or_bomb": _l("A fire or a bomb, or a threat of one?"),
    "imminent_danger": _l("Danger that staff could not safely calm?"),
    "clear_and_present_danger": _l("Did an administrator or clinician find a clear and present danger?"),
    "distribution": _l("Was a substance given or sold?"),
    "intimate_partner": _l("Dating relationship?"),
    "bullying": _l("Is it bullying (alleged is enough)?"),
    "repeated_between_same_people": _l("Has it happened before between the same people?"),
    "abuse_suspected": _l("Is abuse or neglect suspected?"),
    "self_harm": _l("Did anyone hurt themselves, or talk about it?"),
    "staff_written_complaint": _l("Did a staff member file a written complaint?"),
}
"""Yes/no questions, named like the routing facts that they answer."""

OF_STUDENTS = ("bullying", "repeated_between_same_people", "abuse_suspected", "self_harm")
"""Facts about students, not asked in a report without one."""

OF_PERSON: dict[str, Any] = {
    "behavior": _l("What they are reported to have done"),
    "person_injury": _l("Was this person hurt?"),
    "motivation": _l("Possible motivation"),
    "family_text": _l("What this person’s family may read"),
}
"""Questions about each person, by their name in the table; each person's part is always asked."""

OF_STUDENT_ALONE = ("behavior", "motivation", "family_text")
OF_REPORT: dict[str, Any] = {
    "injury": _l("Was anyone hurt?"),
    "weapon": _l("Weapon"),
    "substance": _l("Substance"),
    "sexual": _l("Anything sexual?"),
    "bias_basis": _l("Because of who someone is (bias)?"),
    "property_damage": _l("Was property damaged or taken?"),
    **FLAGS,
    "verified": _l("Have the facts been checked?"),
    "immediate_action": _l("Immediate action taken"),
    "more": _l("Anything to add about what you saw or heard?"),
}
CHOICE = OF_PERSON | OF_REPORT
FEWEST, MOST = 2, 5
"""Least and most questions of a kind of report, besides each person's part."""

SENTENCES = {
    "detail_questions.changed": _l("Questions changed from %(day)s on: %(code)s"),
    "detail_questions.ended": _l("Questions in force until %(day)s: %(code)s"),
}


class DetailQuestions(Base):
    """The questions that a kind of report asks between two dates; rows are never changed. `code` is a tile of the
    capture page, or `adults` for a report without a student."""

    __tablename__ = "detail_questions"
    __table_args__ = (
        UniqueConstraint("code", "starts_on"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40))
    questions: Mapped[list[str]]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


GROWN_UP = frozenset({PersonKind.STAFF, PersonKind.OTHER_ADULT, PersonKind.COMMUNITY})


def is_adult(person: IncidentPerson) -> bool:
    return person.kind in GROWN_UP


def without_student(people: Collection[IncidentPerson]) -> bool:
    """Whether nobody in a report is, or may turn out to be, a student."""
    return bool(people) and all(is_adult(person) for person in people)


def kind_of(incident: Incident) -> str:
    return ADULTS if without_student(incident.people) else incident.tile


def open_questions(chosen: Iterable[str], incident: Incident) -> frozenset[str]:
    """The questions to show: those the table chooses, and what is missing but required: the exact place, a student's
    behavior if the kind names none, and the source of the report."""
    shown = set(chosen)
    if incident.place is None:
        shown.add("location")
    if incident.heard_from is None:
        shown.add("heard_from")
    if any(_uncoded(person) for person in incident.people):
        shown.add("behavior")
    return frozenset(shown)


def _uncoded(person: IncidentPerson) -> bool:
    may_have = person.role in (*CAUSED, PersonRole.INVOLVED) and person.kind is PersonKind.STUDENT
    return may_have and person.behavior_code_id is None


def chosen_for(kind: str, day: date) -> Sequence[str]:
    """The questions of a kind of report on a day; a kind without a row has those of "something else"."""
    table = DetailQuestions
    statement = select(table.code, table.questions).where(
        table.code.in_((kind, Tile.OTHER.value)),
        table.starts_on <= day,
        or_(table.ends_on.is_(None), table.ends_on >= day),
    )
    rows: dict[str, Sequence[str]] = {row.code: row.questions for row in db.session.execute(statement)}
    return rows.get(kind) or rows.get(Tile.OTHER.value, [])


def question_rows() -> Sequence[DetailQuestions]:
    """All rows of the table, the newest of each kind first."""
    order = (DetailQuestions.code, DetailQuestions.starts_on.desc())
    return db.session.scalars(select(DetailQuestions).order_by(*order)).all()


def newest_for(kind: str) -> DetailQuestions | None:
    statement = select(DetailQuestions).where(DetailQuestions.code == kind)
    return db.session.scalar(statement.order_by(DetailQuestions.starts_on.desc()).limit(1))


HOW_MANY = _l("Choose from %(fewest)d to %(most)d questions. All others stay under “More”.", fewest=FEWEST, most=MOST)


class QuestionsForm(PlainForm):
    """The questions shown from a day on. `seen_id` is the newest row when the page was shown."""

    seen_id = HiddenField()
    questions = SelectMultipleField(
        _l("Questions always shown"), [InputRequired(HOW_MANY)], choices=choices(list(CHOICE.items()))
    )
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])


pages = Pages(
    "questions", __name__, url_prefix="/settings/questions",
    trail=lambda _row: [(_("Detail questions"), url_for("questions.page"))],
)  # fmt: skip


@pages.get("")
@gate(Permission.CODES_EDIT)
def page() -> Page:
    """The questions of every kind of report: current, past and future."""
    require(current_actor(), Permission.CODES_EDIT, DetailQuestions())
    rows: dict[str, list[dict[str, Any]]] = {}
    today = today_at(None, clock.now())
    for row in question_rows():
        labels = [CHOICE[name] for name in row.questions if name in CHOICE]
        rows.setdefault(row.code, []).append(period_words(row, today) | {"asked": labels})
    return render_template(
        "intake/questions/list.html", kinds=[(code, label, rows[code]) for code, label in KINDS.items() if code in rows]
    )


def _newest(_actor: Actor, code: str) -> DetailQuestions:
    return existing(newest_for(code))


@pages.act(
    "/<code>", Subject(DetailQuestions, _newest), QuestionsForm, Permission.CODES_EDIT, adds=True, endpoint="change",
    title=lambda row: KINDS.get(row.code, row.code), button=_l("Save new row"), then=".page",
    done=_l("The new row is saved."),
    start=lambda row: {"questions": row.questions, "seen_id": str(row.id), "starts_on": today_at(None, clock.now())},
    lede=_l("Each person’s role is always asked. Choose from %(fewest)d to %(most)d more; the rest is under “More”.",
            fewest=FEWEST, most=MOST),
)  # fmt: skip
def change_questions(uow: UnitOfWork, row_seen: DetailQuestions, form: QuestionsForm) -> int:
    """Change a kind's questions from a day on; the current row ends the day before."""
    starts_on, code = form.starts_on.data, row_seen.code
    newest = newest_row(uow, DetailQuestions, code, Permission.CODES_EDIT, starts_on, id_in(form.seen_id.data))
    chosen = [name for name in CHOICE if name in form.questions.data]
    if not FEWEST <= len(chosen) <= MOST:
        raise Refused("questions", str(HOW_MANY))
    end_before(uow, newest, starts_on, "detail_questions.ended")
    row = uow.add(DetailQuestions(code=code, questions=chosen, starts_on=starts_on, ends_on=None))
    uow.record(row, "detail_questions.changed", code=code, day=starts_on.isoformat())
    return row.id


ROOM = Room(pages=(pages,), sentences=SENTENCES)
