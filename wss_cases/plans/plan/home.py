"""Pages of plans: those of a school, starting one, the home of one, its head, and its next state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import asked_school_id
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at, zone_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import panels_for, react
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.rooms import Place, PlanTab, Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.plans.plan.answers import GENERAL, answers_of, part_words, parts_of
from wss_cases.plans.plan.core import models
from wss_cases.plans.plan.core.pages import (
    FORM,
    TONES,
    HeadForm,
    both_texts,
    head_now,
    new_plan,
    plan_frame,
    plan_trail,
    plan_words,
    refuse_fixed,
    years_words,
)
from wss_cases.plans.plan.goals.models import tree_of
from wss_cases.plans.plan.goals.queries import fewest_for, lines_of
from wss_cases.plans.plan.progress import facts_of, move_plan, outdated_because
from wss_cases.plans.plan.templates import questions_of
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school

FORWARD = {
    models.PlanState.COMMITTEE: lambda: _("Give it to the committee"),
    models.PlanState.COUNCIL_VOTE: lambda: _("Put it to the council’s vote"),
    models.PlanState.APPROVED: lambda: _("Approve the plan"),
    models.PlanState.IN_FORCE: lambda: _("Put the plan in force"),
    models.PlanState.REVIEWED: lambda: _("Mark as reviewed"),
    models.PlanState.CLOSED: lambda: _("Close the plan"),
}
"""What the button says that moves a plan on."""


@dataclass(frozen=True)
class Way:
    """The next state of a plan: the button's words, the state, what stands in the way (words, address or None), and
    the way back, None where there is none."""

    words: str
    target: str
    in_the_way: list[tuple[str, str | None]]
    back: tuple[str, str] | None


def plan_rows(plans: Sequence[models.SchoolPlan]) -> list[dict[str, Any]]:
    """Return the plans of a school as lines of a list."""
    leads = user_names(plan.lead_id for plan in plans)
    return [
        {
            "id": plan.id,
            "title": plan_words(plan),
            "meta": dotted(plan.tier, leads.get(plan.lead_id, "") if plan.lead_id else _("No lead yet")),
            "tag": plan.state.label,
            "tone": TONES[plan.state],
        }
        for plan in plans
    ]


def way_of(plan: models.SchoolPlan, facts: models.PlanFacts) -> Way | None:
    """Return the next state of a plan and what stands in its way; None for a closed one."""
    target = models.way_forward(plan.state)
    if target is None:
        return None
    back = next((_back(state) for state in models.TRANSITIONS[plan.state][1:]), None)
    in_the_way = [line for block in models.blocks(facts, target) for line in _lines(block, plan, facts)]
    return Way(FORWARD[target](), target.value, in_the_way, back)


SEEN_TO: Final = {
    models.Block.LEAD: "plans.change",
    models.Block.COMMITTEE: "plan_committee.add",
    models.Block.COUNCIL: "meetings.of_plan",
    models.Block.BASELINES: "plan_baselines.baselines",
    models.Block.BACKWARD: "plan_goals.goals",
    models.Block.REVIEW: "plan_reviews.reviews",
}
"""Where people see to what blocks a plan; pages of rooms above by their names."""


def _back(state: models.PlanState) -> tuple[str, str]:
    return _("Back to: %(state)s", state=state.label), state.value


def _lines(block: models.Block, plan: models.SchoolPlan, facts: models.PlanFacts) -> list[tuple[str, str | None]]:
    """Return what blocks a plan in one line, or one for each component, each with where one sees to it."""
    if block is models.Block.QUESTIONS:
        lines: list[tuple[str, str | None]] = []
        for component, count in facts.unanswered.items():
            words = ngettext(
                "%(part)s: %(num)s required question has no answer.",
                "%(part)s: %(num)s required questions have no answer.",
                count,
                part=part_words(component),
            )
            part = component or GENERAL
            lines.append((words, url_for("plan_answers.answer", school_plan_id=plan.id, part=part)))
        return lines
    if block is models.Block.GOALS:
        at = "plan_goals.new_goal"
        return [
            (_("%(part)s has no goal.", part=one.label), url_for(at, school_plan_id=plan.id, component=one.value))
            for one in facts.without_goal
        ]
    endpoint = SEEN_TO.get(block)
    return [(str(block.label), url_for(endpoint, school_plan_id=plan.id) if endpoint else None)]


def head_rows(plan: models.SchoolPlan) -> list[dict[str, Any]]:
    """Return years, tier, lead and the days of a plan."""
    names = user_names([plan.lead_id, plan.approved_by_id])
    days = [
        (_("Approved by the council"), plan.council_approved_on),
        (_("Approved"), plan.approved_on),
        (_("In force since"), plan.in_force_on),
        (_("Closed"), plan.closed_on),
    ]
    rows = [
        {"label": _("School years"), "value": years_words(plan)},
        {"label": _("Tier"), "value": plan.tier or _("No tier")},
        {"label": _("Lead"), "value": names.get(plan.lead_id or 0, _("No lead yet"))},
    ]
    return [*rows, *({"label": label, "value": day_words_with_year(day)} for label, day in days if day)]


def part_rows(actor: Actor, plan: models.SchoolPlan, today: date) -> list[dict[str, Any]]:
    """Return the components of a plan: questions answered, and goals with their lines."""
    answered = {key for key, answer in answers_of(plan.id).items() if answer.text.strip()}
    goals = tree_of(plan.id).goals
    lines = lines_of(actor, plan, goals, today, fewest_for(actor, plan, today))
    rows = []
    for component, questions in parts_of(questions_of(plan.template_id)).items():
        done = sum(question.id in answered for question in questions)
        rows.append(
            {
                "name": component or GENERAL,
                "title": part_words(component),
                "answered": _("%(done)s of %(all)s questions answered", done=done, all=len(questions)),
                "goals": [
                    {"statement": goal.statement, "line": lines[goal.id]}
                    for goal in goals
                    if goal.component is component
                ],
                "has_goals": component is not None,
            }
        )
    return rows


blueprint = Pages("plans", __name__, url_prefix="/safety-plans")


def _school(actor: Actor, *roles: Role) -> School | None:
    school_id = asked_school_id(actor, *roles)
    return existing(get_school(school_id)) if school_id is not None else None


@blueprint.get("")
@gate(Permission.PLANS_LIST)
def plans() -> Page:
    """The plans of the chosen school, those of the latest years first."""
    actor = current_actor()
    school = _school(actor, *models.PLAN_READERS)
    rows = plan_rows(models.plans_of(actor, school.id)) if school else []
    starts = school is not None and can(actor, Permission.PLAN_START, school)
    return render_template("plans/list.html", school=school, rows=rows, starts=starts)


@blueprint.act(
    "/new", Subject(School, lambda actor: existing(_school(actor, Role.ADMINISTRATOR))), HeadForm,
    Permission.PLAN_START, adds=True, endpoint="start", title=_l("Start a school safety plan"),
    button=_l("Start the plan"), then=lambda _school, plan_id: url_for("plans.home", school_plan_id=plan_id),
    lede=attrgetter("name"), start=head_now, trail=lambda _school: [(_("School safety plans"), url_for("plans.plans"))],
    template=FORM, boxed=False,
)  # fmt: skip
def start_plan(uow: UnitOfWork, school: School, form: HeadForm) -> int:
    """Start a plan for a school, by the template in force today."""
    plan = new_plan(uow, school.id, form)
    uow.record(plan, "plan.started")
    return plan.id


@blueprint.get("/<int:school_plan_id>")
@gate(Permission.PLAN_READ)
def home(school_plan_id: int) -> Page:
    """One plan: where it stands, what stands in the way of its next state, and its three components."""
    actor, now = current_actor(), clock.now()
    plan = models.get_plan(actor, school_plan_id)
    today = today_at(plan.school_id, now)
    writes = can(actor, Permission.PLAN_WRITE, plan)
    way = way_of(plan, facts_of(plan, today)) if writes else None
    return render_template(
        "plans/home.html",
        way=way,
        writes=writes and plan.state in models.EDITABLE,
        copies=writes,
        first=_first(plan, way.target) if way is not None else "",
        history=history_of(plan),
        outdated=outdated_because(plan, today),
        head=head_rows(plan),
        parts=part_rows(actor, plan, today),
        panels=panels_for(Place.PLAN, actor, plan),
        **plan_frame(actor, plan, "plans.home"),
    )


HEAD_TITLE = _l("Years, tier, and lead")
PLAN = Subject(models.SchoolPlan, models.writable_plan)


@blueprint.act(
    "/<int:school_plan_id>/change", PLAN, HeadForm, Permission.PLAN_WRITE, endpoint="change",
    title=HEAD_TITLE, button=_l("Save"), then=lambda plan, _id: url_for("plans.home", school_plan_id=plan.id),
    start=head_now, trail=lambda plan: plan_trail(plan, "")[:-1], template=FORM, boxed=False,
    guard=both_texts(HeadForm, PLAN, head_now, HEAD_TITLE),
)  # fmt: skip
def change_plan(uow: UnitOfWork, plan: models.SchoolPlan, form: HeadForm) -> None:
    """Change the last year, tier and lead of a plan; its first year stays."""
    refuse_fixed(plan)
    form.check(uow, plan.school_id, plan)
    for name, value in form.head.items():
        setattr(plan, name, value)
    uow.record(plan, "plan.changed")
    react(uow, "plan.changed", plan)


def _first(plan: models.SchoolPlan, target: str) -> str:
    """The page that says what will happen, where a plan comes into force while another one stands; else ''."""
    comes = plan.state is models.PlanState.APPROVED and target == models.PlanState.IN_FORCE
    stands = comes and models.standing_plan(plan.school_id) is not None
    return url_for("plan_take_over.into_force", school_plan_id=plan.id) if stands else ""


def history_of(plan: models.SchoolPlan) -> list[dict[str, str]]:
    """What came along from an earlier plan, and what went on in a later one."""
    of_plan = (TimelineEntry.subject_type == "school_plan", TimelineEntry.subject_id == plan.id)
    kinds = TimelineEntry.kind.in_(("plan.took_over", "plan.gave_over"))
    rows = db.session.scalars(select(TimelineEntry).where(*of_plan, kinds).order_by(TimelineEntry.id)).all()
    return entry_rows(rows, zone_of(plan.school_id))


@blueprint.post("/<int:school_plan_id>/move")
@gate(Permission.PLAN_WRITE)
def move(school_plan_id: int) -> Page:
    """Move a plan to its next state, or back."""
    plan = models.writable_plan(current_actor(), school_plan_id)
    asked = request.form.get("target", "")
    target = models.PlanState(asked) if asked in {*models.PlanState} else plan.state
    if first := _first(plan, target):
        return redirect(first, 303)
    call = Invocation(current_actor(), clock.now(), version=id_in(request.form.get("version")))
    href = url_for("plans.home", school_plan_id=plan.id)
    try:
        move_plan(call, plan.id, target)
    except Refused as refused:
        flash(refused.message, "warning")
    else:
        flash(_("The plan is now: %(state)s.", state=target.label))
    return redirect(href, 303)


ROOM = Room(pages=(blueprint,), plan_tabs=(PlanTab("plans.home", _l("Overview"), 10, Permission.PLAN_READ),))
