"""The list of a school's returns, opening a return by hand, and the panel on a student's page."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import render_template, url_for
from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.cases.case.actions import person_words
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import PlainForm, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone, local_date, moment_words, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.reengagement import plan as rules
from wss_cases.pathways.reengagement.opening import Away, check_days, open_for_student
from wss_cases.pathways.reengagement.plan import (
    AwayCause,
    Meeting,
    Return,
    living_return,
    meeting_of,
    plan_of,
    return_words,
    returns_of,
)
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import get_school, get_student, school_days
from wss_cases.roster.directory.rules import SchoolDays

pages = Pages("returns", __name__)


@pages.get("/returns")
@gate(Permission.CASE_READ)
def returns() -> Page:
    """Students who are away or back, by day of return."""
    actor, now = current_actor(), clock.now()
    shown = _lines(returns_of(actor, chosen_school_id(actor, *CASE_TEAM)), now)
    return render_template(
        "pathways/reengagement/returns/list.html",
        away=[line for line in shown if not line["back"]],
        back=[line for line in shown if line["back"]],
    )


def return_lines(
    actor: Actor, days_of: Callable[[int], SchoolDays] = school_days, limit: int = 5
) -> list[dict[str, Any]]:
    """The next returns of the actor's schools as rows (title, href, meta, tag, tone), for pages of higher packages.

    `days_of`: the caller's lookup of calendars that it loaded already.
    """
    away = [row for row in returns_of(actor, None, limit) if row.plan.returned_on is None]
    return _lines(away, clock.now(), days_of)


def _lines(
    rows: list[Return], now: datetime, days_of: Callable[[int], SchoolDays] = school_days
) -> list[dict[str, Any]]:
    known = {number: (get_school(number), days_of(number)) for number in {entry.pathway.school_id for entry in rows}}
    return [_line(entry, now, *known[entry.pathway.school_id]) for entry in rows]


def _line(entry: Return, now: datetime, school: School | None, days: SchoolDays) -> dict[str, Any]:
    row, plan = entry.pathway, entry.plan
    zone = school.time_zone if school else district_zone()
    today = local_date(now, zone)
    who = person_words(row.participant) if row.participant is not None else row.case.reference
    cause = str(AwayCause(plan.cause).label) if plan.cause is not None else ""
    standing = meeting_of(plan)
    meeting = str(Meeting(standing).label)
    if standing is Meeting.PLANNED:
        meeting = moment_words(plan.meeting_at, zone)
    parts = [row.case.reference, cause, _("meeting: %(how)s", how=meeting)]
    return {
        "title": who,
        "href": url_for("pathways.pathway", case_id=row.case_id, pathway_id=row.id),
        "meta": dotted(*parts),
        "tag": return_words(plan.return_on, plan.returned_on, today, days),
        "tone": tone_of(plan.return_on, plan.returned_on, today, days),
        "back": plan.returned_on is not None,
    }


def tone_of(return_on: date | None, returned_on: date | None, today: date, days: SchoolDays) -> str:
    """The tone of a return: overdue, within two school days, or later."""
    if returned_on is not None:
        return "moss"
    if return_on is None:
        return "slate"
    if return_on < today:
        return "brick"
    return "sun" if days.between(today, return_on) <= 2 else "slate"


def _page_of(student: Student) -> str:
    row = living_return(student.id, student.school_id or 0)
    if row is None:
        return url_for("students.student", student_id=student.id)
    return url_for("pathways.pathway", case_id=row.case_id, pathway_id=row.id)


class OpenForm(PlainForm):
    """A return that is opened by hand."""

    cause = radio(
        _l("Where is the student returning from?"),
        [(cause, AwayCause(cause).label) for cause in (AwayCause.LONG_ABSENCE, AwayCause.PLACEMENT)],
        _l("Choose where from."),
    )
    away_from = DateField(_l("First day away"), [Optional()])
    return_on = DateField(_l("First day back"), [Optional()])

    def fit(self, student: Student) -> None:
        """Offer frequent days."""
        if student.school_id is not None:
            self.return_on.quick = _quick(student.school_id)


def _trail(student: Student) -> list[tuple[Any, str]]:
    own = (student.shown_name, url_for("students.student", student_id=student.id))
    return [(_("Find a student"), url_for("students.students")), own]


@pages.act(
    "/students/<int:student_id>/return", Subject(Student, get_student), OpenForm, Permission.CASE_WORK, adds=True,
    endpoint="open_return", title=_l("Back after a long absence"), button=_l("Open the return"), boxed=False,
    lede=_l("A case opens for this student only, with a plan for their return."), trail=_trail,
    more=lambda student, _form: {"facts": [student.shown_name], "can_blank": True},
    then=lambda student, _id: _page_of(student),
)  # fmt: skip
def open_by_hand(uow: UnitOfWork, student: Student, form: OpenForm) -> int:
    """Open the return of a student after a long absence or a placement. Returns the pathway's id."""
    if student.school_id is None:
        raise NotFound
    away_from, return_on = form.away_from.data, form.return_on.data
    standing = living_return(student.id, student.school_id)
    if standing is not None:
        raise Refused("", _("A return is already open: case %(case)s.", case=standing.case.reference))
    if away_from is not None and away_from > today_at(student.school_id, uow.now):
        raise Refused("away_from", _("Choose today or an earlier day."))
    check_days(away_from, return_on)
    away = Away(AwayCause(form.cause.data), None, away_from, return_on)
    return existing(open_for_student(uow, student, student.school_id, away)).id


def _quick(school_id: int) -> list[tuple[str, str]]:
    days, today = school_days(school_id), today_at(school_id, clock.now())
    return [(_("Today"), today.isoformat())] + [
        (_("in %(number)d school days", number=n), days.add(today, n).isoformat()) for n in (2, 5)
    ]


def student_panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """The panel about returns on a student's page, only for the school's case team."""
    if student.school_id is None or not actor.covers(student.school_id, *CASE_TEAM):
        return None
    row = living_return(student.id, student.school_id)
    plan = plan_of(row.id) if row is not None else None
    shown: dict[str, Any] = {"open_href": url_for("returns.open_return", student_id=student.id), "line": None}
    if row is not None and plan is not None:
        [shown["line"]] = _lines([Return(row, plan)], clock.now())
    return "pathways/reengagement/returns/_student_panel.html", shown


ROOM = Room(pages=(pages,), sentences=rules.SENTENCES, panels=(Panel(Place.STUDENT, 20, student_panel),))
