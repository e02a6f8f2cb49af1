"""The form that schedules a circle: safety screen, day and time, length, room, keeper; or one that was held already."""

from datetime import date, datetime, time
from typing import Any

from wtforms import BooleanField, DateField, SelectField, TimeField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, ConfirmField, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import at_local
from wss_cases.pathways.circles.circle.states import ScreenAnswer
from wss_cases.pathways.common.forms import moment_in

LENGTHS = (30, 45, 60, 90, 120, 180)
"""Minutes that a meeting may take."""
OTHER, HELD = "other", "held"
"""Instead of a free time: another one, or one that is past because the circle was held."""
MINUTE = "%Y-%m-%dT%H:%M"


class ScheduleForm(BaseForm):
    """Everything that a meeting needs, on one page; the safety screen alone may be answered first."""

    screen = radio(_l("Can these people meet safely?"), ScreenAnswer.labels())
    when = radio(_l("When"), [])
    day = DateField(_l("Day"), validators=[Optional()])
    time = TimeField(_l("Time"), validators=[Optional()])
    everyone = BooleanField(_l("Everyone who was invited came"), validators=[Optional()])
    minutes = SelectField(
        _l("Length"),
        choices=choices([(str(length), _l("%(minutes)d minutes", minutes=length)) for length in LENGTHS]),
        validators=[InputRequired(_l("Choose how long it takes."))],
    )
    room = ShortText(_l("Room"), [Optional()], limit=80)
    keeper = SelectField(_l("Circle keeper"), validators=[Optional()])
    again = BooleanField(
        _l("The circle is meeting again; this is not the agreement completion meeting"), validators=[Optional()]
    )
    anyway = ConfirmField(_l("Save it anyway"))

    @property
    def says_when(self) -> bool:
        """Whether a time was chosen, and not the screen alone answered."""
        return bool(self.when.data or self.time.data)

    @property
    def only_screen(self) -> ScreenAnswer | None:
        """The answer of the screen where it alone is to be recorded: no time was chosen, or it is not safe to meet."""
        chosen = self.screen.data if "screen" in self else None
        said = next((answer for answer in ScreenAnswer if answer.value == chosen), None)
        return said if not self.says_when or said is ScreenAnswer.NOT_NOW else None

    @property
    def was_held(self) -> bool:
        """Whether the circle was held already."""
        return bool(self.when.data == HELD)

    def starts_at(self, zone: str) -> datetime:
        """Return the instant that was chosen, at a school."""
        if self.when.data in (None, "", OTHER, HELD):
            return moment_in(self, zone)
        day, _t, at = self.when.data.partition("T")
        begins = time.fromisoformat(at)
        return at_local(date.fromisoformat(day), begins.hour, begins.minute, zone)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check that a time, a room and a keeper are chosen, but where the screen alone is answered."""
        sound = super().validate(extra_validators)
        if self.only_screen is not None:
            return sound
        own = self.when.data in (None, "", OTHER, HELD)
        sound = needs(sound, self.when, not self.says_when, _l("Choose when the circle meets."))
        if not self.says_when:
            return sound
        checks = (
            (self.day, own and self.day.data is None, _l("Choose a day.")),
            (self.time, own and self.time.data is None, _l("Choose a time.")),
            (self.room, not (self.room.data or "").strip(), _l("Write the room.")),
            (self.keeper, not self.keeper.data, _l("Choose a keeper of this circle.")),
        )
        for field, missing, words in checks:
            sound = needs(sound, field, missing, words)
        return sound
