"""What the pages of a plan share: its head, its frame, its trail, and both texts where two people wrote at once."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from flask import request, url_for
from sqlalchemy import func, select
from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds, year_named
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.forms import ConfirmField, PlainForm, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, saved_first
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Guard, Subject
from wss_cases.journal.extension_points import plan_tabs
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.plans.plan.core import models
from wss_cases.plans.plan.templates import template_on
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records.models import staff_of


def new_plan(uow: UnitOfWork, school_id: int, form: "HeadForm", copied_from_id: int | None = None) -> models.SchoolPlan:
    """Add a draft. The caller has locked the school, so that of two at once each gets its own number."""
    today = today_at(school_id, uow.now)
    form.check(uow, school_id, None)
    head = form.head
    same = (models.SchoolPlan.school_id == school_id, models.SchoolPlan.first_year == head["first_year"])
    latest = uow.session.scalar(select(func.max(models.SchoolPlan.number)).where(*same)) or 0
    return uow.add(
        models.SchoolPlan(
            school_id=school_id, number=latest + 1, state=models.PlanState.DRAFT, template_id=template_on(today).id,
            copied_from_id=copied_from_id, started_by_id=uow.actor.user_id, started_at=uow.now, **head,
        )
    )  # fmt: skip


def open_plan(
    uow: UnitOfWork, school_plan_id: int, version: int | None = None, permission: Permission = Permission.PLAN_WRITE
) -> models.SchoolPlan:
    """Lock a plan that may be changed. Raises NotFound, Stale, and Refused for a closed one and one that is
    before the council or approved by it."""
    plan = uow.load(models.SchoolPlan, school_plan_id, permission, version)
    refuse_fixed(plan)
    return plan


def refuse_fixed(plan: models.SchoolPlan) -> None:
    """Raise Refused for a plan whose text may not be changed."""
    if plan.state is models.PlanState.CLOSED:
        raise Refused("", _("This plan is closed. Copy it forward to go on with it."))
    if plan.state not in models.EDITABLE:
        raise Refused("", _("The council decides on this text. Move the plan back to the committee to change it."))


def council_decided(uow: UnitOfWork, plan: models.SchoolPlan, approved_on: date | None) -> None:
    """Step: say that the council approved a plan on a day by a vote with a quorum, or (None) that it did not.

    Raises Refused for a plan that is not before the council.
    """
    if plan.state is not models.PlanState.COUNCIL_VOTE:
        raise Refused("", _("The plan is not before the council."))
    plan.council_approved_on = approved_on
    uow.record(plan, "plan.council_decided", approved=approved_on is not None)


def refuse_stranger(uow: UnitOfWork, school_id: int, field: str, user_id: int | None, before_id: int | None) -> None:
    """Raise Refused for somebody who does not work at the school, unless they stood there before."""
    if user_id not in (None, before_id) and user_id not in staff_of(school_id, today_at(school_id, uow.now)):
        raise Refused(field, _("Choose someone from this school."))


def no_student_named() -> ConfirmField:
    """The box that confirms that what looks like a student's name is none."""
    return ConfirmField(_l("No student is named here"))


class HeadForm(PlainForm):
    """Years, tier and lead of a plan."""

    first_year = SelectField(_l("First school year"), validators=[InputRequired(_l("Choose a school year."))])
    last_year = SelectField(_l("Last school year"), validators=[InputRequired(_l("Choose a school year."))])
    tier = SelectField(_l("Tier"))
    lead = SelectField(_l("Lead"))

    def fit(self, record: School | models.SchoolPlan) -> None:
        """Offer years, tiers and leads. The first year of a plan stays."""
        plan, now = record if isinstance(record, models.SchoolPlan) else None, self.instant or clock.now()
        school_id = plan.school_id if plan else record.id
        first = school_year_bounds(plan.first_year if plan else school_year(today_at(school_id, now)))[0].year
        self._offer(
            school_id, [year_named(first + more) for more in range(models.LONGEST_TERM + (0 if plan else 1))], plan
        )
        if plan is not None:
            del self.first_year
        else:
            self.first_year.choices = self.last_year.choices[:2]
        self.lead.choices = people_of(school_id, now, plan.lead_id if plan else None, _("No lead yet"))

    def _offer(self, school_id: int, years: list[str], plan: models.SchoolPlan | None) -> None:
        self.last_year.choices = choices([(year, year) for year in years])
        offered = models.PLAN_TIERS.on(today_at(school_id, self.instant or clock.now()))
        tiers = dict.fromkeys([*offered, *([plan.tier] if plan and plan.tier else [])])
        self.tier.choices = choices([("", _("No tier")), *((tier, tier) for tier in tiers)])

    @property
    def head(self) -> dict[str, Any]:
        """The plan's columns."""
        values = {"last_year": self.last_year.data, "tier": self.tier.data, "lead_id": id_in(self.lead.data)}
        return values | ({"first_year": self.first_year.data} if "first_year" in self else {})

    def check(self, uow: UnitOfWork, school_id: int, before: models.SchoolPlan | None) -> None:
        """Raise Refused for years, a tier or a lead that the plan (None: a new one) cannot have."""
        first = before.first_year if before else self.first_year.data
        begins, _ends = school_year_bounds(first)
        last = year_named(begins.year + models.LONGEST_TERM - 1)
        if before is None and first < school_year(today_at(school_id, uow.now)):
            raise Refused("first_year", _("Choose this school year or a later one."))
        if not first <= self.last_year.data <= last:
            raise Refused("last_year", _("Choose a year from %(first)s to %(last)s.", first=first, last=last))
        refuse_stranger(uow, school_id, "lead", self.head["lead_id"], before.lead_id if before else None)


def head_now(record: School | models.SchoolPlan) -> dict[str, Any]:
    """The form as it is first shown: for this school year, or with the plan's values."""
    if isinstance(record, models.SchoolPlan):
        return {"last_year": record.last_year, "tier": record.tier, "lead": str(record.lead_id or "")}
    this_year = school_year(today_at(record.id, clock.now()))
    return {"first_year": this_year, "last_year": this_year}


def people_of(school_id: int, now: datetime, before_id: int | None, nobody: str) -> Any:
    people = user_names([before_id]) | staff_of(school_id, today_at(school_id, now))
    return choices([("", nobody), *((str(key), name) for key, name in people.items())])


TONES: Final = {
    models.PlanState.DRAFT: "slate",
    models.PlanState.COMMITTEE: "sun",
    models.PlanState.COUNCIL_VOTE: "sun",
    models.PlanState.APPROVED: "sun",
    models.PlanState.IN_FORCE: "moss",
    models.PlanState.REVIEWED: "moss",
    models.PlanState.CLOSED: "slate",
}


def years_words(plan: models.SchoolPlan) -> str:
    """Return the school years of a plan: "2026-27", or "2026-27 to 2027-28"."""
    if plan.first_year == plan.last_year:
        return plan.first_year
    return _("%(first)s to %(last)s", first=plan.first_year, last=plan.last_year)


def plan_words(plan: models.SchoolPlan) -> str:
    return _("School safety plan %(years)s", years=years_words(plan))


def plan_trail(plan: models.SchoolPlan, title: str, *between: tuple[str, str]) -> list[tuple[str, str | None]]:
    """Return the trail of a page below a plan: `between` are pages on the way, each with its address."""
    home = (plan_words(plan), url_for("plans.home", school_plan_id=plan.id))
    return [(_("School safety plans"), url_for("plans.plans")), home, *between, (title, None)]


def plan_frame(actor: Actor, plan: models.SchoolPlan, current: str) -> dict[str, Any]:
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
UNSAID: Final = frozenset({"HiddenField", "CSRFTokenField", "BooleanField"})


def both_texts(kind: type[PlainForm], subject: Subject, start: Callable[[Any], Mapping[str, Any]], title: Any) -> Guard:
    """Guard of an act: where somebody else saved first, its page shows both texts side by side."""

    def guard(view: Callable[..., Page]) -> Callable[..., Page]:
        def page(**ids: Any) -> Page:
            try:
                return view(**ids)
            except Stale:
                row = existing(db.session.get(subject.model, *ids.values()))
            yours = _labelled(kind(request.form), row)
            try:
                current = subject.find(current_actor(), *ids.values())
                theirs = _labelled(kind(data=start(current)), current)
            except NotFound:
                theirs = [(str(title), _("It was removed."))]
            return saved_first(theirs, yours, request.path)

        return page

    return guard


def _labelled(form: PlainForm, row: Any) -> list[tuple[str, str]]:
    form.fit(row)
    return [(field.label.text, _said(field)) for field in form if field.type not in UNSAID]


def _said(field: Any) -> str:
    if field.data in (None, ""):
        return "–"
    if hasattr(field, "iter_choices"):
        return next((str(choice.label) for choice in field.iter_choices() if choice.value == field.data), "–")
    return day_words_with_year(field.data) if hasattr(field.data, "isoformat") else str(field.data)


ROOM = Room(sentences=models.SENTENCES, loaders={"school_plan": models.load_plan})
