"""Forms of the settings; each converts between its fields and the stored text, and knows the words of a value."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

from wtforms import HiddenField, IntegerField, TimeField
from wtforms.validators import InputRequired, NumberRange, Regexp, ValidationError

from wss_cases.cases.case.models import CaseState
from wss_cases.followups.reminders.rules import Days
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import DatedRowForm, LongText, NotBlank, ShortText, choice_field, choices
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.school_time import COMMON_YEAR, month_day_words, time_of_day_words, time_zones
from wss_cases.plans.plan.core.models import LONGEST_TIER, read_tiers
from wss_cases.plans.public.publications.models import OFF, ON
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.setup.first_start import LONGEST_NAME
from wss_cases.setup.look import Colors, picture_named, pictures, refuse_unreadable
from wss_cases.workday.caseload.rules import FAMILIES, HEAVIEST, STAGES, Weights

_DAY = _l("Enter a day of this month.")
MOST_TIERS = 12
EARLIEST, LATEST = time(5), time(10)


class SettingForm(DatedRowForm):
    """A setting's value and its first day; `shown` is the value that the last preview showed."""

    shown = HiddenField()

    def text(self) -> str:
        """The value as it is stored."""
        return str(self["value"].data)

    def show(self, value: Any) -> None:
        self["value"].data = value

    def mark(self) -> str:
        """Identifies value and first day, to tell whether a preview has shown them."""
        return f"{self.text()}|{self.starts_on.data if 'starts_on' in self else ''}"

    @staticmethod
    def words(value: Any) -> str:
        return str(value)

    @staticmethod
    def sound(value: Any) -> None:
        """Raise Refused for an impossible value."""


def _color(label: Any) -> ShortText:
    wrong = _l("Write a color like #0d5b5f: # and six digits from 0 to 9 and a to f.")
    return ShortText(label, [Regexp(r"\A#[0-9A-Fa-f]{6}\Z", message=wrong)], description=_l("For example, #0d5b5f."))


class NameForm(SettingForm):
    value = ShortText(_l("Name of the district"), [NotBlank(_l("Enter the name of the district."))], limit=LONGEST_NAME)

    def text(self) -> str:
        return str(self.value.data).strip()

    @staticmethod
    def words(value: str) -> str:
        return value or _("(no name yet)")

    @staticmethod
    def sound(value: str) -> None:
        refuse_blank("value", value, _("Enter the name of the district."))
        if len(value) > LONGEST_NAME or not value.isprintable():
            raise Refused("value", _("Write the name in one line of at most %(n)d characters.", n=LONGEST_NAME))


class ColorsForm(SettingForm):
    light = _color(_l("Color in light mode"))
    dark = _color(_l("Color in dark mode"))

    def text(self) -> str:
        """Both colors, "#0d5b5f #84cdc7"."""
        return f"{self.light.data} {self.dark.data}".lower()

    def show(self, value: Any) -> None:
        self.light.data, self.dark.data = value.light, value.dark

    @staticmethod
    def words(value: Colors) -> str:
        return _("%(light)s in light mode, %(dark)s in dark mode", light=value.light, dark=value.dark)

    @staticmethod
    def sound(value: Colors) -> None:
        refuse_unreadable(value)


class LogoForm(SettingForm):
    """One of the uploaded pictures, or none."""

    value = choice_field(_l("Picture"))

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.value.choices = choices([("", _("(no logo)")), *((one.name, one.title) for one in pictures())])

    @staticmethod
    def words(value: str) -> str:
        picture = picture_named(value) if value else None
        return picture.title if picture else _("(no logo)")


class ZoneForm(SettingForm):
    value = choice_field(_l("Time zone"))

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.value.choices = choices([(zone, self.words(zone)) for zone in time_zones()])

    @staticmethod
    def words(value: str) -> str:
        return value.replace("_", " ")

    @staticmethod
    def sound(value: str) -> None:
        if value not in time_zones():
            raise Refused("value", _("There is no time zone %(zone)s. Write one like America/Chicago.", zone=value))


class SwitchForm(SettingForm):
    value = choice_field(_l("Setting"), [(OFF, _l("Off")), (ON, _l("On"))])

    def show(self, value: Any) -> None:
        self["value"].data = ON if value else OFF

    @staticmethod
    def words(value: bool) -> str:
        return _("On") if value else _("Off")


class TiersForm(SettingForm):
    """Tiers of safety plans, one per line."""

    value = LongText(
        _l("Tiers"), [NotBlank(_l("Enter at least one tier."))], limit=1000, description=_l("One per line, in order")
    )

    def text(self) -> str:
        return "\n".join(read_tiers(str(self.value.data)))

    def show(self, value: Any) -> None:
        self["value"].data = "\n".join(value)

    @staticmethod
    def words(value: tuple[str, ...]) -> str:
        return ", ".join(value)

    @staticmethod
    def sound(value: tuple[str, ...]) -> None:
        if not 1 <= len(value) <= MOST_TIERS:
            raise Refused("value", _("Enter from 1 to %(most)d tiers, one per line.", most=MOST_TIERS))
        if any(len(tier) > LONGEST_TIER for tier in value):
            raise Refused("value", _("Write each tier in at most %(most)d characters.", most=LONGEST_TIER))
        if len({tier.casefold() for tier in value}) < len(value):
            raise Refused("value", _("Write each tier only once."))


class TimeForm(SettingForm):
    """A time in the morning."""

    value = TimeField(_l("Time"), [InputRequired(_l("Enter the time."))])

    def text(self) -> str:
        """The time as 07:00."""
        given: time = self.value.data
        return f"{given:%H:%M}"

    @staticmethod
    def words(value: time) -> str:
        return time_of_day_words(value)

    @staticmethod
    def sound(value: time) -> None:
        if not EARLIEST <= value <= LATEST:
            raise Refused("value", _("Enter a time from 5:00 am to 10:00 am."))


def number_form(label: Any, least: int, most: int, in_words: Callable[[int], str]) -> type[SettingForm]:
    """The form class of a whole number within a range."""
    wrong = _l("Enter a whole number from %(least)d to %(most)d.", least=least, most=most)

    class NumberForm(SettingForm):
        value = IntegerField(label, [InputRequired(wrong), NumberRange(least, most, wrong)])

        @staticmethod
        def words(value: int) -> str:
            return in_words(value)

        @staticmethod
        def sound(value: int) -> None:
            if not least <= value <= most:
                raise Refused("value", str(wrong))

    return NumberForm


def days_words(value: int) -> str:
    return ngettext("%(num)d day", "%(num)d days", value)


def school_days_words(value: int) -> str:
    return ngettext("%(num)d school day", "%(num)d school days", value)


class YearStartForm(SettingForm):
    month = choice_field(_l("Month"), [("7", _l("July")), ("8", _l("August")), ("9", _l("September"))])
    day = IntegerField(_l("Day"), [InputRequired(_DAY), NumberRange(1, 31, _DAY)])

    def validate_day(self, field: IntegerField) -> None:
        """Refuse September 31."""
        if field.data == 31 and self.month.data == "9":
            raise ValidationError(_DAY)

    def text(self) -> str:
        """Month and day, "08-01"."""
        return f"{int(self.month.data):02d}-{self.day.data:02d}"

    def show(self, value: Any) -> None:
        self.month.data, self.day.data = str(value[0]), value[1]

    @staticmethod
    def words(value: tuple[int, int]) -> str:
        return month_day_words(date(COMMON_YEAR, *value))

    @staticmethod
    def sound(value: tuple[int, int]) -> None:
        if not (7, 1) <= value <= (9, 30):
            raise Refused("month", _("A school year begins from July 1 to September 30."))


class HoursForm(SettingForm):
    first = TimeField(_l("First bell"), [InputRequired(_l("Enter the time."))])
    last = TimeField(_l("Last bell"), [InputRequired(_l("Enter the time."))])

    def text(self) -> str:
        """Both times, "08:00,15:00"."""
        return ",".join(f"{bell:%H:%M}" for bell in (self.first.data, self.last.data))

    def show(self, value: Any) -> None:
        self.first.data, self.last.data = value

    @staticmethod
    def words(value: tuple[time, time]) -> str:
        return _("%(first)s to %(last)s", first=time_of_day_words(value[0]), last=time_of_day_words(value[1]))

    @staticmethod
    def sound(value: tuple[time, time]) -> None:
        if value[0] >= value[1]:
            raise Refused("last", _("The last bell must ring after the first one."))


MOST_DAYS = 10
_DAYS = _l("Enter a whole number from 1 to 10.")


class EscalationForm(SettingForm):
    """School days overdue until the lead is notified, and until the administrators are."""

    lead = IntegerField(
        _l("School days overdue until the case’s lead is told"),
        [InputRequired(_DAYS), NumberRange(1, MOST_DAYS, _DAYS)],
    )
    administrator = IntegerField(
        _l("School days overdue until the school’s administrators are told"),
        [InputRequired(_DAYS), NumberRange(1, MOST_DAYS, _DAYS)],
    )

    def text(self) -> str:
        """Both numbers, "1,3"."""
        return f"{self.lead.data},{self.administrator.data}"

    def show(self, value: Any) -> None:
        self.lead.data, self.administrator.data = value

    @staticmethod
    def words(value: Days) -> str:
        lead, everybody = map(school_days_words, value)
        return _("lead after %(lead)s, administrators after %(all)s", lead=lead, all=everybody)

    @staticmethod
    def sound(value: Days) -> None:
        lead, administrator = value
        for field, number in (("lead", lead), ("administrator", administrator)):
            if not 1 <= number <= MOST_DAYS:
                raise Refused(field, str(_DAYS))
        if administrator < lead:
            raise Refused("administrator", _("The administrators are not told before the case’s lead."))


class WeightsForm(SettingForm):
    """Weights of case stages and pathways; its fields are added below."""

    def text(self) -> str:
        """All weights, "intake=2,circle=3"."""
        return ",".join(f"{name}={self[name].data}" for name in (*STAGES, *FAMILIES))

    def show(self, value: Weights) -> None:
        for name, points in (*value.stages.items(), *value.families.items()):
            self[name].data = points

    @staticmethod
    def words(value: Weights) -> str:
        points = {**value.stages, **value.families}
        return ", ".join(f"{PARTS[name]} {points[name]}" for name in points)

    @staticmethod
    def sound(value: Weights) -> None:
        if not any((*value.stages.values(), *value.families.values())):
            raise Refused("", _("Enter at least one of them a point."))


PARTS: dict[str, Any] = {
    **{stage: CaseState(stage).label for stage in STAGES},
    **{family: Family(family).label for family in FAMILIES},
}
_POINTS = _l("Enter a whole number from 0 to 99.")
for _name in (*STAGES, *FAMILIES):
    _field = IntegerField(PARTS[_name], [InputRequired(_POINTS), NumberRange(0, HEAVIEST, _POINTS)])
    setattr(WeightsForm, str(_name), _field)
