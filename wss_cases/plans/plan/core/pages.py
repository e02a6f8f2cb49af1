"""One part of a plan on a page: its form is shown and saved; where two people wrote at once, both texts are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from flask import render_template, request, url_for
from sqlalchemy import func, select
from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Actor
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.clock import school_year, school_year_bounds, year_named
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import Base
from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.forms import BaseForm, ConfirmField, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import plan_tabs, react
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.core import models, queries
from wss_cases.plans.plan.core.models import EDITABLE, PlanState, SchoolPlan
from wss_cases.plans.plan.core.queries import LONGEST_TERM, PLAN_TIERS
from wss_cases.plans.plan.templates import template_on
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records.queries import staff_of

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class PlanHead:
    """For which years a plan is, in which tier the school is ('' for none), and who leads it."""

    first_year: str
    last_year: str
    tier: str
    lead_id: int | None


@use_case
def start_plan(uow: UnitOfWork, school_id: int, head: PlanHead) -> int:
    """Start a plan for a school, by the template in force today. Returns its id. Raises NotFound, Refused."""
    plan = new_plan(uow, school_id, head)
    uow.record(plan, "plan.started")
    return plan.id


def new_plan(uow: UnitOfWork, school_id: int, head: PlanHead, copied_from_id: int | None = None) -> SchoolPlan:
    """Add a draft inside a use case; the school is locked, so that of two at once each gets its own number."""
    uow.load(School, school_id, Permission.PLAN_START)
    today = today_at(school_id, uow.now)
    _check(uow, school_id, head, None)
    same = (SchoolPlan.school_id == school_id, SchoolPlan.first_year == head.first_year)
    latest = uow.session.scalar(select(func.max(SchoolPlan.number)).where(*same)) or 0
    return uow.add(
        SchoolPlan(
            school_id=school_id, number=latest + 1, state=PlanState.DRAFT, template_id=template_on(today).id,
            copied_from_id=copied_from_id, started_by_id=uow.actor.user_id, started_at=uow.now, **vars(head),
        )
    )  # fmt: skip


@use_case
def change_plan(uow: UnitOfWork, school_plan_id: int, head: PlanHead) -> int:
    """Change the last year, tier and lead of a plan; its first year stays. Raises NotFound, Stale, Refused."""
    plan = open_plan(uow, school_plan_id, uow.version)
    _check(uow, plan.school_id, head, plan)
    plan.last_year, plan.tier, plan.lead_id = head.last_year, head.tier, head.lead_id
    uow.record(plan, "plan.changed")
    react(uow, "plan.changed", plan)
    return plan.id


def open_plan(
    uow: UnitOfWork, school_plan_id: int, version: int | None = None, permission: Permission = Permission.PLAN_WRITE
) -> SchoolPlan:
    """Lock a plan that may be changed. Raises NotFound, Stale, and Refused for a closed one and one that is
    before the council or approved by it."""
    plan = uow.load(SchoolPlan, school_plan_id, permission, version)
    if plan.state is PlanState.CLOSED:
        raise Refused("", _("This plan is closed. Copy it forward to go on with it."))
    if plan.state not in EDITABLE:
        raise Refused("", _("The council decides on this text. Move the plan back to the committee to change it."))
    return plan


def council_decided(uow: UnitOfWork, plan: SchoolPlan, approved_on: date | None) -> None:
    """Step: say that the council approved a plan on a day by a vote with a quorum, or (None) that it did not.

    Raises Refused for a plan that is not before the council.
    """
    if plan.state is not PlanState.COUNCIL_VOTE:
        raise Refused("", _("The plan is not before the council."))
    plan.council_approved_on = approved_on
    uow.record(plan, "plan.council_decided", approved=approved_on is not None)


def part_of(uow: UnitOfWork, model: type[Row], part_id: int, version: int | None) -> Row:
    """Lock something that hangs on a plan that may be changed. Raises NotFound, Stale, Refused."""
    part: Any = uow.load(model, part_id, Permission.PLAN_WRITE, version)
    open_plan(uow, part.plan_id)
    found: Row = part
    return found


def refuse_stranger(uow: UnitOfWork, school_id: int, field: str, user_id: int | None, before_id: int | None) -> None:
    """Raise Refused for somebody who does not work at the school, unless they stood there before."""
    if user_id not in (None, before_id) and user_id not in staff_of(school_id, today_at(school_id, uow.now)):
        raise Refused(field, _("Choose someone from this school."))


def _check(uow: UnitOfWork, school_id: int, head: PlanHead, before: SchoolPlan | None) -> None:
    first = before.first_year if before else head.first_year
    begins, _ends = school_year_bounds(first)
    last = year_named(begins.year + LONGEST_TERM - 1)
    this_year = school_year(today_at(school_id, uow.now))
    if before is None and first < this_year:
        raise Refused("first_year", _("Choose this school year or a later one."))
    if not first <= head.last_year <= last:
        raise Refused("last_year", _("Choose a year from %(first)s to %(last)s.", first=first, last=last))
    tiers = PLAN_TIERS.on(today_at(school_id, uow.now))
    if head.tier and head.tier not in (*tiers, before.tier if before else ""):
        raise Refused("tier", _("Choose one of the tiers."))
    refuse_stranger(uow, school_id, "lead", head.lead_id, before.lead_id if before else None)


def no_student_named() -> ConfirmField:
    """Return the box with which somebody confirms that what looks like a student's name is none."""
    return ConfirmField(_l("No student is named here"))


class HeadForm(BaseForm):
    """Years, tier and lead of a plan."""

    first_year = SelectField(_l("First school year"), validators=[InputRequired(_l("Choose a school year."))])
    last_year = SelectField(_l("Last school year"), validators=[InputRequired(_l("Choose a school year."))])
    tier = SelectField(_l("Tier"))
    lead = SelectField(_l("Lead"))

    @property
    def head(self) -> PlanHead:
        """What the sound form says."""
        first = self.first_year.data if "first_year" in self else self.last_year.data
        return PlanHead(first, self.last_year.data, self.tier.data or "", id_in(self.lead.data or ""))


def head_form(school_id: int, now: datetime, plan: SchoolPlan | None = None, **sent: Any) -> HeadForm:
    """Return the form as it is first shown: for this school year, or as a plan says it.

    `sent`: what a form is made with whose answers are not this request's own fields.
    """
    shown: dict[str, Any] = {"first_year": school_year(today_at(school_id, now))}
    shown["last_year"] = shown["first_year"]
    if plan is not None:
        lead = {"lead": str(plan.lead_id or "")}
        shown = {"version": plan.version, "last_year": plan.last_year, "tier": plan.tier, **lead}
    form = HeadForm(**shown, **sent)
    first = school_year_bounds(plan.first_year if plan else shown["first_year"])[0].year
    years = [year_named(first + more) for more in range(LONGEST_TERM + (0 if plan else 1))]
    if plan is not None:
        del form.first_year
    else:
        form.first_year.choices = choices([(year, year) for year in years[:2]])
    form.last_year.choices = choices([(year, year) for year in years])
    tiers = dict.fromkeys([*PLAN_TIERS.on(today_at(school_id, now)), *([plan.tier] if plan and plan.tier else [])])
    form.tier.choices = choices([("", _("No tier")), *((tier, tier) for tier in tiers)])
    form.lead.choices = people_of(school_id, now, plan.lead_id if plan else None, _("No lead yet"))
    return form


def people_of(school_id: int, now: datetime, before_id: int | None, nobody: str) -> Any:
    """Return who works at a school as choices, with whoever stood there before, and `nobody` first."""
    people = user_names([before_id]) | staff_of(school_id, today_at(school_id, now))
    return choices([("", nobody), *((str(key), name) for key, name in people.items())])


TONES: Final = {
    PlanState.DRAFT: "slate",
    PlanState.COMMITTEE: "sun",
    PlanState.COUNCIL_VOTE: "sun",
    PlanState.APPROVED: "sun",
    PlanState.IN_FORCE: "moss",
    PlanState.REVIEWED: "moss",
    PlanState.CLOSED: "slate",
}


def years_words(plan: SchoolPlan) -> str:
    """Return the school years of a plan: "2026-27", or "2026-27 to 2027-28"."""
    if plan.first_year == plan.last_year:
        return plan.first_year
    return _("%(first)s to %(last)s", first=plan.first_year, last=plan.last_year)


def plan_words(plan: SchoolPlan) -> str:
    """Return what a plan is called."""
    return _("School safety plan %(years)s", years=years_words(plan))


def plan_trail(plan: SchoolPlan, title: str, *between: tuple[str, str]) -> list[tuple[str, str | None]]:
    """Return the trail of a page below a plan: `between` are pages on the way, each with its address."""
    home = (plan_words(plan), url_for("plans.home", school_plan_id=plan.id))
    return [(_("School safety plans"), url_for("plans.plans")), home, *between, (title, None)]


def plan_frame(actor: Actor, plan: SchoolPlan, current: str) -> dict[str, Any]:
    """Return what `plans/_frame.html` asks for; `current` is the endpoint of the tab that the page stands under."""
    tabs = [
        (tab.words, url_for(tab.endpoint, school_plan_id=plan.id), tab.endpoint == current)
        for tab in plan_tabs()
        if can(actor, tab.permission, plan)
    ]
    return {
        "plan": plan,
        "school": existing(get_school(plan.school_id)).name,
        "title": plan_words(plan),
        "state": plan.state.label,
        "state_tone": TONES[plan.state],
        "tabs": tabs,
    }


FORM: Final = "plans/part.html"
CONFLICT: Final = 409
UNSAID: Final = frozenset({"HiddenField", "CSRFTokenField", "BooleanField"})


def part_page(
    form: BaseForm,
    act: Callable[[Invocation], int],
    words: Mapping[str, Any],
    current: Callable[[], BaseForm] | None = None,
) -> Page:
    """Show the form of a part and save it; `words` with `back_href`, where to go then.

    `current` makes the form of what is stored now: it stands beside what was typed where somebody else saved first.
    """
    try:
        return act_form(form, act, words["back_href"], words, FORM)
    except Stale:
        if current is None:
            raise
        yours = _labelled(form)
    try:
        theirs = _labelled(current())
    except NotFound:
        theirs = [(words["title"], _("It was removed."))]
    return render_template("errors/409.html", theirs=theirs, yours=yours, back_href=request.path), CONFLICT


def _labelled(form: BaseForm) -> list[tuple[str, str]]:
    """Return what a form says, field by field."""
    return [(field.label.text, _said(field)) for field in form if field.type not in UNSAID]


def _said(field: Any) -> str:
    if field.data in (None, ""):
        return "–"
    if hasattr(field, "iter_choices"):
        return next((str(choice.label) for choice in field.iter_choices() if choice.value == field.data), "–")
    return day_words_with_year(field.data) if hasattr(field.data, "isoformat") else str(field.data)


ROOM = Room(sentences=models.SENTENCES, loaders={"school_plan": queries.load_plan})
