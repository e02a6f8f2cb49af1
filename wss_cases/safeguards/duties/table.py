"""The dated table of legal duties: a change is a new row from a day on; duties keep the row they were raised under."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy import select
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.forms import DatedRowForm, LongText, NotBlank, ShortText, filled, radio
from wss_cases.foundation.i18n import _, _l, in_language
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import end_before, newest_row, period_words
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.routing.engine.vocabulary import POLICE_DUTIES
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS, LegalDutyKind, LegalDutyKindStep, StepWhom, whom_of


def table_rows() -> list[LegalDutyKind]:
    statement = select(LegalDutyKind).order_by(LegalDutyKind.code, LegalDutyKind.starts_on)
    return list(db.session.scalars(statement))


def rows_of(code: str) -> list[LegalDutyKind]:
    statement = select(LegalDutyKind).where(LegalDutyKind.code == code)
    return list(db.session.scalars(statement.order_by(LegalDutyKind.starts_on)))


def steps_of_kinds() -> dict[int, list[LegalDutyKindStep]]:
    """Return the steps that each row of the table asks for, in order."""
    steps: dict[int, list[LegalDutyKindStep]] = defaultdict(list)
    for step in db.session.scalars(select(LegalDutyKindStep).order_by(LegalDutyKindStep.position)):
        steps[step.kind_id].append(step)
    return steps


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


_FILLED = NotBlank(_l("This must not be empty."))


class KindForm(DatedRowForm):
    """A row of the table: trigger, whom to tell, clock, source, steps, and from which day on."""

    trigger_en = LongText(_l("Trigger, in English"), [_FILLED], limit=2000)
    trigger_es = LongText(_l("Trigger, in Spanish"), [_FILLED], limit=2000)
    tell_en = LongText(_l("Who to notify, in English"), [_FILLED], limit=2000)
    tell_es = LongText(_l("Who to notify, in Spanish"), [_FILLED], limit=2000)
    clock_en = ShortText(_l("Deadline, in English"), [_FILLED])
    clock_es = ShortText(_l("Deadline, in Spanish"), [_FILLED])
    clock_hours = IntegerField(
        _l("Deadline in hours"),
        [Optional(), NumberRange(0, MOST_HOURS, _l("Enter the hours as a number from 0 (right away) to 8784."))],
    )
    source = ShortText(_l("Source"), [_FILLED], limit=300)
    confirmed = radio(
        _l("Is it confirmed?"),
        {"yes": _l("Confirmed"), "no": _l("Needs legal review")},
        _l("Answer whether it is confirmed."),
    )
    steps_en = LongText(_l("Steps, in English, one per line"), [_FILLED], limit=4000)
    steps_es = LongText(_l("Steps, in Spanish, one per line"), [_FILLED], limit=4000)

    def text(self) -> KindText:
        english, spanish = _lines(self.steps_en.data), _lines(self.steps_es.data)
        steps = tuple(zip_longest(english, spanish, fillvalue=""))
        return filled(self, KindText, is_confirmed=self.confirmed.data == "yes", steps=steps)


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


blueprint = Blueprint("duty_table", __name__, url_prefix="/duties/table")


@blueprint.get("")
@gate(Permission.DUTY_TABLE_READ)
def table() -> Page:
    """Every row of the table, in force or not, by duty."""
    actor, steps = current_actor(), steps_of_kinds()
    rows: dict[str, list[dict[str, Any]]] = {}
    for kind in table_rows():
        rows.setdefault(kind.code, []).insert(0, _words(kind, steps.get(kind.id, [])))
    order = [code for code in DUTY_LABELS if code in rows]
    return render_template(
        "safeguards/duties/table/list.html",
        duties=[{"code": code, "what": DUTY_LABELS[code], "rows": rows[code]} for code in order],
        may_edit=might(actor, Permission.DUTY_TABLE_EDIT),
    )


def _words(kind: LegalDutyKind, steps: list[LegalDutyKindStep]) -> dict[str, Any]:
    return period_words(kind, today_at(None, clock.now())) | {
        "trigger": in_language(kind, "trigger"),
        "tell": in_language(kind, "tell"),
        "clock": in_language(kind, "clock"),
        "hours": kind.clock_hours,
        "source": kind.source,
        "confirmed": kind.is_confirmed,
        "steps": [in_language(step, "whom") for step in steps],
        "is_counted": kind.code not in POLICE_DUTIES
        or any(whom_of(kind.code, step.whom_en) is StepWhom.POLICE for step in steps),
    }


@blueprint.route("/<code>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.DUTY_TABLE_EDIT)
def change(code: str) -> Page:
    """Put a new row in force for one duty from a day on."""
    now = clock.now()
    rows = rows_of(code)
    if not rows:
        raise NotFound
    newest = rows[-1]
    steps = steps_of_kinds().get(newest.id, [])
    fields = ("trigger_en", "trigger_es", "tell_en", "tell_es", "clock_en", "clock_es", "clock_hours", "source")
    form = KindForm(
        **{name: getattr(newest, name) for name in fields},
        seen_id=newest.id,
        starts_on=today_at(None, now),
        confirmed="yes" if newest.is_confirmed else "no",
        steps_en="\n".join(step.whom_en for step in steps),
        steps_es="\n".join(step.whom_es for step in steps),
    )

    return form_page(
        form,
        lambda: change_kind(submitted(form), code, form.text(), form.starts_on.data, form.seen),
        with_flash(_("The new row is saved. Duties already raised keep theirs."), url_for("duty_table.table")),
        "safeguards/duties/table/row.html",
        what=DUTY_LABELS.get(code, code),
        newest=newest,
    )


ROOM = Room(pages=(blueprint,))
