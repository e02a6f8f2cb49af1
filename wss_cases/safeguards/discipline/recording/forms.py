"""Forms of discipline actions: recording a removal, and the hearing after it."""

from wtforms import BooleanField, DateField, HiddenField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, pick, radio
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.ids import id_in
from wss_cases.safeguards.discipline.removals.models import (
    ADMINISTRATOR_DECIDES,
    WITHOUT_END,
    Answer,
    DisciplineAction,
    DisciplineKind,
    Tried,
)
from wss_cases.safeguards.discipline.removals.rules import MOST_DAYS, Span, is_exclusion

DAYS_BETWEEN = NumberRange(0, MOST_DAYS, _l("Enter the school days as a number from 0 to 730."))
CHALLENGE = _l("How the student can challenge it right away")
STUDENT_SAID = _l("What the student said")


class SpanForm(PlainForm):
    """What a removal is and when."""

    kind = pick(_l("Kind"), DisciplineKind.labels(), _l("Choose the kind."))
    days = IntegerField(
        _l("School days"), [InputRequired(_l("Enter the number of school days.")), DAYS_BETWEEN],
        description=_l("Part of a day is 1. Only a removal with no end date has 0."),
    )  # fmt: skip
    starts_on = DateField(_l("First day"), [InputRequired(_l("Enter the first day."))])
    ends_on = DateField(_l("Last day"), [Optional()])
    reason = LongText(
        _l("Reason"), [NotBlank(_l("Enter the reason."))], rows=3,
        description=_l("The family reads this. Facts only, and no other child’s name."),
    )  # fmt: skip
    length_reason = LongText(
        _l("Why it lasts this long"), rows=2,
        description=_l("Required for a suspension, an expulsion, or a placement. The family reads this."),
    )  # fmt: skip

    @property
    def span(self) -> Span:
        """The removal in time."""
        return Span(DisciplineKind(self.kind.data), self.days.data, self.starts_on.data, self.ends_on.data)

    @property
    def told(self) -> dict[str, str]:
        """What the family reads, by the column; '' for what is not asked."""
        return {name: self[name].data if name in self else "" for name in DisciplineAction.TOLD}


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

    @property
    def chosen_id(self) -> int:
        """The chosen student's id; 0, which is none's, for what is no id."""
        return id_in(str(self.student_id.data)) or 0

    @property
    def answers(self) -> dict[Tried, str]:
        """What was written for each kind of intervention."""
        return {what: self[f"answer_{what.value}"].data for what in Tried}

    @property
    def is_long(self) -> bool:
        """Whether the administrator decides it."""
        return is_exclusion(DisciplineKind(self.kind.data), self.days.data)

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


class HeardForm(BaseForm):
    """What a student said who was removed before being heard."""

    student_said = LongText(STUDENT_SAID, [NotBlank(_l("Enter what the student said, or that they said nothing."))])
