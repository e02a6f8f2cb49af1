"""Forms of a session: one student's or a group's, and one period of a daily card."""

from collections.abc import Iterable
from typing import Any

from wtforms import DateField, IntegerField, RadioField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.forms import BaseForm, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.mentoring.plan.states import BEST_MARK, LONGEST_MINUTES, Missed
from wss_cases.pathways.mentoring.sessions.actions import DayAnswer

USUAL_MINUTES = (15, 30, 45, 60)
HELD = "held"
NOT_SAID = ""


class MinutesForm(BaseForm):
    """The day of a session, and how long it was."""

    day = DateField(_l("Day"), validators=[InputRequired(_l("Choose a day."))])
    minutes = RadioField(_l("How many minutes?"), validators=[Optional()])
    other = IntegerField(
        _l("A different number of minutes"),
        validators=[Optional(), NumberRange(1, LONGEST_MINUTES, _l("Write a number from 1 to 480."))],
    )

    def offer_minutes(self, *more: int | None) -> None:
        """Offer the usual numbers, and those of the plan and of an earlier log."""
        numbers = sorted({*USUAL_MINUTES, *(number for number in more if number)})
        self.minutes.choices = choices([(str(number), _("%(number)d min", number=number)) for number in numbers])

    @property
    def length(self) -> int | None:
        """The minutes that were given; None for none."""
        if self.other.data:
            return int(self.other.data)
        return int(self.minutes.data) if self.minutes.data else None


class SessionForm(MinutesForm):
    """Did it happen? Minutes, or why not."""

    happened = radio(
        _l("Did it take place?"), [("yes", _l("Yes")), ("no", _l("No"))], _l("Answer whether it took place.")
    )
    missed = radio(_l("Why not?"), Missed.labels())
    note = ShortText(_l("Note"), [Optional()], limit=300)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field; a held session has minutes, a missed one a reason."""
        sound = bool(super().validate(extra_validators))
        if self.happened.data == "yes":
            return needs(sound, self.minutes, sound and self.length is None, _l("Enter the number of minutes."))
        return needs(sound, self.missed, not self.missed.data, _l("Explain why not."))

    def answer(self) -> DayAnswer:
        """Return the answer for the day."""
        if self.happened.data == "yes":
            return DayAnswer(minutes=self.length, note=self.note.data or "")
        return DayAnswer(missed=Missed(self.missed.data), note=self.note.data or "")


def group_form(students: Iterable[tuple[int, str]]) -> type[MinutesForm]:
    """Return a form that asks about each of a group's students, (pathway id, name), in a field s<id>."""
    answers = choices([(HELD, _l("Came")), *Missed.labels().items(), (NOT_SAID, _l("Not recorded"))])
    fields = {
        f"s{pathway_id}": RadioField(name, choices=answers, default=HELD, validators=[Optional()])
        for pathway_id, name in students
    }
    return type("GroupForm", (MinutesForm,), fields)


def answers_of_group(form: MinutesForm, pathway_ids: Iterable[int]) -> dict[int, DayAnswer]:
    """Return the answer for each student of a group by pathway; students without one are left out."""
    answers = {pathway_id: form[f"s{pathway_id}"].data for pathway_id in pathway_ids}
    return {
        pathway_id: DayAnswer(minutes=form.length) if answer == HELD else DayAnswer(missed=Missed(answer))
        for pathway_id, answer in answers.items()
        if answer
    }


def period_form(expectations: list[str]) -> type[BaseForm]:
    """Return a form with a field m<n> for each expectation of a card, 0 to 2, blank where it was not seen."""
    marks = choices([(str(mark), str(mark)) for mark in range(BEST_MARK + 1)])
    fields = {
        f"m{number}": RadioField(words, choices=marks, validators=[Optional()])
        for number, words in enumerate(expectations)
    }
    return type("PeriodForm", (BaseForm,), fields)


def marks_of(form: BaseForm, count: int) -> list[int | None]:
    """Return the marks of a period, None where nothing was marked."""
    answers = [form[f"m{number}"].data for number in range(count)]
    return [int(answer) if answer else None for answer in answers]
