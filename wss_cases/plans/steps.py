"""Steps of a plan in force are follow-ups: made, kept in line with the plan, and closed with evidence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, Final

from flask import render_template, url_for
from sqlalchemy import func, select
from wtforms import DateField, RadioField
from wtforms.validators import InputRequired

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import UserAccount
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpState
from wss_cases.followups.core.presenters import due_words, outcomes_of
from wss_cases.followups.core.queries import get_follow_up, owner_name
from wss_cases.followups.core.states import OUTCOME_LABELS, PLAN_STEP
from wss_cases.followups.making import cancel_row, close_row, make, refuse_closed
from wss_cases.followups.undo import remember, remind_again, restorable, undo_line
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import LongText, PlainForm, choices, needs
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.pages import Page, panel_card
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Panel, Place, PlanColumn, PlanTab, Room, Shown
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.plans.plan.core.models import STANDING, SchoolPlan, get_plan, load_plan, visible_to
from wss_cases.plans.plan.core.pages import no_student_named, plan_frame
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.templates import Component
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.roster.names.queries import refuse_names


@dataclass(frozen=True)
class StepRow:
    """One step: what, under which component and strategy, by whom and by when, and how it stands.

    Of a plan that is not in force nobody is asked yet: `follow_up_id` and `state` are None.
    """

    id: int
    text: str
    evidence_required: str
    component: Component
    strategy: str
    planned_on: date
    owner_id: int | None
    owner: str
    follow_up_id: int | None
    state: FollowUpState | None
    due_on: date
    closed_on: date | None
    outcome: str
    evidence: str


def steps_of(actor: Actor, plan_id: int) -> list[StepRow]:
    """Return the steps of a plan that the actor may see, by component, goal and strategy, in one query."""
    asked, planned = UserAccount.__table__.alias("asked"), UserAccount.__table__.alias("planned")
    columns: Any = (
        PlanStep, PlanGoal.component, PlanStrategy.then_words, FollowUp.id, FollowUp.state, FollowUp.due_on,
        FollowUp.closed_on, FollowUp.outcome, FollowUp.outcome_note, FollowUp.owner_id, asked.c.name, planned.c.name,
    )  # fmt: skip
    statement = (
        visible_to(select(*columns), actor)
        .select_from(PlanStep)
        .join(SchoolPlan, SchoolPlan.id == PlanStep.plan_id)
        .join(PlanStrategy, PlanStrategy.id == PlanStep.strategy_id)
        .join(PlanGoal, PlanGoal.id == PlanStrategy.goal_id)
        .outerjoin(FollowUp, FollowUp.plan_step_id == PlanStep.id)
        .outerjoin(asked, asked.c.id == FollowUp.owner_id)
        .outerjoin(planned, planned.c.id == PlanStep.owner_id)
        .where(PlanStep.plan_id == plan_id, PlanStep.removed_on.is_(None))
    )
    rows = [_row(*found) for found in db.session.execute(statement.order_by(*_in_order()))]
    order = list(Component)
    return sorted(rows, key=lambda row: order.index(row.component))


def _in_order() -> tuple[Any, ...]:
    return (PlanGoal.position, PlanStrategy.position, PlanStep.position, PlanStep.id)


def _row(
    step: PlanStep, component: Component, strategy: str, follow_up_id: int | None, state: FollowUpState | None,
    due_on: date | None, closed_on: date | None, outcome: str | None, note: str | None, asked_id: int | None,
    asked: str | None, planned: str | None,
) -> StepRow:  # fmt: skip
    is_asked = follow_up_id is not None
    return StepRow(
        id=step.id,
        text=step.text,
        evidence_required=step.evidence_required,
        component=component,
        strategy=strategy,
        planned_on=step.due_on,
        owner_id=asked_id if is_asked else step.owner_id,
        owner=(asked if is_asked else planned) or "",
        follow_up_id=follow_up_id,
        state=state,
        due_on=due_on or step.due_on,
        closed_on=closed_on,
        outcome=outcome or "",
        evidence=note or "",
    )


def get_step(actor: Actor, follow_up_id: int) -> tuple[FollowUp, PlanStep]:
    """Return a step that somebody is asked for, with its follow-up, that the actor may see. Raises NotFound."""
    row = get_follow_up(actor, follow_up_id)
    step = db.session.get(PlanStep, row.plan_step_id) if row.plan_step_id is not None else None
    if step is None:
        raise NotFound
    return row, step


def overdue_counts(plan_ids: Sequence[int], today: date) -> dict[int, int]:
    """Return how many steps are overdue on a day, by plan; for callers that checked the plans."""
    statement = (
        select(PlanStep.plan_id, func.count())
        .join(FollowUp, FollowUp.plan_step_id == PlanStep.id)
        .where(PlanStep.plan_id.in_(sorted(plan_ids)), FollowUp.state == FollowUpState.OPEN, FollowUp.due_on < today)
        .group_by(PlanStep.plan_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


PLAN_CLOSED: Final = _l("The plan was closed")
STEP_DROPPED: Final = _l("The step was taken out of the plan")

SENTENCES: Final[dict[str, Any]] = {"plan.step_done": (_l("Step recorded: %(outcome)s"), {"outcome": OUTCOME_LABELS})}


def due_day(planned: date, today: date, days: SchoolDays) -> date:
    """Return the school day on which a step is due that is planned for a date; one that is past has until the next."""
    return days.on_or_after(planned) if planned >= today else days.add(today, 1)


def is_overdue(state: FollowUpState | None, due_on: date, today: date) -> bool:
    """Whether a step that somebody is asked for is late."""
    return state is FollowUpState.OPEN and due_on < today


LONGEST_TITLE = 200


def plan_moved(uow: UnitOfWork, plan: SchoolPlan) -> None:
    """Ask for every step of a plan that is in force now; of one that ended ask for none any more."""
    if plan.state in STANDING:
        steps = (
            select(PlanStep)
            .where(PlanStep.plan_id == plan.id, PlanStep.removed_on.is_(None))
            .order_by(PlanStep.due_on, PlanStep.id)
        )
        for step in uow.session.scalars(steps):
            step_written(uow, step)
        return
    for row in _open_rows(uow, PlanStep.plan_id == plan.id):
        cancel_row(uow, row, str(PLAN_CLOSED))


def step_written(uow: UnitOfWork, step: PlanStep) -> None:
    """Ask for a step of a plan in force, once; an open one is put in line with the plan."""
    plan = uow.session.get_one(SchoolPlan, step.plan_id)
    if plan.state not in STANDING:
        return
    row = uow.session.scalar(select(FollowUp).where(FollowUp.plan_step_id == step.id).with_for_update())
    if row is None:
        _ask(uow, plan, step)
    elif row.state is FollowUpState.OPEN:
        _follow(uow, row, step)


def step_dropped(uow: UnitOfWork, step: PlanStep) -> None:
    """Ask no more for a step that is taken out of its plan."""
    for row in _open_rows(uow, PlanStep.id == step.id):
        cancel_row(uow, row, str(STEP_DROPPED))


def lead_changed(uow: UnitOfWork, plan: SchoolPlan) -> None:
    """Let lateness of a plan's steps reach whoever leads it now."""
    for row in _open_rows(uow, PlanStep.plan_id == plan.id):
        row.lead_id = plan.lead_id


def _ask(uow: UnitOfWork, plan: SchoolPlan, step: PlanStep) -> None:
    today, days = today_at(plan.school_id, uow.now), school_days(plan.school_id)
    row = make(
        uow,
        school_id=plan.school_id,
        kind=PLAN_STEP,
        owner_id=step.owner_id,
        due_on=due_day(step.due_on, today, days),
        plan_step_id=step.id,
        lead_id=plan.lead_id,
        title=_title(step),
        single_mail=True,
    )
    row.original_due_on = step.due_on


def _follow(uow: UnitOfWork, row: FollowUp, step: PlanStep) -> None:
    """Put an open follow-up in line with its step: its words, its day where the plan has another now, and its owner
    where no one gave it to somebody else since."""
    row.title = _title(step)
    if step.due_on != row.original_due_on:
        due_on = due_day(step.due_on, today_at(row.school_id, uow.now), school_days(row.school_id))
        row.due_on, row.original_due_on, row.snoozed_until = due_on, step.due_on, None
        uow.record(row, "followup.moved", what=row.kind, due_on=due_on.isoformat(), reason="other")
        remind_again(uow, row)
    if step.owner_id != row.owner_id and row.given_by_id is None:
        row.owner_id = step.owner_id
        uow.record(row, "followup.reassigned", what=row.kind, owner=owner_name(step.owner_id))


def _title(step: PlanStep) -> str:
    return step.text if len(step.text) <= LONGEST_TITLE else step.text[: LONGEST_TITLE - 1].rstrip() + "…"


def _open_rows(uow: UnitOfWork, which: Any) -> list[FollowUp]:
    rows = (
        select(FollowUp)
        .join(PlanStep, PlanStep.id == FollowUp.plan_step_id)
        .where(which, FollowUp.state == FollowUpState.OPEN)
    )
    return list(uow.session.scalars(rows.order_by(FollowUp.id).with_for_update(of=FollowUp)))


TONES = {"overdue": "brick", "today": "sun"}
Line = dict[str, Any]


def panel(actor: Actor, plan: SchoolPlan) -> Shown | None:
    """Return what the plan's home shows of its steps: how many are overdue, open and closed; None without any."""
    rows = steps_of(actor, plan.id)
    if not rows:
        return None
    today = today_at(plan.school_id, clock.now())
    late = sum(is_overdue(row.state, row.due_on, today) for row in rows)
    counts = (
        (_("Open and on time"), sum(row.state is FollowUpState.OPEN for row in rows) - late),
        (_("Done with evidence"), sum(row.outcome == "done" for row in rows)),
    )
    return panel_card(
        _("Steps"),
        count=len(rows),
        tone="danger" if late else "",
        notice=ngettext("%(num)d step is overdue", "%(num)d steps are overdue", late) if late else None,
        rows=[{"label": label, "value": number} for label, number in counts],
        id="plan-steps",
        link=(_("All steps"), url_for("plan_steps.steps", school_plan_id=plan.id)),
    )


def step_groups(
    rows: Iterable[StepRow], actor: Actor, plan: SchoolPlan, today: date, days: SchoolDays
) -> list[tuple[str, list[Line]]]:
    """Return the steps in groups: those overdue first, then by component; a group without any is left out."""
    rows, unasked = list(rows), _("Went on in the next plan") if plan.closed_on else _("Not in force yet")
    late = sorted((row for row in rows if is_overdue(row.state, row.due_on, today)), key=lambda row: row.due_on)
    rest = [row for row in rows if row not in late]
    groups = [(_("Overdue"), late)]
    groups += [(str(part.label), [row for row in rest if row.component is part]) for part in Component]
    team = actor.covers(plan.school_id, *CASE_TEAM)
    return [
        (title, [_line(row, team or row.owner_id == actor.user_id, today, days, unasked) for row in of])
        for title, of in groups
        if of
    ]


def _line(row: StepRow, works: bool, today: date, days: SchoolDays, unasked: str) -> Line:
    is_open = row.state is FollowUpState.OPEN
    words, tone = _standing(row, today, days, unasked)
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


def _standing(row: StepRow, today: date, days: SchoolDays, unasked: str) -> tuple[str, str]:
    if row.state is None:
        return unasked, "slate"
    if row.state is FollowUpState.OPEN:
        due = due_words(row.due_on, today, days)
        return due.words, TONES.get(due.state, "slate")
    if row.state is FollowUpState.CANCELLED:
        return _("Canceled"), "slate"
    closed = day_words_with_year(row.closed_on)
    words = _("%(outcome)s on %(day)s", outcome=OUTCOME_LABELS.get(row.outcome, row.outcome), day=closed)
    return words, "moss" if row.outcome == "done" else "sun"


blueprint = Pages("plan_steps", __name__)


@blueprint.get("/safety-plans/<int:school_plan_id>/steps")
@gate(Permission.PLAN_READ)
def steps(school_plan_id: int) -> Page:
    """The steps of a plan: those overdue first, then by component."""
    actor, now = current_actor(), clock.now()
    plan = get_plan(actor, school_plan_id)
    today, days = today_at(plan.school_id, now), school_days(plan.school_id)
    rows = steps_of(actor, plan.id)
    return render_template(
        "plans/steps/steps.html",
        groups=step_groups(rows, actor, plan, today, days),
        count=len(rows),
        undo=undo_line(actor, now),
        **plan_frame(actor, plan, "plan_steps.steps"),
    )


class StepForm(PlainForm):
    """How a step went, when, and what shows it."""

    outcome = RadioField(_l("How did it go?"), validators=[InputRequired(_l("Choose how it went."))])
    on_day = DateField(_l("On which day?"), validators=[InputRequired(_l("Enter the day."))])
    evidence = LongText(_l("What shows it?"), limit=4000)
    anyway = no_student_named()

    def fit(self, record: Any) -> None:
        """Offer the outcomes of a step."""
        self.outcome.choices = choices([(code, OUTCOME_LABELS[code]) for code in outcomes_of(PLAN_STEP)])

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and that the text says what shows the step was done, or what was done and what is left."""
        sound, done = super().validate(extra_validators), self.outcome.data == "done"
        blank = not self.evidence.data.strip()
        sound = needs(
            sound, self.evidence, blank and done,
            _("Describe what shows that it was done. A step closes only with evidence."),
        )  # fmt: skip
        return needs(sound, self.evidence, blank and not done, _("Describe what was done and what is left."))


StepAsked = tuple[FollowUp, PlanStep]


def _back(asked: StepAsked, _answer: int = 0) -> str:
    row, step = asked
    plan = load_plan(step.plan_id)
    if plan is not None and can(current_actor(), Permission.PLAN_READ, plan):
        return url_for("plan_steps.steps", school_plan_id=step.plan_id)
    return url_for("followups.follow_up", follow_up_id=row.id)


@blueprint.act(
    "/safety-plan-steps/<int:follow_up_id>/done", Subject(FollowUp, get_step, row=itemgetter(0)), StepForm,
    Permission.FOLLOWUP_WORK, endpoint="done", title=_l("Record a step"), button=_l("Close the step"), then=_back,
    lede=lambda asked: asked[1].text, start=lambda asked: {"on_day": today_at(asked[0].school_id, clock.now())},
    more=lambda asked, _form: {"row": asked[0], "step": asked[1], "back_href": _back(asked)},
    template="plans/steps/done.html", boxed=False,
)  # fmt: skip
def record_step(uow: UnitOfWork, row: FollowUp, form: StepForm) -> None:
    """Close a step with its outcome and what shows it; for its owner and the school's team."""
    refuse_closed(row)
    if row.plan_step_id is None:
        raise NotFound
    step = uow.session.get_one(PlanStep, row.plan_step_id)
    earliest, _end = school_year_bounds(uow.session.get_one(SchoolPlan, step.plan_id).first_year)
    outcome, on_day, evidence = form.outcome.data, form.on_day.data, form.evidence.data
    if not earliest <= on_day <= today_at(row.school_id, uow.now):
        first = day_words_with_year(earliest)
        raise Refused("on_day", _("Choose a day between %(first)s and today.", first=first))
    refuse_names(row.school_id, form.anyway.data, evidence)
    before = restorable(row)
    close_row(uow, row, outcome, evidence.strip(), {"on": on_day.isoformat()})
    remember(uow, row, ActKind.CLOSED, before)
    uow.record(step, "plan.step_done", outcome=outcome)


ROOM = Room(
    pages=(blueprint,),
    sentences=SENTENCES,
    panels=(Panel(Place.PLAN, 30, panel),),
    plan_columns=(PlanColumn("overdue", _l("Overdue steps"), 10, overdue_counts, tone="brick"),),
    plan_tabs=(PlanTab("plan_steps.steps", _l("Steps"), 40, Permission.PLAN_READ),),
    reactions={
        "plan.moved": plan_moved,
        "plan.step_written": step_written,
        "plan.step_changed": step_written,
        "plan.step_removed": step_dropped,
        "plan.changed": lead_changed,
    },
)
