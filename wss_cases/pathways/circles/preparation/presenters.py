"""What the page of one party shows beside its questions: what is on record, line by line, and what is missing."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.states import MANNER_LABELS, PersonRole
from wss_cases.pathways.circles.circle.models import CircleConsent, CirclePreparation
from wss_cases.pathways.circles.circle.rules import Requirement, as_told, unmet
from wss_cases.pathways.circles.circle.states import ConsentManner, ConsentState, SupporterRelation, consent_state
from wss_cases.pathways.circles.requirements.presenters import requirement_row
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.steps import ids
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import contacts_of
from wss_cases.roster.telling import calling

Lines = list[str]
PLAN_CODE = "plan"
"""The requirement that is met on a page of its own."""


def on_record(circle: Circle, participant_id: int, told: bool) -> dict[str, Lines]:
    """Return what is on record of a party, each line with its day, by the question that it answers.

    What they and their guardian said is left out for who may not know it (`told`).
    """
    prepared, consent = circle.preparations.get(participant_id), circle.consents.get(participant_id)
    lines = _prepared_lines(prepared) if prepared else {}
    if told and consent:
        lines |= {"answer": _answer_lines(consent), "guardian": _guardian_lines(consent)}
    if told and prepared and prepared.guardian_tried_on:
        tried = _("Not reached on %(day)s", day=day_words(prepared.guardian_tried_on))
        lines["guardian"] = [*lines.get("guardian", []), tried]
    if told and prepared and prepared.is_ready is not None:
        words = _("Ready to meet") if prepared.is_ready else _("Not ready yet")
        lines["ready"] = [dotted(words, day_words(prepared.ready_on) if prepared.ready_on else "")]
    return {name: found for name, found in lines.items() if found}


def _prepared_lines(prepared: CirclePreparation) -> dict[str, Lines]:
    first = prepared.first_contact_on
    how = str(MANNER_LABELS.get(prepared.first_contact_manner, ""))
    done = (
        (_("Support offered"), prepared.support_offered_on),
        (_("Pre-meeting held"), prepared.pre_met_on),
        (_("Letter read together"), prepared.letter_read_on),
    )
    plan = _("A safety plan is needed") if prepared.plan_needed else _("No safety plan is needed")
    said_on = day_words(prepared.plan_said_on) if prepared.plan_said_on else ""
    return {
        "talk": [
            *([dotted(_("First contact"), day_words(first), how)] if first else []),
            *(dotted(words, day_words(day)) for words, day in done if day is not None),
        ],
        "plan_needed": [dotted(plan, said_on)] if prepared.plan_needed is not None else [],
    }


def _answer_lines(consent: CircleConsent) -> Lines:
    state = consent_state(consent.consented, consent.not_now)
    asked = state is not ConsentState.NOT_ASKED
    return [dotted(str(ConsentState(state).label), day_words(consent.given_on))] if asked else []


def _guardian_lines(consent: CircleConsent) -> Lines:
    if consent.guardian_consented is None:
        return []
    manner = str(ConsentManner(consent.guardian_manner).label) if consent.guardian_manner else ""
    words = _("Consents") if consent.guardian_consented else _("Does not consent")
    return [dotted(words, manner, consent.guardian_name, day_words(consent.guardian_on or consent.given_on))]


def lede(person: CaseParticipant) -> str:
    """Return who a party is: their part, and their grade."""
    grade = grade_words(person.student.grade) if person.student is not None else ""
    return dotted(str(PersonRole(person.role).label), grade)


def guardian_lines(person: CaseParticipant) -> list[str]:
    """Return whom to call about a party, a line each."""
    return list(calling(filter(None, [person.student])).lines)


def only_guardian(person: CaseParticipant) -> str:
    """Return the name of the one guardian whom the school may call; nothing where there are none, or several."""
    contacts = contacts_of(person.student_id) if person.student_id is not None else []
    return contacts[0].name if len(contacts) == 1 else ""


def supporters(circle: Circle, participant_id: int) -> list[dict[str, Any]]:
    """Return who is beside a party."""
    return [
        {"id": one.id, "name": one.name, "relation": str(SupporterRelation(one.relation).label)}
        for one in circle.supporters
        if one.participant_id == participant_id and one.ended_at is None
    ]


def beside(
    row: Pathway, circle: Circle, person: CaseParticipant, requirements: Sequence[Requirement], told: bool
) -> dict[str, Any]:
    """Return what stands beside the form: this party's lines, the others in a line each, and what concerns all."""
    shown = as_told(requirements, told)
    own = [one for one in shown if one.person_id == person.id]
    shared = [one for one in shown if one.person_id is None]
    others = [one for one in circle.invited if one.id != person.id]
    return {
        "own": [_own(one, circle, row) for one in own],
        "others": [_other(row, one, circle.names[one.id], shown) for one in others],
        "shared": [requirement_row(one, circle, row) for one in shared],
        "missing": len(unmet(shown)),
    }


def _own(requirement: Requirement, circle: Circle, row: Pathway) -> dict[str, Any]:
    """Return a line of the party whose page this is: it is met here, so it leads nowhere, but for a safety plan."""
    shown = requirement_row(requirement, circle, row)
    if requirement.code == PLAN_CODE:
        return shown
    return shown | {"href": None, "meta": shown["meta"] if requirement.done or requirement.on else None}


def _other(row: Pathway, person: CaseParticipant, name: str, shown: Sequence[Requirement]) -> dict[str, Any]:
    missing = len(unmet(one for one in shown if one.person_id == person.id))
    words = _("%(name)s: %(missing)d still missing", name=name, missing=missing)
    return {
        "done": not missing,
        "text": words if missing else _("%(name)s: everything is recorded", name=name),
        "href": url_for("circle_parties.party", participant_id=person.id, **ids(row)),
    }
