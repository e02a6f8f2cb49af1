"""Legal duties: raised with their clocks, carried out, or found not to apply by two people; never deleted."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.queries import holders
from wss_cases.foundation.clock import local_date
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.models import Incident
from wss_cases.journal.unit import UnitOfWork, unit_of_work
from wss_cases.roster.models import School
from wss_cases.safeguards.models import LegalDuty, LegalDutyKind
from wss_cases.safeguards.queries import kinds_in_force
from wss_cases.safeguards.rules import Raised, due_at
from wss_cases.safeguards.states import OPEN_DUTY, DutyState

Key = str | None


def raise_duties(uow: UnitOfWork, incident: Incident, raised: Mapping[str, Raised]) -> list[LegalDuty]:
    """Bring an incident's duties to what routing raises now; return the open ones. A step.

    Verify-first becomes due, never the reverse; an open duty that is no longer raised stays open and is marked.
    A duty that was carried out is not raised again; one found not to apply is when it then was only to be verified.
    """
    standing = _standing(uow, incident)
    kinds = kinds_in_force(raised, _today(uow, incident)) if raised else {}
    found = [_raise(uow, incident, code, what, standing.get(code), kinds) for code, what in raised.items()]
    for code, duty in standing.items():
        if code not in raised and duty.state in OPEN_DUTY:
            found.append(duty)
            if duty.still_raised:
                duty.still_raised = False
                uow.record(duty, "duty.facts_changed", code=code)
    return [duty for duty in found if duty.state in OPEN_DUTY]


def _standing(uow: UnitOfWork, incident: Incident) -> dict[str, LegalDuty]:
    statement = select(LegalDuty).where(LegalDuty.incident_id == incident.id).order_by(LegalDuty.turn)
    return {duty.code: duty for duty in uow.session.scalars(statement.with_for_update())}


def _today(uow: UnitOfWork, incident: Incident) -> date:
    school = uow.session.get(School, incident.school_id)
    if school is None:
        raise NotFound
    return local_date(uow.now, school.time_zone)


def _raise(
    uow: UnitOfWork,
    incident: Incident,
    code: str,
    raised: Raised,
    duty: LegalDuty | None,
    kinds: Mapping[str, LegalDutyKind],
) -> LegalDuty:
    is_due = raised.state is DutyState.DUE
    if duty is None:
        return _create(uow, incident, code, raised, 1, kinds)
    if duty.state not in OPEN_DUTY:
        again = duty.state is DutyState.NOT_APPLICABLE and is_due and not duty.was_due
        return _create(uow, incident, code, raised, duty.turn + 1, kinds) if again else duty
    rules = list(dict.fromkeys([*duty.rules, *raised.rules]))
    becomes_due = is_due and duty.state is DutyState.VERIFY_FIRST
    if becomes_due:
        duty.state, duty.was_due = DutyState.DUE, True
    if rules != duty.rules or not duty.still_raised or becomes_due:
        duty.rules, duty.still_raised = rules, True
        uow.record(duty, "duty.now_due" if becomes_due else "duty.raised", code=code, rules=", ".join(rules))
    if becomes_due:
        _tell(uow, duty)
    return duty


def _create(
    uow: UnitOfWork,
    incident: Incident,
    code: str,
    raised: Raised,
    turn: int,
    kinds: Mapping[str, LegalDutyKind],
) -> LegalDuty:
    kind = kinds.get(code)
    if kind is None:
        raise Refused("", _("The table of legal duties has no row in force for %(code)s.", code=code))
    duty = uow.add(
        LegalDuty(
            incident_id=incident.id,
            school_id=incident.school_id,
            kind_id=kind.id,
            code=code,
            state=raised.state,
            turn=turn,
            rules=list(raised.rules),
            still_raised=True,
            was_due=raised.state is DutyState.DUE,
            raised_at=uow.now,
            due_at=due_at(uow.now, kind.clock_hours),
        )
    )
    uow.record(duty, "duty.raised", code=code, rules=", ".join(raised.rules))
    _tell(uow, duty)
    return duty


def _tell(uow: UnitOfWork, duty: LegalDuty) -> None:
    # legal clocks run at any hour, so these mails do too
    for user_id in sorted(_responsible(uow, duty)):
        key = f"duty:{duty.id}:{duty.state.value}:{user_id}"
        uow.notify(user_id, "duty_raised", duty, key, at_any_hour=True)


def _responsible(uow: UnitOfWork, duty: LegalDuty) -> set[int]:
    return {
        user_id
        for role in (Role.DEAN, Role.ADMINISTRATOR)
        for user_id, _name in holders(role, duty.school_id, uow.now.date())
    }


def discharge(
    actor: Actor,
    duty_id: int,
    *,
    what_was_done: str,
    done_at: datetime,
    told_whom: str,
    channel: str,
    reference: str,
    version: int | None,
    now: datetime,
    request_key: Key = None,
) -> int:
    """Record that a duty was carried out: what, when, by whom, whom was told and how.

    Raises Refused for a time in the future or a duty that is closed.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        duty = uow.load(LegalDuty, duty_id, Permission.DUTY_DISCHARGE, version)
        _open_only(duty)
        if done_at > now:
            raise Refused("done_at", _("This time has not come yet."))
        if not what_was_done.strip():
            raise Refused("what_was_done", _("Say what was done."))
        duty.state, duty.closed_at, duty.closed_by_id = DutyState.DISCHARGED, done_at, actor.user_id
        duty.what_was_done, duty.told_whom = what_was_done, told_whom
        duty.channel, duty.reference = channel, reference
        uow.record(duty, "duty.discharged", code=duty.code)
        uow.answer = duty.id
        return duty.id


def propose_not_applicable(
    actor: Actor, duty_id: int, reason: str, version: int | None, now: datetime, request_key: Key = None
) -> int:
    """Propose, with a reason, that a duty does not apply; it stays open until a second person has looked."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        duty = uow.load(LegalDuty, duty_id, Permission.DUTY_DISCHARGE, version)
        _open_only(duty)
        if duty.proposed_by_id is not None:
            raise Refused("", _("Somebody has proposed this already; it waits for a second look."))
        if not reason.strip():
            raise Refused("reason", _("Say why it does not apply."))
        duty.proposed_by_id, duty.proposed_at, duty.proposed_reason = actor.user_id, now, reason
        uow.record(duty, "duty.not_applicable_proposed", code=duty.code)
        for user_id in sorted(_responsible(uow, duty) - {actor.user_id or 0}):
            uow.notify(user_id, "duty_second_look", duty, f"duty-look:{duty.id}:{duty.version}:{user_id}")
        uow.answer = duty.id
        return duty.id


def take_second_look(
    actor: Actor, duty_id: int, *, agrees: bool, version: int | None, now: datetime, request_key: Key = None
) -> int:
    """Close a duty as not applicable, or let it stand, as a person other than the one who proposed it."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        duty = uow.load(LegalDuty, duty_id, Permission.DUTY_DISCHARGE, version)
        _open_only(duty)
        if duty.proposed_by_id is None:
            raise Refused("", _("Nobody has proposed that this duty does not apply."))
        if duty.proposed_by_id == actor.user_id:
            raise Refused("", _("A second person takes the second look."))
        if agrees:
            duty.state, duty.closed_at, duty.closed_by_id = DutyState.NOT_APPLICABLE, now, actor.user_id
            duty.what_was_done = duty.proposed_reason
            uow.record(duty, "duty.not_applicable", code=duty.code)
        else:
            duty.proposed_by_id, duty.proposed_at, duty.proposed_reason = None, None, ""
            uow.record(duty, "duty.not_applicable_refused", code=duty.code)
        uow.answer = duty.id
        return duty.id


def _open_only(duty: LegalDuty) -> None:
    if duty.state not in OPEN_DUTY:
        raise Refused("", _("This duty is closed already."))
