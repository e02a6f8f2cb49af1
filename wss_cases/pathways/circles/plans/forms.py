"""The form of a circle plan."""

from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, ConfirmField, LongText, NotBlank, ShortText, filled, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.circles.plans.rules import LONGEST_PIECE, LONGEST_TITLE, PlanContent
from wss_cases.pathways.circles.plans.states import OWN_KINDS


class CirclePlanForm(BaseForm):
    """What a plan says."""

    title = ShortText(_l("Title"), [NotBlank(_l("Write a title."))], limit=LONGEST_TITLE)
    opening = LongText(
        _l("Opening"), limit=2000, description=_l("How the circle begins: a welcome, a quote, a breath.")
    )
    talking_piece = ShortText(
        _l("Talking piece"), limit=LONGEST_PIECE, description=_l("What is passed around, and what it stands for.")
    )
    shared_values = LongText(_l("Values"), limit=1000, description=_l("One on each line."))
    rounds = LongText(
        _l("Rounds"),
        [NotBlank(_l("Write at least one prompt."))],
        limit=6000,
        description=_l("One prompt on each line, in the order you will ask them."),
    )
    closing = LongText(_l("Closing"), limit=2000)
    anyway = ConfirmField(_l("No student is named in this plan"))

    @property
    def content(self) -> PlanContent:
        """What the sound form says."""
        return filled(self, PlanContent)


class CommunityPlanForm(CirclePlanForm):
    """The plan of a community circle: when it meets and who keeps it."""

    planned_on = DateField(_l("Day of the circle"), validators=[Optional()])
    keeper = SelectField(_l("Circle keeper"), validators=[InputRequired(_l("Choose someone from this school."))])


class NewPlanForm(CommunityPlanForm):
    """A new plan that belongs to no case."""

    kind = radio(
        _l("What is it for?"),
        [
            (OWN_KINDS[0].value, _l("A community circle on a certain day")),
            (OWN_KINDS[1].value, _l("Our school's shelf, for others to copy")),
        ],
        _l("Choose what the plan is for."),
    )
