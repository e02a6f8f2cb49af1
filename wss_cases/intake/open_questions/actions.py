"""Answering an open question by one tap, and asking again what a later text unsettles."""

from functools import reduce
from typing import Any

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Stale
from wss_cases.incidents.details import set_roles
from wss_cases.incidents.incident.models import Incident, signs_of
from wss_cases.incidents.incident.pages import tell_of_danger
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import UNDECIDED, PersonRole
from wss_cases.intake.open_questions import rules
from wss_cases.intake.open_questions.models import Answer, Because, FactAnswer
from wss_cases.intake.open_questions.queries import noes_by_tap
from wss_cases.intake.open_questions.rules import Tap
from wss_cases.intake.report.routing import route_incident
from wss_cases.journal.timeline import in_both
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case

COLUMNS = ("injury", "weapon", "substance")
"""Facts that a report also holds in a column of its own, which knows no "unknown"."""


@use_case
def answer_fact(
    uow: UnitOfWork, incident_id: int, fact: str, answer: str, whom: str = "", seconds: int | None = None
) -> int:
    """Answer one open question of a report: the fact is written, the answer kept, the report routed anew.

    No version is asked for: answers to different questions lose nothing of each other. Raises Stale for a report that
    is decided, Refused beside `answer` or `whom` for what the question does not take, as a no without its reason.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW)
    if incident.state not in UNDECIDED:
        raise Stale
    people = [person.id for person in incident.people if rules.asks_part(fact, person)]
    tap = rules.tap_of(fact, answer, whom, signs_of(incident), people)
    _write(uow, incident, fact, tap)
    row = FactAnswer(
        incident_id=incident.id, fact=fact, answer=tap.answer, value=tap.value, because=tap.because,
        whom=whom if tap.answer is Answer.ASKED or tap.because is Because.SAID else "",
        by_id=uow.actor.user_id, at=uow.now, seconds=seconds,
    )  # fmt: skip
    uow.add_audited(row, "review.fact_answered")
    _record(uow, incident, fact, tap)
    route_incident(uow, incident)
    return incident.id


def _write(uow: UnitOfWork, incident: Incident, fact: str, tap: Tap) -> None:
    _set_facts(incident, rules.facts_after(incident.facts or {}, fact, tap))
    if tap.person_id is not None:
        set_roles(uow, incident, {tap.person_id: PersonRole(tap.value)})
    if fact == "imminent_danger" and tap.answer is Answer.YES and not incident.danger_now:
        incident.danger_now = True
        tell_of_danger(uow, incident)


def _record(uow: UnitOfWork, incident: Incident, fact: str, tap: Tap) -> None:
    if tap.person_id is not None:
        who = next(person for person in incident.people if person.id == tap.person_id)
        kind = "review.fact_protected" if fact == "mutual" else "review.parts_set"
        uow.record(incident, kind, who=in_both(lambda: person_words(who)))
    elif tap.because is not None:
        uow.record(incident, "review.fact_no", fact=fact, because=tap.because.value)
    elif tap.value:
        uow.record(incident, "review.fact_value", fact=fact, value=tap.value)
    else:
        uow.record(incident, "review.fact_answered", fact=fact, answer=tap.answer.value)


def ask_again(uow: UnitOfWork, incident: Incident) -> None:
    """Make every no that was given by a tap a question again: somebody wrote more about an undecided report."""
    if incident.state not in UNDECIDED:
        return
    noes = [row for row in noes_by_tap(incident.id) if row.fact not in (*rules.YES_OR_NO, *rules.PARTS)]
    facts = rules.reopened(incident.facts or {}, [row.fact for row in noes])
    if facts == incident.facts:
        return
    for row in noes:
        row.reopened_at = uow.now
    _set_facts(incident, facts)
    for row in noes:
        uow.record(incident, "review.fact_reopened", fact=row.fact)
    route_incident(uow, incident)


def join_facts(uow: UnitOfWork, target: Incident) -> None:
    """Bring what merged reports say, or leave open, into the undecided report that stays; a no is asked again."""
    if target.state not in UNDECIDED:
        return
    merged = list(uow.session.scalars(select(Incident).where(Incident.duplicate_of_id == target.id)))
    before = dict(target.facts or {})
    facts = reduce(rules.joined, (one.facts or {} for one in merged), before)
    danger = target.danger_now or any(one.danger_now for one in merged)
    if facts != before or danger != target.danger_now:
        target.danger_now = danger
        _set_facts(target, facts)
        uow.record(target, "review.facts_joined")
        route_incident(uow, target)
    ask_again(uow, target)


def _set_facts(incident: Incident, facts: dict[str, Any]) -> None:
    """Write the facts of a report, and of those that have a column what is known."""
    for name in COLUMNS:
        if facts.get(name) != (incident.facts or {}).get(name):
            setattr(incident, name, None if facts[name] == rules.UNKNOWN else facts[name])
    incident.facts = facts
