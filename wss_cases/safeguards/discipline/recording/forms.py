"""Forms of discipline actions: recording one, correcting it, its appeal."""

from wtforms import BooleanField, DateField, HiddenField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, pick, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.safeguards.discipline.removals.models import (
    ADMINISTRATOR_DECIDES,
    WITHOUT_END,
    Answer,
    AppealOutcome,
    AskedBy,
    DisciplineKind,
    Tried,
)
from wss_cases.safeguards.discipline.removals.rules import MOST_DAYS, is_exclusion

_DAYS = [
    InputRequired(_l("Enter the number of school days.")),
    NumberRange(0, MOST_DAYS, _l("Enter the school days as a number from 0 to 730.")),
]
CHALLENGE = _l("How the student can challenge it right away")
STUDENT_SAID = _l("What the student said")


class SpanForm(BaseForm):
    """What a removal is and when."""

    kind = pick(_l("Kind"), DisciplineKind.labels(), _l("Choose the kind."))
    days = IntegerField(_l("School days"), _DAYS)
    starts_on = DateField(_l("First day"), [InputRequired(_l("Enter the first day."))])
    ends_on = DateField(_l("Last day"), [Optional()])
    reason = LongText(_l("Reason"), [NotBlank(_l("Enter the reason."))])
    length_reason = LongText(_l("Why it lasts this long"))


class DisciplineForm(SpanForm):
    """One removal of one student, with the packet of a long one."""

    student_id = HiddenField(validators=[InputRequired(_l("Choose the student."))])
    disability = radio(
        _l("Does the student have a disability (an IEP or a 504 plan)?"),
        Answer.labels(),
        _l("Answer whether the student has a disability."),
    )
    suspected = radio(
        _l("Has anyone raised a suspected disability?"),
        Answer.labels(),
        _l("Answer whether anyone has raised a suspected disability."),
    )
    answer_conversation = LongText(Tried.CONVERSATION.label)
    answer_circle = LongText(Tried.CIRCLE.label)
    answer_mentoring = LongText(Tried.MENTORING.label)
    answer_referral = LongText(Tried.REFERRAL.label)
    answer_check_in = LongText(Tried.CHECK_IN.label)
    interventions = LongText(_l("Anything else that was tried before"))
    disruption = LongText(_l("The threat or disruption"))
    support_services = LongText(_l("Support services during the removal"))
    acknowledged = BooleanField(_l("I know that a manifestation review is due within 10 school days of this decision"))
    facts_verified = BooleanField(_l("I verified the facts and heard the student"))
    student_said = LongText(STUDENT_SAID)
    danger = LongText(_l("The continuing danger"))
    analysis = LongText(_l("Safety and risk analysis"))
    challenge = LongText(CHALLENGE)
    may_exclude = True

    def validate(self, extra_validators: object = None) -> bool:
        """Say first, before anything else, what the administrator alone decides."""
        sound: bool = super().validate(extra_validators)
        kind = next((one for one in DisciplineKind if one.value == self.kind.data), None)
        if self.may_exclude or kind is None or not is_exclusion(kind, self.days.data or 0):
            return sound
        for each in self:
            each.errors = []
        (self.kind if kind in WITHOUT_END else self.days).errors = [ADMINISTRATOR_DECIDES]
        return False


class CorrectForm(SpanForm):
    """What a removal is instead, and why it is corrected."""

    support_services = LongText(_l("Support services during the removal"))
    challenge = LongText(CHALLENGE, [NotBlank(_l("Enter how the student can challenge it."))])
    why = LongText(_l("Reason for the correction"), [NotBlank(_l("Enter the reason for the correction."))])
    acknowledged = BooleanField(_l("I know that a manifestation review is due within 10 school days of this decision"))


class HeardForm(BaseForm):
    """What a student said who was removed before being heard."""

    student_said = LongText(STUDENT_SAID, [NotBlank(_l("Enter what the student said, or that they said nothing."))])


class AppealForm(BaseForm):
    """Who asks for an appeal, and when."""

    asked_by = radio(_l("Who asks?"), AskedBy.labels(), _l("Enter who asks."))
    asked_name = ShortText(_l("Name"), [NotBlank(_l("Enter the name of the person asking."))])
    asked_on = DateField(_l("When did they ask?"), [InputRequired(_l("Enter when they asked."))])
    asked_why = LongText(_l("What they say"))


class DecideForm(BaseForm):
    """When an appeal was heard, by whom, and what was decided."""

    heard_on = DateField(_l("When was it heard?"), [InputRequired(_l("Enter when it was heard."))])
    heard_by = ShortText(_l("Who heard it"), [NotBlank(_l("Enter who heard it."))])
    outcome = radio(_l("Decision"), AppealOutcome.labels(), _l("Choose the decision."))
    days = IntegerField(
        _l("School days now, if shortened"),
        [Optional(), NumberRange(0, MOST_DAYS, _l("Enter the school days as a number from 0 to 730."))],
    )
    decided_on = DateField(_l("When was it decided?"), [InputRequired(_l("Enter when it was decided."))])
    decision = LongText(_l("Why it was decided this way"), [NotBlank(_l("Explain why it was decided this way."))])
