"""The list of cases: its filters, columns, order and rows, for its pages and its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import render_template, url_for
from sqlalchemy import ColumnElement, Select, func, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import long_list
from wss_cases.accounts.teams import works
from wss_cases.cases.case.models import Case, CaseOrigin, CaseParticipant, CaseState
from wss_cases.cases.case.queries import place_words, students_in, visible_to
from wss_cases.casework.next_act import Stuck, harm_words, why_stuck
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, in_language
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, school_day, today_at
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.foundation.tables.ordering import ranked, staged, worded
from wss_cases.incidents.incident.queries import locations
from wss_cases.incidents.incident.states import Tile
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import whom_words

OPEN_CASES, ALL_CASES = "open", "all"
NEWEST = Order("number", down=True)


@dataclass(frozen=True)
class CaseFilter:
    """One lead's cases, one school's, a state (or 'open', 'all'), a part of the case number."""

    lead_id: int | None = None
    school_id: int | None = None
    state: str = OPEN_CASES
    text: str = ""

    @property
    def whose(self) -> str:
        """'mine' for the cases of one lead, else 'school'."""
        return "school" if self.lead_id is None else "mine"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the address of each page carries."""
        return {"whose": self.whose, "state": self.state, "q": self.text or None}

    @property
    def words(self) -> dict[str, str]:
        """What narrows the list besides the tab."""
        state = "" if self.state == OPEN_CASES else str(dict(_state_choices())[self.state])
        return {name: text for name, text in (("state", state), ("q", self.text)) if text}


def _state_choices() -> list[tuple[str, Any]]:
    return [(OPEN_CASES, _("Open")), *((state.value, state.label) for state in CaseState), (ALL_CASES, _("All"))]


def _filter_of(actor: Actor, arguments: Mapping[str, str]) -> CaseFilter:
    """The filter that an address names; a value that it does not know narrows nothing."""
    state = arguments.get("state", OPEN_CASES)
    return CaseFilter(
        lead_id=actor.user_id if arguments.get("whose") == "mine" else None,
        school_id=chosen_school_id(actor, *CASE_TEAM),
        state=state if state in dict(_state_choices()) else OPEN_CASES,
        text=arguments.get("q", "").strip()[:40],
    )


def _first_name() -> ColumnElement[Any]:
    first = (
        select(func.min(Student.search_key_family))
        .join(CaseParticipant, CaseParticipant.student_id == Student.id)
        .where(CaseParticipant.case_id == Case.id)
        .correlate(Case)
    )
    return worded(first.scalar_subquery())


def _lead_name() -> ColumnElement[Any]:
    return worded(select(UserAccount.name).where(UserAccount.id == Case.lead_id).correlate(Case).scalar_subquery())


SORTED_BY: Mapping[str, Any] = {
    "who": _first_name(),
    "opened": Case.opened_on,
    "lead": _lead_name(),
    "review": func.coalesce(Case.next_review_on, date.max),
    "state": staged(Case.state, CaseState),
}


def _sorting(order: Order) -> Any:
    """What sorts the cases. Kinds and places sort by their labels in the reader's language."""
    if order.key == "what":
        return ranked(Case.harm_kind, {kind.value: kind.label for kind in (*Tile, *CaseOrigin)})
    if order.key == "where":
        return ranked(Case.location_code, {row.code: in_language(row, "label") for row in locations()})
    return SORTED_BY.get(order.key, Case.id)


def _filtered(statement: Select[Any], actor: Actor, wanted: CaseFilter) -> Select[Any]:
    statement = visible_to(statement, actor, live=wanted.state == OPEN_CASES)
    if wanted.lead_id is not None:
        statement = statement.where(Case.lead_id == wanted.lead_id)
    if wanted.school_id is not None:
        statement = statement.where(Case.school_id == wanted.school_id)
    if wanted.text:
        statement = statement.where(Case.reference.icontains(wanted.text, autoescape=True))
    if wanted.state in set(CaseState):
        statement = statement.where(Case.state == CaseState(wanted.state))
    return statement


def _select(actor: Actor, wanted: CaseFilter, now: datetime) -> Select[Any]:
    overdue = select(func.count(FollowUp.id)).where(
        FollowUp.case_id == Case.id, FollowUp.state == FollowUpState.OPEN,
        FollowUp.due_on < school_day(Case.school_id, now), follow_ups_known_to(actor),
    )  # fmt: skip
    live = select(func.count(Pathway.id)).where(
        Pathway.case_id == Case.id, Pathway.state.in_(LIVE), pathways_known_to(actor)
    )
    statement: Any = select(
        Case.id, Case.reference, Case.harm_kind, Case.location_code, Case.state, Case.lead_id,
        UserAccount.name.label("lead"), works(Case.lead_id, Case.school_id, CASE_TEAM, now).label("lead_works"),
        Case.opened_on, Case.next_review_on, overdue.scalar_subquery().label("overdue"),
        live.scalar_subquery().label("live"),
    )  # fmt: skip
    return _filtered(statement.outerjoin(UserAccount, UserAccount.id == Case.lead_id), actor, wanted)


def _cells(rows: Sequence[Any], actor: Actor, wanted: CaseFilter, now: datetime, in_file: bool) -> list[Row]:
    places, students = place_words(row.location_code for row in rows), students_in([row.id for row in rows])
    today = today_at(wanted.school_id, now)
    return [_cells_of(row, places, today, actor, students.get(row.id, []), in_file) for row in rows]


def _cells_of(
    row: Any, places: Mapping[str, str], today: date, actor: Actor, students: Sequence[str], in_file: bool
) -> Row:
    stuck = why_stuck(row.state, today, row.next_review_on, row.lead_works, row.overdue, row.live)
    who = whom_words(students, actor) or _("No student named")
    return {
        "who": Cell(who, href=url_for("casework.case", case_id=row.id), about=row.reference),
        "what": Cell(harm_words(row.harm_kind)),
        "where": Cell(places.get(row.location_code, "")),
        "opened": Cell(day_words(row.opened_on)),
        "lead": Cell(_lead_words(row, actor, in_file)),
        "review": Cell(day_words(row.next_review_on)),
        "stuck": Cell(str(Stuck(stuck).label) if stuck else "", tone="sun"),
        "state": Cell(str(CaseState(row.state).label), tone="slate"),
        "number": Cell(row.reference),
    }


def _lead_words(row: Any, actor: Actor, in_file: bool) -> str:
    if row.lead_id is not None and row.lead_id == actor.user_id:
        return actor.name if in_file else _("you")
    name = row.lead or _("no one yet")
    if row.lead_id is not None and not row.lead_works and row.state is not CaseState.CLOSED:
        return _("%(name)s, who left", name=name)
    return name


def _says(wanted: CaseFilter) -> list[str]:
    whose = _("The school's cases") if wanted.lead_id is None else _("My cases")
    return [whose, *({"state": _("Open")} | wanted.words).values()]


CASES = long_list(
    "cases", _l("Cases"),
    (
        Column("who", _l("Who"), sorts=True, always=True),
        Column("what", _l("What"), sorts=True),
        Column("where", _l("Where"), sorts=True),
        Column("opened", _l("Opened"), sorts=True),
        Column("lead", _l("Coordinator"), sorts=True, said=True),
        Column("review", _l("Next review"), sorts=True, wide=True),
        Column("number", _l("Case number"), sorts=True),
        Column("stuck", _l("Needs attention")),
        Column("state", _l("State"), sorts=True),
    ),
    says=_says,
    parts={
        "ids": Case.id, "narrow": _filter_of, "visible": visible_to, "select": _select, "sorting": _sorting,
        "cells": _cells,
    },
    order=NEWEST, permission=Permission.CASE_READ, page="casework.cases",
)  # fmt: skip


def cases_page(actor: Actor, now: datetime) -> Page:
    """The page of the list: one's own cases or the school's, newest first or by one of its columns."""
    shown = CASES.page(actor, now)
    count = db.session.scalar(_filtered(select(func.count(Case.id)), actor, shown["wanted"])) or 0
    return render_template("casework/case_page/list.html", **shown, count=count, states=_state_choices())


ROOM = Room(lists=(CASES.kind,))
