"""The lists of open follow-ups: their columns and rows, the same for the page and for its file.

Each row shows whom to call. The first row of a person in a week links to one visit for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import ColumnElement, case, func, literal, select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.followups.about import PARTIES, TONES, About, about, cards, without_links
from wss_cases.followups.calendar import Calendars
from wss_cases.followups.core.models import FollowUp, FollowUpTemplate
from wss_cases.followups.core.presenters import due_words
from wss_cases.followups.core.queries import FollowUpRow, listing, rows, visible_to
from wss_cases.followups.core.states import KINDS
from wss_cases.followups.pages.follow_up import pages
from wss_cases.followups.undo import undo_line
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, either
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts
from wss_cases.foundation.tables.ordering import in_order, worded
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.roster.directory.models import Student

PAGE = 15
FIRST_DUE = Order("due")


@dataclass(frozen=True)
class Narrowed:
    """The filter of a list: one school, one owner, or what a person assigned to others."""

    school_id: int | None = None
    owner_id: int | None = None
    giver_id: int | None = None


def open_rows(
    actor: Actor, narrowed: Narrowed, order: Order, behind: int | None = None, limit: int = PAGE + 1
) -> list[FollowUpRow]:
    """Up to `limit` open follow-ups that the actor may see, in an order, after the follow-up `behind`."""
    statement = visible_to(listing(), actor, live=True)
    if narrowed.school_id is not None:
        statement = statement.where(FollowUp.school_id == narrowed.school_id)
    if narrowed.owner_id is not None:
        statement = statement.where(FollowUp.owner_id == narrowed.owner_id)
    if narrowed.giver_id is not None:
        statement = statement.where(FollowUp.given_by_id == narrowed.giver_id, FollowUp.owner_id != narrowed.giver_id)
    by = _sorted_by(order, actor)
    last = _place_of(actor, by, behind) if behind is not None else None
    return rows(in_order(statement, FollowUp.id, by, down=order.down, limit=limit, last=last))


def _place_of(actor: Actor, by: Any, follow_up_id: int) -> tuple[Any, int] | None:
    """The sort position of the last row of a page, even when that follow-up is done by now."""
    of_last = listing().with_only_columns(by, FollowUp.id).where(FollowUp.id == follow_up_id)
    row = db.session.execute(visible_to(of_last, actor)).first()
    return (row[0], row[1]) if row is not None else None


def _sorted_by(order: Order, actor: Actor) -> Any:
    """The expression that sorts the rows of `listing`; never null."""
    if order.key == "who":
        return _first_name(actor)
    if order.key == "what":
        return _title()
    if order.key == "owner":
        return worded(UserAccount.name)
    if order.key == "number":
        return worded(func.coalesce(Case.reference, Incident.reference))
    return FollowUp.due_on


def _title() -> ColumnElement[Any]:
    of_template = func.coalesce(either(FollowUpTemplate.title_en, FollowUpTemplate.title_es), "")
    kinds = {kind: str(label) for kind, label in KINDS.items()}
    of_kind = case(kinds, value=FollowUp.kind, else_=str(KINDS["other"]))
    return worded(case((FollowUp.title != "", FollowUp.title), (of_template != "", of_template), else_=of_kind))


def _first_name(actor: Actor) -> ColumnElement[Any]:
    """The family name of the person a follow-up names. When it names no one, the first of the parties, only for those
    who may read their names.
    """
    in_case = CaseParticipant.case_id == FollowUp.case_id
    in_report = IncidentPerson.incident_id == FollowUp.incident_id
    parties = func.coalesce(
        _family(CaseParticipant, in_case, CaseParticipant.role.in_(PARTIES)),
        _family(IncidentPerson, in_report, IncidentPerson.role.in_(PARTIES)),
    )
    part = _family(CaseParticipant, CaseParticipant.id == FollowUp.participant_id)
    entry = _family(IncidentPerson, IncidentPerson.id == FollowUp.incident_person_id)
    return worded(
        case(
            (FollowUp.participant_id.is_not(None), part),
            (FollowUp.incident_person_id.is_not(None), entry),
            (in_schools(FollowUp.school_id, actor, *CASE_TEAM), parties),
            else_=literal(""),
        )
    )


def _family(kind: Any, *which: ColumnElement[bool]) -> ColumnElement[Any]:
    family_names = select(func.min(Student.search_key_family)).join(kind, kind.student_id == Student.id).where(*which)
    return family_names.correlate(FollowUp).scalar_subquery()


MINE, SCHOOL, GIVEN = "mine", "school", "given"
WHOSE = {MINE: _l("Mine"), SCHOOL: _l("The school’s"), GIVEN: _l("Reassigned")}
WHO = Column("who", _l("Who"), sorts=True, always=True)
WHAT, DUE = Column("what", _l("What"), sorts=True), Column("due", _l("Due"), sorts=True, wide=True)
OWNER, CALL = Column("owner", _l("Assigned to"), sorts=True, said=True), Column("call", _l("Who to call"), wide=True)
NUMBER, STATE = Column("number", _l("Case or report"), sorts=True), Column("state", _l("State"))


def whose_of(actor: Actor, arguments: Mapping[str, str]) -> str:
    """Whose follow-ups the address asks for: one's own; for the case team also the school's, or those one
    reassigned.
    """
    chosen = arguments.get("whose", "")
    return chosen if chosen in (SCHOOL, GIVEN) and actor.has(*CASE_TEAM) else MINE


def kind_of(whose: str) -> ListKind:
    return OWN_FOLLOW_UPS if whose == MINE else FOLLOW_UPS


def narrowed_of(actor: Actor, whose: str) -> Narrowed:
    return Narrowed(
        school_id=chosen_school_id(actor, *STAFF),
        owner_id=actor.user_id if whose == MINE else None,
        giver_id=actor.user_id if whose == GIVEN else None,
    )


def asked_of(whose: str, arguments: Mapping[str, str]) -> dict[str, str]:
    chosen = {} if whose == MINE else {"whose": whose}
    return chosen | ({"sort": arguments["sort"]} if arguments.get("sort") else {})


def follow_up_cells(rows: Sequence[FollowUpRow], actor: Actor, now: datetime) -> list[Row]:
    calendars, abouts = Calendars(now), about(actor, rows, call=True)
    made = cards(
        rows,
        lambda row: abouts[row.id].person,
        lambda school_id, first, last: calendars.of(school_id)[1].between(first, last),
    )
    visits = {card.rows[0].id for card in made if card.person}
    return [_cells(row, abouts[row.id], calendars, row.id in visits) for row in rows]


def _cells(row: FollowUpRow, people: About, calendars: Calendars, visits: bool) -> Row:
    due = due_words(row.due_on, *calendars.of(row.school_id))
    return {
        "who": Cell(
            people.who or (_("No student named") if row.plan_step_id is None else _("The whole school")),
            href=url_for("followups.follow_up", follow_up_id=row.id),
            about=row.title,
        ),
        "what": Cell(row.title),
        "due": Cell(day_words(row.due_on)),
        "owner": Cell(row.owner),
        "call": Cell("; ".join(people.guardians), calls=people.phones, uncalled=tuple(without_links([people]))),
        "number": Cell(row.reference),
        "state": Cell(due.words, tone=TONES.get(due.state, "slate")),
        "visit": Cell(people.who if visits else "", href=url_for("visit.visit", follow_up_id=row.id)),
    }


def read_follow_ups(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    whose = whose_of(actor, arguments)
    narrowed = narrowed_of(actor, whose)
    rows = open_rows(actor, narrowed, order_of(kind_of(whose), arguments), limit=limit)
    cells = in_parts(rows, lambda part: follow_up_cells(part, actor, now))
    return ListRead(cells, [str(WHOSE[whose])], asked_of(whose, arguments), narrowed.school_id)


_READ: tuple[Any, ...] = (FIRST_DUE, Permission.FOLLOWUP_READ, "followups.follow_ups", read_follow_ups, (), STAFF)
FOLLOW_UPS = ListKind("follow_ups", _l("Follow-ups"), (WHO, WHAT, DUE, OWNER, NUMBER, CALL, STATE), *_READ)
OWN_FOLLOW_UPS = ListKind("own_follow_ups", _l("Follow-ups"), (WHO, WHAT, DUE, NUMBER, CALL, STATE), *_READ)


LISTS = (FOLLOW_UPS, OWN_FOLLOW_UPS)


@pages.get("/follow-ups")
@gate(Permission.FOLLOWUP_READ)
def follow_ups() -> Page:
    """Open follow-ups, one's own or the school's; the first due first, or sorted by a column."""
    actor, now = current_actor(), clock.now()
    whose = whose_of(actor, request.args)
    kind, after = kind_of(whose), id_in(request.args.get("after"))
    order, chosen = order_of(kind, request.args), asked_of(whose, request.args)
    rows = open_rows(actor, narrowed_of(actor, whose), order, after)
    shown = rows[:PAGE]

    def address(**changes: Any) -> str:
        return url_for("followups.follow_ups", **(chosen | changes))

    cells = follow_up_cells(shown, actor, now)
    return render_template(
        "followups/pages/open_list/list.html",
        table=table_of(kind, actor, cells, order, address, chosen, [str(WHOSE[whose])]),
        tabs=[
            (words, url_for("followups.follow_ups", whose=None if name == MINE else name), name == whose, None)
            for name, words in WHOSE.items()
        ],
        team=actor.has(*CASE_TEAM),
        undo=undo_line(actor, now),
        first=address() if after else None,
        later=address(after=shown[-1].id) if len(rows) > PAGE else None,
    )


ROOM = Room(lists=LISTS)
