"""The pages of resources: the list, one resource with its entries, and the forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import PlanColumn, PublicSection, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
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
from wss_cases.plans.money.resources.models import (
    LONGEST_JOB_CODE,
    LONGEST_NOTE,
    LONGEST_TITLE,
    EntryKind,
    PlanResource,
    ResourceEntry,
    ResourceKind,
)
from wss_cases.plans.money.resources.presenters import (
    RESOURCES,
    asked_of,
    entry_rows,
    facts_of,
    filter_words,
    money_rows,
    over_words,
    resource_cells,
    wanted_of,
)
from wss_cases.plans.money.resources.queries import (
    PAGE,
    Standing,
    correction_of,
    entries_of,
    get_entry,
    get_resource,
    listed,
    money_of,
    strategies_of,
    takes_resources,
)
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.pages import no_student_named, years_words
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.plans.plan.goals.queries import PlanStrategy
from wss_cases.roster.names.queries import refuse_names


@dataclass(frozen=True)
class Needed:
    """A need of a strategy: amounts in cents, the share of a full-time position in hundredths.

    Only a position has a job code, a share and days; it is filled or vacant.
    """

    kind: ResourceKind
    title: str
    planned_cents: int
    job_code: str = ""
    fte_hundredths: int | None = None
    filled_on: date | None = None
    vacant_since: date | None = None


@dataclass(frozen=True)
class Paid:
    """An amount in cents committed or spent, the day, and a note."""

    kind: EntryKind
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
    row = PlanResource(
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
    row = uow.load(PlanResource, resource_id, Permission.PLAN_MONEY_WRITE, uow.version)
    _check_plan(uow, row.plan_id)
    check_needed(needed, today_at(row.school_id, uow.now))
    refuse_names(row.school_id, anyway, needed.title)
    for name, value in vars(needed).items():
        setattr(row, name, value)
    uow.record(row, "plan_resource.changed", kind=row.kind.value)
    return row.id


@use_case
def add_entry(uow: UnitOfWork, resource_id: int, paid: Paid, anyway: bool = False) -> int:
    """Enter an amount committed or spent; more than planned is accepted, and the page says so. Returns the entry's
    id."""
    row = write_entry(uow, resource_id, paid)
    refuse_names(row.school_id, anyway, paid.note)
    return row.id


def write_entry(uow: UnitOfWork, resource_id: int, paid: Paid) -> ResourceEntry:
    """Add an entry to a resource; for use cases. Raises NotFound, Refused naming the field."""
    resource = uow.load(PlanResource, resource_id, Permission.PLAN_MONEY_WRITE)
    if not 0 < paid.amount_cents <= MOST_CENTS:
        raise Refused("amount", _("Enter an amount above $0."))
    try:
        check_day(paid.on_day, today_at(resource.school_id, uow.now))
    except Unreadable as why:
        raise Refused("on_day", str(why)) from why
    row = ResourceEntry(
        school_id=resource.school_id, resource_id=resource.id, made_at=uow.now, made_by_id=uow.actor.user_id,
        **vars(paid),
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "resource_entry.added", kind=row.kind.value)
    return row


@use_case
def correct_entry(uow: UnitOfWork, entry_id: int, reason: str, anyway: bool = False) -> int:
    """Reverse an entry by a counter-entry that names it; both stay. Returns the resource's id.

    Raises NotFound; Refused without a reason, for a counter-entry, and for an entry already reversed.
    """
    wrong = existing(uow.session.get(ResourceEntry, entry_id))
    resource = uow.load(PlanResource, wrong.resource_id, Permission.PLAN_MONEY_WRITE)
    if resource.school_id != wrong.school_id:
        raise NotFound
    refuse_blank("reason", reason, _("Write what was wrong."))
    refuse_names(resource.school_id, anyway, reason)
    if wrong.corrects_id is not None:
        raise Refused("", _("This is a correction. Add a new entry instead."))
    if correction_of(wrong.id) is not None:
        raise Refused("", _("This entry was already corrected."))
    row = ResourceEntry(
        school_id=wrong.school_id, resource_id=wrong.resource_id, kind=wrong.kind, amount_cents=-wrong.amount_cents,
        on_day=wrong.on_day, note=reason, corrects_id=wrong.id, made_at=uow.now, made_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "resource_entry.corrected", kind=row.kind.value)
    return resource.id


def _check_plan(uow: UnitOfWork, plan_id: int) -> None:
    plan = uow.session.get_one(SchoolPlan, plan_id)
    if not takes_resources(plan.state):
        raise Refused("", _("This plan is closed. Its resources no longer change."))


def check_needed(needed: Needed, today: date) -> None:
    """Raise Refused, naming the field, for values that no resource can have."""
    refuse_blank("title", needed.title, _("Write what it is."))
    if not 0 <= needed.planned_cents <= MOST_CENTS:
        raise Refused("planned", _("Write the amount in dollars, such as $1,234.56."))
    of_position = {"job_code": needed.job_code, "fte": needed.fte_hundredths, "filled_on": needed.filled_on}
    of_position["vacant_since"] = needed.vacant_since
    if needed.kind is not ResourceKind.POSITION:
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
    kind = radio(_l("Kind"), ResourceKind, _l("Choose what kind of resource it is."))
    title = ShortText(_l("What it is"), [NotBlank(_l("Write what it is."))], limit=LONGEST_TITLE)
    planned = Money(_l("Planned amount in dollars"))
    job_code = ShortText(_l("Job code"), limit=LONGEST_JOB_CODE)
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
            ResourceKind(self.kind.data), self.title.data or "", self.planned.cents, self.job_code.data or "",
            self.fte.hundredths, self.filled_on.data, self.vacant_since.data,
        )  # fmt: skip


class EntryForm(BaseForm):
    """An amount committed or spent."""

    kind = radio(_l("What happened"), EntryKind, _l("Choose whether it was committed or spent."))
    amount = Money(_l("Amount in dollars"))
    on_day = DateField(_l("Date"), [InputRequired(_l("Enter the date."))])
    note = ShortText(_l("Note"), limit=LONGEST_NOTE)
    anyway = no_student_named()

    @property
    def paid(self) -> Paid:
        """The values entered, in a valid form."""
        assert self.on_day.data is not None
        return Paid(EntryKind(self.kind.data), self.amount.cents, self.on_day.data, self.note.data or "")


class CorrectionForm(BaseForm):
    """The reason for reversing an entry."""

    reason = LongText(_l("What was wrong"), [NotBlank(_l("Write what was wrong."))], limit=LONGEST_NOTE)
    anyway = no_student_named()


blueprint = Blueprint("plan_resources", __name__, url_prefix="/safety-plans")
LISTS = (RESOURCES,)
FORM = "plans/money/form.html"


@blueprint.get("/resources")
@gate(Permission.PLANS_LIST)
def table() -> Page:
    """The positions and other resources of the plans, with the money planned, committed and spent."""
    actor, now = current_actor(), clock.now()
    filters, order = asked_of(request.args), order_of(RESOURCES, request.args)
    wanted = wanted_of(actor, filters)
    after = id_in(request.args.get("after"))
    resource_rows = listed(actor, wanted, order, after)
    shown = resource_rows[:PAGE]
    sort: dict[str, Any] = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for("plan_resources.table", **(filters | changes))

    return render_template(
        "plans/money/resources/list.html",
        table=table_of(RESOURCES, actor, resource_cells(shown, now), order, address, filters, filter_words(wanted)),
        asked=filters,
        filters=[
            ("kind", _("Kind"), list(ResourceKind.labels().items())),
            ("standing", _("Only"), list(Standing.labels().items())),
        ],
        newer=address(**sort) if after else None,
        older=address(after=shown[-1].resource.id, **sort) if len(resource_rows) > PAGE else None,
    )


@blueprint.route("/<int:school_plan_id>/money/resources/new", methods=["GET", "POST"])
@gate(Permission.PLAN_MONEY_WRITE)
def new(school_plan_id: int) -> Page:
    """Add a need of one of the plan's strategies."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    require(actor, Permission.PLAN_MONEY_WRITE, plan)
    back, strategies = url_for("plan_money.money", school_plan_id=plan.id), strategies_of(actor, plan.id)
    if not strategies:
        words = {"title": _("Add a resource"), "plan_href": url_for("plans.home", school_plan_id=plan.id)}
        return render_template("plans/money/resources/no_strategy.html", back_href=back, **words)
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
    row = get_resource(actor, plan_resource_id)
    money = money_of(actor, [row.id])[row.id]
    return render_template(
        "plans/money/resources/one.html",
        resource=row,
        crumbs=[_plan_crumb(actor, row), (row.title, None)],
        facts=facts_of(row, today_at(row.school_id, clock.now())) + money_rows(money),
        over=over_words(money),
        entries=entry_rows(entries_of(actor, row.id)),
        may_write=can(actor, Permission.PLAN_MONEY_WRITE, row),
    )


def _plan_crumb(actor: Actor, row: PlanResource) -> tuple[str, str]:
    plan = get_plan(actor, row.plan_id)
    words = _("School safety plan %(years)s", years=years_words(plan))
    return words, url_for("plan_money.money", school_plan_id=plan.id)


def _to_write(actor: Actor, plan_resource_id: int) -> PlanResource:
    row = get_resource(actor, plan_resource_id)
    require(actor, Permission.PLAN_MONEY_WRITE, row)
    return row


def _address(row: PlanResource) -> str:
    return url_for("plan_resources.one", plan_resource_id=row.id)


def _words(title: Any, go_words: Any) -> Any:
    def words(row: PlanResource) -> dict[str, Any]:
        back = _address(row)
        return {
            "title": str(title), "go_words": str(go_words), "crumbs": [(row.title, back), (str(title), None)],
            "back_href": back,
        }  # fmt: skip

    return words


def _filled(row: PlanResource) -> ResourceForm:
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
act_page(
    blueprint, "/resources/<int:plan_resource_id>/entries/new", "enter", Permission.PLAN_MONEY_WRITE,
    load=_to_write,
    form=lambda row: EntryForm(on_day=today_at(row.school_id, clock.now())),
    act=lambda call, row, form: add_entry(call, row.id, form.paid, bool(form.anyway.data)),
    done=_address,
    words=_words(_l("Add an entry"), _l("Add entry")),
    template=FORM,
)  # fmt: skip


def _entry_to_correct(actor: Actor, resource_entry_id: int) -> ResourceEntry:
    entry = get_entry(actor, resource_entry_id)
    require(actor, Permission.PLAN_MONEY_WRITE, entry)
    if entry.corrects_id is not None:
        raise NotFound
    return entry


def _correction_words(entry: ResourceEntry) -> dict[str, Any]:
    [row] = entry_rows([entry])
    back = url_for("plan_resources.one", plan_resource_id=entry.resource_id)
    title = _("Correct an entry")
    return {
        "title": title,
        "lede": _("The entry stays, and a counter-entry takes it back. Then add the right amount."),
        "go_words": _("Take it back"),
        "crumbs": [(_("Resource"), back), (title, None)],
        "back_href": back,
        "facts": [{"label": _("Entry"), "value": row["title"]}, {"label": _("Details"), "value": row["meta"]}],
    }


act_page(
    blueprint, "/entries/<int:resource_entry_id>/correct", "correct", Permission.PLAN_MONEY_WRITE,
    load=_entry_to_correct,
    form=lambda entry: CorrectionForm(),
    act=lambda call, entry, form: correct_entry(call, entry.id, form.reason.data or "", bool(form.anyway.data)),
    done=lambda entry: url_for("plan_resources.one", plan_resource_id=entry.resource_id),
    words=_correction_words,
    template=FORM,
)  # fmt: skip


ROOM = Room(
    pages=(blueprint,),
    sentences=models.SENTENCES,
    loaders={"plan_resource": queries.load_resource, "resource_entry": queries.load_entry},
    lists=LISTS,
    plan_columns=(
        PlanColumn("planned", _l("Money planned ($)"), 30, queries.planned_dollars),
        PlanColumn("spent", _l("Money spent ($)"), 31, queries.spent_dollars),
    ),
    public_sections=(PublicSection(_l("Money by kind"), 20, presenters.public_rows),),
)
