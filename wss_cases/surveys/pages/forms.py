"""Forms of a survey's round: opening it, printing slips, inviting by email, ending it."""

from wtforms import BooleanField, DateField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, choices, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.surveys.instrument.states import SurveyGroup
from wss_cases.surveys.rounds.actions import Planned

ASK_WHOM = _l("Choose who it is for.")


class RoundForm(BaseForm):
    """A round to be opened."""

    groups = SelectMultipleField(
        _l("Who is asked"),
        validators=[InputRequired(_l("Choose who is asked."))],
        choices=choices([(group.value, group.label) for group in SurveyGroup]),
    )
    notice_on = DateField(
        _l("Families were told on"),
        validators=[Optional()],
        description=_l("For students only. Tell families what is asked, and that they can opt their child out."),
    )
    opens_on = DateField(
        _l("First day"),
        validators=[InputRequired(_l("Enter the first day."))],
        description=_l("At least 7 days after families were told."),
    )
    closes_on = DateField(_l("Last day"), validators=[InputRequired(_l("Enter the last day."))])
    wall = BooleanField(
        _l("Also a code to scan on the wall. Anyone can use it: its answers are shown apart and are never a baseline.")
    )

    @property
    def planned(self) -> Planned:
        """What the sound form says."""
        return Planned(
            opens_on=self.opens_on.data,
            closes_on=self.closes_on.data,
            groups=frozenset(SurveyGroup(value) for value in self.groups.data or []),
            notice_on=self.notice_on.data,
            wall=bool(self.wall.data),
        )


class SlipForm(BaseForm):
    """Slips for a group."""

    group = radio(_l("Slips for"), SurveyGroup, ASK_WHOM)


class ShowForm(BaseForm):
    """Showing slips, once: one button."""


class InviteForm(BaseForm):
    """A group to invite by email."""

    group = radio(_l("Email to"), [(one.value, one.label) for one in (SurveyGroup.FAMILY, SurveyGroup.STAFF)], ASK_WHOM)


class EndForm(BaseForm):
    """Ending a round: one button."""
