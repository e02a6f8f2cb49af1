"""Steps of the acts on a legal duty: recording, discharging, the second look; its forms and words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import select
from wtforms import HiddenField, SelectMultipleField

from wss_cases.access.permissions import Permission
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.forms import (
    LongText,
    MomentField,
    NotBlank,
    PlainForm,
    QuestionField,
    ShortText,
    choices,
    needs,
    pick,
    radio,
)
from wss_cases.foundation.i18n import _, _l, dotted, in_language, ngettext
from wss_cases.foundation.school_time import local, moment_words, zone_of
from wss_cases.incidents.incident.queries import load_incident, parties_of, refuse_party
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS, TOLD_BY_LABELS
from wss_cases.incidents.pages import report_rows
from wss_cases.journal.extension_points import react
from wss_cases.journal.rooms import DeputyLooks, ForDeputy, Room, SecondLook
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import Student
from wss_cases.roster.telling import refuse_kept_off
from wss_cases.safeguards.duties.duty import models, queries
from wss_cases.safeguards.duties.duty.models import (
    CHANNEL_LABELS,
    DUTY_LABELS,
    MAY_NOT_APPLY,
    OPEN_DUTY,
    SAME_CALL,
    DutyState,
    LegalDuty,
    LegalDutyKindStep,
    LegalDutyStep,
    StepOutcome,
    StepWhom,
    is_overdue,
    refuse_future,
    whom_of,
)
from wss_cases.safeguards.duties.duty.queries import (
    DutyRow,
    StepRow,
    steps_of,
    students_in,
    students_who_caused_harm,
    user_name,
)
from wss_cases.safeguards.duties.duty.raising import record_act, responsible

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


def tell_of_police(uow: UnitOfWork, duty: LegalDuty, steps: Sequence[LegalDutyKindStep], report: Told) -> None:
    """Let a call to the police that one of these steps was count as a notification. For use cases."""
    is_police = any(whom_of(duty.code, step.whom_en) is StepWhom.POLICE for step in steps)
    if is_police and report.done_at is not None:
        react(uow, POLICE_CALLED, PoliceCall(duty, report))


def carry_out(uow: UnitOfWork, duty: LegalDuty, what_was_done: str, report: Told) -> None:
    """Close an open duty with what was done. For use cases. Raises Refused as `discharge` says."""
    refuse_closed(duty)
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
def take_second_review(
    uow: UnitOfWork, duty_id: int, *, agrees: bool, permission: Permission = Permission.DUTY_DISCHARGE
) -> int:
    """Close a duty as not applicable, or let it stand, as a person other than the one who proposed it."""
    duty = uow.load(LegalDuty, duty_id, permission, uow.version)
    refuse_not_applicable(duty)
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


def refuse_not_applicable(duty: LegalDuty) -> None:
    """Raise Refused for a duty that can no longer be found not to apply."""
    if duty.state not in MAY_NOT_APPLY:
        raise Refused("", _("This duty is already closed."))


def refuse_closed(duty: LegalDuty) -> None:
    if duty.state not in OPEN_DUTY:
        raise Refused("", _("This duty is already closed."))


def source_fields() -> tuple[Any, Any]:
    """The fields for how somebody knows of what a duty is about, and who told them."""
    return (
        pick(_l("How do you know of it?"), HEARD_FROM_LABELS, validate_choice=False),
        ShortText(
            _l("Who told you"), names=True,
            description=_l("The name of the person who told you. If no one knows it, write that."),
        ),
    )  # fmt: skip


class TellingForm(PlainForm):
    """Who was told for a step, how and when; of a call to the police also about whom."""

    step: LegalDutyKindStep | None = None
    whom = StepWhom.OTHERS
    students: Sequence[Student] = ()

    def fit_step(self: Any, duty: LegalDuty, step: LegalDutyKindStep | None) -> None:
        """Ask about the police only for a step that tells them, and read the time on the school's clock."""
        self.done_at.zone = zone_of(duty.school_id)
        self.step = step
        if step is not None and not duty.is_personal:
            self.whom = whom_of(duty.code, step.whom_en)
        if self.whom is StepWhom.POLICE:
            students = students_who_caused_harm(duty.incident_id)
            self.student_ids.choices = choices([(student.id, student.shown_name) for student in students])
        else:
            del self.same_call, self.student_ids
        for field in (self.told_whom, self.channel, self.done_at):
            field.flags.required = True

    def told(self: Any) -> Told:
        """What the steps of duties take."""
        return Told(
            self.told_whom.data if self.told_whom else "",
            self.channel.data if self.channel else "",
            self.done_at.at,
            self.reference.data if self.reference else "",
            student_ids=tuple(self.student_ids.data) if self.student_ids else (),
            same_call=self.same_call.data or "" if self.same_call else "",
        )


SAME_CALL_ASKED = _l("Is this a call that is already recorded on this report?")
STUDENTS = _l("Students the police were told about")
STUDENTS_HINT = _l("Only students reported to have caused harm. Witnesses and people harmed never count as referred.")


class StepForm(TellingForm):
    """One step of a duty: who was told, or why it does not apply."""

    step_id = HiddenField()
    outcome = radio(_l("Result of this step"), StepOutcome, _l("Enter the result of this step."), default="done")
    told_whom = ShortText(
        _l("Who was told"),
        description=_l("The person or office that was notified, or where it was carried out."),
    )  # fmt: skip
    channel = pick(_l("How"), CHANNEL_LABELS)
    done_at = MomentField(_l("When"))
    reference = ShortText(_l("Reference or report number"), limit=120, width="medium")
    same_call = QuestionField(SAME_CALL_ASKED, SAME_CALL)
    student_ids = SelectMultipleField(STUDENTS, coerce=int, description=STUDENTS_HINT)
    note = LongText(_l("Note, or why this step does not apply"), rows=3)

    def fit(self, duty: LegalDuty) -> None:
        step_id = str(self.step_id.data)
        self.fit_step(duty, next((row.step for row in steps_of(duty) if str(row.step.id) == step_id), None))

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for the moment of a step that was carried out."""
        sound, is_done = super().validate(extra_validators), self.outcome.data == StepOutcome.DONE.value
        return needs(sound, self.done_at, is_done and self.done_at.data is None, _l("Enter when it was done."))


class DischargeForm(TellingForm):
    """What was done for a duty; whoever was told is named unless every step says so already."""

    what_was_done = LongText(_l("What was done"), [NotBlank(_l("Write what was done."))])
    done_at = MomentField(_l("When"), _l("Enter when it was done."))
    told_whom = ShortText(_l("Who was told"))
    channel = pick(_l("How"), CHANNEL_LABELS)
    reference = ShortText(_l("Reference or report number"), limit=120, width="medium")
    same_call = QuestionField(SAME_CALL_ASKED, SAME_CALL)
    student_ids = SelectMultipleField(STUDENTS, coerce=int, description=STUDENTS_HINT)

    def fit(self, duty: LegalDuty) -> None:
        """Ask who was told only where a step is left to record."""
        left = [row.step for row in steps_of(duty) if row.record is None]
        self.fit_step(duty, left[0] if len(left) == 1 else None)
        if left:
            self.told_whom.description = in_language(left[0], "whom")
        else:
            del self.told_whom, self.channel, self.reference


def wall_minute(at: datetime, zone: str) -> datetime:
    """The minute of an instant on a zone's wall clock, as a field for a moment shows it."""
    return local(at, zone).replace(tzinfo=None, second=0, microsecond=0)


def duty_words(row: DutyRow, now: datetime, zone: str, whom: str = "") -> dict[str, Any]:
    """Return a duty in the reader's words: whom it is about, what, trigger, whom to tell, clock left, source, state."""
    duty, kind = row.duty, row.kind
    pages = "own_duties" if duty.is_personal else "safeguards"
    named: dict[str, Any] = {"own_duty_id" if duty.is_personal else "duty_id": duty.id}
    overdue = is_overdue(duty.state, duty.due_at, now, kind.clock_hours)
    return {
        "id": duty.id,
        "what": DUTY_LABELS.get(duty.code, duty.code),
        "whom": whom,
        "reference": row.reference,
        "incident_id": duty.incident_id,
        "state": state_words(row),
        "is_open": duty.state in OPEN_DUTY,
        "verify_first": duty.state is DutyState.VERIFY_FIRST,
        "overdue": overdue,
        "tone": "brick" if overdue or duty.state is DutyState.DUE else "sun",
        "trigger": in_language(kind, "trigger"),
        "tell": in_language(kind, "tell"),
        "clock": in_language(kind, "clock"),
        "left": clock_left(row, now),
        "source": kind.source,
        "confirmed": kind.is_confirmed,
        "still_raised": duty.still_raised,
        "proposed": duty.proposed_by_id is not None and duty.state in MAY_NOT_APPLY,
        "may_not_apply": duty.state in MAY_NOT_APPLY,
        "raised": moment_words(duty.raised_at, zone),
        "rules": ", ".join(duty.rules),
        "by_hand": user_name(duty.raised_by_id),
        "because": duty.raised_because,
        "told_by": source_words(duty),
        "aware": moment_words(duty.aware_at, zone),
        "own": user_name(duty.owner_id) if duty.is_personal else "",
        "list_href": url_for(f"{pages}.duties"),
        "href": url_for(f"{pages}.duty", **named),
    }


def source_words(duty: LegalDuty) -> str:
    """Return how whoever raised a duty knows, and who told them; '' where nobody said."""
    return dotted(TOLD_BY_LABELS.get(duty.source_how, ""), duty.source_name)


def state_words(row: DutyRow) -> Any:
    """Return a duty's state in words: "At once" for one that is due without a clock to wait for."""
    if row.duty.state is DutyState.DUE and row.kind.clock_hours == 0:
        return _("Right away")
    return DutyState(row.duty.state).label


def clock_left(row: DutyRow, now: datetime) -> str:
    """Return how much of an open duty's clock is left, or by how much it ran out, in words."""
    duty = row.duty
    if duty.state not in OPEN_DUTY:
        return ""
    if row.kind.clock_hours == 0:
        ago = span_words(now - duty.aware_at)
        if duty.state is DutyState.VERIFY_FIRST:
            return _("Verify first, then right away; raised %(ago)s ago", ago=ago)
        return _("Right away: raised %(ago)s ago", ago=ago)
    if duty.due_at is None:
        return ""
    left = duty.due_at - now
    if left.total_seconds() < 0:
        return _("Overdue by %(span)s", span=span_words(-left))
    return _("%(span)s left", span=span_words(left))


def span_words(span: Any) -> str:
    """Return a length of time in its largest whole unit: minutes, hours or days."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(num)d minute", "%(num)d minutes", minutes)
    if minutes < 48 * 60:
        return ngettext("%(num)d hour", "%(num)d hours", minutes // 60)
    return ngettext("%(num)d day", "%(num)d days", minutes // (24 * 60))


def step_words(row: StepRow, zone: str) -> dict[str, Any]:
    """Return one step of a duty in the reader's words: whom to tell, and how it was recorded, if it was."""
    record = row.record
    parts: list[str] = []
    if record is not None:
        channel = str(CHANNEL_LABELS.get(record.channel, record.channel))
        parts = [record.told_whom, channel, moment_words(record.done_at, zone), record.reference]
    return {
        "position": row.step.position,
        "whom": in_language(row.step, "whom"),
        "recorded": record is not None,
        "done": record is not None and record.outcome is StepOutcome.DONE,
        "told": " · ".join(part for part in parts if part),
        "note": record.note if record is not None else "",
        "by": row.by,
    }


def for_deputy(duty: LegalDuty) -> ForDeputy | None:
    """Return what the network's deputy must know to say, as the second person, whether a duty applies; of one that is
    an adult's own neither which it is nor what was reported."""
    if duty.proposed_by_id is None or duty.state not in MAY_NOT_APPLY:
        return None
    title, report = _("Does this legal duty apply?"), existing(load_incident(duty.incident_id))
    what, texts = _("An adult’s mandated-reporter duty"), [duty.proposed_reason]
    if not duty.is_personal:
        what = str(DUTY_LABELS.get(duty.code, duty.code))
        texts += [duty.raised_because, report.narrative]
    agree = (_("You are asked to agree that"), _("Agree: not applicable"))
    rows = [*report_rows(report), (_("Legal duty"), what), agree]
    return ForDeputy(title, rows, [text for text in texts if text])


def reports_of(duty: LegalDuty) -> list[int]:
    return [duty.incident_id]


ROOM = Room(
    sentences=models.SENTENCES,
    loaders={"legal_duty": queries.load_duty},
    deputy_looks={
        "legal_duty": DeputyLooks(for_deputy, settle_proposal, queries.proposed_everywhere, asks, reports_of)
    },
)
