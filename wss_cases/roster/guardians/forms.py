"""The form that says what applies to a guardian of a student."""

from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.roster.directory.states import Restriction

YES, NO, UNKNOWN = "yes", "no", "unknown"
ANSWERS = {YES: _l("Yes"), NO: _l("No"), UNKNOWN: _l("Not known")}
WORDS = {True: YES, False: NO, None: UNKNOWN}
READ = {word: answer for answer, word in WORDS.items()}
NOBODY_KEPT_OFF = "none"


class LimitForm(BaseForm):
    """Whether a guardian may be contacted and may receive records, and what keeps them from the student."""

    restriction = radio(
        _l("Is this person kept away from the student?"),
        {NOBODY_KEPT_OFF: _l("No"), **Restriction.labels()},
        _l("Choose an answer."),
        description=_l(
            "As shown on a paper that the school has seen. After that, no one calls, writes, or sends anything to "
            "this person."
        ),
    )
    restricted_on = DateField(_l("Date of that paper"), validators=[Optional()])
    may_contact = radio(
        _l("May this person be called or written to?"),
        ANSWERS,
        _l("Choose an answer."),
        description=_l("Not known: staff are told to ask the office first."),
    )
    may_receive_records = radio(_l("May this person receive records?"), ANSWERS, _l("Choose an answer."))
