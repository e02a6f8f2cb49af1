"""The funding pages: the list as a table, one line with its history, and the requests for a second person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import act_form, act_page, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import moment_words, today_at, zone_of
from wss_cases.foundation.tables.columns import Cell, Column, Row, in_parts
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.plans.money.amounts import Money, money_words, money_years
from wss_cases.plans.money.funding import actions, models
from wss_cases.plans.money.funding.actions import MOST_OFFICERS, Given
from wss_cases.plans.money.funding.models import (
    BY_SCHOOL,
    PAGE,
    Funding,
    FundingChange,
    FundingSource,
    Narrowed,
    changes_of_line,
    get_change,
    get_funding,
    lines,
    schools_to_fund,
    waiting_changes,
)
from wss_cases.plans.plan.core.pages import no_student_named
from wss_cases.plans.plan.core.queries import PLAN_READERS
from wss_cases.roster.directory.queries import schools_by_id


def _officers() -> IntegerField:
    """The field for the number of officers who left, used only for former school police money."""
    between = NumberRange(0, MOST_OFFICERS, _l("Enter a number from 0 to %(max)s."))
    return IntegerField(_l("Police officers removed"), [Optional(), between])


class FundingForm(BaseForm):
    """A line of funding."""

    school = SelectField(_l("School"), validators=[InputRequired(_l("Choose the school."))])
    school_year = SelectField(_l("School year"), validators=[InputRequired(_l("Choose the school year."))])
    source = radio(_l("Source"), FundingSource, _l("Choose where the money comes from."))
    amount = Money(_l("Amount in dollars"))
    officers = _officers()
    note = ShortText(_l("Note"))
    anyway = no_student_named()

    def offer(self, schools: list[tuple[int, str]], years: list[str]) -> None:
        """Give the form its schools and school years."""
        self.school.choices = choices([(str(number), name) for number, name in schools])
        self.school_year.choices = choices([(year, year) for year in years])

    @property
    def school_id(self) -> int:
        """The chosen school, in a valid form."""
        return id_in(self.school.data) or 0

    @property
    def given(self) -> Given:
        """The values entered, in a valid form."""
        source, note = FundingSource(self.source.data), self.note.data or ""
        return Given(self.school_year.data, source, self.amount.cents, self.officers.data, note)


class AmountForm(BaseForm):
    """A new amount for a line."""

    amount = Money(_l("Amount in dollars"))


class AskForm(BaseForm):
    """A requested change of former school police money, and the reason."""

    amount = Money(_l("Amount in dollars"))
    officers = _officers()
    reason = LongText(_l("Why it should change"), [NotBlank(_l("Write why it should change."))], limit=1000)
    anyway = no_student_named()


class SettleForm(BaseForm):
    """The decision of a second person."""

    agrees: Any = radio(
        _l("Do you agree?"), [("yes", _l("Yes, make the change")), ("no", _l("No, leave it as it is"))],
        _l("Choose whether you agree."),
    )  # fmt: skip
    answer = LongText(_l("Why"), [NotBlank(_l("Write why you agree or disagree."))], limit=1000)
    anyway = no_student_named()


COLUMNS = (
    Column("school", _l("School"), sorts=True, always=True),
    Column("year", _l("School year"), sorts=True),
    Column("source", _l("Source"), sorts=True),
    Column("amount", _l("Amount"), sorts=True, said=True),
    Column("officers", _l("Police officers removed"), said=True),
    Column("note", _l("Note")),
)


def asked_of(arguments: Mapping[str, str]) -> dict[str, str]:
    """The list's filters in an address; invalid values are left out."""
    source = arguments.get("source", "")
    year = arguments.get("year", "")[:7]
    filters = {"source": source if source in set(FundingSource) else "", "year": year}
    return {name: value for name, value in filters.items() if value}


def narrowed_by(actor: Actor, filters: Mapping[str, str]) -> Narrowed:
    """The lines that the chosen school and the filters select."""
    source = FundingSource(filters["source"]) if "source" in filters else None
    return Narrowed(chosen_school_id(actor, *PLAN_READERS), filters.get("year", ""), source)


def filter_words(filters: Mapping[str, str]) -> list[str]:
    """The filters of the list, in words."""
    source = [str(FundingSource(filters["source"]).label)] if "source" in filters else []
    return [*source, *([filters["year"]] if "year" in filters else [])]


def funding_cells(rows: Sequence[tuple[Funding, str]]) -> list[Row]:
    """The rows of the list, cell by cell."""
    return [
        {
            "school": Cell(school, url_for("funding.line", funding_id=row.id), f"{row.school_year} {row.source.label}"),
            "year": Cell(row.school_year),
            "source": Cell(str(row.source.label)),
            "amount": Cell(money_words(row.amount_cents)),
            "officers": Cell("" if row.officers_removed is None else str(row.officers_removed)),
            "note": Cell(row.note),
        }
        for row, school in rows
    ]


def read_funding(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """The list for a file."""
    filters = asked_of(arguments)
    narrowed = narrowed_by(actor, filters)
    rows = lines(actor, narrowed, order_of(FUNDING, arguments), limit=limit)
    sort = {"sort": arguments["sort"]} if arguments.get("sort") else {}
    return ListRead(in_parts(rows, funding_cells), filter_words(filters), filters | sort, narrowed.school_id)


FUNDING = ListKind(
    "funding", _l("Funding of safety plans"), COLUMNS, BY_SCHOOL, Permission.PLANS_LIST, "funding.listed", read_funding
)


def facts_of(row: Funding) -> list[dict[str, Any]]:
    """A line as rows of label and value."""
    facts: list[dict[str, Any]] = [
        {"label": _("School year"), "value": row.school_year},
        {"label": _("Source"), "value": row.source.label},
        {"label": _("Amount"), "value": money_words(row.amount_cents)},
    ]
    if row.source is FundingSource.FORMER_POLICE:
        removed = _("Not provided") if row.officers_removed is None else str(row.officers_removed)
        facts.append({"label": _("Police officers removed"), "value": removed})
    if row.note:
        facts.append({"label": _("Note"), "value": row.note})
    return facts


def change_words(change: FundingChange) -> str:
    """A requested change: the amount and the officers before and after."""
    amounts = _(
        "%(before)s to %(after)s",
        before=money_words(change.amount_before_cents),
        after=money_words(change.amount_cents),
    )
    if change.officers_before == change.officers_removed:
        return amounts
    officers = [
        _("none given") if number is None else str(number)
        for number in (change.officers_before, change.officers_removed)
    ]
    return dotted(amounts, _("officers removed: %(before)s to %(after)s", before=officers[0], after=officers[1]))


def change_rows(changes: Sequence[FundingChange]) -> list[dict[str, Any]]:
    """All requested changes of a line, with who requested, who decided, and why."""
    names = user_names({user for change in changes for user in (change.asked_by_id, change.settled_by_id)})
    rows = []
    for change in changes:
        zone = zone_of(change.school_id)
        answered = ""
        if change.settled_at is not None:
            by = names.get(change.settled_by_id or 0, "")
            words = _("Agreed by %(name)s", name=by) if change.agreed else _("Not made: %(name)s", name=by)
            answered = dotted(words, moment_words(change.settled_at, zone))
        rows.append(
            {
                "id": change.id,
                "what": change_words(change),
                "asked": dotted(
                    _("Asked by %(name)s", name=names.get(change.asked_by_id, "")), moment_words(change.asked_at, zone)
                ),
                "reason": change.reason,
                "answered": answered,
                "answer": change.answer,
                "waits": change.settled_at is None,
            }
        )
    return rows


blueprint = Blueprint("funding", __name__, url_prefix="/safety-plans/funding")
LISTS = (FUNDING,)
FORM = "plans/money/form.html"


@blueprint.get("")
@gate(Permission.PLANS_LIST)
def listed() -> Page:
    """The schools' funding for their plans, by school year and source, and the requests for a second person."""
    actor = current_actor()
    filters, order = asked_of(request.args), order_of(FUNDING, request.args)
    after = id_in(request.args.get("after"))
    funding_rows = lines(actor, narrowed_by(actor, filters), order, after)
    shown = funding_rows[:PAGE]
    sort: dict[str, Any] = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for("funding.listed", **(filters | changes))

    return render_template(
        "plans/money/funding/list.html",
        table=table_of(FUNDING, actor, funding_cells(shown), order, address, filters, filter_words(filters)),
        asked=filters,
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
        older=address(after=shown[-1][0].id, **sort) if len(funding_rows) > PAGE else None,
    )


def _years() -> list[str]:
    return money_years(clock.school_year(today_at(None, clock.now())))


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.FUNDING_WRITE)
def new() -> Page:
    """Enter what a school has from one source."""
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
    """One line, and every change of it that two people made."""
    actor = current_actor()
    row = get_funding(actor, funding_id)
    changes = changes_of_line(actor, row.id)
    waits = any(change.settled_at is None for change in changes)
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
    """The address that changes the line: '' for an actor who may not, and while a request waits for a second person."""
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
    """Approve or reject, as a second person, a change of former school police money."""
    actor = current_actor()
    change = get_change(actor, funding_change_id)
    require(actor, Permission.FUNDING_SECOND, change)
    row, form = get_funding(actor, change.funding_id), SettleForm(version=change.version)
    [change_row] = change_rows([change])
    facts = [
        *facts_of(row),
        {"label": _("Change"), "value": change_row["what"]},
        {"label": _("Why"), "value": change_row["reason"]},
        {"label": _("Asked"), "value": change_row["asked"]},
    ]
    title = _("Change of former school police money")
    words = _words(row) | {"title": title, "facts": facts, "go_words": _("Save answer")}

    def act(call: Invocation) -> int:
        agrees, anyway = form.agrees.data == "yes", bool(form.anyway.data)
        return actions.settle_change(call, change.id, agrees=agrees, answer=form.answer.data or "", anyway=anyway)

    return act_form(form, act, words["back_href"], words, FORM)


ROOM = Room(
    pages=(blueprint,),
    sentences=models.SENTENCES,
    loaders={"funding": models.load_funding, "funding_change": models.load_change},
    lists=LISTS,
)
