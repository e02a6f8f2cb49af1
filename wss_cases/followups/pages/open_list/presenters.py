"""The lists of open follow-ups as tables: their columns and rows, one list for the page and for its file.

Beside whom a follow-up is about stands whom to call; the first of one person's in a week leads to one visit for all.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of
from wss_cases.followups.about.cards import cards
from wss_cases.followups.about.presenters import TONES, without_links
from wss_cases.followups.about.queries import About, about
from wss_cases.followups.calendar.queries import Calendars
from wss_cases.followups.core.queries import FollowUpRow
from wss_cases.followups.core.rules import due_words
from wss_cases.followups.pages.open_list.queries import FIRST_DUE, Narrowed, open_rows
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.tables.columns import Cell, Column, Row, in_parts
from wss_cases.journal.rooms import ListKind, ListRead

MINE, SCHOOL, GIVEN = "mine", "school", "given"
WHOSE = {MINE: _l("Mine"), SCHOOL: _l("The school’s"), GIVEN: _l("Reassigned")}
WHO = Column("who", _l("Who"), sorts=True, always=True)
WHAT, DUE = Column("what", _l("What"), sorts=True), Column("due", _l("Due"), sorts=True, wide=True)
OWNER, CALL = Column("owner", _l("Assigned to"), sorts=True, said=True), Column("call", _l("Who to call"), wide=True)
NUMBER, STATE = Column("number", _l("Case or report"), sorts=True), Column("state", _l("State"))


def whose_of(actor: Actor, arguments: Mapping[str, str]) -> str:
    """Return whose follow-ups are asked for: one's own, and by the case team the school's or those given away."""
    chosen = arguments.get("whose", "")
    return chosen if chosen in (SCHOOL, GIVEN) and actor.has(*CASE_TEAM) else MINE


def kind_of(whose: str) -> ListKind:
    """Return which list that is: one's own, or one that says whose each is."""
    return OWN_FOLLOW_UPS if whose == MINE else FOLLOW_UPS


def narrowed_of(actor: Actor, whose: str) -> Narrowed:
    """Return what narrows the list: the school that the actor works with, and whose it is."""
    return Narrowed(
        school_id=chosen_school_id(actor, *STAFF),
        owner_id=actor.user_id if whose == MINE else None,
        giver_id=actor.user_id if whose == GIVEN else None,
    )


def asked_of(whose: str, arguments: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says of the list and its order."""
    asked = {} if whose == MINE else {"whose": whose}
    return asked | ({"sort": arguments["sort"]} if arguments.get("sort") else {})


def follow_up_cells(rows: Sequence[FollowUpRow], actor: Actor, now: datetime) -> list[Row]:
    """Return the rows of the list, cell by cell."""
    calendars, whom = Calendars(now), about(actor, rows, call=True)
    made = cards(
        rows,
        lambda row: whom[row.id].person,
        lambda school_id, first, last: calendars.of(school_id)[1].between(first, last),
    )
    visits = {card.rows[0].id for card in made if card.person}
    return [_cells(row, whom[row.id], calendars, row.id in visits) for row in rows]


def _cells(row: FollowUpRow, whom: About, calendars: Calendars, visits: bool) -> Row:
    due = due_words(row.due_on, *calendars.of(row.school_id))
    return {
        "who": Cell(
            whom.who or _nobody(row), href=url_for("followups.follow_up", follow_up_id=row.id), about=row.title
        ),
        "what": Cell(row.title),
        "due": Cell(day_words(row.due_on)),
        "owner": Cell(row.owner),
        "call": Cell("; ".join(whom.guardians), calls=whom.phones, uncalled=tuple(without_links([whom]))),
        "number": Cell(row.reference),
        "state": Cell(due.words, tone=TONES.get(due.state, "slate")),
        "visit": Cell(whom.who if visits else "", href=url_for("visit.visit", follow_up_id=row.id)),
    }


def _nobody(row: FollowUpRow) -> str:
    return _("No student named") if row.plan_step_id is None else _("The whole school")


def read_follow_ups(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return the list as a file takes it."""
    whose = whose_of(actor, arguments)
    narrowed = narrowed_of(actor, whose)
    rows = open_rows(actor, narrowed, order_of(kind_of(whose), arguments), limit=limit)
    cells = in_parts(rows, lambda part: follow_up_cells(part, actor, now))
    return ListRead(cells, [str(WHOSE[whose])], asked_of(whose, arguments), narrowed.school_id)


_READ: tuple[Any, ...] = (FIRST_DUE, Permission.FOLLOWUP_READ, "followups.follow_ups", read_follow_ups, (), STAFF)
FOLLOW_UPS = ListKind("follow_ups", _l("Follow-ups"), (WHO, WHAT, DUE, OWNER, NUMBER, CALL, STATE), *_READ)
OWN_FOLLOW_UPS = ListKind("own_follow_ups", _l("Follow-ups"), (WHO, WHAT, DUE, NUMBER, CALL, STATE), *_READ)
