"""Forms of legal duties: raising one, verifying it, its steps, and how it closes."""

from wtforms import DateTimeLocalField, RadioField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import at_wall
from wss_cases.safeguards.duties.duty.actions import Told
from wss_cases.safeguards.duties.duty.states import CHANNEL_LABELS

MOMENT = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
PICK = ("", _l("Choose one"))


class RaiseForm(BaseForm):
    """A duty that somebody sees in a report."""

    code = select(_l("Which duty"), coerce=str, validators=[InputRequired(_l("Choose the duty."))])
    because = LongText(_l("What made you think so"), [NotBlank(_l("Say what made you think so."))])
    aware_at = DateTimeLocalField(
        _l("When did you learn of it"), [InputRequired(_l("Say when you learned of it."))], format=MOMENT
    )
    facts = RadioField(
        _l("Are the facts clear?"),
        choices=choices([("due", _l("Yes, it is due now")), ("verify_first", _l("No, verify them first"))]),
        validators=[InputRequired(_l("Say whether the facts are clear."))],
    )


class RaiseOwnForm(BaseForm):
    """One's own duty to report abuse or neglect."""

    because = LongText(_l("What made you think so"), [NotBlank(_l("Say what made you think so."))])
    aware_at = DateTimeLocalField(
        _l("When did you learn of it"), [InputRequired(_l("Say when you learned of it."))], format=MOMENT
    )


class VerifyForm(BaseForm):
    """How the facts of a duty were verified."""

    how = LongText(_l("How it was verified"), [NotBlank(_l("Say how it was verified."))])


class StepForm(BaseForm):
    """One step of a duty: who was told, or why it does not apply."""

    outcome = RadioField(
        _l("What became of this step"),
        choices=choices([("done", _l("Carried out")), ("not_applicable", _l("Does not apply"))]),
        validators=[InputRequired(_l("Say what became of this step."))],
    )
    told_whom = ShortText(_l("Who was told"))
    channel = select(_l("How"), [PICK, *CHANNEL_LABELS.items()])
    done_at = DateTimeLocalField(_l("When"), [Optional()], format=MOMENT)
    reference = ShortText(_l("Reference or report number"), limit=120)
    note = LongText(_l("Note, or why this step does not apply"))

    def validate(self, extra_validators: object = None) -> bool:
        """Ask for the moment of a step that was carried out."""
        sound: bool = super().validate(extra_validators)
        if sound and self.outcome.data == "done" and self.done_at.data is None:
            self.done_at.errors = [_l("Say when it was done.")]
            return False
        return sound

    def told(self, zone: str) -> Told:
        """Return what the action takes."""
        note = self.note.data or ""
        if self.outcome.data != "done":
            return Told(note=note)
        return Told(
            self.told_whom.data or "",
            self.channel.data or "",
            at_wall(self.done_at.data, zone),
            self.reference.data or "",
            note,
        )


class DischargeForm(BaseForm):
    """What was done for a duty; whoever was told is named unless every step says so already."""

    what_was_done = LongText(_l("What was done"), [NotBlank(_l("Say what was done."))])
    done_at = DateTimeLocalField(_l("When"), [InputRequired(_l("Say when it was done."))], format=MOMENT)
    told_whom = ShortText(_l("Who was told"))
    channel = select(_l("How"), [PICK, *CHANNEL_LABELS.items()])
    reference = ShortText(_l("Reference or report number"), limit=120)


class NotApplicableForm(BaseForm):
    """Why a duty does not apply."""

    reason = LongText(_l("Why it does not apply"), [NotBlank(_l("Say why it does not apply."))])
