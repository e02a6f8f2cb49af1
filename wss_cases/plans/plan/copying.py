"""Copying a plan forward: goals, strategies and steps go on; baselines, reviews, votes and progress never do."""

from datetime import date
from typing import Any, Final

from flask import flash, url_for

from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds, year_named
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import react
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.plans.plan.answers import PlanAnswer, answers_of
from wss_cases.plans.plan.core.models import LONGEST_TERM, SchoolPlan, writable_plan
from wss_cases.plans.plan.core.pages import FORM, HeadForm, new_plan, people_of, plan_trail
from wss_cases.plans.plan.goals.models import tree_of, without_baseline
from wss_cases.plans.plan.templates import questions_of
from wss_cases.roster.directory.models import School
from wss_cases.training.records.models import staff_of


def moved_day(day: date, from_year: str, to_year: str, last_year: str) -> date:
    """Return a day as many years later as the plan is, within the plan's years."""
    begins, _end = school_year_bounds(to_year)
    _start, ends = school_year_bounds(last_year)
    years = begins.year - school_year_bounds(from_year)[0].year
    try:
        later = day.replace(year=day.year + years)
    except ValueError:  # the last day of February
        later = day.replace(year=day.year + years, day=28)
    return min(max(later, begins), ends)


def _first_year(plan: SchoolPlan) -> int:
    """The year after the plan's last one, or this school year if that is later."""
    this_year = school_year_bounds(school_year(today_at(plan.school_id, clock.now())))[0].year
    return max(this_year, school_year_bounds(plan.last_year)[0].year + 1)


class CopyForm(HeadForm):
    """Years, tier and lead of the new plan."""

    def fit(self, record: Any) -> None:
        """Offer years from this one to the last that a new plan may be for."""
        now, after = clock.now(), _first_year(record)
        this_year = school_year_bounds(school_year(today_at(record.school_id, now)))[0].year
        self._offer(record.school_id, [year_named(year) for year in range(this_year, after + LONGEST_TERM)], record)
        self.first_year.choices = self.last_year.choices[: after - this_year + 1]
        self.lead.choices = people_of(record.school_id, now, None, _("No lead yet"))


def _start(plan: SchoolPlan) -> dict[str, str]:
    year, staff = year_named(_first_year(plan)), staff_of(plan.school_id, today_at(plan.school_id, clock.now()))
    lead = str(plan.lead_id) if plan.lead_id in staff else ""
    return {"first_year": year, "last_year": year, "tier": plan.tier, "lead": lead}


OF_GOAL: Final = ("component", "position", "statement", "measure", "direction", "target", "why_not_measured")
OF_STRATEGY: Final = ("position", "if_words", "then_words", "leads_to")
OF_STEP: Final = ("position", "text", "evidence_required")
"""What is copied of each; baselines and whatever was done are not among it."""


def _copy_answers(uow: UnitOfWork, before: SchoolPlan, plan: SchoolPlan) -> None:
    codes = {question.id: question.code for question in questions_of(before.template_id)}
    now = {question.code: question.id for question in questions_of(plan.template_id)}
    for question_id, answer in answers_of(before.id).items():
        if (code := codes.get(question_id)) in now:
            copied = PlanAnswer(
                plan_id=plan.id, school_id=plan.school_id, question_id=now[str(code)], text=answer.text,
                written_by_id=answer.written_by_id, written_at=answer.written_at,
            )  # fmt: skip
            uow.session.add(copied)
    uow.session.flush()


def _copy_goals(uow: UnitOfWork, before: SchoolPlan, plan: SchoolPlan) -> None:
    staff = staff_of(plan.school_id, today_at(plan.school_id, uow.now))
    tree = tree_of(before.id)

    def later(day: date | None) -> date | None:
        return moved_day(day, before.first_year, plan.first_year, plan.last_year) if day else None

    def still_here(user_id: int | None) -> int | None:
        return user_id if user_id in staff else None

    for goal in tree.goals:
        new_goal = uow.add(_copy(goal, plan, OF_GOAL, target_by=later(goal.target_by)))
        for strategy in tree.strategies.get(goal.id, ()):
            own = {"goal_id": new_goal.id, "owner_id": still_here(strategy.owner_id)}
            new_strategy = uow.add(_copy(strategy, plan, OF_STRATEGY, **own))
            for step in tree.steps.get(strategy.id, ()):
                owns = {"strategy_id": new_strategy.id, "owner_id": still_here(step.owner_id)}
                uow.add(_copy(step, plan, OF_STEP, due_on=later(step.due_on), **owns))


def _copy(row: Any, plan: SchoolPlan, names: tuple[str, ...], **more: Any) -> Any:
    values = {name: getattr(row, name) for name in names}
    return type(row)(plan_id=plan.id, school_id=plan.school_id, **values, **more)


def _copied(_before: SchoolPlan, plan_id: int) -> str:
    """Say how many baselines must be frozen anew, and go to the new plan, which names them."""
    count = len(without_baseline(plan_id))
    words = ngettext("Copied. %(num)s goal needs a new baseline.", "Copied. %(num)s goals need a new baseline.", count)
    flash(words if count else _("Copied."))
    return url_for("plans.home", school_plan_id=plan_id)


pages = Pages("plan_copies", __name__, url_prefix="/safety-plans")


@pages.act(
    "/<int:school_plan_id>/copy", Subject(SchoolPlan, writable_plan), CopyForm, Permission.PLAN_WRITE, adds=True,
    endpoint="copy", title=_l("Copy forward to a new plan"), button=_l("Copy forward"), then=_copied, start=_start,
    lede=_l(
        "Answers, goals, strategies, and steps are copied. Baselines, progress, votes, reviews, and the committee "
        "are not: they belong to the year they were made in."
    ),
    trail=lambda plan: plan_trail(plan, "")[:-1], template=FORM, boxed=False,
)  # fmt: skip
def copy_forward(uow: UnitOfWork, before: SchoolPlan, form: CopyForm) -> int:
    """Start a plan for later years from this one, by the template in force today.

    Answers go to the questions of the same code; days move by as many years as the plan does.
    """
    uow.load(School, before.school_id, Permission.PLAN_START)
    plan = new_plan(uow, before.school_id, form, copied_from_id=before.id)
    uow.record(plan, "plan.copied")
    _copy_answers(uow, before, plan)
    _copy_goals(uow, before, plan)
    react(uow, "plan.copied", plan)
    return plan.id


ROOM = Room(pages=(pages,))
