"""The page of one pathway: where it stands, its one next act, and what it has of its own."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.queries import get_case
from wss_cases.cases.rules import person_words
from wss_cases.casework.queries import pathway_item, user_names
from wss_cases.casework.rules import pathway_act
from wss_cases.casework.states import ACT_LABELS
from wss_cases.casework.views_page import (
    CasePage,
    head,
    history_items,
    kind_words,
    open_page,
    pathway_address,
    reasons,
)
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, moment_words
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page
from wss_cases.journal.queries import case_history
from wss_cases.pathways.circles.agreements.models import AgreementTerm
from wss_cases.pathways.circles.agreements.views import may_read_terms
from wss_cases.pathways.circles.queries import Circle, circle_of
from wss_cases.pathways.circles.rules import Gate, closed, gate_words
from wss_cases.pathways.circles.states import NOT_HELD_LABELS, TERM_LABELS, NotHeld, TermState
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import (
    END_REASON_LABELS,
    LABELS,
    LIVE,
    OUTCOME_LABELS,
    EndReason,
    PathwayState,
)
from wss_cases.pathways.mentoring.queries import plan_of as mentoring_of
from wss_cases.pathways.reengagement.queries import plan_of as return_of
from wss_cases.pathways.referrals.queries import plan_of as referral_of
from wss_cases.routing.explain import in_language
from wss_cases.routing.models import RoutingAnswer
from wss_cases.routing.states import POLICE_LABELS, AppliesTo, Person, Police
from wss_cases.routing.states import Pathway as Family

blueprint = Blueprint("pathways", __name__, url_prefix="/cases/<int:case_id>/pathways")

TONES = {
    PathwayState.ACTIVE: "teal",
    PathwayState.COMPLETED: "moss",
    PathwayState.PROPOSED: "slate",
}
TERM_TONES = {TermState.KEPT: "moss", TermState.LATE: "sun", TermState.NOT_KEPT: "brick"}


@blueprint.get("/<int:pathway_id>")
@gate(Permission.CASE_READ)
def pathway(case_id: int, pathway_id: int) -> Page:
    """One pathway of a case."""
    actor, now = current_actor(), clock.now()
    page = open_page(get_case(actor, case_id), now)
    row = next((row for row in page.file.pathways if row.id == pathway_id), None)
    if row is None:
        raise NotFound
    return pathway_page(page, actor, row)


def pathway_page(page: CasePage, actor: Actor, row: Pathway) -> Page:
    """Render the case page with one pathway's tab open."""
    circle = _circle(page, row)
    live = row.state in LIVE and not page.case.result
    act = pathway_act(pathway_item(row, circle, page.now), page.today) if live else None
    answers = page.file.answers
    context: dict[str, Any] = {
        "row": row,
        "kind": kind_words(row),
        "kind_state": str(LABELS[row.state]),
        "kind_tone": TONES.get(row.state, "slate"),
        "live": live,
        "act": (str(ACT_LABELS[act.act]), pathway_address(row.case_id, act, circle is not None))
        if act
        else None,
        "facts": _facts(page, row),
        "own": _own(row),
        "family": row.pathway,
        "held": [] if circle else _held(row, answers),
        "why": reasons(row, answers, locale_code()),
        "police": _police(answers),
        "ruleset": _ruleset(answers, page.zone),
        "entries": history_items(
            case_history(row.case_id, limit=7, incidents=page.file.incident_ids), page.zone
        ),
        "circle": _circle_context(page, actor, row, circle) if circle else None,
    }
    return render_template("casework/pathway.html", **head(page, actor, f"p{row.id}"), **context)


def _circle(page: CasePage, row: Pathway) -> Circle | None:
    if row.pathway != Family.CIRCLE:
        return None
    return page.file.circles.get(row.id) or circle_of(row, page.file.people, page.file.answers)


def _held(row: Pathway, answers: Sequence[RoutingAnswer]) -> list[str]:
    """Return why a hold speaks against this pathway for the person who caused harm; circles have gates instead."""
    if row.for_whom == Person.HARMED:
        return []
    kept_back = {AppliesTo.CAUSED_HARM_AND_CIRCLES}
    if row.pathway == Family.RESTORATIVE_CONVERSATION:
        kept_back.add(AppliesTo.SHARED_AND_CONVERSATION)
    holds = [hold for answer in answers for hold in answer.answer["holds"] if hold["applies_to"] in kept_back]
    texts = [in_language(hold["because"], locale_code()) for hold in holds]
    return list(dict.fromkeys(texts))


def _police(answers: Any) -> str:
    found = {answer.answer.get("police", "") for answer in answers}
    worst = next(
        (
            police
            for police in (Police.EMERGENCY, Police.REQUIRED_BY_LAW, Police.NOT_INDICATED)
            if police in found
        ),
        None,
    )
    return str(POLICE_LABELS[worst]) if worst else ""


def _ruleset(answers: Any, zone: str) -> str:
    if not answers:
        return ""
    newest = answers[-1]
    name = newest.answer["ruleset"]
    label = f"{name['name']}-{name['version']}"
    return _("Rule set %(name)s · %(when)s", name=label, when=moment_words(newest.created_at, zone))


def _facts(page: CasePage, row: Pathway) -> list[dict[str, Any]]:
    names = page.file.names | user_names([row.offered_by_id])
    offered = ""
    if row.offered_on is not None:
        offered = _(
            "%(day)s, by %(name)s", day=day_words(row.offered_on), name=names.get(row.offered_by_id or 0, "")
        )
    step = " · ".join(part for part in (row.next_step, day_words(row.next_step_on)) if part)
    rows = [
        (_("For"), person_words(row.participant) if row.participant else ""),
        (_("Owner"), names.get(row.owner_id or 0, _("nobody yet"))),
        (_("Start by"), day_words(row.start_by) if row.state is PathwayState.PROPOSED else ""),
        (_("Offered"), offered),
        (_("Accepted"), day_words(row.accepted_on)),
        (_("Started"), day_words(row.started_on)),
        (_("Held"), day_words(row.held_on)),
        (_("Next step"), step),
        (_("Expected end"), day_words(row.expected_end)),
        (_("Outcome"), str(OUTCOME_LABELS.get(row.outcome, "")) if row.outcome else ""),
        (_("Ended because"), str(END_REASON_LABELS[EndReason(row.end_reason)]) if row.end_reason else ""),
        (_("Note"), row.outcome_note),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def _own(row: Pathway) -> dict[str, Any] | None:
    values: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    said: list[tuple[str, Any]]
    if row.pathway == Family.MENTORING:
        plan = mentoring_of(row.id)
        said = [
            (_("Goal"), plan and plan.goal),
        ]
        return _own_card(_("Mentor, goal and rhythm"), said, url_for("mentoring.details", **values))
    if row.pathway == Family.WRAPAROUND:
        referral = referral_of(row.id)
        said = [
            (_("Partner organisation"), referral and referral.partner_name),
            (_("Sent on"), referral and day_words(referral.sent_on)),
        ]
        return _own_card(_("Partner and sending"), said, url_for("referrals.details", **values))
    if row.pathway == Family.REENGAGEMENT:
        back = return_of(row.id)
        said = [
            (_("First day back"), back and day_words(back.return_on)),
            (_("Supports"), back and back.supports),
        ]
        return _own_card(_("The day of return"), said, url_for("reengagement.details", **values))
    return None


def _own_card(title: str, said: list[tuple[str, Any]], href: str) -> dict[str, Any]:
    return {
        "title": title,
        "href": href,
        "rows": [{"label": label, "value": value or ""} for label, value in said],
    }


def _circle_context(page: CasePage, actor: Actor, row: Pathway, circle: Circle) -> dict[str, Any]:
    values = {"case_id": row.case_id, "pathway_id": row.id}
    reads = may_read_terms(actor, row, circle)
    terms = circle.agreement.terms if circle.agreement else []
    return {
        "gates": [_gate(gate, circle, values) for gate in circle.gates],
        "ready": not closed(circle.gates) and row.state is not PathwayState.PROPOSED,
        "meetings": _meetings(page, circle),
        "terms": [_term(term, circle, reads, values) for term in terms],
        "agreed": circle.agreement is not None,
        "held": circle.was_held,
        "reads": reads,
    }


def _meetings(page: CasePage, circle: Circle) -> list[dict[str, Any]]:
    keepers = user_names(circle.keepers)
    return [
        {
            "id": meeting.id,
            "title": moment_words(meeting.starts_at, page.zone),
            "meta": " · ".join(part for part in (meeting.room, keepers.get(meeting.keeper_id, "")) if part),
            "tag": _meeting_tag(meeting.happened, meeting.not_held_reason),
            "tone": {True: "moss", False: "slate", None: "sun"}[meeting.happened],
            "came": [
                circle.names.get(row.participant_id or 0, "") for row in meeting.attendance if row.attended
            ],
            "waiting": meeting.happened is None,
            "begun": meeting.starts_at <= page.now,
        }
        for meeting in circle.meetings
    ]


def _term(term: AgreementTerm, circle: Circle, reads: bool, values: dict[str, Any]) -> dict[str, Any]:
    owner = circle.names.get(term.owner_participant_id or 0, _("Everybody"))
    return {
        "title": f"{term.position}. {term.text}" if reads else _("Term %(number)d", number=term.position),
        "meta": _("%(who)s · due %(day)s", who=owner, day=day_words(term.due_on)),
        "tag": str(TERM_LABELS[term.state]),
        "tone": TERM_TONES.get(term.state, "slate"),
        "href": url_for("agreements.term", term_id=term.id, **values)
        if term.state is TermState.OPEN
        else None,
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
