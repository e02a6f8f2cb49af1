"""Forms of follow-up templates."""

from wtforms import BooleanField, DateField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.followups.core.states import KINDS, RECORDED_ELSEWHERE
from wss_cases.followups.templates.states import EVENTS, TIMED
from wss_cases.foundation.forms import AskingForm, BaseForm, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.routing.engine.pages import Kind, Pathway

DAY = _l("Choose a day.")
PATHWAYS = [
    ("", _l("Any pathway, or none")),
    *((code.value, words) for code, words in Pathway.labels().items()),
    *((code.value, words) for code, words in Kind.labels().items()),
]


class TemplateForm(BaseForm):
    """A template from a day on."""

    title_en = ShortText(_l("Title in English"), [NotBlank(_l("Write the title in English."))])
    title_es = ShortText(_l("Title in Spanish"), [NotBlank(_l("Write the title in Spanish."))])
    closes_with_en = ShortText(
        _l("What closes it, in English"), [NotBlank(_l("Say in English what closes it."))], limit=300
    )
    closes_with_es = ShortText(
        _l("What closes it, in Spanish"), [NotBlank(_l("Say in Spanish what closes it."))], limit=300
    )
    due_in_school_days = IntegerField(
        _l("Due after how many school days? 0 is the same day."),
        validators=[
            InputRequired(_l("Write a number of school days.")),
            NumberRange(0, 200, _l("Choose a number of school days from 0 to 200.")),
        ],
    )
    single_mail = BooleanField(_l("Send a separate email when it is due"))
    starts_on = DateField(_l("From which day?"), validators=[InputRequired(DAY)])


class NewTemplateForm(TemplateForm):
    """A template beside those there are."""

    event = SelectField(
        _l("When is it created?"),
        choices=choices([(code, words) for code, words in EVENTS.items() if code in TIMED]),
        validators=[InputRequired(_l("Choose what happens."))],
    )
    pathway = SelectField(_l("In which pathway?"), choices=choices(PATHWAYS))
    kind = SelectField(
        _l("What is created?"),
        choices=choices([(kind, words) for kind, words in KINDS.items() if kind not in RECORDED_ELSEWHERE]),
        default="other",
        validators=[InputRequired(_l("Choose what is created."))],
    )


class EndTemplateForm(BaseForm):
    """The last day of a template."""

    until = DateField(_l("Used until which day?"), validators=[InputRequired(DAY)])


class SampleForm(AskingForm):
    """A sample case: what happens, in which pathway, on which day."""

    event = SelectField(
        _l("What happens?"),
        choices=choices([(code, words) for code, words in EVENTS.items() if code in TIMED]),
        default="agreement_made",
    )
    pathway = SelectField(_l("In which pathway?"), choices=choices(PATHWAYS))
    day = DateField(_l("On which day?"), validators=[InputRequired(DAY)])
