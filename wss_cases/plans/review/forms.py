"""Forms of reviews."""

from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.plan.core.forms import no_student_named
from wss_cases.plans.plan.reviews.states import Rating, ReviewKind


class StartForm(BaseForm):
    """Which review, held when."""

    kind = radio(_l("Which review?"), ReviewKind.labels(), _l("Choose which review it is."))
    held_on = DateField(_l("On which day?"), validators=[InputRequired(_l("Choose a day."))])


class RateForm(BaseForm):
    """How a goal stands, and what changes."""

    rating = radio(_l("How does this goal stand?"), Rating.labels(), _l("Choose a rating."))
    what_changes = LongText(_l("What changes because of this?"), limit=2000)
    anyway = no_student_named()


class CloseForm(BaseForm):
    """What the committee found."""

    summary = LongText(
        _l("What did the committee find?"), [NotBlank(_l("Summarize the review in a sentence."))], limit=2000
    )
    anyway = no_student_named()
