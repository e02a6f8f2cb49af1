"""Forms of legal duties: raising one, verifying it, its steps, and how it closes."""

from datetime import datetime
from typing import Any

from wtforms import DateTimeLocalField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, filled, pick, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import at_wall, local
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS
from wss_cases.safeguards.duties.duty.actions import Told
from wss_cases.safeguards.duties.duty.states import CHANNEL_LABELS, SAME_CALL, StepOutcome

SAME_CALL_ASKED = _l("Is this a call that is already recorded on this report?")
MOMENT = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def moment_field(label: Any, missing: Any = None) -> DateTimeLocalField:
    """Return a field for a day and a time of the school's wall clock; with `missing`, the message where it is empty."""
    return DateTimeLocalField(label, [InputRequired(missing) if missing else Optional()], format=MOMENT)


def wall_minute(at: datetime, zone: str) -> datetime:
    """Return the minute of an instant on a zone's wall clock, as a field for a moment shows it."""
    return local(at, zone).replace(tzinfo=None, second=0, microsecond=0)


class SourceForm(BaseForm):
    """How somebody knows of what a duty is about, and who told them where that person has no account."""

    source_how = pick(_l("How do you know of it?"), HEARD_FROM_LABELS, validate_choice=False)
    source_name: Any = ShortText(_l("Who told you"), limit=200)


class RaiseForm(SourceForm):
    """A duty that somebody sees in a report."""

    code = select(_l("Which duty"), coerce=str, validators=[InputRequired(_l("Choose the duty."))])
    because = LongText(_l("What made you think so"), [NotBlank(_l("Write what made you think so."))])
    aware_at = moment_field(_l("When did you learn of it"), _l("Enter when you learned of it."))
    facts = radio(
        _l("Are the facts clear?"),
        {"due": _l("Yes, it is due now"), "verify_first": _l("No, verify them first")},
        _l("Answer whether the facts are clear."),
    )


class RaiseMandatedForm(RaiseForm):
    """One's mandated-reporter duty to report abuse or neglect: neither which duty is asked, nor whether it is due."""

    code = facts = source_how = source_name = None


class VerifyForm(BaseForm):
    """How the facts of a duty were verified."""

    how = LongText(_l("How it was verified"), [NotBlank(_l("Write how it was verified."))])


class StepForm(BaseForm):
    """One step of a duty: who was told, or why it does not apply."""

    outcome = radio(_l("Result of this step"), StepOutcome.labels(), _l("Enter the result of this step."))
    told_whom = ShortText(_l("Who was told"))
    channel = pick(_l("How"), CHANNEL_LABELS)
    done_at = moment_field(_l("When"))
    reference = ShortText(_l("Reference or report number"), limit=120)
    same_call = radio(SAME_CALL_ASKED, SAME_CALL)
    student_ids = SelectMultipleField(_l("Students the police were told about"), coerce=int)
    note = LongText(_l("Note, or why this step does not apply"))

    def validate(self, extra_validators: object = None) -> bool:
        """Ask for the moment of a step that was carried out."""
        sound: bool = super().validate(extra_validators)
        if sound and self.outcome.data == "done" and self.done_at.data is None:
            self.done_at.errors = [_l("Enter when it was done.")]
            return False
        return sound

    def told(self, zone: str) -> Told:
        """Return what the action takes."""
        if self.outcome.data != "done":
            return Told(note=self.note.data or "")
        return _told(self, zone)


class DischargeForm(BaseForm):
    """What was done for a duty; whoever was told is named unless every step says so already."""

    what_was_done = LongText(_l("What was done"), [NotBlank(_l("Write what was done."))])
    done_at = moment_field(_l("When"), _l("Enter when it was done."))
    told_whom = ShortText(_l("Who was told"))
    channel = pick(_l("How"), CHANNEL_LABELS)
    reference = ShortText(_l("Reference or report number"), limit=120)
    same_call = radio(SAME_CALL_ASKED, SAME_CALL)
    student_ids = SelectMultipleField(_l("Students the police were told about"), coerce=int)

    def told(self, zone: str) -> Told:
        """Return what the action takes."""
        return _told(self, zone)


def _told(form: StepForm | DischargeForm, zone: str) -> Told:
    students, at = tuple(form.student_ids.data or ()), at_wall(form.done_at.data, zone)
    return filled(form, Told, done_at=at, student_ids=students, same_call=form.same_call.data or "")


class NotApplicableForm(BaseForm):
    """Why a duty does not apply."""

    reason = LongText(_l("Why it does not apply"), [NotBlank(_l("Explain why it does not apply."))])
