"""Past years: opening one student's for a reason, letting them fade again, and who opened whose."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.visibility import first_in_view
from wss_cases.casework.access.clean_slate.actions import end_past, open_past
from wss_cases.casework.access.clean_slate.forms import PastForm
from wss_cases.casework.access.clean_slate.queries import PAGE, Opened, openings_at, openings_of, own_opening
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone
from wss_cases.foundation.settings.reading import setting
from wss_cases.pathways.common.forms import number
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student

blueprint = Blueprint("past_years", __name__)


act_page(
    blueprint,
    "/students/<int:student_id>/past-years",
    "look",
    Permission.PAST_LOOK,
    load=get_student,
    form=lambda student: PastForm(),
    act=lambda call, student, form: open_past(call, student.id, form.reason.data or ""),
    done=lambda student: url_for("students.student", student_id=student.id),
    words=lambda student: {"student": student, "hours": setting("PAST_YEARS_HOURS")},
    template="casework/access/clean_slate/open.html",
)


@blueprint.post("/students/<int:student_id>/past-years/end")
@gate(Permission.PAST_LOOK)
def end(student_id: int) -> Page:
    """Let them fade again before the time is over."""
    end_past(current_actor(), student_id, clock.now())
    return redirect(url_for("students.student", student_id=student_id), 303)


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
