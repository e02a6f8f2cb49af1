"""Reading what has faded from view: one case by the district, a student's past years, and who looked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import ForeignKey, Index, Select, Text, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import ValidationError

from wss_cases.access.actor import CASE_TEAM, Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.access.visibility import first_in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import holders
from wss_cases.accounts.visibility import PastOpening
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant
from wss_cases.cases.case.queries import get_case, notes_of
from wss_cases.casework.case_file import head, history_items, history_seen, open_page
from wss_cases.casework.next_act import kind_words, state_words
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.followups.core.states import KINDS
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, by_id, db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page, link
from wss_cases.foundation.school_time import (
    day_words,
    day_words_with_year,
    district_zone,
    moment_words,
    today_at,
    zone_of,
)
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import number
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared


class CaseOpening(Base):
    """That somebody of the district may read one case until a set time, and the reason they gave."""

    __tablename__ = "case_opening"
    __table_args__ = (Index("ix_case_opening_user", "user_id", "expires_at"),)
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]


PAGE = 50


def open_now(actor: Actor, now: datetime) -> list[tuple[CaseOpening, Case]]:
    """The cases that the actor gave a reason for and may read now, the newest first."""
    statement = (
        select(CaseOpening, Case)
        .join(Case, Case.id == CaseOpening.case_id)
        .where(
            CaseOpening.user_id == actor.user_id,
            CaseOpening.expires_at > now,
            in_schools(Case.school_id, actor, Role.DISTRICT),
        )
        .order_by(CaseOpening.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def get_opened(actor: Actor, case_id: int, now: datetime) -> tuple[CaseOpening, Case]:
    return existing(next((pair for pair in open_now(actor, now) if pair[1].id == case_id), None))


load_opening = by_id(CaseOpening)


def case_openings_of(case_id: int) -> list[CaseOpening]:
    wanted = select(CaseOpening).where(CaseOpening.case_id == case_id).order_by(CaseOpening.id.desc())
    return list(db.session.scalars(wanted))


@dataclass(frozen=True)
class Look:
    """One reading of a case or of something that hangs on it."""

    id: int
    at: datetime
    user_id: int | None
    name: str
    object_type: str
    page: str


def looks_at(actor: Actor, case_id: int, before: int | None = None, limit: int = PAGE) -> list[Look]:
    """Who looked at a case, its incidents, pathways, follow-ups and duties, the newest first.

    Looks at what tells of a need for housing support are for whoever may know of it. `before` is a look's id. The
    caller has checked the case.
    """
    entry = AuditEntry
    incidents = select(CaseIncident.incident_id).where(CaseIncident.case_id == case_id)
    hanging: dict[str, Any] = {
        "case_record": [case_id],
        "incident": incidents,
        "pathway": select(Pathway.id).where(Pathway.case_id == case_id, pathways_known_to(actor)),
        "follow_up": select(FollowUp.id).where(FollowUp.case_id == case_id, follow_ups_known_to(actor)),
        # an adult's own duty is nobody else's to know of, not even that it was looked at
        "legal_duty": select(LegalDuty.id).where(LegalDuty.incident_id.in_(incidents), shared()),
    }
    statement = (
        select(entry.id, entry.at, entry.actor_id, UserAccount.name, entry.object_type, entry.changes)
        .outerjoin(UserAccount, UserAccount.id == entry.actor_id)
        .where(
            entry.action.in_([f"{kind}.read" for kind in hanging]),
            or_(*(and_(entry.object_type == kind, entry.object_id.in_(hanging[kind])) for kind in hanging)),
        )
    )
    if before is not None:
        statement = statement.where(entry.id < before)
    found = db.session.execute(statement.order_by(entry.id.desc()).limit(limit))
    return [Look(row[0], row[1], row[2], row[3] or "", row[4], str(row[5].get("page", ""))) for row in found]


SHORTEST_REASON = 20


def long_enough(_form: Any, field: LongText) -> None:
    """Refuse a reason that is too short to say anything: the school reads it."""
    if len((field.data or "").strip()) < SHORTEST_REASON:
        raise ValidationError(_("Write a little more: at least %(number)s characters.", number=SHORTEST_REASON))


class OneCaseForm(BaseForm):
    """Which case, and why."""

    reference = ShortText(
        _l("Number of the case"),
        [NotBlank(_l("Write the number of the case."))],
        limit=40,
        description=_l("As the school writes it, for example DHS-0418."),
    )
    reason = LongText(
        _l("Reason you need to see it"),
        [NotBlank(_l("Write why you need to see this case.")), long_enough],
        limit=2000,
        description=_l("The school reads this as you write it. Do not name any student."),
    )


NOTICE = "case_opened"


@use_case
def open_one(uow: UnitOfWork, reference: str, reason: str) -> int:
    """Let the actor read one case for a while; returns the case's id.

    The case's history says who opened it and why, and the school's administrators get a mail.
    Raises Refused when no case of the schools that the actor reaches has this number.
    """
    wanted = select(Case).where(
        Case.reference == reference.strip().upper(), in_schools(Case.school_id, uow.actor, Role.DISTRICT)
    )
    case = uow.session.scalar(wanted)
    if case is None:
        raise Refused("reference", _("No case at your schools has this number. Write it as the school does."))
    require(uow.actor, Permission.CASE_OPEN_ONE, case)
    row = uow.add(
        CaseOpening(
            case_id=case.id, school_id=case.school_id, user_id=uow.actor.user_id, reason=reason.strip(),
            opened_at=uow.now, expires_at=uow.now + timedelta(hours=setting("ONE_CASE_HOURS")),
        )
    )  # fmt: skip
    uow.record(row, "case.opened_by_district", reason=row.reason)
    for user_id, _name in holders(Role.ADMINISTRATOR, case.school_id, today_at(case.school_id, uow.now)):
        uow.notify(user_id, NOTICE, row, f"{NOTICE}:{row.id}:{user_id}")
    return case.id


def _says(message: OutboxMessage, actor: Actor) -> Mail | None:
    row = load_opening(message.object_id)
    if row is None:
        return None
    words = _("Someone from the district opened a case at your school, with a reason that is recorded in its history.")
    href = link(f"/cases/{row.case_id}/access")
    return Mail(_("Someone from the district opened a case at your school"), [words], href, _("See who viewed it"))


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = load_opening(message.object_id)
    return row is not None and actor.covers(row.school_id, Role.ADMINISTRATOR)


MESSAGES = (MessageKind(NOTICE, _says, _still_due),)


one_case_pages = Pages("one_case", __name__, url_prefix="/one-case")
ENTRIES = 10


@one_case_pages.route("", methods=["GET", "POST"])
@gate(Permission.CASE_OPEN_ONE)
def choose() -> Page:
    """Say which case and why; below, what is open already."""
    actor, now = current_actor(), clock.now()
    form = OneCaseForm()
    return form_page(
        form,
        lambda: open_one(submitted(form), form.reference.data or "", form.reason.data or ""),
        lambda case_id: url_for("one_case.case", case_id=case_id),
        "casework/access/one_case/choose.html",
        hours=setting("ONE_CASE_HOURS"),
        opened=[
            {
                "title": case.reference,
                "href": url_for("one_case.case", case_id=case.id),
                "meta": _("until %(moment)s", moment=moment_words(row.expires_at, district_zone())),
            }
            for row, case in open_now(actor, now)
        ],
    )


@one_case_pages.get("/<int:case_id>")
@gate(Permission.CASE_OPEN_ONE)
def case(case_id: int) -> Page:
    """The case, to read."""
    actor, now = current_actor(), clock.now()
    opening, found = get_opened(actor, case_id, now)
    page = open_page(found, current_actor(), now)
    entries = history_seen(found, actor, number(request.args.get("before")), ENTRIES, page.file.incident_ids)
    older = url_for("one_case.case", case_id=case_id, before=entries[-1].id) if len(entries) == ENTRIES else None
    shown: dict[str, Any] = head(page, actor, "")
    due = [(row.title or KINDS.get(row.kind, KINDS["other"]), row) for row in page.file.follow_ups]
    return render_template(
        "casework/access/one_case/open.html",
        case=found,
        title=shown["title"],
        lede=shown["lede"],
        state=shown["state"],
        reason=opening.reason,
        until=moment_words(opening.expires_at, page.zone),
        people=[(person_words(row), str(PersonRole(row.role).label)) for row in page.file.people],
        pathways=[(kind_words(row), state_words(row)) for row in page.file.pathways],
        follow_ups=[
            (str(words), day_words(row.due_on), _("Open") if row.state is FollowUpState.OPEN else _("Settled"))
            for words, row in due
        ],
        entries=history_items(entries, page.zone, {note.id: note.text for note in notes_of(found.id)}),
        older=older,
    )


@one_case_pages.button(
    "/<int:case_id>/end", Subject(Case, lambda actor, case_id: get_opened(actor, case_id, clock.now())[1]),
    Permission.CASE_OPEN_ONE, then=".choose", endpoint="end",
)  # fmt: skip
def end_one(uow: UnitOfWork, case: Case) -> None:
    """Give up reading a case before its time is over. Raises NotFound when it is not open to the actor."""
    mine = select(CaseOpening).where(
        CaseOpening.case_id == case.id, CaseOpening.user_id == uow.actor.user_id, CaseOpening.expires_at > uow.now
    )
    rows = uow.session.scalars(mine.with_for_update()).all()
    if not rows:
        raise NotFound
    for row in rows:
        row.expires_at = uow.now
        uow.record(row, "case.ended_by_district")


@dataclass(frozen=True)
class Opened:
    opening: PastOpening
    who: str
    student: Student


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    return statement.where(in_schools(PastOpening.school_id, actor, Role.ADMINISTRATOR))


def openings_at(actor: Actor, before: int | None = None, limit: int = PAGE) -> list[Opened]:
    """Return what was opened at the actor's schools, the newest first; `before` is an opening's id."""
    statement = visible_to(_listed(), actor)
    if before is not None:
        statement = statement.where(PastOpening.id < before)
    return _rows(statement.limit(limit))


def openings_of(actor: Actor, student_id: int) -> list[Opened]:
    return _rows(visible_to(_listed(), actor).where(PastOpening.student_id == student_id).limit(PAGE))


def openings_around(actor: Actor, case_id: int) -> list[Opened]:
    people = select(CaseParticipant.student_id).where(CaseParticipant.case_id == case_id)
    return _rows(visible_to(_listed(), actor).where(PastOpening.student_id.in_(people)).limit(PAGE))


def own_opening(actor: Actor, student_id: int, now: datetime) -> PastOpening | None:
    """Return the actor's own opening of a student's past years that lasts longest; None when none is live."""
    mine = select(PastOpening).where(
        PastOpening.student_id == student_id, PastOpening.user_id == actor.user_id, PastOpening.expires_at > now
    )
    return db.session.scalar(mine.order_by(PastOpening.expires_at.desc()).limit(1))


def _listed() -> Select[Any]:
    columns: Any = select(PastOpening, UserAccount.name, Student)
    joined: Select[Any] = columns.join(UserAccount, UserAccount.id == PastOpening.user_id).join(
        Student, Student.id == PastOpening.student_id
    )
    return joined


def _rows(statement: Select[Any]) -> list[Opened]:
    return [Opened(*row) for row in db.session.execute(statement.order_by(PastOpening.id.desc()))]


class PastForm(PlainForm):
    """Why past years are opened."""

    reason = LongText(
        _l("Reason you need to see past years"),
        [NotBlank(_l("Write why you need to see past years.")), long_enough],
        limit=2000,
        description=_l("The school’s administrator reads this as you write it. Do not name any other student."),
    )


past_years = Pages("past_years", __name__)


def _student_page(student: Student, _answer: int = 0) -> str:
    return url_for("students.student", student_id=student.id)


STUDENT = Subject(Student, get_student)


@past_years.act(
    "/students/<int:student_id>/past-years", STUDENT, PastForm, Permission.PAST_LOOK, adds=True, endpoint="look",
    title=_l("View past years"), button=_l("Open past years"), then=_student_page,
    lede=lambda _student: _(
        "You can see this student’s older reports and cases for %(hours)s hours.", hours=setting("PAST_YEARS_HOURS")
    ),
    more=lambda student, _form: {"student": student}, template="casework/access/clean_slate/open.html", boxed=False,
)  # fmt: skip
def open_past(uow: UnitOfWork, student: Student, form: PastForm) -> int:
    """Show the actor this student's faded reports and cases for a while. Raises NotFound for a student of no school."""
    if student.school_id is None:
        raise NotFound
    row = PastOpening(
        student_id=student.id, school_id=student.school_id, user_id=uow.actor.user_id, reason=form.reason.data.strip(),
        opened_at=uow.now, expires_at=uow.now + timedelta(hours=setting("PAST_YEARS_HOURS")),
    )  # fmt: skip
    uow.record(row, "past.opened", reason=row.reason)
    return row.id


@past_years.button(
    "/students/<int:student_id>/past-years/end", STUDENT, Permission.PAST_LOOK, then=_student_page, endpoint="end"
)
def end_past(uow: UnitOfWork, student: Student) -> None:
    """Let this student's past years fade again before the time is over."""
    mine = select(PastOpening).where(
        PastOpening.student_id == student.id, PastOpening.user_id == uow.actor.user_id, PastOpening.expires_at > uow.now
    )
    for row in uow.session.scalars(mine.with_for_update()):
        row.expires_at = uow.now
        uow.record(row, "past.ended")


@past_years.get("/past-years")
@gate(Permission.PAST_READ)
def openings() -> Page:
    """Who opened whose past years at the schools that one administers, the newest first."""
    before = number(request.args.get("before"))
    found = openings_at(current_actor(), before, PAGE + 1)
    older = url_for("past_years.openings", before=found[PAGE - 1].opening.id) if len(found) > PAGE else None
    return render_template(
        "casework/access/clean_slate/past_years.html",
        rows=[opened_words(row) for row in found[:PAGE]],
        older=older,
        newest=url_for("past_years.openings") if before else None,
    )


def opened_words(row: Opened) -> dict[str, str]:
    """One opening as a row of a table."""
    return {
        "when": moment_words(row.opening.opened_at, district_zone()),
        "until": moment_words(row.opening.expires_at, district_zone()),
        "who": row.who,
        "student": row.student.shown_name,
        "href": url_for("students.student", student_id=row.student.id),
        "reason": row.opening.reason,
    }


def student_words(actor: Actor, student: Student, now: datetime) -> dict[str, Any]:
    """What a student's page says of past years: from when on they are in view, and who opened them."""
    first = first_in_view(actor, student.school_id, *CASE_TEAM)
    mine = own_opening(actor, student.id, now) if actor.past_students else None
    answers = can(actor, Permission.PAST_READ, student)
    return {
        "since": day_words_with_year(first) if first else "",
        "until": moment_words(mine.expires_at, district_zone()) if mine else "",
        "reason": mine.reason if mine else "",
        "student_id": student.id,
        "openings": [opened_words(row) for row in openings_of(actor, student.id)] if answers else [],
        "all_href": url_for("past_years.openings") if answers else "",
    }


log_blueprint = Blueprint("case_access", __name__, url_prefix="/cases/<int:case_id>/access")

PAGE_WORDS = {
    "casework": _l("The case"),
    "one_case": _l("The case, opened by the district"),
    "case_print": _l("The case on paper"),
    "case_access": _l("This list"),
    "case_acts": _l("A form of the case"),
    "safety": _l("A safety plan"),
    "notes": _l("The private notes of a circle"),
    "questionnaires": _l("Questionnaires"),
}
"""What was looked at, by the pages' blueprint."""
KIND_WORDS = {
    "case_record": _l("A pathway of the case"),
    "incident": _l("The report"),
    "pathway": _l("A pathway of the case"),
    "follow_up": _l("A follow-up"),
    "legal_duty": _l("A legal duty"),
}


@log_blueprint.get("")
@gate(Permission.CASE_ACCESS_READ)
def history(case_id: int) -> Page:
    """Every reading, newest first."""
    actor = current_actor()
    case = get_case(actor, case_id)
    require(actor, Permission.CASE_ACCESS_READ, case)
    before = number(request.args.get("before"))
    looks = looks_at(actor, case_id, before, PAGE + 1)
    zone = zone_of(case.school_id)
    openings = case_openings_of(case_id)
    return render_template(
        "casework/access/log/log.html",
        case=case,
        rows=[
            {
                "when": moment_words(look.at, zone),
                "who": look.name or _("The system"),
                "what": _what(look),
                "reason": _reason(look, openings),
            }
            for look in looks[:PAGE]
        ],
        openings=[opened_words(row) for row in openings_around(actor, case_id)],
        older=url_for("case_access.history", case_id=case_id, before=looks[PAGE - 1].id) if len(looks) > PAGE else None,
        newest=url_for("case_access.history", case_id=case_id) if before else None,
    )


def _what(look: Look) -> str:
    return str(PAGE_WORDS.get(look.page.split(".")[0]) or KIND_WORDS[look.object_type])


def _reason(look: Look, openings: list[CaseOpening]) -> str:
    """The reason that the district's reader had given by then; the school's own need none."""
    if not look.page.startswith("one_case."):
        return ""
    theirs = (row for row in openings if row.user_id == look.user_id and row.opened_at <= look.at)
    return next((row.reason for row in theirs), "")


ROOM = Room(pages=(one_case_pages, past_years, log_blueprint), messages=MESSAGES)
