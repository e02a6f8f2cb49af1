"""The pages of resources: the list, one resource with its entries, and the forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import act_form, act_page, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText, choices, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, message_page
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import PlanColumn, PublicSection, Room
from wss_cases.journal.timeline import entry_rows as timeline_rows
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.plans.money.amounts import (
    MOST_CENTS,
    Money,
    PositionShare,
    Unreadable,
    check_day,
    hundredths_words,
    money_words,
)
from wss_cases.plans.money.resources import models, presenters, queries
from wss_cases.plans.money.resources.presenters import RESOURCES, Standing, entry_rows, facts_of, money_rows, over_words
from wss_cases.plans.plan.core.models import SchoolPlan, get_plan
from wss_cases.plans.plan.core.pages import no_student_named, years_words
from wss_cases.plans.plan.goals.models import PlanStrategy
from wss_cases.roster.names.queries import refuse_names


@dataclass(frozen=True)
class Needed:
    """A need of a strategy: amounts in cents, the share of a full-time position in hundredths.

    Only a position has a job code, a share and days; it is filled or vacant.
    """

    kind: models.ResourceKind
    title: str
    planned_cents: int
    job_code: str = ""
    fte_hundredths: int | None = None
    filled_on: date | None = None
    vacant_since: date | None = None


@dataclass(frozen=True)
class Paid:
    """An amount in cents committed or spent, the day, and a note."""

    kind: models.EntryKind
    amount_cents: int
    on_day: date
    note: str = ""


@use_case
def add_resource(uow: UnitOfWork, strategy_id: int, needed: Needed, anyway: bool = False) -> int:
    """Add a need of a strategy. Raises NotFound, Refused naming the field, and, unless `anyway`, for text that may name
    a student, as the other use cases here do."""
    return write_resource(uow, strategy_id, needed, anyway)


def write_resource(uow: UnitOfWork, strategy_id: int, needed: Needed, anyway: bool) -> int:
    """Add a need of a strategy; for use cases. Returns its id. Raises NotFound, Refused as `add_resource` does."""
    strategy = existing(uow.session.get(PlanStrategy, strategy_id, with_for_update=True))
    if strategy.removed_on is not None:
        raise NotFound
    row = models.PlanResource(
        school_id=strategy.school_id, plan_id=strategy.plan_id, strategy_id=strategy.id, made_at=uow.now,
        made_by_id=uow.actor.user_id, **vars(needed),
    )  # fmt: skip
    require(uow.actor, Permission.PLAN_MONEY_WRITE, row)
    _check_plan(uow, strategy.plan_id)
    check_needed(needed, today_at(strategy.school_id, uow.now))
    refuse_names(strategy.school_id, anyway, needed.title)
    uow.add(row)
    uow.record(row, "plan_resource.added", kind=row.kind.value)
    return row.id


@use_case
def change_resource(uow: UnitOfWork, resource_id: int, needed: Needed, anyway: bool = False) -> int:
    """Change a need; its entries stay. Raises NotFound, Stale, Refused naming the field."""
    row = uow.load(models.PlanResource, resource_id, Permission.PLAN_MONEY_WRITE, uow.version)
    _check_plan(uow, row.plan_id)
    check_needed(needed, today_at(row.school_id, uow.now))
    refuse_names(row.school_id, anyway, needed.title)
    for name, value in vars(needed).items():
        setattr(row, name, value)
    uow.record(row, "plan_resource.changed", kind=row.kind.value)
    return row.id


def write_entry(uow: UnitOfWork, resource_id: int, paid: Paid) -> models.ResourceEntry:
    """Add an entry to a resource; for use cases. Raises NotFound, Refused naming the field."""
    resource = uow.load(models.PlanResource, resource_id, Permission.PLAN_MONEY_WRITE)
    if not 0 < paid.amount_cents <= MOST_CENTS:
        raise Refused("amount", _("Enter an amount above $0."))
    _check_day(uow, resource.school_id, paid.on_day)
    row = models.ResourceEntry(
        school_id=resource.school_id, resource_id=resource.id, made_at=uow.now, made_by_id=uow.actor.user_id,
        **vars(paid),
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "resource_entry.added", kind=row.kind.value)
    return row


def _check_day(uow: UnitOfWork, school_id: int, on_day: date) -> None:
    try:
        check_day(on_day, today_at(school_id, uow.now))
    except Unreadable as why:
        raise Refused("on_day", str(why)) from why


def _check_plan(uow: UnitOfWork, plan_id: int) -> None:
    plan = uow.session.get_one(SchoolPlan, plan_id)
    if not queries.takes_resources(plan.state):
        raise Refused("", _("This plan is closed. Its resources no longer change."))


def check_needed(needed: Needed, today: date) -> None:
    """Raise Refused, naming the field, for values that no resource can have."""
    refuse_blank("title", needed.title, _("Write what it is."))
    if not 0 <= needed.planned_cents <= MOST_CENTS:
        raise Refused("planned", _("Write the amount in dollars, such as $1,234.56."))
    of_position = {"job_code": needed.job_code, "fte": needed.fte_hundredths, "filled_on": needed.filled_on}
    of_position["vacant_since"] = needed.vacant_since
    if needed.kind is not models.ResourceKind.POSITION:
        for field, value in of_position.items():
            if value:
                raise Refused(field, _("Only a position has this. Choose Position, or clear it."))
        return
    if needed.filled_on is None and needed.vacant_since is None:
        raise Refused("vacant_since", _("Enter the day it was filled, or since when it is vacant."))
    for field, day in (("filled_on", needed.filled_on), ("vacant_since", needed.vacant_since)):
        if day is not None:
            try:
                check_day(day, today)
            except Unreadable as why:
                raise Refused(field, str(why)) from why
    if needed.filled_on and needed.vacant_since and needed.filled_on > needed.vacant_since:
        raise Refused("vacant_since", _("It was filled after that. Clear this day if the position is filled now."))


class ResourceForm(BaseForm):
    """A need of a strategy."""

    strategy = SelectField(_l("Strategy"), validators=[InputRequired(_l("Choose the strategy."))])
    kind = radio(_l("Kind"), models.ResourceKind, _l("Choose what kind of resource it is."))
    title = ShortText(_l("What it is"), [NotBlank(_l("Write what it is."))], limit=models.LONGEST_TITLE)
    planned = Money(_l("Planned amount in dollars"))
    job_code = ShortText(_l("Job code"), limit=models.LONGEST_JOB_CODE)
    fte = PositionShare(_l("Full-time equivalent"), description=_l("Such as 1 or 0.5."))
    filled_on = DateField(_l("Filled on"), [Optional()])
    vacant_since = DateField(_l("Vacant since"), [Optional()])
    anyway = no_student_named()

    def offer(self, strategies: Sequence[tuple[int, str]]) -> None:
        """Give the form the strategies of its plan; without any, the resource keeps its own."""
        if strategies:
            self.strategy.choices = choices([(str(number), words) for number, words in strategies])
        else:
            del self.strategy

    @property
    def strategy_id(self) -> int:
        """The chosen strategy, in a valid form."""
        return id_in(self.strategy.data) or 0

    @property
    def needed(self) -> Needed:
        """The values entered, in a valid form."""
        return Needed(
            models.ResourceKind(self.kind.data), self.title.data or "", self.planned.cents, self.job_code.data or "",
            self.fte.hundredths, self.filled_on.data, self.vacant_since.data,
        )  # fmt: skip


class EntryForm(PlainForm):
    """An amount committed or spent."""

    kind = radio(_l("What happened"), models.EntryKind, _l("Choose whether it was committed or spent."))
    amount = Money(_l("Amount in dollars"))
    on_day = DateField(_l("Date"), [InputRequired(_l("Enter the date."))])
    note = ShortText(_l("Note"), limit=models.LONGEST_NOTE)
    anyway = no_student_named()

    @property
    def paid(self) -> Paid:
        """The values entered, in a valid form."""
        return Paid(models.EntryKind(self.kind.data), self.amount.cents, self.on_day.data, self.note.data)


class CorrectionForm(EntryForm):
    """What an entry should say, and what was wrong."""

    reason = LongText(_l("What was wrong"), [NotBlank(_l("Write what was wrong."))], limit=models.LONGEST_NOTE)
    anyway = no_student_named()


blueprint = Pages("plan_resources", __name__, url_prefix="/safety-plans")


@blueprint.get("/resources")
@gate(Permission.PLANS_LIST)
def table() -> Page:
    """The positions and other resources of the plans, with the money planned, committed and spent."""
    return render_template(
        "plans/money/resources/list.html",
        **RESOURCES.page(current_actor(), clock.now()),
        filters=[
            ("kind", _("Kind"), list(models.ResourceKind.labels().items())),
            ("standing", _("Only"), list(Standing.labels().items())),
        ],
    )


@blueprint.route("/<int:school_plan_id>/money/resources/new", methods=["GET", "POST"])
@gate(Permission.PLAN_MONEY_WRITE)
def new(school_plan_id: int) -> Page:
    """Add a need of one of the plan's strategies."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    require(actor, Permission.PLAN_MONEY_WRITE, plan)
    back, strategies = url_for("plan_money.money", school_plan_id=plan.id), queries.strategies_of(actor, plan.id)
    if not strategies:
        words = _("A resource belongs to a strategy. Write a goal and its strategy first.")
        home = (_("Open the plan"), url_for("plans.home", school_plan_id=plan.id))
        return message_page(_("Add a resource"), _("This plan has no strategy yet."), words, go=home)
    form = ResourceForm(strategy=request.args.get("strategy"))
    form.offer(strategies)
    crumbs = [(_("School safety plan %(years)s", years=years_words(plan)), back), (_("Add a resource"), None)]
    shown = {"title": _("Add a resource"), "go_words": _("Add resource"), "crumbs": crumbs, "back_href": back}
    return act_form(
        form, lambda call: add_resource(call, form.strategy_id, form.needed, bool(form.anyway.data)),
        lambda number: url_for("plan_resources.one", plan_resource_id=number), shown, "plans/money/resources/form.html",
    )  # fmt: skip


@blueprint.get("/resources/<int:plan_resource_id>")
@gate(Permission.PLAN_READ)
def one(plan_resource_id: int) -> Page:
    """One resource: its facts, its money, and every entry."""
    actor = current_actor()
    row = queries.get_resource(actor, plan_resource_id)
    money, entries = queries.money_of(actor, [row.id])[row.id], queries.entries_of(actor, row.id)
    corrections = queries.corrections_of([entry.id for entry in entries])
    return render_template(
        "plans/money/resources/one.html",
        resource=row,
        crumbs=[_plan_crumb(actor, row), (row.title, None)],
        facts=facts_of(row, today_at(row.school_id, clock.now())) + money_rows(money, row.plan_id),
        over=over_words(money),
        entries=entry_rows(entries, {correction.subject_id for correction in corrections}),
        corrections=timeline_rows(corrections, zone_of(row.school_id)),
        may_write=can(actor, Permission.PLAN_MONEY_WRITE, row),
    )


def _plan_crumb(actor: Actor, row: models.PlanResource) -> tuple[str, str]:
    plan = get_plan(actor, row.plan_id)
    words = _("School safety plan %(years)s", years=years_words(plan))
    return words, url_for("plan_money.money", school_plan_id=plan.id)


def _to_write(actor: Actor, plan_resource_id: int) -> models.PlanResource:
    row = queries.get_resource(actor, plan_resource_id)
    require(actor, Permission.PLAN_MONEY_WRITE, row)
    return row


def _address(row: models.PlanResource) -> str:
    return url_for("plan_resources.one", plan_resource_id=row.id)


def _words(title: Any, go_words: Any) -> Any:
    def words(row: models.PlanResource) -> dict[str, Any]:
        back = _address(row)
        return {
            "title": str(title), "go_words": str(go_words), "crumbs": [(row.title, back), (str(title), None)],
            "back_href": back,
        }  # fmt: skip

    return words


def _filled(row: models.PlanResource) -> ResourceForm:
    form = ResourceForm(
        version=row.version, kind=row.kind.value, title=row.title, planned=money_words(row.planned_cents),
        job_code=row.job_code, fte=hundredths_words(row.fte_hundredths), filled_on=row.filled_on,
        vacant_since=row.vacant_since,
    )  # fmt: skip
    form.offer([])
    return form


act_page(
    blueprint, "/resources/<int:plan_resource_id>/change", "change", Permission.PLAN_MONEY_WRITE,
    load=_to_write,
    form=_filled,
    act=lambda call, row, form: change_resource(call, row.id, form.needed, bool(form.anyway.data)),
    done=_address,
    words=_words(_l("Change the resource"), _l("Save")),
    template="plans/money/resources/form.html",
)  # fmt: skip


def _of_resource(resource_id: int, title: Any) -> list[tuple[Any, str]]:
    return [(title, url_for("plan_resources.one", plan_resource_id=resource_id))]


@blueprint.act(
    "/resources/<int:plan_resource_id>/entries/new", Subject(models.PlanResource, queries.get_resource), EntryForm,
    Permission.PLAN_MONEY_WRITE, adds=True, endpoint="enter", title=_l("Add an entry"), button=_l("Add entry"),
    boxed=False, start=lambda row: {"on_day": today_at(row.school_id, clock.now())},
    trail=lambda row: _of_resource(row.id, row.title), then=lambda row, _answer: _address(row),
)  # fmt: skip
def add_entry(uow: UnitOfWork, resource: models.PlanResource, form: EntryForm) -> int:
    """Enter an amount committed or spent. More than planned is accepted, and the page says so."""
    row = write_entry(uow, resource.id, form.paid)
    refuse_names(row.school_id, form.anyway.data, row.note)
    return row.id


def _entry_now(entry: models.ResourceEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value, "amount": money_words(entry.amount_cents), "on_day": entry.on_day, "note": entry.note,
    }  # fmt: skip


def _entry_facts(entry: models.ResourceEntry, _form: CorrectionForm) -> dict[str, Any]:
    [row] = entry_rows([entry])
    return {"facts": [row["title"], row["meta"]]}


@blueprint.act(
    "/entries/<int:resource_entry_id>/correct", Subject(models.ResourceEntry, queries.get_entry), CorrectionForm,
    Permission.PLAN_MONEY_WRITE, endpoint="correct", title=_l("Correct an entry"), button=_l("Save"), boxed=False,
    lede=_l("What it says now stays in the history. Enter $0 if nothing was committed or spent."),
    start=_entry_now, more=_entry_facts, trail=lambda entry: _of_resource(entry.resource_id, _("Resource")),
    then=lambda entry, _answer: url_for("plan_resources.one", plan_resource_id=entry.resource_id),
)  # fmt: skip
def correct_entry(uow: UnitOfWork, entry: models.ResourceEntry, form: CorrectionForm) -> None:
    """Change an entry that was wrong. The history keeps what it was, and the reason."""
    paid, before = form.paid, Paid(models.EntryKind(entry.kind), entry.amount_cents, entry.on_day, entry.note)
    refuse_names(entry.school_id, form.anyway.data, form.reason.data, paid.note)
    _check_day(uow, entry.school_id, paid.on_day)
    if paid == before:
        raise Refused("", _("This is what it is now."))
    entry.kind, entry.amount_cents, entry.on_day, entry.note = paid.kind, paid.amount_cents, paid.on_day, paid.note
    uow.record(
        entry, models.CORRECTED, number=entry.id, reason=form.reason.data.strip(),
        was_kind=before.kind.value, was_amount=money_words(before.amount_cents), was_day=before.on_day.isoformat(),
        kind=paid.kind.value, amount=money_words(paid.amount_cents), day=paid.on_day.isoformat(),
    )  # fmt: skip


ROOM = Room(
    pages=(blueprint,),
    sentences=models.SENTENCES,
    loaders={"plan_resource": queries.load_resource, "resource_entry": queries.load_entry},
    lists=(RESOURCES.kind,),
    plan_columns=(
        PlanColumn("planned", _l("Money planned ($)"), 30, queries.planned_dollars),
        PlanColumn("spent", _l("Money spent ($)"), 31, queries.spent_dollars),
    ),
    public_sections=(PublicSection(_l("Money by kind"), 20, presenters.public_rows),),
)
