"""Forms of police-notification reviews: the three grounds, the answers, the notification, the settings."""

from wtforms import BooleanField, IntegerField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, pick, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS
from wss_cases.safeguards.duties.duty.forms import SourceForm, moment_field
from wss_cases.safeguards.duties.duty.states import CHANNEL_LABELS
from wss_cases.safeguards.police.review.rules import FEWEST_HOURS, MOST_HOURS
from wss_cases.safeguards.police.review.states import ANSWER_MANNERS, SHEET_LABELS, WANTED

TIME_REASON = _l("Why this time is right")
NO_DANGER = _l("Write what the imminent danger was.")
NO_ADULT = _l("Enter which adult stays with the student.")
TOLD_911 = "911"
TOLD_OTHER = "other"


class CallForm(BaseForm):
    """That police were called, and when."""

    called_at = moment_field(_l("When did you call?"), _l("Enter when you called."))
    time_reason = ShortText(TIME_REASON)


class LawForm(SourceForm):
    """The duty that requires it; of what opens on one person's word, how that person knows."""

    duty_id = select(
        _l("Which legal duty requires it"),
        coerce=str,
        validators=[InputRequired(_l("Choose the legal duty of this incident that requires it."))],
    )


class AskForm(BaseForm):
    """What the third ground demands."""

    tried = LongText(_l("What was done to de-escalate"), [NotBlank(WANTED["tried"])])
    alternatives = LongText(_l("Which alternatives were tried, and the results"), [NotBlank(WANTED["alternatives"])])
    guardian_attempts = LongText(
        _l("Attempts to reach the guardian: when, how, result"), [NotBlank(WANTED["guardian_attempts"])]
    )
    supports = LongText(_l("The student's supports: disability, language, housing"), [NotBlank(WANTED["supports"])])
    why = LongText(_l("Why the police are needed anyway"), [NotBlank(WANTED["why"])])
    not_removal = BooleanField(
        _l("This is not to remove a disruptive student."),
        [InputRequired(_l("A notification is never a way to remove a disruptive student. Confirm that this is not."))],
    )


class AnswerForm(BaseForm):
    """One answer to a review."""

    approves = radio(
        _l("Your answer"),
        {"no": _l("No: do not notify the police"), "yes": _l("Yes: the police may be notified")},
        _l("Choose your answer."),
    )
    answered_at = moment_field(_l("When was the answer given?"), _l("Enter when the answer was given."))
    manner = pick(_l("How was it given?"), ANSWER_MANNERS, _l("Enter how the answer was given."))
    reason = LongText(_l("Reason"), [NotBlank(_l("Enter the reason."))])


class SecondForm(BaseForm):
    """Whether a second person verified the duty that requires a notification."""

    verified = radio(
        _l("Did you verify that this duty applies?"),
        {"yes": _l("Yes: it applies"), "no": _l("No: it does not apply, or I cannot tell")},
        _l("Choose your answer."),
    )
    reason = LongText(_l("How you verified it, or why not"), [NotBlank(_l("Write how it was verified, or why not."))])


class AfterwardsForm(BaseForm):
    """What somebody who did not make a notification finds about it."""

    confirms = radio(
        _l("Was it what it was recorded as?"),
        {"yes": _l("Yes: confirmed"), "no": _l("No: not confirmed")},
        _l("Choose your answer."),
    )
    reason = LongText(_l("Reason"), [NotBlank(_l("Enter the reason."))])


class CorrectForm(BaseForm):
    """What the record of a notification says instead, and why."""

    called_at = moment_field(_l("When did you call?"))
    danger = LongText(_l("What the imminent danger was"))
    notified_at = moment_field(_l("When were they told?"), _l("Enter when they were told."))
    time_reason = ShortText(TIME_REASON)
    why = LongText(_l("Reason for the correction"), [NotBlank(_l("Enter the reason for the correction."))])


class WithdrawForm(BaseForm):
    """Why a review is withdrawn."""

    reason = LongText(_l("Why it is withdrawn"), [NotBlank(_l("Enter the reason."))])


class ToldForm(BaseForm):
    """What a notification is: when, who was told, of whom. Its fields stand before what may be known only later."""

    danger = LongText(_l("What the imminent danger was"))
    notified_at = moment_field(_l("When were they told?"), _l("Enter when they were told."))
    time_reason = ShortText(TIME_REASON)
    told = select(_l("Who was told"), coerce=str, validators=[InputRequired(_l("Enter who was told."))])
    told_whom = ShortText(_l("Someone else: who"))
    channel = pick(_l("How"), CHANNEL_LABELS, _l("Enter how."))
    student_ids = SelectMultipleField(_l("Students the police were told about"), coerce=int)
    step_ids = SelectMultipleField(_l("What this carries out of the legal duty"), coerce=int)
    adult_with_student = ShortText(_l("Adult who stays with the student"))

    def demand(self, *, danger: bool, adult: bool) -> None:
        """Ask for what this notification needs: words of the danger, and who stays with a student who is known."""
        if danger:
            self.danger.validators = [NotBlank(NO_DANGER)]
        if adult:
            self.adult_with_student.validators = [NotBlank(NO_ADULT)]


class FollowedForm(BaseForm):
    """What may be known only after the notification."""

    report_number = ShortText(_l("Report number"), limit=80)
    guardian_result = pick(
        _l("Was the guardian reached?"),
        RESULT_LABELS | {"not_yet": _l("Not tried yet")},
        _l("Answer whether the guardian was reached."),
    )
    guardian_told_at = moment_field(_l("When was the guardian told?"))
    guardian_manner = pick(_l("How was the guardian told?"), MANNER_LABELS)
    guardian_name = ShortText(_l("Name of the guardian who was told"))
    rights_sheet = pick(_l("Rights sheet"), SHEET_LABELS, _l("Answer whether the rights sheet was given."))
    note = LongText(_l("What happened afterward"))


class CompleteForm(FollowedForm):
    """What is added to a notification later, and students of whom only one person had said who they are."""

    student_ids = SelectMultipleField(_l("Also: students the police were told about"), coerce=int)


class NotificationForm(ToldForm, FollowedForm):
    """The notification itself; its fields stand, and are named where they are wrong, in the order of its page."""


class ApproverForm(BaseForm):
    """Who gives a network's second approvals."""

    approver_id = select(_l("Approver"), coerce=str, validators=[InputRequired(_l("Choose the approver."))])
    deputy_id = select(_l("Deputy"), coerce=str)
    hours = IntegerField(
        _l("Hours allowed for each answer"),
        [
            InputRequired(_l("Enter the hours.")),
            NumberRange(FEWEST_HOURS, MOST_HOURS, _l("Enter the hours as a number from 1 to 72.")),
        ],
    )
