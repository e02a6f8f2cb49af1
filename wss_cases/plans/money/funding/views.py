"""Pages of funding: the list, a line, and the two people whom former school police money takes."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.money.amounts.rules import money_words, money_years
from wss_cases.plans.money.funding import actions
from wss_cases.plans.money.funding.forms import AmountForm, AskForm, FundingForm, SettleForm
from wss_cases.plans.money.funding.models import Funding, FundingChange
from wss_cases.plans.money.funding.presenters import (
    FUNDING,
    asked_of,
    change_rows,
    facts_of,
    filter_words,
    funding_cells,
    narrowed_by,
)
from wss_cases.plans.money.funding.queries import (
    PAGE,
    changes_of_line,
    get_change,
    get_funding,
    lines,
    schools_to_fund,
    waiting_changes,
)
from wss_cases.plans.money.funding.states import FundingSource
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.roster.directory.queries import schools_by_id

blueprint = Blueprint("funding", __name__, url_prefix="/safety-plans/funding")
LISTS = (FUNDING,)
FORM = "plans/money/form.html"


@blueprint.get("")
@gate(Permission.PLANS_LIST)
def listed() -> Page:
    """What the schools have for their plans, by school year and source, and what waits for a second person."""
    actor = current_actor()
    asked, order = asked_of(request.args), order_of(FUNDING, request.args)
    after = id_in(request.args.get("after"))
    found = lines(actor, narrowed_by(actor, asked), order, after)
    shown = found[:PAGE]
    sort: dict[str, Any] = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for("funding.listed", **(asked | changes))

    return render_template(
        "plans/money/funding/list.html",
        table=table_of(FUNDING, actor, funding_cells(shown), order, address, asked, filter_words(asked)),
        asked=asked,
        filters=[
            ("year", _("School year"), [(year, year) for year in _years()]),
            ("source", _("Source"), list(FundingSource.labels().items())),
        ],
        waiting=[
            (school, url_for("funding.settle", funding_change_id=one.id), change_rows([one])[0]["what"])
            for one, school in waiting_changes(actor, chosen_school_id(actor, *PLAN_READERS))
            if can(actor, Permission.FUNDING_SECOND, one)
        ],
        newer=address(**sort) if after else None,
        older=address(after=shown[-1][0].id, **sort) if len(found) > PAGE else None,
    )


def _years() -> list[str]:
    return money_years(clock.school_year(today_at(None, clock.now())))


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.FUNDING_WRITE)
def new() -> Page:
    """Write down what a school has from one source."""
    actor = current_actor()
    this_year = clock.school_year(today_at(None, clock.now()))
    form = FundingForm(school=str(chosen_school_id(actor, Role.DISTRICT) or ""), school_year=this_year)
    form.offer(schools_to_fund(actor), _years())
    title = _("Add funding")
    words = {"title": title, "go_words": title, "crumbs": _crumbs(title), "back_href": url_for("funding.listed")}
    return act_form(
        form, lambda call: actions.add_funding(call, form.school_id, form.given, bool(form.anyway.data)),
        lambda number: url_for("funding.line", funding_id=number), words, FORM,
    )  # fmt: skip


def _crumbs(title: Any) -> list[tuple[Any, str | None]]:
    return [(_("Funding of safety plans"), url_for("funding.listed")), (title, None)]


def _school(row: Funding | FundingChange) -> str:
    return schools_by_id([row.school_id])[row.school_id].name


@blueprint.get("/<int:funding_id>")
@gate(Permission.PLAN_READ)
def line(funding_id: int) -> Page:
    """One line: what it is, and everything that two people changed of it."""
    actor = current_actor()
    row = get_funding(actor, funding_id)
    changes = changes_of_line(actor, row.id)
    waits = any(one.settled_at is None for one in changes)
    of_police = row.source is FundingSource.FORMER_POLICE
    return render_template(
        "plans/money/funding/line.html",
        title=_school(row),
        crumbs=_crumbs(_school(row)),
        facts=facts_of(row),
        of_police=of_police,
        change_href=_change_href(actor, row, waits),
        changes=change_rows(changes),
        may_settle=can(actor, Permission.FUNDING_SECOND, row),
    )


def _change_href(actor: Actor, row: Funding, waits: bool) -> str:
    """Return where the line is changed: '' for who may not, and while a change waits for a second person."""
    if waits or not can(actor, Permission.FUNDING_WRITE, row):
        return ""
    page = "ask" if row.source is FundingSource.FORMER_POLICE else "change"
    return url_for(f"funding.{page}", funding_id=row.id)


def _to_write(actor: Actor, funding_id: int) -> Funding:
    row = get_funding(actor, funding_id)
    require(actor, Permission.FUNDING_WRITE, row)
    return row


def _words(row: Funding) -> dict[str, Any]:
    back = url_for("funding.line", funding_id=row.id)
    title = _("Change funding")
    crumbs = [_crumbs("")[0], (_school(row), back), (title, None)]
    return {"title": title, "go_words": _("Save"), "crumbs": crumbs, "back_href": back, "facts": facts_of(row)}


act_page(
    blueprint, "/<int:funding_id>/change", "change", Permission.FUNDING_WRITE,
    load=_to_write,
    form=lambda row: AmountForm(version=row.version, amount=money_words(row.amount_cents)),
    act=lambda call, row, form: actions.change_funding(call, row.id, form.amount.cents),
    done=lambda row: url_for("funding.line", funding_id=row.id),
    words=_words,
    template=FORM,
)  # fmt: skip


def _ask_words(row: Funding) -> dict[str, Any]:
    lede = _("Former school police money changes only when a second person agrees. Nothing changes until then.")
    return _words(row) | {"go_words": _("Ask a second person"), "lede": lede}


@blueprint.route("/<int:funding_id>/ask", methods=["GET", "POST"])
@gate(Permission.FUNDING_WRITE)
def ask(funding_id: int) -> Page:
    """Ask a second person to change former school police money."""
    row = _to_write(current_actor(), funding_id)
    form = AskForm(version=row.version, amount=money_words(row.amount_cents), officers=row.officers_removed)
    return act_form(
        form,
        lambda call: actions.ask_change(
            call, row.id, form.amount.cents, form.officers.data, form.reason.data or "", bool(form.anyway.data)
        ),
        with_flash(_("A second person is asked. The amount stays until then."), _ask_words(row)["back_href"]),
        _ask_words(row), FORM,
    )  # fmt: skip


@blueprint.route("/changes/<int:funding_change_id>", methods=["GET", "POST"])
@gate(Permission.FUNDING_SECOND)
def settle(funding_change_id: int) -> Page:
    """Agree, as a second person, to a change of former school police money, or not."""
    actor = current_actor()
    change = get_change(actor, funding_change_id)
    require(actor, Permission.FUNDING_SECOND, change)
    row, form = get_funding(actor, change.funding_id), SettleForm(version=change.version)
    [asked] = change_rows([change])
    facts = [
        *facts_of(row),
        {"label": _("Change"), "value": asked["what"]},
        {"label": _("Why"), "value": asked["reason"]},
        {"label": _("Asked"), "value": asked["asked"]},
    ]
    title = _("Change of former school police money")
    words = _words(row) | {"title": title, "facts": facts, "go_words": _("Save answer")}

    def act(call: Invocation) -> int:
        agrees, anyway = form.agrees.data == "yes", bool(form.anyway.data)
        return actions.settle_change(call, change.id, agrees=agrees, answer=form.answer.data or "", anyway=anyway)

    return act_form(form, act, words["back_href"], words, FORM)
