"""The steps of a plan in words."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.pages import due_words
from wss_cases.followups.core.states import OUTCOME_LABELS
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Shown
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.templates.states import Component
from wss_cases.plans.steps.queries import StepRow, steps_of
from wss_cases.plans.steps.rules import is_overdue
from wss_cases.roster.directory.rules import SchoolDays

TONES = {"overdue": "brick", "today": "sun"}
Line = dict[str, Any]


def panel(actor: Actor, plan: SchoolPlan) -> Shown | None:
    """Return what the plan's home shows of its steps: how many are overdue, open and closed; None without any."""
    rows = steps_of(actor, plan.id)
    if not rows:
        return None
    today = today_at(plan.school_id, clock.now())
    late = sum(is_overdue(row.state, row.due_on, today) for row in rows)
    values = {
        "late": late,
        "open": sum(row.state is FollowUpState.OPEN for row in rows) - late,
        "done": sum(row.outcome == "done" for row in rows),
        "all": len(rows),
        "href": url_for("plan_steps.steps", school_plan_id=plan.id),
    }
    return "plans/steps/_panel.html", values


def step_groups(
    rows: Iterable[StepRow], actor: Actor, school_id: int, today: date, days: SchoolDays
) -> list[tuple[str, list[Line]]]:
    """Return the steps in groups: those overdue first, then by component; a group without any is left out."""
    rows = list(rows)
    late = sorted((row for row in rows if is_overdue(row.state, row.due_on, today)), key=lambda row: row.due_on)
    rest = [row for row in rows if row not in late]
    groups = [(_("Overdue"), late)]
    groups += [(str(part.label), [row for row in rest if row.component is part]) for part in Component]
    team = actor.covers(school_id, *CASE_TEAM)
    return [
        (title, [_line(row, team or row.owner_id == actor.user_id, today, days) for row in of])
        for title, of in groups
        if of
    ]


def _line(row: StepRow, works: bool, today: date, days: SchoolDays) -> Line:
    is_open = row.state is FollowUpState.OPEN
    words, tone = _standing(row, today, days)
    href = url_for("followups.follow_up", follow_up_id=row.follow_up_id) if works and row.follow_up_id else ""
    return {
        "text": row.text,
        "href": href,
        "meta": dotted(row.owner or _("No one yet"), row.strategy),
        "planned": day_words_with_year(row.planned_on) if row.planned_on != row.due_on else "",
        "due": day_words_with_year(row.due_on),
        "state": words,
        "tone": tone,
        "wants": row.evidence_required,
        "evidence": row.evidence if row.state is FollowUpState.DONE else "",
        "act": url_for("plan_steps.done", follow_up_id=row.follow_up_id) if works and is_open else "",
    }


def _standing(row: StepRow, today: date, days: SchoolDays) -> tuple[str, str]:
    if row.state is None:
        return _("Not in force yet"), "slate"
    if row.state is FollowUpState.OPEN:
        due = due_words(row.due_on, today, days)
        return due.words, TONES.get(due.state, "slate")
    if row.state is FollowUpState.CANCELLED:
        return _("Canceled"), "slate"
    closed = day_words_with_year(row.closed_on)
    words = _("%(outcome)s on %(day)s", outcome=OUTCOME_LABELS.get(row.outcome, row.outcome), day=closed)
    return words, "moss" if row.outcome == "done" else "sun"
