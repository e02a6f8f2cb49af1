"""How routing's plan for a decided report differs, after its facts were corrected, from what was made."""

from collections import Counter
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, exists, or_, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import OPEN, CaseParticipant
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import is_known_to
from wss_cases.followups.core.states import CONVERSATION
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.decision import make_follow_up, open_with, scene_of
from wss_cases.intake.recommendation import PlanFollowUp, PlanItem, Situation, shown_to, situation
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.queries import parted
from wss_cases.routing.engine.vocabulary import FollowUpKind, Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.routing.rule_sets import RoutingAnswer


def key_of(one: PlanItem | PlanFollowUp) -> str:
    return one.key if isinstance(one, PlanItem) else f"{one.kind}:{one.days}:{one.person_id or 0}"


DECIDED = (IncidentState.ROUTED, IncidentState.CLOSED)
NO_PART = 0
"""Stands for people without a part in the case yet; None stands for everyone in it."""


@dataclass(frozen=True)
class Changes:
    """`items` and `follow_ups` are called for now but were never made; `pathways` and `open` exist but are no longer
    called for."""

    now: Situation
    items: tuple[PlanItem, ...] = ()
    follow_ups: tuple[PlanFollowUp, ...] = ()
    pathways: tuple[Pathway, ...] = ()
    open: tuple[FollowUp, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.items or self.follow_ups or self.pathways or self.open)


def changes_for(actor: Actor, incident: Incident) -> Changes | None:
    """What routing would change for a decided report, as far as the actor may see it; None if it was not routed
    again. The caller has checked the report."""
    if incident.state not in DECIDED or not _asked_again(incident):
        return None
    now = shown_to(actor, incident.school_id, situation(incident.id))
    cases = cases_of_incident(incident.id)
    case_id = cases[-1].id if cases else None
    made = list(db.session.scalars(select(FollowUp).where(_of(incident.id, case_id)).order_by(FollowUp.id)))
    pathways = _pathways(case_id) if case_id is not None else []
    people = _participants(case_id) if case_id is not None else {}
    standing = {(row.kind, row.participant_id) for row in pathways}
    talked = incident.state is IncidentState.CLOSED and case_id is None
    made_keys = {(row.kind, row.incident_person_id) for row in made}

    def part_of(item: PlanItem) -> int | None:
        return people.get(item.person_id, NO_PART) if item.person_id is not None else None

    def stands(item: PlanItem) -> bool:
        if case_id is None and item.kind is Kind.CONVERSATION:
            return talked or (CONVERSATION, item.person_id) in made_keys
        return (item.kind.value, part_of(item)) in standing

    circles = any(item.pathway is Family.CIRCLE for item in now.plan.items)
    named = {(item.kind.value, part_of(item)) for item in now.plan.items}
    wanted = [one for one in now.plan.follow_ups if circles or one.kind is not FollowUpKind.PRE_MEETINGS]
    return Changes(
        now,
        items=tuple(item for item in now.plan.items if not stands(item)),
        follow_ups=_missing(wanted, made),
        pathways=tuple(
            row
            for row in parted(actor, incident.school_id, pathways)[0]
            if row.state in LIVE and _by_rule(row.rules) and (row.kind, row.participant_id) not in named
        ),
        open=_no_longer(wanted, now.plan.items, [row for row in made if is_known_to(actor, row)]),
    )


def _asked_again(incident: Incident) -> bool:
    answered = RoutingAnswer.incident_id == incident.id
    later = exists().where(answered, RoutingAnswer.created_at > incident.reviewed_at)
    return incident.reviewed_at is not None and bool(db.session.scalar(select(later)))


def _of(incident_id: int, case_id: int | None) -> ColumnElement[bool]:
    of_report = FollowUp.incident_id == incident_id
    return of_report if case_id is None else or_(of_report, FollowUp.case_id == case_id)


def _pathways(case_id: int) -> list[Pathway]:
    return list(db.session.scalars(select(Pathway).where(Pathway.case_id == case_id).order_by(Pathway.id)))


def _participants(case_id: int) -> dict[int, int]:
    """Id of the case participant by the person's id in the report."""
    part = CaseParticipant
    rows = db.session.execute(select(part.incident_person_id, part.id).where(part.case_id == case_id))
    return {entry: number for entry, number in rows if entry is not None}


def _missing(wanted: list[PlanFollowUp], made: list[FollowUp]) -> tuple[PlanFollowUp, ...]:
    there = Counter((row.kind, row.incident_person_id) for row in made)
    missing = []
    for one in wanted:
        key = (one.kind.value, one.person_id)
        if there[key]:
            there[key] -= 1
        else:
            missing.append(one)
    return tuple(missing)


def _no_longer(wanted: list[PlanFollowUp], items: tuple[PlanItem, ...], made: list[FollowUp]) -> tuple[FollowUp, ...]:
    named = {(one.kind.value, one.person_id) for one in wanted}
    named |= {(CONVERSATION, item.person_id) for item in items if item.kind is Kind.CONVERSATION}
    return tuple(
        row
        for row in made
        if row.state is FollowUpState.OPEN and _by_rule(row.rules) and (row.kind, row.incident_person_id) not in named
    )


def _by_rule(rules: list[str]) -> bool:
    """Whether routing made it, rather than a person or an event in a pathway."""
    return bool(rules) and "chosen" not in rules


@use_case
def add_named(uow: UnitOfWork, incident_id: int, key: str) -> int:
    """Add one pathway or follow-up that routing now calls for; the first pathway opens a case. Raises Refused for
    one that exists already or is not called for."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW)
    changes = changes_for(uow.actor, incident)
    items = {key_of(one): one for one in changes.items} if changes is not None else {}
    follow_ups = {key_of(one): one for one in changes.follow_ups} if changes is not None else {}
    if key not in items and key not in follow_ups:
        raise Refused("", _("This is already there, or it is no longer called for."))
    scene = replace(scene_of(uow, incident, lambda _plan: (items[key],) if key in items else ()), made=Counter())
    if key in items:
        open_with(uow, scene)
        if incident.state is IncidentState.CLOSED:
            set_state(uow, incident, IncidentState.ROUTED)
    else:
        wanted = follow_ups[key]
        open_case = next((case for case in cases_of_incident(incident.id) if case.state in OPEN), None)
        make_follow_up(uow, scene, open_case, wanted.kind.value, wanted.days, wanted.person_id, wanted.rules)
    uow.record(incident, "review.added_after_correction")
    return incident.id
