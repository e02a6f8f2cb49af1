"""Raising legal duties: by routing, or by hand. An adult's own is raised for that adult.

Nothing is taken back but what a mark on an adult raised, and that only while nobody has acted on it.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import READERS, told_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.webhooks.messages import HookEvent
from wss_cases.mail.webhooks.pages import tell_webhooks
from wss_cases.routing.engine.vocabulary import Duty
from wss_cases.safeguards.duties.duty.models import (
    CONFIDENTIAL,
    OPEN_DUTY,
    PERSONAL,
    DutyState,
    LegalDuty,
    LegalDutyKind,
    LegalDutyStep,
    Raised,
    due_at,
)
from wss_cases.safeguards.duties.duty.queries import kinds_in_force

OF_A_MARK = frozenset({Duty.ADULT_CONDUCT.value})
"""Duties that rest on nothing but a reviewer's mark on an adult."""

Whose = tuple[str, int | None]
"""A duty's code and, for one that is each adult's own, that adult."""


@dataclass
class Standing:
    """The duties that an incident has: the newest of each, how often each was raised, and the table's rows today."""

    kinds: Mapping[str, LegalDutyKind]
    newest: dict[Whose, LegalDuty] = field(default_factory=dict)
    occurrences: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class ByHand:
    """A duty that somebody raises: which, what made them think so, since when, whether facts come first, how they know,
    and who told them."""

    code: str
    because: str
    aware_at: datetime
    verify_first: bool = False
    source_how: str = ""
    source_name: str = ""


def raise_duties(uow: UnitOfWork, incident: Incident, raised: Mapping[str, Raised]) -> list[LegalDuty]:
    """Bring an incident's duties to what routing raises now; return the open ones. For use cases.

    Verify-first becomes due, never the reverse; an open duty that is no longer raised stays open and is marked, but
    for one that a mark on an adult raised and nobody has acted on: that is taken back, and the history says so.
    A duty that was carried out is not raised again; one found not to apply is when it then was only to be verified.
    """
    return _bring(uow, incident, raised, _standing(uow, incident, raised))


def raise_first_duties(uow: UnitOfWork, incident: Incident, raised: Mapping[str, Raised]) -> list[LegalDuty]:
    """Raise the duties of a report that this unit has just written, which has none yet; return them. For use cases."""
    return _bring(uow, incident, raised, Standing(_kinds(uow, incident, raised)))


def _bring(uow: UnitOfWork, incident: Incident, raised: Mapping[str, Raised], standing: Standing) -> list[LegalDuty]:
    duties = []
    for code, what in raised.items():
        for owner_id in _owners(uow, incident, code, standing):
            duties.append(_raise(uow, incident, (code, owner_id), what, standing))
    for (code, _owner_id), duty in standing.newest.items():
        if code not in raised and duty.state in OPEN_DUTY:
            duties.append(duty)
            if code in OF_A_MARK and _untouched(uow, duty):
                _take_back(uow, duty)
            elif duty.still_raised and duty.rules:
                duty.still_raised = False
                record_act(uow, duty, "duty.facts_changed")
    return [duty for duty in duties if duty.state in OPEN_DUTY]


def open_by_hand(uow: UnitOfWork, incident: Incident, given: ByHand, owner_id: int | None) -> LegalDuty:
    """Open a duty by hand. For use cases. Raises Refused when the same one stands open."""
    standing = _standing(uow, incident, [given.code])
    newest = standing.newest.get((given.code, owner_id))
    if newest is not None and newest.state in OPEN_DUTY:
        raise Refused("code", _("This duty is already open on this report."))
    state = DutyState.VERIFY_FIRST if given.verify_first else DutyState.DUE
    duty = _new(uow, incident, (given.code, owner_id), Raised(state, ()), standing, given.aware_at)
    duty.raised_by_id, duty.raised_because = uow.actor.user_id, given.because
    duty.source_how, duty.source_name = given.source_how, given.source_name
    record_act(uow, duty, "duty.raised_by_hand")
    tell_responsible(uow, duty)
    tell_outside(uow, duty, incident)
    return duty


def record_act(uow: UnitOfWork, duty: LegalDuty, kind: str, rules: str = "") -> None:
    """Write an act on a duty into its history; of a personal duty, not even which it is."""
    data: dict[str, Any] = {"code": duty.code} | ({"rules": rules} if rules else {})
    uow.record(duty, kind, **({} if duty.is_personal else data))


def responsible(duty: LegalDuty, now: datetime) -> set[int]:
    """Return who is told of a duty: the school's deans and administrators; of a personal one its owner instead of
    the deans. Whoever may not know of the report is not told of its duty."""
    incident = db.session.get_one(Incident, duty.incident_id)
    if duty.is_personal:
        owner = {duty.owner_id} if duty.owner_id is not None else set()
        return told_of(incident, (Role.ADMINISTRATOR,), now).keys() | owner
    return set(told_of(incident, READERS, now))


def _untouched(uow: UnitOfWork, duty: LegalDuty) -> bool:
    recorded = uow.session.scalar(select(exists().where(LegalDutyStep.duty_id == duty.id)))
    by_hand = (duty.raised_by_id, duty.verified_by_id, duty.proposed_by_id)
    return not recorded and all(user_id is None for user_id in by_hand)


def _take_back(uow: UnitOfWork, duty: LegalDuty) -> None:
    duty.state, duty.still_raised, duty.was_due = DutyState.NOT_APPLICABLE, False, False
    duty.closed_at = uow.now
    duty.what_was_done = _("The adult is no longer marked as having caused harm, and no one had acted on it.")
    record_act(uow, duty, "duty.taken_back")


def _kinds(uow: UnitOfWork, incident: Incident, codes: Collection[str]) -> Mapping[str, LegalDutyKind]:
    return kinds_in_force(codes, today_at(incident.school_id, uow.now)) if codes else {}


def _standing(uow: UnitOfWork, incident: Incident, codes: Collection[str]) -> Standing:
    standing = Standing(_kinds(uow, incident, codes))
    statement = select(LegalDuty).where(LegalDuty.incident_id == incident.id).order_by(LegalDuty.turn)
    for duty in uow.session.scalars(statement.with_for_update()):
        standing.newest[duty.code, duty.owner_id] = duty
        standing.occurrences[duty.code] = duty.turn
    return standing


def _owners(uow: UnitOfWork, incident: Incident, code: str, standing: Standing) -> list[int | None]:
    """Return who owns a duty: [None] for one of the school. A personal duty keeps its owners; a new one belongs to the
    reporter and to whoever has just said what raises it."""
    if code not in PERSONAL:
        return [None]
    owners = [owner_id for of, owner_id in standing.newest if of == code]
    if not owners:
        owners = [incident.reporter_id, uow.actor.user_id]
    known = list(dict.fromkeys(owner_id for owner_id in owners if owner_id is not None))
    return [*known] or [None]


def _raise(uow: UnitOfWork, incident: Incident, whose: Whose, raised: Raised, standing: Standing) -> LegalDuty:
    duty, is_due = standing.newest.get(whose), raised.state is DutyState.DUE
    if duty is None:
        return _create(uow, incident, whose, raised, standing)
    if duty.state not in OPEN_DUTY:
        again = duty.state is DutyState.NOT_APPLICABLE and is_due and not duty.was_due
        return _create(uow, incident, whose, raised, standing) if again else duty
    rules = list(dict.fromkeys([*duty.rules, *raised.rules]))
    becomes_due = is_due and duty.state is DutyState.VERIFY_FIRST
    if becomes_due:
        duty.state, duty.was_due = DutyState.DUE, True
    if rules != duty.rules or not duty.still_raised or becomes_due:
        duty.rules, duty.still_raised = rules, True
        record_act(uow, duty, "duty.now_due" if becomes_due else "duty.raised", ", ".join(rules))
    if becomes_due:
        tell_responsible(uow, duty)
    return duty


def _create(uow: UnitOfWork, incident: Incident, whose: Whose, raised: Raised, standing: Standing) -> LegalDuty:
    duty = _new(uow, incident, whose, raised, standing, uow.now)
    record_act(uow, duty, "duty.raised", ", ".join(raised.rules))
    tell_responsible(uow, duty)
    tell_outside(uow, duty, incident)
    return duty


def _new(
    uow: UnitOfWork, incident: Incident, whose: Whose, raised: Raised, standing: Standing, aware_at: datetime
) -> LegalDuty:
    code, owner_id = whose
    kind = standing.kinds.get(code)
    if kind is None:
        raise Refused("code", _("The table of legal duties has no row in force for %(code)s.", code=code))
    standing.occurrences[code] += 1
    return uow.add(
        LegalDuty(
            incident_id=incident.id,
            school_id=incident.school_id,
            kind_id=kind.id,
            code=code,
            state=raised.state,
            turn=standing.occurrences[code],
            rules=list(raised.rules),
            still_raised=True,
            was_due=raised.state is DutyState.DUE,
            raised_at=uow.now,
            aware_at=aware_at,
            due_at=due_at(aware_at, kind.clock_hours),
            owner_id=owner_id,
        )
    )


def tell_outside(uow: UnitOfWork, duty: LegalDuty, incident: Incident) -> None:
    """Tell the webhooks of its school that a clock began, not of what; of a confidential duty not even that."""
    if duty.due_at is not None and duty.code not in CONFIDENTIAL:
        key, named = f"{duty.id}:{duty.school_id}", f"duty-{duty.id}"
        tell_webhooks(uow, HookEvent.DUTY, incident, key, f"/duties/{duty.id}", named)


def tell_responsible(uow: UnitOfWork, duty: LegalDuty) -> None:
    """Write to those who must act that a duty is due or to be verified. For use cases."""
    # legal clocks run at any hour, so these mails do too
    for user_id in sorted(responsible(duty, uow.now)):
        key = f"duty:{duty.id}:{duty.state.value}:{user_id}"
        uow.notify(user_id, "duty_raised", duty, key, at_any_hour=True)
