"""The follow-ups of a case: open ones on cards, one per person, owner and school week; done ones in a list."""

from datetime import date
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case
from wss_cases.casework.case_file.presenters import outcome_words
from wss_cases.casework.case_file.queries import TERM_KIND
from wss_cases.followups.about import TONES, About, Card, about, block, cards
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.pages import due_words
from wss_cases.followups.core.queries import FollowUpRow, for_case
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays


def follow_ups_of(actor: Actor, case: Case, today: date) -> dict[str, Any]:
    """Return the follow-ups of a case in words, for whoever may see the case."""
    days, rows = school_days(case.school_id), for_case(actor, case.id)
    whom = about(actor, rows, call=True)
    open_rows = [row for row in rows if row.state is FollowUpState.OPEN]
    made = cards(open_rows, lambda row: whom[row.id].person, lambda _school, first, last: days.between(first, last))
    return {
        "open_cards": [_card(card, whom, today, days) for card in made],
        "open_count": len(open_rows),
        "done_rows": [_done(row, whom[row.id]) for row in rows if row.state is not FollowUpState.OPEN],
        "add_href": url_for("followups.add", case_id=case.id),
    }


def _card(card: Card[FollowUpRow], whom: dict[int, About], today: date, days: SchoolDays) -> dict[str, Any]:
    lines = [_line(row, whom[row.id], today, days, named=not card.person) for row in card.rows]
    if not card.person:
        return {"who": "", "things": lines}
    first = card.rows[0]
    return block([row.id for row in card.rows], due_words(first.due_on, today, days), whom, lines)


def _line(row: FollowUpRow, whom: About, today: date, days: SchoolDays, *, named: bool) -> dict[str, Any]:
    due = due_words(row.due_on, today, days)
    return {
        "title": whom.titled(row.title) if named else row.title,
        "href": address_of(row),
        "meta": dotted(row.owner, *(whom.guardians if named else ())),
        "due": due.words,
        "tone": TONES.get(due.state, "slate"),
    }


def address_of(row: FollowUpRow) -> str:
    """Return the page of a follow-up: of an open term of an agreement the term's own."""
    if row.kind == TERM_KIND and row.state is FollowUpState.OPEN:
        return url_for("circles.term_of", follow_up_id=row.id)
    return url_for("followups.follow_up", follow_up_id=row.id)


def _done(row: FollowUpRow, whom: About) -> dict[str, Any]:
    is_done = row.state is FollowUpState.DONE
    return {
        "title": whom.titled(row.title),
        "meta": row.owner,
        "href": address_of(row),
        "is_done": is_done,
        "outcome": outcome_words(row.outcome) if is_done else _("Canceled"),
    }
