"""A student's past years, opened for a reason and for a limited time; the school sees who viewed them and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import Select, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.access.visibility import first_in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.visibility import PastOpening
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.queries import get_case
from wss_cases.casework.access.one_case import PAGE as ONE_CASE_PAGE
from wss_cases.casework.access.one_case import CaseOpening, Look, long_enough, looks_at
from wss_cases.casework.access.one_case import openings_of as one_case_openings_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.pages import number
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student

PAGE = 50


@dataclass(frozen=True)
class Opened:
    """One opening, with who looked and at whose years."""

    opening: PastOpening
    who: str
    student: Student


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Keep what was opened at the schools that the actor administers."""
    return statement.where(in_schools(PastOpening.school_id, actor, Role.ADMINISTRATOR))


def openings_at(actor: Actor, before: int | None = None, limit: int = PAGE) -> list[Opened]:
    """Return what was opened at the actor's schools, the newest first; `before` is an opening's id."""
    statement = visible_to(_listed(), actor)
    if before is not None:
        statement = statement.where(PastOpening.id < before)
    return _rows(statement.limit(limit))


def openings_of(actor: Actor, student_id: int) -> list[Opened]:
    """Return who opened one student's past years, as the student's administrator may see."""
    return _rows(visible_to(_listed(), actor).where(PastOpening.student_id == student_id).limit(PAGE))


def openings_around(actor: Actor, case_id: int) -> list[Opened]:
    """Return who opened the past years of anybody in a case, as its administrator may see."""
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


blueprint = Pages("past_years", __name__)


def _student_page(student: Student, _answer: int = 0) -> str:
    return url_for("students.student", student_id=student.id)


STUDENT = Subject(Student, get_student)


@blueprint.act(
    "/students/<int:student_id>/past-years", STUDENT, PastForm, Permission.PAST_LOOK, adds=True, endpoint="look",
    title=_l("View past years"), button=_l("Open past years"), then=_student_page,
    lede=lambda _student: _(
        "You can see this student’s older reports and cases for %(hours)s hours.", hours=setting("PAST_YEARS_HOURS")
    ),
    more=lambda student, _form: {"student": student}, template="casework/access/clean_slate/open.html", boxed=False,
)  # fmt: skip
def open_past(uow: UnitOfWork, student: Student, form: PastForm) -> int:
    """Put this student's faded reports and cases back in view for the actor, for a while.

    Each opening has a reason of its own. Raises NotFound for a student of no school.
    """
    if student.school_id is None:
        raise NotFound
    row = PastOpening(
        student_id=student.id, school_id=student.school_id, user_id=uow.actor.user_id, reason=form.reason.data.strip(),
        opened_at=uow.now, expires_at=uow.now + timedelta(hours=setting("PAST_YEARS_HOURS")),
    )  # fmt: skip
    uow.record(row, "past.opened", reason=row.reason)
    return row.id


@blueprint.button(
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


@blueprint.get("/past-years")
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
    looks = looks_at(actor, case_id, before, ONE_CASE_PAGE + 1)
    zone = zone_of(case.school_id)
    openings = one_case_openings_of(case_id)
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
            for look in looks[:ONE_CASE_PAGE]
        ],
        openings=[opened_words(row) for row in openings_around(actor, case_id)],
        older=url_for("case_access.history", case_id=case_id, before=looks[ONE_CASE_PAGE - 1].id)
        if len(looks) > ONE_CASE_PAGE
        else None,
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


ROOM = Room(pages=(blueprint, log_blueprint))
