"""What the case page shows of a circle alone: its gates, meetings and agreement."""

from datetime import date, datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.accounts.models import UserAccount
from wss_cases.foundation.dates import day_words, moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.pathways.circles.agreements.models import AgreementTerm
from wss_cases.pathways.circles.agreements.views import may_read_terms
from wss_cases.pathways.circles.queries import Circle, circle_of
from wss_cases.pathways.circles.rules import Gate, closed, gate_words
from wss_cases.pathways.circles.states import NOT_HELD_LABELS, TERM_LABELS, NotHeld, TermState
from wss_cases.pathways.circles.views import zone_of
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.next_steps import ids
from wss_cases.pathways.common.states import LIVE, PathwayState
from wss_cases.pathways.common.steps import Panel

TERM_TONES = {TermState.KEPT: "moss", TermState.LATE: "sun", TermState.NOT_KEPT: "brick"}
MEETING_TONES = {True: "moss", False: "slate", None: "sun"}


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """Return this circle's own part of the case page; the caller has checked the pathway."""
    circle, values = circle_of(row), ids(row)
    reads = may_read_terms(actor, row, circle)
    terms = circle.agreement.terms if circle.agreement else []
    own = {
        "ids": values,
        "live": row.state in LIVE,
        "gates": [_gate(gate, circle, values) for gate in circle.gates],
        "ready": not closed(circle.gates) and row.state is not PathwayState.PROPOSED,
        "meetings": _meetings(circle, zone_of(row.school_id), now),
        "terms": [_term(term, circle, reads, values) for term in terms],
        "held": circle.was_held,
        "reads": reads,
    }
    return Panel("circles/panel.html", own)


def _meetings(circle: Circle, zone: str, now: datetime) -> list[dict[str, Any]]:
    keepers = {}
    for keeper_id in set(circle.keepers):
        account = db.session.get(UserAccount, keeper_id)
        keepers[keeper_id] = account.name if account else ""
    return [
        {
            "id": meeting.id,
            "title": moment_words(meeting.starts_at, zone),
            "meta": " · ".join(part for part in (meeting.room, keepers.get(meeting.keeper_id, "")) if part),
            "tag": _meeting_tag(meeting.happened, meeting.not_held_reason),
            "tone": MEETING_TONES[meeting.happened],
            "came": [
                circle.names.get(row.participant_id or 0, "") for row in meeting.attendance if row.attended
            ],
            "waiting": meeting.happened is None,
            "begun": meeting.starts_at <= now,
        }
        for meeting in circle.meetings
    ]


def _term(term: AgreementTerm, circle: Circle, reads: bool, values: dict[str, Any]) -> dict[str, Any]:
    owner = circle.names.get(term.owner_participant_id or 0, _("Everybody"))
    href = url_for("agreements.term", term_id=term.id, **values) if term.state is TermState.OPEN else None
    return {
        "title": f"{term.position}. {term.text}" if reads else _("Term %(number)d", number=term.position),
        "meta": _("%(who)s · due %(day)s", who=owner, day=day_words(term.due_on)),
        "tag": str(TERM_LABELS[term.state]),
        "tone": TERM_TONES.get(term.state, "slate"),
        "href": href,
    }


def _meeting_tag(happened: bool | None, reason: str) -> str:
    if happened is None:
        return _("Planned")
    return _("Held") if happened else str(NOT_HELD_LABELS[NotHeld(reason)])


def _gate(gate: Gate, circle: Circle, values: dict[str, Any]) -> dict[str, Any]:
    if gate.code == "hold":
        href = url_for("circles.hold", rule=gate.rule, **values)
        hold = next(hold for hold in circle.holds if hold.rule == gate.rule)
        until = hold.until.get(locale_code()) or hold.until["en"]
        meta = _("lifted with a reason") if gate.done else _("until: %(until)s", until=until)
    else:
        href = url_for("circles.consent", participant_id=gate.person_id, **values)
        meta = _("said on %(day)s", day=day_words(gate.on)) if gate.on else _("record the answer")
    return {
        "done": gate.done,
        "text": gate_words(gate, circle.names),
        "meta": meta,
        "href": None if gate.done and gate.code == "hold" else href,
    }
