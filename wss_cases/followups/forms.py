"""Forms of follow-ups."""

from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.followups.states import KINDS, MOVE_REASONS, RECORDED_ELSEWHERE
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import lazy_gettext as _l

DAY = _l("Choose a day.")


class CloseForm(BaseForm):
    """How it went."""

    outcome = RadioField(_l("How did it go?"), validators=[InputRequired(_l("Choose how it went."))])
    note = LongText(_l("What happened, and what is left?"), limit=4000)


class MoveForm(BaseForm):
    """Another school day, and why."""

    due_on = DateField(_l("New day"), validators=[InputRequired(DAY)])
    reason = RadioField(
        _l("Why?"), choices=choices(list(MOVE_REASONS.items())), validators=[InputRequired(_l("Choose why."))]
    )


ONE_DAY, OVER_DAYS = "one", "spread"


class ReplanForm(BaseForm):
    """Several follow-ups to one day, or spread over the next school days, for one reason."""

    ids = SelectMultipleField(
        _l("Which ones?"),
        coerce=int,
        validators=[InputRequired(_l("Choose at least one follow-up."))],
        validate_choice=False,
    )
    how = RadioField(
        _l("Where to?"),
        choices=choices(
            [(ONE_DAY, _l("All to one day")), (OVER_DAYS, _l("Spread over the next school days"))]
        ),
        default=ONE_DAY,
        validators=[InputRequired(_l("Choose where to."))],
    )
    due_on = DateField(_l("New day"), validators=[Optional()])
    number = SelectField(_l("Over how many school days?"), coerce=int)
    reason = RadioField(
        _l("Why?"), choices=choices(list(MOVE_REASONS.items())), validators=[InputRequired(_l("Choose why."))]
    )


class ReassignForm(BaseForm):
    """Somebody else of the school."""

    owner = SelectField(_l("Who does it?"), validators=[InputRequired(_l("Choose a person."))])


class CancelForm(BaseForm):
    """Why it is not needed."""

    reason = LongText(
        _l("Why is it not needed any more?"), [NotBlank(_l("Say why it is not needed any more."))], limit=2000
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
    owner = SelectField(_l("Who does it?"), validators=[InputRequired(_l("Choose a person."))])
    due_on = DateField(_l("Due on"), validators=[InputRequired(DAY)])
