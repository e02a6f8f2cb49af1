"""Funding of schools' plans: the list, a line with its history, and changes that a second person approves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, url_for
from sqlalchemy import Select, select
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import long_list
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText, choices, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import moment_words, today_at, zone_of
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.foundation.tables.ordering import ranked, worded
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import PlanColumn, PublicSection, Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.plans.money.amounts import MOST_CENTS, Money, Unreadable, check_year, money_words, money_years
from wss_cases.plans.money.funding import models
from wss_cases.plans.money.funding.models import (
    Funding,
    FundingChange,
    FundingSource,
    changes_of_line,
    get_change,
    get_funding,
    schools_to_fund,
    visible_to,
    waiting_change,
    waiting_changes,
)
from wss_cases.plans.plan.core.models import PLAN_READERS
from wss_cases.plans.plan.core.pages import no_student_named
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.names.queries import refuse_names

MOST_OFFICERS = 100


@dataclass(frozen=True)
class Given:
    """One line of funding: the school year, the source, the amount in cents, the officers removed, and a note."""

    school_year: str
    source: FundingSource
    amount_cents: int
    officers_removed: int | None = None
    note: str = ""


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


class AmountForm(PlainForm):
    """A new amount for a line."""

    amount = Money(_l("Amount in dollars"))


class AskForm(PlainForm):
    """A requested change of former school police money, and the reason."""

    amount = Money(_l("Amount in dollars"))
    officers = _officers()
    reason = LongText(_l("Why it should change"), [NotBlank(_l("Write why it should change."))], limit=1000)
    anyway = no_student_named()


class SettleForm(PlainForm):
    """The decision of a second person."""

    agrees: Any = radio(
        _l("Do you agree?"), [("yes", _l("Yes, make the change")), ("no", _l("No, leave it as it is"))],
        _l("Choose whether you agree."),
    )  # fmt: skip
    answer = LongText(_l("Why"), [NotBlank(_l("Write why you agree or disagree."))], limit=1000)
    anyway = no_student_named()


@dataclass(frozen=True)
class FundingFilter:
    """The lines that the chosen school, a school year and a source select; None and '' filter nothing."""

    school_id: int | None = None
    year: str = ""
    source: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """What the address of each page carries."""
        return {name: value for name, value in (("source", self.source), ("year", self.year)) if value}

    @property
    def words(self) -> dict[str, str]:
        """The value of each chosen filter as the page shows it, by the filter's name."""
        return {
            name: str(FundingSource(value).label) if name == "source" else value
            for name, value in self.parameters.items()
        }


def _filter_of(actor: Actor, arguments: Mapping[str, str]) -> FundingFilter:
    source = arguments.get("source", "")
    known = source if source in set(FundingSource) else ""
    return FundingFilter(chosen_school_id(actor, *PLAN_READERS), arguments.get("year", "")[:7], known)


def _select(actor: Actor, wanted: FundingFilter, _now: datetime) -> Select[Any]:
    rows: Any = select(Funding, Funding.id, School.name).join(School, School.id == Funding.school_id)
    statement: Select[Any] = visible_to(rows, actor)
    for column, value in (
        (Funding.school_id, wanted.school_id),
        (Funding.school_year, wanted.year),
        (Funding.source, wanted.source),
    ):
        statement = statement.where(column == value) if value else statement
    return statement


def _sorting(order: Order) -> Any:
    if order.key == "source":
        return ranked(Funding.source, FundingSource.labels())
    school = select(School.name).where(School.id == Funding.school_id).correlate(Funding).scalar_subquery()
    return {"school": worded(school), "year": Funding.school_year, "amount": Funding.amount_cents}[order.key]


def _cells(rows: Sequence[Any], _actor: Actor, _wanted: FundingFilter, _now: datetime, _in_file: bool) -> list[Row]:
    return [
        {
            "school": Cell(school, url_for("funding.line", funding_id=row.id), f"{row.school_year} {row.source.label}"),
            "year": Cell(row.school_year),
            "source": Cell(str(row.source.label)),
            "amount": Cell(money_words(row.amount_cents)),
            "officers": Cell("" if row.officers_removed is None else str(row.officers_removed)),
            "note": Cell(row.note),
        }
        for row, _id, school in rows
    ]


FUNDING = long_list(
    "funding", _l("Funding of safety plans"),
    (
        Column("school", _l("School"), sorts=True, always=True),
        Column("year", _l("School year"), sorts=True),
        Column("source", _l("Source"), sorts=True),
        Column("amount", _l("Amount"), sorts=True, said=True),
        Column("officers", _l("Police officers removed"), said=True),
        Column("note", _l("Note")),
    ),
    says=lambda wanted: list(wanted.words.values()),
    parts={
        "ids": Funding.id, "narrow": _filter_of, "visible": visible_to, "select": _select, "sorting": _sorting,
        "cells": _cells,
    },
    order=Order("school"), permission=Permission.PLANS_LIST, page="funding.listed",
)  # fmt: skip


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


pages = Pages("funding", __name__, url_prefix="/safety-plans/funding")
FORM = "plans/money/form.html"


@pages.get("")
@gate(Permission.PLANS_LIST)
def listed() -> Page:
    """The schools' funding for their plans, by school year and source, and the requests for a second person."""
    actor = current_actor()
    shown = FUNDING.page(actor, clock.now())
    return render_template(
        "plans/money/funding/list.html",
        **shown,
        filters=[
            ("year", _("School year"), [(year, year) for year in _years()]),
            ("source", _("Source"), list(FundingSource.labels().items())),
        ],
        waiting=[
            (school, url_for("funding.settle", funding_change_id=change.id), change_words(change))
            for change, school in waiting_changes(actor, shown["wanted"].school_id)
            if can(actor, Permission.FUNDING_SECOND, change)
        ],
    )


def _years() -> list[str]:
    return money_years(clock.school_year(today_at(None, clock.now())))


def _address(row: Funding, _answer: int = 0) -> str:
    return url_for("funding.line", funding_id=row.id)


def _school(row: Funding) -> str:
    return schools_by_id([row.school_id])[row.school_id].name


HOME = (_l("Funding of safety plans"), "funding.listed")


def _trail(row: Funding) -> list[tuple[Any, str]]:
    return [(HOME[0], url_for(HOME[1])), (_school(row), _address(row))]


@pages.route("/new", methods=["GET", "POST"])
@gate(Permission.FUNDING_WRITE)
def new() -> Page:
    """Enter what a school has from one source."""
    actor = current_actor()
    this_year = clock.school_year(today_at(None, clock.now()))
    form = FundingForm(school=str(chosen_school_id(actor, Role.DISTRICT) or ""), school_year=this_year)
    form.offer(schools_to_fund(actor), _years())
    title, home = _("Add funding"), url_for(HOME[1])
    words = {"title": title, "go_words": title, "crumbs": [(HOME[0], home), (title, None)], "back_href": home}
    return act_form(
        form, lambda call: add_funding(call, form.school_id, form.given, bool(form.anyway.data)),
        lambda number: url_for("funding.line", funding_id=number), words, FORM,
    )  # fmt: skip


@use_case
def add_funding(uow: UnitOfWork, school_id: int, given: Given, anyway: bool = False) -> int:
    """Enter what a school has from one source in a school year. Raises NotFound, Refused naming the field, also, unless
    `anyway`, for a note that may name a student."""
    row = write_funding(uow, school_id, given)
    refuse_names(row.school_id, anyway, given.note)
    return row.id


def write_funding(uow: UnitOfWork, school_id: int, given: Given) -> Funding:
    """Add a line of funding; for use cases. Raises NotFound, Refused naming the field."""
    existing(uow.session.get(School, school_id, with_for_update=True))
    row = Funding(school_id=school_id, made_at=uow.now, made_by_id=uow.actor.user_id, **vars(given))
    require(uow.actor, Permission.FUNDING_WRITE, row)
    _check_amount(given.amount_cents)
    _check_officers(given.source, given.officers_removed)
    try:
        check_year(given.school_year, school_year(today_at(school_id, uow.now)))
    except Unreadable as why:
        raise Refused("school_year", str(why)) from why
    of_source = (
        Funding.school_id == school_id, Funding.school_year == given.school_year, Funding.source == given.source,
    )  # fmt: skip
    notes = uow.session.scalars(select(Funding.note).where(*of_source)).all()
    if notes and given.source is FundingSource.FORMER_POLICE:
        raise Refused(
            "source", _("This school has former school police money for this year. Ask for a change of that line.")
        )
    if given.note in notes:
        words = _("This school already has a line with this year, source, and note. Change that line.")
        raise Refused("note", words)
    uow.add(row)
    uow.record(row, "funding.added", source=row.source.value)
    return row


@pages.get("/<int:funding_id>")
@gate(Permission.PLAN_READ)
def line(funding_id: int) -> Page:
    """One line, and every change of it that two people made."""
    actor = current_actor()
    row = get_funding(actor, funding_id)
    changes = changes_of_line(actor, row.id)
    of_police = row.source is FundingSource.FORMER_POLICE
    waits = any(change.settled_at is None for change in changes)
    change_href = url_for(f"funding.{'ask' if of_police else 'change'}", funding_id=row.id)
    return render_template(
        "plans/money/funding/line.html",
        title=_school(row),
        crumbs=[*_trail(row)[:1], (_school(row), None)],
        facts=facts_of(row),
        of_police=of_police,
        change_href=change_href if not waits and can(actor, Permission.FUNDING_WRITE, row) else "",
        changes=change_rows(changes),
        may_settle=can(actor, Permission.FUNDING_SECOND, row),
    )


LINE = Subject(Funding, get_funding)
CHANGE: dict[str, Any] = {
    "title": _l("Change funding"), "trail": _trail, "then": _address, "template": FORM, "boxed": False,
    "more": lambda row, _form: {"facts": facts_of(row)},
}  # fmt: skip


@pages.act(
    "/<int:funding_id>/change", LINE, AmountForm, Permission.FUNDING_WRITE, endpoint="change", button=_l("Save"),
    start=lambda row: {"amount": money_words(row.amount_cents)}, **CHANGE,
)  # fmt: skip
def change_funding(uow: UnitOfWork, row: Funding, form: AmountForm) -> None:
    """Change the amount of a line. Refused for former school police money."""
    if row.source is FundingSource.FORMER_POLICE:
        raise Refused("", _("Former school police money is changed by two people, with a reason."))
    row.amount_cents = form.amount.cents
    uow.record(row, "funding.changed", source=row.source.value)


@pages.act(
    "/<int:funding_id>/ask", LINE, AskForm, Permission.FUNDING_WRITE, endpoint="ask", button=_l("Ask a second person"),
    lede=_l("Former school police money changes only when a second person agrees. Nothing changes until then."),
    start=lambda row: {"amount": money_words(row.amount_cents), "officers": row.officers_removed},
    done=_l("A second person is asked. The amount stays until then."), **CHANGE,
)  # fmt: skip
def ask_change(uow: UnitOfWork, row: Funding, form: AskForm) -> int:
    """Ask a second person to change a line of former school police money; nothing changes yet. Returns the id of the
    request. Refused without a change, and while another request waits."""
    cents, officers, reason = form.amount.cents, form.officers.data, form.reason.data
    if row.source is not FundingSource.FORMER_POLICE:
        raise Refused("", _("Only former school police money needs a second person."))
    refuse_names(row.school_id, form.anyway.data, reason)
    if (cents, officers) == (row.amount_cents, row.officers_removed):
        raise Refused("amount", _("This is what it is now."))
    if waiting_change(row.id) is not None:
        raise Refused("", _("A change already waits for a second person."))
    assert uow.actor.user_id is not None
    change = FundingChange(
        funding_id=row.id, school_id=row.school_id, amount_before_cents=row.amount_cents,
        officers_before=row.officers_removed, amount_cents=cents, officers_removed=officers, reason=reason,
        asked_by_id=uow.actor.user_id, asked_at=uow.now,
    )  # fmt: skip
    uow.record(change, "funding.change_asked")
    return change.id


def _line_of(change: FundingChange) -> Funding:
    return db.session.get_one(Funding, change.funding_id)


def _settled(change: FundingChange, _form: SettleForm) -> dict[str, Any]:
    [row] = change_rows([change])
    asked = [(_("Change"), row["what"]), (_("Why"), row["reason"]), (_("Asked"), row["asked"])]
    return {"facts": [*facts_of(_line_of(change)), *({"label": label, "value": value} for label, value in asked)]}


@pages.act(
    "/changes/<int:funding_change_id>", Subject(FundingChange, get_change), SettleForm, Permission.FUNDING_SECOND,
    endpoint="settle", title=_l("Change of former school police money"), button=_l("Save answer"), more=_settled,
    trail=lambda change: _trail(_line_of(change)), then=lambda change, _id: _address(_line_of(change)),
    template=FORM, boxed=False,
)  # fmt: skip
def settle_change(uow: UnitOfWork, change: FundingChange, form: SettleForm) -> None:
    """Approve or reject a change that another person requested.

    Refused a second time, and where the person is not independent of the requester; Stale where the line changed since
    the request.
    """
    if change.settled_at is not None:
        raise Refused("", _("This has already been decided."))
    agrees, answer = form.agrees.data == "yes", form.answer.data
    refuse_names(change.school_id, form.anyway.data, answer)
    row = uow.session.get_one(Funding, change.funding_id, with_for_update=True, populate_existing=True)
    if agrees:
        refuse_one_person("", uow.actor.user_id, [change.asked_by_id], uow.now)
        if (row.amount_cents, row.officers_removed) != (change.amount_before_cents, change.officers_before):
            raise Stale
        row.amount_cents, row.officers_removed = change.amount_cents, change.officers_removed
        uow.record(row, "funding.changed", source=row.source.value)
    change.agreed, change.answer = agrees, answer
    change.settled_by_id, change.settled_at = uow.actor.user_id, uow.now
    uow.record(change, "funding.change_made" if agrees else "funding.change_refused")


def _check_amount(cents: int) -> None:
    if not 0 <= cents <= MOST_CENTS:
        raise Refused("amount", _("Write the amount in dollars, such as $1,234.56."))


def _check_officers(source: FundingSource, officers: int | None) -> None:
    if officers is None:
        return
    if source is not FundingSource.FORMER_POLICE:
        raise Refused("officers", _("Officers removed can be entered only with former school police money."))
    if not 0 <= officers <= MOST_OFFICERS:
        raise Refused("officers", _("Enter a number from 0 to %(most)d.", most=MOST_OFFICERS))


ROOM = Room(
    pages=(pages,),
    sentences=models.SENTENCES,
    loaders={"funding": models.load_funding, "funding_change": models.load_change},
    lists=(FUNDING.kind,),
    plan_columns=(PlanColumn("police_money", _l("Former school police money ($)"), 29, models.police_dollars),),
    public_sections=(PublicSection(_l("Where the money comes from"), 10, models.source_rows),),
)
