"""Pages of resources: the list, one of them with its entries, and what is written of it."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.money.amounts.rules import hundredths_words, money_words
from wss_cases.plans.money.resources import actions
from wss_cases.plans.money.resources.forms import CorrectionForm, EntryForm, ResourceForm
from wss_cases.plans.money.resources.listing import PAGE, Standing, listed
from wss_cases.plans.money.resources.models import PlanResource, ResourceEntry
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
from wss_cases.plans.money.resources.queries import entries_of, get_entry, get_resource, money_of, strategies_of
from wss_cases.plans.money.resources.states import ResourceKind
from wss_cases.plans.plan.core.presenters import years_words
from wss_cases.plans.plan.core.queries import get_plan

blueprint = Blueprint("plan_resources", __name__, url_prefix="/safety-plans")
LISTS = (RESOURCES,)
FORM = "plans/money/form.html"


@blueprint.get("/resources")
@gate(Permission.PLANS_LIST)
def table() -> Page:
    """Positions and other resources of the plans, with what is planned, committed and spent."""
    actor, now = current_actor(), clock.now()
    asked, order = asked_of(request.args), order_of(RESOURCES, request.args)
    wanted = wanted_of(actor, asked)
    after = id_in(request.args.get("after"))
    found = listed(actor, wanted, order, after)
    shown = found[:PAGE]
    sort: dict[str, Any] = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for("plan_resources.table", **(asked | changes))

    return render_template(
        "plans/money/resources/list.html",
        table=table_of(RESOURCES, actor, resource_cells(shown, now), order, address, asked, filter_words(wanted)),
        asked=asked,
        filters=[
            ("kind", _("Kind"), list(ResourceKind.labels().items())),
            ("standing", _("Only"), list(Standing.labels().items())),
        ],
        newer=address(**sort) if after else None,
        older=address(after=shown[-1].resource.id, **sort) if len(found) > PAGE else None,
    )


@blueprint.route("/<int:school_plan_id>/money/resources/new", methods=["GET", "POST"])
@gate(Permission.PLAN_MONEY_WRITE)
def new(school_plan_id: int) -> Page:
    """Add what a strategy of the plan needs."""
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
        form, lambda call: actions.add_resource(call, form.strategy_id, form.needed, bool(form.anyway.data)),
        lambda number: url_for("plan_resources.one", plan_resource_id=number), shown, "plans/money/resources/form.html",
    )  # fmt: skip


@blueprint.get("/resources/<int:plan_resource_id>")
@gate(Permission.PLAN_READ)
def one(plan_resource_id: int) -> Page:
    """One resource: what it is, its money, and every entry."""
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
    act=lambda call, row, form: actions.change_resource(call, row.id, form.needed, bool(form.anyway.data)),
    done=_address,
    words=_words(_l("Change the resource"), _l("Save")),
    template="plans/money/resources/form.html",
)  # fmt: skip
act_page(
    blueprint, "/resources/<int:plan_resource_id>/entries/new", "enter", Permission.PLAN_MONEY_WRITE,
    load=_to_write,
    form=lambda row: EntryForm(on_day=today_at(row.school_id, clock.now())),
    act=lambda call, row, form: actions.add_entry(call, row.id, form.paid, bool(form.anyway.data)),
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
    act=lambda call, entry, form: actions.correct_entry(call, entry.id, form.reason.data or "", bool(form.anyway.data)),
    done=lambda entry: url_for("plan_resources.one", plan_resource_id=entry.resource_id),
    words=_correction_words,
    template=FORM,
)  # fmt: skip
