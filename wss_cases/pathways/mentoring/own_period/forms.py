"""The form of one question: the answer is the button that was chosen."""

from wtforms import HiddenField
from wtforms.validators import AnyOf, Optional

from wss_cases.foundation.forms import BaseForm, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.mentoring.plan.states import BEST_MARK

TAKEN_BACK = "none"
ANSWERS = (*(str(mark) for mark in range(BEST_MARK + 1)), TAKEN_BACK)


class QuestionForm(BaseForm):
    """One question: the points, and what stood there when it was shown."""

    points = ShortText(validators=[AnyOf(ANSWERS, message=_l("Choose an answer."))], limit=10)
    seen = HiddenField(validators=[Optional(), AnyOf(ANSWERS)])

    @property
    def chosen(self) -> int | None:
        """The points that were chosen; None to take them back."""
        return int(self.points.data) if self.points.data != TAKEN_BACK else None

    @property
    def shown(self) -> int | None:
        """The points that stood there; None for none."""
        return int(self.seen.data) if self.seen.data and self.seen.data != TAKEN_BACK else None
