"""The dated table of legal duties: a change is a new row from a day on; duties keep the row they were raised under."""

from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.dated_settings import end_before, newest_row
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.safeguards.duties.duty.models import LegalDutyKind, LegalDutyKindStep

MOST_HOURS = 8784
MOST_STEPS = 12


@dataclass(frozen=True)
class KindText:
    """What a row of the table says; `steps` are whom to tell one by one, in English and in Spanish."""

    trigger_en: str
    trigger_es: str
    tell_en: str
    tell_es: str
    clock_en: str
    clock_es: str
    clock_hours: int | None
    source: str
    is_confirmed: bool
    steps: tuple[tuple[str, str], ...] = ()


@use_case
def change_kind(uow: UnitOfWork, code: str, text: KindText, starts_on: date, seen_id: int | None) -> int:
    """Put a new row in force for a duty from a day on, and end the one before the day before it.

    Raises NotFound for a duty that the table does not have, Refused for a day in the past, for one that is not after
    the newest row's, when the newest row is not the one that was seen, and for what is left empty.
    """
    newest = newest_row(uow, LegalDutyKind, code, Permission.DUTY_TABLE_EDIT, starts_on, seen_id)
    _check(text)
    end_before(uow, newest, starts_on, "duty_kind.ended")
    fields = {name: value for name, value in vars(text).items() if name != "steps"}
    kind = uow.add(LegalDutyKind(code=code, starts_on=starts_on, ends_on=None, **fields))
    for position, (english, spanish) in enumerate(text.steps, 1):
        step = LegalDutyKindStep(kind_id=kind.id, position=position, whom_en=english, whom_es=spanish)
        uow.session.add(step)
    uow.record(kind, "duty_kind.changed", code=code, day=starts_on.isoformat())
    return kind.id


def _check(text: KindText) -> None:
    for name in ("trigger_en", "trigger_es", "tell_en", "tell_es", "clock_en", "clock_es", "source"):
        refuse_blank(name, getattr(text, name), _("This must not be empty."))
    if text.clock_hours is not None and not 0 <= text.clock_hours <= MOST_HOURS:
        raise Refused("clock_hours", _("Enter the hours as a number from 0 (right away) to %(most)d.", most=MOST_HOURS))
    if not 1 <= len(text.steps) <= MOST_STEPS:
        raise Refused("steps_en", _("Enter from 1 to %(most)d steps, one per line.", most=MOST_STEPS))
    if any(not english or not spanish for english, spanish in text.steps):
        raise Refused("steps_es", _("Enter as many lines in Spanish as in English."))
    if any(len(words) > 300 for pair in text.steps for words in pair):
        raise Refused("steps_en", _("Use at most 300 characters a step."))
