"""The district's places and behaviors: add, rename, map, retire, or import from a CSV. None is ever deleted."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from flask import render_template, url_for
from sqlalchemy import func, select
from wtforms import DateField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import NotBlank, PlainForm, ShortText, choice_field, choices, radio
from wss_cases.foundation.i18n import _, _l, dotted, in_language
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.incidents.incident.models import BehaviorCode, LocationCode
from wss_cases.incidents.incident.queries import locations
from wss_cases.incidents.incident.rules import LOCATION_OF_TILE
from wss_cases.incidents.incident.states import Place, Tile
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

LONGEST_CODE = 60
NEEDED = frozenset({"unknown", *LOCATION_OF_TILE.values()})
"""Places behind the buttons of the capture page; they cannot be retired."""
PLACES, BEHAVIORS = "places", "behaviors"
MODELS: dict[str, Any] = {PLACES: LocationCode, BEHAVIORS: BehaviorCode}
MAPPED = {PLACES: ("edfi", "ceds", "swis"), BEHAVIORS: ("edfi", "ceds", "swis", "crdc")}
"""Columns of each list that exports read."""


def every_behavior() -> Sequence[BehaviorCode]:
    """All behaviors, retired ones too, by set and group."""
    order = (BehaviorCode.code_set, BehaviorCode.behavior_group, BehaviorCode.id)
    return db.session.scalars(select(BehaviorCode).order_by(*order)).all()


def known_codes(which: str) -> dict[str, list[str]]:
    """Codes offered for each mapped column: those that the list already uses."""
    model = MODELS[which]
    return {
        name: sorted(code for code in db.session.scalars(select(getattr(model, name)).distinct()) if code)
        for name in MAPPED[which]
    }


EDIT = Permission.CODES_EDIT
YES_NO = (("no", _l("No")), ("yes", _l("Yes")))
TEXTS = ("label_en", "label_es", "edfi", "ceds", "swis", "crdc")
FLAGS = ("is_subjective", "is_attendance")

pages = Pages(
    "catalogue", __name__, url_prefix="/settings/codes",
    trail=lambda _row: [(_("Places and behaviors"), url_for("catalogue.page"))],
)  # fmt: skip


class CodeForm(PlainForm):
    """The names in both languages and the codes for exports."""

    which = ""
    label_en = ShortText(_l("Name in English"), [NotBlank(_l("Enter the name in English."))])
    label_es = ShortText(_l("Name in Spanish"), [NotBlank(_l("Enter the name in Spanish."))])
    edfi = choice_field(_l("In an Ed-Fi file"))
    ceds = choice_field(_l("CEDS code"))
    swis = choice_field(_l("In SWIS-style reports"))

    def fit(self, _row: Any) -> None:
        for name, codes in known_codes(self.which).items():
            self[name].choices = choices([("", _l("None")), *((code, code) for code in codes)])

    def columns(self) -> dict[str, Any]:
        return {name: self[name].data.strip() for name in TEXTS if name in self}


class PlaceForm(CodeForm):
    which = PLACES
    place = radio(_l("For routing rules and legal duties it is"), Place, _l("Choose where it is."))

    def columns(self) -> dict[str, Any]:
        return super().columns() | {"place": Place(self.place.data)}


class BehaviorForm(CodeForm):
    """A behavior. Its set and group never change, because reports were counted by them."""

    which = BEHAVIORS
    crdc = choice_field(_l("In the federal collection (CRDC)"))
    is_subjective = radio(_l("Is it a subjective behavior (disrespect, disruption)?"), YES_NO, _l("Choose one."))
    is_attendance = radio(_l("Is it only about attendance?"), YES_NO, _l("Choose one."))

    def columns(self) -> dict[str, Any]:
        return super().columns() | {name: self[name].data == "yes" for name in FLAGS}


class NewBehaviorForm(BehaviorForm):
    group = choice_field(
        _l("Group"), [(str(number), str(number)) for number in range(1, 7)] + [("", _l("Pre-K to grade 2"))]
    )
    starts_on = DateField(
        _l("In force from"), [InputRequired(_l("Enter the first day."))], default=lambda: today_at(None, clock.now())
    )


class RetireForm(PlainForm):
    """The last day on which it can be chosen."""

    ends_on = DateField(_l("Last day"), [Optional()], description=_l("Leave it blank to bring it back."))


@pages.get("")
@gate(EDIT)
def page() -> Page:
    """All places and behaviors, with their codes for exports."""
    require(current_actor(), EDIT, current_actor())
    today = today_at(None, clock.now())
    groups = [(_("Places"), [_row(PLACES, row, today) for row in locations()])]
    for (code_set, group), rows in groupby(every_behavior(), lambda row: (row.code_set, row.behavior_group)):
        in_group = _("Behaviors, group %(number)s", number=group)
        words = in_group if code_set == "groups" else _("Behaviors, pre-K to grade 2")
        groups.append((words, [_row(BEHAVIORS, row, today) for row in rows]))
    return render_template("incidents/catalogue/list.html", groups=groups)


def _row(which: str, row: Any, today: date) -> dict[str, Any]:
    ended = row.ends_on is not None and row.ends_on < today
    until = _("until %(day)s", day=day_words_with_year(row.ends_on)) if row.ends_on and not ended else ""
    codes: Sequence[str] = [getattr(row, name) for name in MAPPED[which] if getattr(row, name)]
    return {
        "title": in_language(row, "label"),
        "href": url_for(f".change_{which}", code_id=row.id),
        "meta": dotted(*codes, until),
        "tag": _("Retired") if ended else None,
    }


@pages.act(
    "/places/add", None, PlaceForm, EDIT, title=_l("Add a place"), button=_l("Save"), then=".page",
    done=_l("It can be chosen from now on."),
)  # fmt: skip
def add_place(uow: UnitOfWork, form: PlaceForm) -> int:
    """Add a place at the end of the list. Raises Refused for a name in use."""
    code = _code_of(form)
    uow.next_number("catalogue")
    if uow.session.scalar(select(LocationCode.id).where(LocationCode.code == code)) is not None:
        raise Refused("label_en", _("There is already a place with this name. Bring it back or rename it."))
    last = uow.session.scalar(select(func.max(LocationCode.position))) or 0
    return uow.add_audited(LocationCode(code=code, position=last + 1, **form.columns()), "place.added")


@pages.act(
    "/behaviors/add", None, NewBehaviorForm, EDIT, title=_l("Add a behavior"), button=_l("Save"), then=".page",
    done=_l("It can be chosen starting on its first day."),
)  # fmt: skip
def add_behavior(uow: UnitOfWork, form: NewBehaviorForm) -> int:
    """Add a behavior to its group from a day on; without a group it is for pre-K to grade 2."""
    if form.starts_on.data < today_at(None, uow.now):
        raise Refused("starts_on", _("The first day must be today or later."))
    group = int(form.group.data) if form.group.data else None
    code_set, code = "prek2" if group is None else "groups", _code_of(form)
    uow.next_number("catalogue")
    same = select(BehaviorCode.id).where(BehaviorCode.code_set == code_set, BehaviorCode.code == code)
    if uow.session.scalar(same) is not None:
        raise Refused("label_en", _("There is already a behavior with this name. Bring it back or rename it."))
    row = BehaviorCode(
        code_set=code_set, code=code, behavior_group=group, starts_on=form.starts_on.data, **form.columns()
    )
    return uow.add_audited(row, "behavior.added")


def _code_of(form: CodeForm) -> str:
    """An internal code made from the English name."""
    plain = unicodedata.normalize("NFKD", form.label_en.data).encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:LONGEST_CODE]
    refuse_blank("label_en", code, _("Enter the name with letters."))
    return code


def change_code(uow: UnitOfWork, row: Any, form: CodeForm) -> None:
    """Rename a place or behavior, or change its export codes; records keep the code and show the new name."""
    for name, value in form.columns().items():
        setattr(row, name, value)
    uow.record(row, f"{form.which}.changed", code=row.code)


def retire_code(uow: UnitOfWork, row: Any, form: RetireForm) -> None:
    """Set the last day on which a place or behavior can be chosen (None: no end); coded records stay."""
    ends_on, which = form.ends_on.data, PLACES if isinstance(row, LocationCode) else BEHAVIORS
    if ends_on is not None and ends_on < max(today_at(None, uow.now), getattr(row, "starts_on", date.min)):
        raise Refused("ends_on", _("The last day must be today or later, and not before the first day."))
    has_button = row.code in NEEDED if which == PLACES else row.tile
    if ends_on is not None and has_button:
        raise Refused("ends_on", _("A button on the “Log an incident” page uses it. Rename it instead."))
    row.ends_on = ends_on
    uow.record(row, f"{which}.retired", code=row.code, day=ends_on.isoformat() if ends_on else "")


def _values(row: Any) -> dict[str, Any]:
    values = {name: getattr(row, name, "") for name in (*TEXTS, "place")}
    return values | {name: "yes" if getattr(row, name, False) else "no" for name in FLAGS}


def _declare(which: str, form: type[CodeForm]) -> None:
    """Declare the acts on an entry: change and retire."""
    pages.act(
        f"/{which}/<int:code_id>", MODELS[which], form, EDIT, endpoint=f"change_{which}",
        title=lambda row: in_language(row, "label"), button=_l("Save"), then=".page", done=_l("The change is saved."),
        start=_values, template="incidents/catalogue/change.html",
        more=lambda row, _form: {"retire_href": url_for(f".retire_{which}", code_id=row.id)},
    )(change_code)  # fmt: skip
    pages.act(
        f"/{which}/<int:code_id>/retire", MODELS[which], RetireForm, EDIT, endpoint=f"retire_{which}",
        title=lambda row: _("Retire %(name)s", name=in_language(row, "label")), button=_l("Save"), then=".page",
        lede=_l("After that day no one can choose it. Reports that have it keep it, and exports still use its codes."),
        done=_l("The change is saved."), start=lambda row: {"ends_on": row.ends_on or today_at(None, clock.now())},
    )(retire_code)  # fmt: skip


_declare(PLACES, PlaceForm)
_declare(BEHAVIORS, BehaviorForm)


COLUMNS = (
    "code_set", "code", "group", "label_en", "label_es", "subjective", "attendance", "tile", "starts_on", "ends_on",
    "edfi", "ceds", "crdc", "swis",
)  # fmt: skip
LIMITS = {"code": 60, "label_en": 300, "label_es": 300, "edfi": 120, "ceds": 120, "crdc": 120, "swis": 120}


@dataclass(frozen=True)
class RowProblem:
    """A skipped row: its line in the file (the header is 1), its column, and why."""

    row: int
    column: str
    message: str


@dataclass
class CatalogueReport:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)


def import_behaviors(actor: Actor, lines: Iterable[str], now: datetime) -> CatalogueReport:
    """Import a CSV of behaviors; valid rows are saved together, the others are listed. Raises Refused for a missing
    or repeated column, or a file that is no CSV. Past codes are never deleted."""
    require(actor, EDIT, actor)
    try:
        rows = list(csv.reader(lines, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise Refused("", _("The file is not a CSV in UTF-8: %(error)s.", error=str(error))) from error
    header = rows[0] if rows else []
    missing = [name for name in COLUMNS if header.count(name) != 1]
    if missing:
        raise Refused(
            missing[0], _("Each of these columns must appear exactly once: %(names)s.", names=", ".join(missing))
        )
    report = CatalogueReport()
    with unit_of_work(actor, now) as uow:
        known = {(c.code_set, c.code, c.starts_on): c for c in uow.session.scalars(select(BehaviorCode))}
        for number, row in enumerate(rows[1:], start=2):
            try:
                values = _read(dict(zip(header, row, strict=False)) if len(row) == len(header) else {})
            except Refused as bad:
                report.problems.append(RowProblem(number, bad.field, bad.message))
                continue
            key = (values["code_set"], values["code"], values["starts_on"])
            if key not in known:
                known[key] = BehaviorCode(**values)
                uow.session.add(known[key])
                report.created += 1
            else:
                _mend(known[key], values, report)
        counts = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
        uow.audit("behaviors.imported", "behavior_code", None, counts)
    return report


def _mend(code: BehaviorCode, values: Mapping[str, Any], report: CatalogueReport) -> None:
    changed = {name: value for name, value in values.items() if getattr(code, name) != value}
    for name, value in changed.items():
        setattr(code, name, value)
    report.updated += bool(changed)
    report.unchanged += not changed


def _read(row: Mapping[str, str]) -> dict[str, Any]:
    if not row:
        raise Refused("", _("This row does not have as many cells as the header."))
    for name, limit in LIMITS.items():
        if len(row[name]) > limit or any(unicodedata.category(c) in ("Cc", "Cs") for c in row[name]):
            raise Refused(name, _("Use at most %(max)d plain characters.", max=limit))
    for name in ("code", "label_en", "label_es"):
        if not row[name].strip():
            raise Refused(name, _("This cell is empty."))
    code_set = _one_of(row, "code_set", ("groups", "prek2"))
    group = _one_of(row, "group", ("1", "2", "3", "4", "5", "6") if code_set == "groups" else ("",))
    starts, ends = _day(row, "starts_on"), _day(row, "ends_on") if row["ends_on"] else None
    if ends is not None and ends < starts:
        raise Refused("ends_on", _("It ends before it starts."))
    texts = {name: row[name] for name in LIMITS}
    return texts | {
        "code_set": code_set,
        "behavior_group": int(group) if group else None,
        "is_subjective": _one_of(row, "subjective", ("yes", "no")) == "yes",
        "is_attendance": _one_of(row, "attendance", ("yes", "no")) == "yes",
        "tile": _one_of(row, "tile", ("", *(tile.value for tile in Tile))),
        "starts_on": starts,
        "ends_on": ends,
    }


def _one_of(row: Mapping[str, str], column: str, allowed: tuple[str, ...]) -> str:
    if row[column] not in allowed:
        shown = ", ".join(value or _("empty") for value in allowed)
        raise Refused(column, _("Enter one of: %(values)s.", values=shown))
    return row[column]


def _day(row: Mapping[str, str], column: str) -> date:
    try:
        return date.fromisoformat(row[column])
    except ValueError as error:
        raise Refused(column, _("Enter the date as 2026-08-24.")) from error


ROOM = Room(
    pages=(pages,),
    sentences={
        "places.changed": _l("Place changed: %(code)s"),
        "behaviors.changed": _l("Behavior changed: %(code)s"),
        "places.retired": _l("Place available until %(day)s: %(code)s"),
        "behaviors.retired": _l("Behavior available until %(day)s: %(code)s"),
    },
)
