"""A teacher's own periods of today: one question a screen, students by initials, never why they are asked about."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import time_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import zone_of
from wss_cases.pathways.mentoring.own_period.actions import mark_own
from wss_cases.pathways.mentoring.own_period.forms import QuestionForm
from wss_cases.pathways.mentoring.own_period.presenters import given_words, period_words, progress, question_values
from wss_cases.pathways.mentoring.own_period.queries import periods_today
from wss_cases.pathways.mentoring.own_period.rules import OwnPeriod, Question, next_after
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher
from wss_cases.pathways.mentoring.periods.queries import load_period_teacher, visible_to

blueprint = Blueprint("own_periods", __name__, url_prefix="/period")


@blueprint.get("")
@gate(Permission.PERIOD_MARK)
def mine() -> Page:
    """The actor's periods of today in which students are asked about."""
    return render_template("pathways/mentoring/own_period/mine.html", rows=rows_of(current_actor()))


def rows_of(actor: Actor) -> list[dict[str, Any]]:
    """Return a teacher's periods of today as rows of a list; what has not begun says when it does."""
    now = clock.now()
    rows = []
    for own in periods_today(visible_to(select(PeriodTeacher), actor), now):
        zone, begun = zone_of(own.school_id), own.has_begun(now)
        tag, tone = progress(own) if begun else (_("from %(time)s", time=time_words(own.hours.starts, zone)), "slate")
        rows.append(
            {
                "title": own.period,
                "meta": period_words(own, zone),
                "tag": tag,
                "tone": tone,
                "waits": not begun,
                "done": own.marked == len(own.questions),
                "href": url_for("own_periods.period", period_teacher_id=own.questions[0].row_id) if begun else None,
            }
        )
    return rows


def _own(actor: Actor, row_id: int) -> OwnPeriod | None:
    """The period of today that a teacher's row belongs to, None while it cannot be marked. Raises NotFound for a row
    that is not the actor's."""
    require(actor, Permission.PERIOD_MARK, load_period_teacher(row_id))
    found = periods_today(visible_to(select(PeriodTeacher), actor), clock.now())
    own = next((one for one in found if any(q.row_id == row_id for q in one.questions)), None)
    return own if own is not None and own.has_begun(clock.now()) else None


def _closed() -> Page:
    flash(_("This cannot be answered now. Nothing was saved."), "warning")
    return redirect(url_for("own_periods.mine"), 303)


@blueprint.get("/<int:period_teacher_id>")
@gate(Permission.PERIOD_MARK)
def period(period_teacher_id: int) -> Page:
    """One period: go on with the first question that has no answer, or look over the answers."""
    own = _own(current_actor(), period_teacher_id)
    if own is None:
        return _closed()
    first = next_after(own.questions, None)
    if first is not None and "all" not in request.args:
        return redirect(_address(first), 303)
    return render_template(
        "pathways/mentoring/own_period/period.html",
        period=own.period,
        rows=[_row(question) for question in own.questions],
        left=len(own.questions) - own.marked,
        go_on=_address(first) if first is not None else None,
    )


def _row(question: Question) -> dict[str, str]:
    return {
        "title": question.who,
        "meta": question.words,
        "tag": given_words(question) or _("No answer"),
        "tone": "teal" if question.points is not None else "slate",
        "href": _address(question),
    }


@blueprint.route("/<int:period_teacher_id>/<int:goal>", methods=["GET", "POST"])
@gate(Permission.PERIOD_MARK)
def question(period_teacher_id: int, goal: int) -> Page:
    """One question: one student, one goal, one tap."""
    own = _own(current_actor(), period_teacher_id)
    asked = own.question(period_teacher_id, goal) if own is not None else None
    if own is None or asked is None:
        return _closed()
    form = QuestionForm(seen="" if asked.points is None else str(asked.points))
    following = next_after(own.questions, asked.key)
    overview = url_for("own_periods.period", period_teacher_id=period_teacher_id, all=1)
    after = _address(following) if following is not None else overview
    return form_page(
        form,
        lambda: mark_own(submitted(form), asked.row_id, asked.goal, form.chosen, form.shown),
        after,
        "pathways/mentoring/own_period/question.html",
        **question_values(own, asked),
        skip=after,
        overview=overview,
    )


def _address(question: Question) -> str:
    return url_for("own_periods.question", period_teacher_id=question.row_id, goal=question.goal)
