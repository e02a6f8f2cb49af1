"""Forms of follow-ups."""

from datetime import date

from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.followups.core.states import KINDS, MOVE_REASONS, RECORDED_ELSEWHERE, SNOOZE_REASONS
from wss_cases.followups.evidence.rules import Evidence
from wss_cases.followups.evidence.states import BY_CONTACT, NAMES_WHOM
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import MANNER_LABELS

DAY = _l("Choose a day.")
OF_CONTACT = ("manner", "attempts", "who", "language", "interpreter")
"""What is asked of a contact besides how it went and when."""


class CloseForm(BaseForm):
    """How it went."""

    outcome = RadioField(_l("How did it go?"), validators=[InputRequired(_l("Choose how it went."))])
    manner = radio(_l("How?"), MANNER_LABELS)
    on_day = DateField(_l("On which day?"), validators=[Optional()])
    attempts = IntegerField(_l("How many attempts did it take?"), validators=[Optional()])
    who = ShortText(_l("Who did you reach?"))
    language = ShortText(_l("Language spoken"), limit=20)
    interpreter = BooleanField(_l("An interpreter spoke"))
    note = LongText(_l("What happened, and what is left?"), limit=4000)

    def ask(self, kind: str, today: date) -> None:
        """Leave out what this kind does not ask; it is of today, and the first attempt, unless said otherwise."""
        for name in OF_CONTACT if kind not in BY_CONTACT else () if kind in NAMES_WHOM else ("who",):
            delattr(self, name)
        if not self.is_submitted():
            self.on_day.data = today
            if "attempts" in self:
                self.attempts.data = 1

    @property
    def evidence(self) -> Evidence:
        """What was said beside the outcome."""
        answers = {name: self[name].data for name in ("note", "on_day", *OF_CONTACT) if name in self}
        return Evidence(**{name: value for name, value in answers.items() if value is not None})


class MoveForm(BaseForm):
    """Another school day, and why."""

    due_on = DateField(_l("New day"), validators=[InputRequired(DAY)])
    reason = radio(_l("Why?"), MOVE_REASONS, _l("Choose why."))


ONE_DAY, OVER_DAYS = "one", "spread"


class ReplanForm(BaseForm):
    """Several follow-ups to one day, or spread over the next school days, for one reason."""

    ids = SelectMultipleField(
        _l("Which ones?"),
        coerce=int,
        validators=[InputRequired(_l("Choose at least one follow-up."))],
        validate_choice=False,
    )
    how = radio(
        _l("Where to?"),
        [(ONE_DAY, _l("All to one day")), (OVER_DAYS, _l("Spread over the next school days"))],
        _l("Choose where to."),
        default=ONE_DAY,
    )
    due_on = DateField(_l("New day"), validators=[Optional()])
    number = SelectField(_l("Over how many school days?"), coerce=int)
    reason = radio(_l("Why?"), MOVE_REASONS, _l("Choose why."))


class SnoozeForm(BaseForm):
    """Until when its reminders pause, and why."""

    until = DateField(_l("Until which day?"), validators=[InputRequired(DAY)])
    reason = radio(_l("Why?"), SNOOZE_REASONS, _l("Choose why."))


class ReassignForm(BaseForm):
    """Somebody else of the school."""

    owner = SelectField(_l("Person responsible"), validators=[InputRequired(_l("Choose a person."))])


class CancelForm(BaseForm):
    """Why it is not needed."""

    reason = LongText(
        _l("Why is it no longer needed?"), [NotBlank(_l("Explain why it is no longer needed."))], limit=2000
    )


class AddForm(BaseForm):
    """A follow-up by hand."""

    kind = SelectField(
        _l("What is it?"),
        choices=choices([(kind, words) for kind, words in KINDS.items() if kind not in RECORDED_ELSEWHERE]),
        default="other",
        validators=[InputRequired(_l("Choose what it is."))],
    )
    title = ShortText(_l("What has to be done?"))
    owner = SelectField(_l("Person responsible"), validators=[InputRequired(_l("Choose a person."))])
    due_on = DateField(_l("Due on"), validators=[InputRequired(DAY)])
