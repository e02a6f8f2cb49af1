"""Closing legal duties: step by step with what was done, or found not to apply by two people; never deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import in_language
from wss_cases.incidents.deputies.pages import ASKED as DEPUTY_ASKED
from wss_cases.incidents.deputies.pages import ask_deputy
from wss_cases.incidents.incident.queries import parties_of, refuse_party
from wss_cases.journal.extension_points import react
from wss_cases.journal.rooms import SecondLook
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.telling import refuse_kept_off
from wss_cases.safeguards.duties.duty.models import LegalDuty, LegalDutyKindStep, LegalDutyStep
from wss_cases.safeguards.duties.duty.queries import students_in
from wss_cases.safeguards.duties.duty.raising import record_act, responsible
from wss_cases.safeguards.duties.duty.rules import refuse_future, whom_of
from wss_cases.safeguards.duties.duty.states import MAY_NOT_APPLY, OPEN_DUTY, DutyState, StepOutcome, StepWhom

POLICE_CALLED = "duty.police_called"
"""What follows from a call to the police on a step: it counts as the notification that it is."""


@dataclass(frozen=True)
class Told:
    """Who was told for a step, how, when, and the number given; `note` is why a step does not apply instead.

    Of a call to the police: `student_ids`, about whom they were told; `same_call`, whether the report has it already.
    """

    told_whom: str = ""
    channel: str = ""
    done_at: datetime | None = None
    reference: str = ""
    note: str = ""
    student_ids: tuple[int, ...] = ()
    same_call: str = ""


@dataclass(frozen=True)
class PoliceCall:
    """A call to the police that was recorded on a step of a duty, for the room that counts it."""

    duty: LegalDuty
    report: Told


@use_case
def record_step(
    uow: UnitOfWork, duty_id: int, step_id: int, report: Told, permission: Permission = Permission.DUTY_DISCHARGE
) -> int:
    """Record one step of an open duty: who was told, how and when, or with `note` alone why it does not apply.

    Raises Refused for a step of another duty, for one recorded already, and for a time to come.
    """
    duty = uow.load(LegalDuty, duty_id, permission, uow.version)
    _open_only(duty)
    step = next((step for step in steps_left(uow, duty) if step.id == step_id), None)
    if step is None:
        raise Refused("", _("This step is already recorded, or belongs to another duty."))
    add_step(uow, duty, step, report)
    _tell_of_police(uow, duty, [step], report)
    return duty.id


def steps_left(uow: UnitOfWork, duty: LegalDuty) -> list[LegalDutyKindStep]:
    """Return the steps of a duty that nobody has recorded, in order."""
    recorded = select(LegalDutyStep.kind_step_id).where(LegalDutyStep.duty_id == duty.id)
    statement = select(LegalDutyKindStep).where(
        LegalDutyKindStep.kind_id == duty.kind_id, LegalDutyKindStep.id.not_in(recorded)
    )
    return list(uow.session.scalars(statement.order_by(LegalDutyKindStep.position)))


def add_step(uow: UnitOfWork, duty: LegalDuty, step: LegalDutyKindStep, report: Told) -> None:
    """Write down one step of a duty. For use cases that close it too."""
    done = report.done_at is not None
    if report.done_at is not None:
        refuse_future("done_at", report.done_at, uow.now)
        refuse_blank("told_whom", report.told_whom, _("Enter who was told."))
        refuse_kept_off("told_whom", [one.id for one in students_in(duty.incident_id)], report.told_whom)
        if not report.channel:
            raise Refused("channel", _("Enter how."))
    elif not report.note.strip():
        raise Refused("note", _("Explain why this step does not apply."))
    row = uow.add(
        LegalDutyStep(
            duty_id=duty.id, kind_step_id=step.id, school_id=duty.school_id,
            outcome=StepOutcome.DONE if done else StepOutcome.NOT_APPLICABLE,
            recorded_by_id=uow.actor.user_id, recorded_at=uow.now, told_whom=report.told_whom, channel=report.channel,
            done_at=report.done_at, reference=report.reference, note=report.note,
        )
    )  # fmt: skip
    data: dict[str, Any] = {} if duty.is_personal else {"code": duty.code, "position": step.position}
    uow.record(row, "duty.step_done" if done else "duty.step_not_applicable", **data)


@use_case
def discharge(
    uow: UnitOfWork, duty_id: int, what_was_done: str, report: Told, permission: Permission = Permission.DUTY_DISCHARGE
) -> int:
    """Record that a duty was carried out: what, when, by whom. The last step left open is recorded with it.

    Raises Refused for a time in the future, a duty that is closed, and one with more steps left than this one.
    """
    duty = uow.load(LegalDuty, duty_id, permission, uow.version)
    left = steps_left(uow, duty)
    carry_out(uow, duty, what_was_done, report)
    _tell_of_police(uow, duty, left, report)
    return duty.id


def _tell_of_police(uow: UnitOfWork, duty: LegalDuty, steps: Sequence[LegalDutyKindStep], report: Told) -> None:
    is_police = any(whom_of(duty.code, step.whom_en) is StepWhom.POLICE for step in steps)
    if is_police and report.done_at is not None:
        react(uow, POLICE_CALLED, PoliceCall(duty, report))


def carry_out(uow: UnitOfWork, duty: LegalDuty, what_was_done: str, report: Told) -> None:
    """Close an open duty with what was done. For use cases. Raises Refused as `discharge` says."""
    _open_only(duty)
    if report.done_at is None or report.done_at > uow.now:
        raise Refused("done_at", _("This time is in the future."))
    refuse_blank("what_was_done", what_was_done, _("Write what was done."))
    left = steps_left(uow, duty)
    if len(left) > 1:
        steps = "; ".join(in_language(step, "whom") for step in left)
        raise Refused("", _("First record each step. Still open: %(steps)s.", steps=steps))
    if left:
        add_step(uow, duty, left[0], report)
    elif not _anything_done(uow, duty):
        raise Refused(
            "", _("No step was carried out. Propose that the duty does not apply: a second person reviews it.")
        )
    duty.state, duty.closed_at, duty.closed_by_id = DutyState.DISCHARGED, report.done_at, uow.actor.user_id
    duty.what_was_done, duty.told_whom = what_was_done, report.told_whom
    duty.channel, duty.reference = report.channel, report.reference
    record_act(uow, duty, "duty.discharged")


def _anything_done(uow: UnitOfWork, duty: LegalDuty) -> bool:
    # a row of the table may ask for no steps of its own: then what was done is all there is
    has_steps = select(LegalDutyKindStep.id).where(LegalDutyKindStep.kind_id == duty.kind_id).limit(1)
    done = select(LegalDutyStep.id).where(LegalDutyStep.duty_id == duty.id, LegalDutyStep.outcome == StepOutcome.DONE)
    return uow.session.scalar(has_steps) is None or uow.session.scalar(done.limit(1)) is not None


@use_case
def propose_not_applicable(
    uow: UnitOfWork, duty_id: int, reason: str, permission: Permission = Permission.DUTY_DISCHARGE
) -> int:
    """Propose, with a reason, that a duty does not apply; until a second person has looked it stands as it is.

    One that was carried out may turn out not to have applied: what the police were told then counts as avoidable.
    """
    duty = uow.load(LegalDuty, duty_id, permission, uow.version)
    _not_found_out(duty)
    if duty.proposed_by_id is not None:
        raise Refused("", _("Someone has already proposed this; it is waiting for second review."))
    refuse_blank("reason", reason, _("Explain why it does not apply."))
    duty.proposed_by_id, duty.proposed_at, duty.proposed_reason = uow.actor.user_id, uow.now, reason
    record_act(uow, duty, "duty.not_applicable_proposed")
    for user_id in sorted(responsible(duty, uow.now) - {uow.actor.user_id or 0}):
        uow.notify(user_id, "duty_second_look", duty, f"duty-look:{duty.id}:{duty.version}:{user_id}")
    if ask_deputy(uow, duty):
        record_act(uow, duty, DEPUTY_ASKED)
    return duty.id


@use_case
def take_second_review(
    uow: UnitOfWork, duty_id: int, *, agrees: bool, permission: Permission = Permission.DUTY_DISCHARGE
) -> int:
    """Close a duty as not applicable, or let it stand, as a person other than the one who proposed it."""
    duty = uow.load(LegalDuty, duty_id, permission, uow.version)
    _not_found_out(duty)
    if duty.proposed_by_id is None:
        raise Refused("", _("No one has proposed that this duty does not apply."))
    if duty.proposed_by_id == uow.actor.user_id:
        raise Refused("", _("A second person does the second review."))
    refuse_party(uow.actor.user_id, duty.incident_id)
    refuse_one_person("", uow.actor.user_id, [duty.proposed_by_id], uow.now)
    settle_proposal(uow, duty, agrees)
    return duty.id


def asks(duty: LegalDuty, now: datetime) -> SecondLook:
    """Return who proposed that a duty does not apply, and who else of the school may take the second look: no party to
    the report, and never the adult whose own duty it is."""
    owner = {duty.owner_id} if duty.owner_id is not None else set()
    school = responsible(duty, now) - {duty.proposed_by_id or 0} - owner - parties_of(duty.incident_id)
    return SecondLook(duty.proposed_by_id, duty.proposed_at or duty.raised_at, school, owner)


def settle_proposal(uow: UnitOfWork, duty: LegalDuty, agrees: bool) -> None:
    """Close a duty as not applicable, or let it stand, as the second person said. For use cases."""
    if agrees:
        duty.state, duty.closed_at, duty.closed_by_id = DutyState.NOT_APPLICABLE, uow.now, uow.actor.user_id
        duty.what_was_done = "\n".join(text for text in (duty.what_was_done, duty.proposed_reason) if text)
        record_act(uow, duty, "duty.not_applicable")
    else:
        duty.proposed_by_id, duty.proposed_at, duty.proposed_reason = None, None, ""
        record_act(uow, duty, "duty.not_applicable_refused")


def _not_found_out(duty: LegalDuty) -> None:
    if duty.state not in MAY_NOT_APPLY:
        raise Refused("", _("This duty is already closed."))


def _open_only(duty: LegalDuty) -> None:
    if duty.state not in OPEN_DUTY:
        raise Refused("", _("This duty is already closed."))
