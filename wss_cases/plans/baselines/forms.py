"""Forms of baselines: what is frozen of which year, and a survey's value."""

from wtforms import FloatField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.plan.baselines.models import LONGEST_INSTRUMENT
from wss_cases.plans.plan.core.forms import no_student_named

YEAR = _l("Choose a school year that is recorded here.")


class FreezeForm(BaseForm):
    """Which measures, of which school year."""

    year = SelectField(_l("Of which school year?"), validators=[InputRequired(YEAR)])
    measures = SelectMultipleField(
        _l("Which measures?"), validators=[InputRequired(_l("Choose at least one measure."))]
    )


def goals_field() -> SelectMultipleField:
    """Return the field that names the goals which a survey's value is for."""
    return SelectMultipleField(
        _l("Which goals is it the baseline of?"),
        coerce=int,
        description=_l(
            "Only goals about this very question and group. It takes the place of a value that a goal has now."
        ),
    )


class ValueForm(BaseForm):
    """What a survey's value is taken for: the goals that ask about the very same, chosen one by one."""

    goals: SelectMultipleField

    @property
    def chosen(self) -> list[int]:
        """The goals that were chosen; none where no goal could take it."""
        return self.goals.data or [] if "goals" in self else []


class ClimateForm(ValueForm):
    """Which question of the school's own survey, of which school year."""

    year = SelectField(_l("Of which school year?"), validators=[InputRequired(YEAR)])
    measure = SelectField(_l("Which question?"), validators=[InputRequired(_l("Choose a question."))])
    goals = goals_field()


class SurveyForm(ValueForm):
    """A value that somebody else computed."""

    instrument = ShortText(
        _l("Name of the survey"), [NotBlank(_l("Enter the name of the survey."))], limit=LONGEST_INSTRUMENT
    )
    scale = ShortText(
        _l("What was measured, and in which group?"),
        [NotBlank(_l("Enter what was measured."))],
        limit=LONGEST_INSTRUMENT,
    )
    value = FloatField(_l("Value"), validators=[InputRequired(_l("Enter a number."))])
    year = SelectField(_l("Of which school year?"), validators=[InputRequired(YEAR)])
    goals = goals_field()
    anyway = no_student_named()
