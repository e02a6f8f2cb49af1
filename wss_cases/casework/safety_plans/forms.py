"""Forms of a safety plan: what it says, that it is agreed, its review, its end."""

from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import InputRequired

from wss_cases.cases.case.models import GuardianTold, PlanAnswer
from wss_cases.cases.safety_plans import PlanText
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, filled, radio
from wss_cases.foundation.i18n import lazy_gettext as _l


class PlanForm(BaseForm):
    """What a plan says; `participant_id` only where a new one is written."""

    participant_id = SelectField(_l("Who the plan protects"), validators=[InputRequired(_l("Choose the person."))])
    steps = LongText(
        _l("Steps"),
        description=_l("One step per line, with who does it. No other student's name: adults get this on paper."),
        limit=4000,
    )
    adults_told = LongText(
        _l("Adults who are told"), description=_l("One adult per line: name, and where they help."), limit=2000
    )
    route = ShortText(_l("Route"), description=_l("The way to and from school, and between classes."), limit=500)
    seat = ShortText(_l("Seat"), description=_l("In class, at lunch, on the bus."), limit=500)
    phone = ShortText(_l("Phone"), description=_l("What is done about messages and posts, and who to call."), limit=500)
    moves_person_harmed = BooleanField(_l("The person harmed changes class, seat, or route"))
    asked_by_them = BooleanField(_l("They asked for it themselves"))

    def text(self) -> PlanText:
        """Return what the form says."""
        return filled(self, PlanText)


class AgreeForm(BaseForm):
    """When it was agreed with the person, and what the guardian knows."""

    with_person = BooleanField(
        _l("The person it is for reviewed it and agrees"),
        validators=[InputRequired(_l("A plan is agreed with the person it is for. Go over it together."))],
    )
    guardian = radio(_l("Guardian"), GuardianTold, _l("Write what the guardian knows."))
    guardian_name = ShortText(_l("Name of the guardian who was told"))
    agreed_on = DateField(_l("Agreed on"), validators=[InputRequired(_l("Choose a day."))])


class PlanReviewForm(BaseForm):
    """What the review found."""

    answer = radio(
        _l("Is the plan working?"),
        {one: PlanAnswer(one).label for one in (PlanAnswer.WORKS, PlanAnswer.CHANGED)},
        _l("Choose what the review found."),
    )
    note = LongText(
        _l("Note"), description=_l("Required if it is not working: what happened, or what changes."), limit=2000
    )


class EndPlanForm(BaseForm):
    """Why the plan is no longer needed."""

    why = ShortText(
        _l("Why it is no longer needed"), [NotBlank(_l("Explain why the plan is no longer needed."))], limit=300
    )
