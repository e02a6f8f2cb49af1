"""The district's places and behaviors: added, renamed, mapped, retired or imported from a CSV; none is deleted."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy import func, select
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices, radio
from wss_cases.foundation.forms import select as foundation_select
from wss_cases.foundation.i18n import dotted, in_language
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.catalogue.queries import (
    BEHAVIORS,
    MAPPED,
    MODELS,
    PLACES,
    every_behavior,
    get_code,
    known_codes,
)
from wss_cases.incidents.incident.models import BehaviorCode, LocationCode
from wss_cases.incidents.incident.queries import locations
from wss_cases.incidents.incident.rules import LOCATION_OF_TILE
from wss_cases.incidents.incident.states import Place, Tile
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case

LONGEST_CODE = 60
NEEDED = frozenset({"unknown", *LOCATION_OF_TILE.values()})
"""Places behind the buttons of the page on which an incident is logged."""


@use_case
def add_place(uow: UnitOfWork, texts: Mapping[str, str], place: Place) -> int:
    """Add a place at the end of the list. Raises Refused for a blank name, a code no export knows, or one there is."""
    require(uow.actor, Permission.CODES_EDIT, LocationCode())
    _check(PLACES, texts)
    code = _code_of(texts["label_en"])
    uow.next_number("catalogue")
    if uow.session.scalar(select(LocationCode.id).where(LocationCode.code == code)) is not None:
        raise Refused("label_en", _("There is already a place with this name. Bring it back or rename it."))
    last = uow.session.scalar(select(func.max(LocationCode.position))) or 0
    row = LocationCode(code=code, place=place, position=last + 1, **texts)
    return uow.add_audited(row, "place.added")


@use_case
def add_behavior(
    uow: UnitOfWork, texts: Mapping[str, str], group: int | None, flags: Mapping[str, bool], starts_on: date
) -> int:
    """Add a behavior to its group from a day on; None is the list of pre-K to grade 2. Raises Refused."""
    require(uow.actor, Permission.CODES_EDIT, BehaviorCode())
    _check(BEHAVIORS, texts)
    if starts_on < today_at(None, uow.now):
        raise Refused("starts_on", _("The first day must be today or later."))
    if group is not None and not 1 <= group <= 6:
        raise Refused("group", _("Choose a group from 1 to 6."))
    code_set, code = "prek2" if group is None else "groups", _code_of(texts["label_en"])
    uow.next_number("catalogue")
    same = select(BehaviorCode.id).where(BehaviorCode.code_set == code_set, BehaviorCode.code == code)
    if uow.session.scalar(same) is not None:
        raise Refused("label_en", _("There is already a behavior with this name. Bring it back or rename it."))
    row = BehaviorCode(code_set=code_set, code=code, behavior_group=group, starts_on=starts_on, **texts, **flags)
    return uow.add_audited(row, "behavior.added")


@use_case
def change_code(uow: UnitOfWork, which: str, code_id: int, texts: Mapping[str, str], more: Mapping[str, Any]) -> int:
    """Rename a place or a behavior, or map it otherwise; records keep the code and show the new name. Raises Refused.

    `more`: a place's meaning for the rules, a behavior's flags.
    """
    row = uow.load(MODELS[which], code_id, Permission.CODES_EDIT)
    _check(which, texts)
    for name, value in {**texts, **more}.items():
        setattr(row, name, value)
    uow.record(row, f"{which}.changed", code=row.code)
    return int(row.id)


@use_case
def retire_code(uow: UnitOfWork, which: str, code_id: int, ends_on: date | None) -> int:
    """Let a place or a behavior be chosen until a day (None: without end); what was coded by it stays.

    Raises Refused for a day that is past, or before its first, and for a place that has a button.
    """
    row = uow.load(MODELS[which], code_id, Permission.CODES_EDIT)
    if ends_on is not None and ends_on < max(today_at(None, uow.now), getattr(row, "starts_on", date.min)):
        raise Refused("ends_on", _("The last day must be today or later, and not before the first day."))
    if ends_on is not None and which == PLACES and row.code in NEEDED:
        raise Refused("ends_on", _("A button on the “Log an incident” page uses it. Rename it instead."))
    if ends_on is not None and which == BEHAVIORS and row.tile:
        raise Refused("ends_on", _("A button on the “Log an incident” page uses it. Rename it instead."))
    row.ends_on = ends_on
    uow.record(row, f"{which}.retired", code=row.code, day=ends_on.isoformat() if ends_on else "")
    return int(row.id)


def _check(which: str, texts: Mapping[str, str]) -> None:
    refuse_blank("label_en", texts["label_en"], _("Enter the name in English."))
    refuse_blank("label_es", texts["label_es"], _("Enter the name in Spanish."))
    known = known_codes(which)
    for name in MAPPED[which]:
        if texts.get(name) and texts[name] not in known[name]:
            raise Refused(name, _("No export uses this code. Choose one from the list."))


def _code_of(label: str) -> str:
    """Return a code that is never shown for a name: small letters, digits and strokes below."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:LONGEST_CODE]
    refuse_blank("label_en", code, _("Enter the name with letters."))
    return code


YES_NO = (("no", _l("No")), ("yes", _l("Yes")))


class CodeForm(BaseForm):
    """What a place and a behavior have in common: the words in both languages, and the codes of exports."""

    label_en = ShortText(_l("Name in English"), [NotBlank(_l("Enter the name in English."))])
    label_es = ShortText(_l("Name in Spanish"), [NotBlank(_l("Enter the name in Spanish."))])
    edfi = foundation_select(_l("In an Ed-Fi file"))
    ceds = foundation_select(_l("CEDS code"))
    swis = foundation_select(_l("In SWIS-style reports"))

    def offer(self, known: Mapping[str, Sequence[str]]) -> None:
        """Offer the codes that exports know, by the name of the field."""
        for name, codes in known.items():
            field: SelectField = self[name]
            field.choices = choices([("", _l("None")), *((code, code) for code in codes)])

    def texts(self) -> dict[str, str]:
        """Return what was given, by column."""
        names = ("label_en", "label_es", "edfi", "ceds", "swis", "crdc")
        return {name: str(self[name].data or "").strip() for name in names if name in self}


class PlaceForm(CodeForm):
    """A place."""

    place = radio(_l("For routing rules and legal duties it is"), Place, _l("Choose where it is."))


class BehaviorForm(CodeForm):
    """A behavior; its set and group cannot be changed once it is there: reports were counted by them."""

    crdc = foundation_select(_l("In the federal collection (CRDC)"))
    is_subjective = radio(_l("Is it a subjective behavior (disrespect, disruption)?"), YES_NO, _l("Choose one."))
    is_attendance = radio(_l("Is it only about attendance?"), YES_NO, _l("Choose one."))


class NewBehaviorForm(BehaviorForm):
    """Another behavior, from a day on."""

    group = foundation_select(
        _l("Group"), [(str(number), str(number)) for number in range(1, 7)] + [("", _l("Pre-K to grade 2"))]
    )
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])


class RetireForm(BaseForm):
    """The last day on which it can be chosen."""

    ends_on = DateField(_l("Last day"), [Optional()], description=_l("Leave it blank to bring it back."))


def shown(row: Any) -> dict[str, Any]:
    """Return the columns of a place or a behavior as its form shows them."""
    names = ("label_en", "label_es", "edfi", "ceds", "swis", "crdc", "place")
    values = {name: getattr(row, name, "") for name in names}
    flags = {name: "yes" if getattr(row, name, False) else "no" for name in ("is_subjective", "is_attendance")}
    return values | flags


COLUMNS = (
    "code_set", "code", "group", "label_en", "label_es", "subjective", "attendance", "tile", "starts_on", "ends_on",
    "edfi", "ceds", "crdc", "swis",
)  # fmt: skip
LIMITS = {"code": 60, "label_en": 300, "label_es": 300, "edfi": 120, "ceds": 120, "crdc": 120, "swis": 120}


@dataclass(frozen=True)
class RowProblem:
    """A row left out: its line in the file (the header is 1), its column, and why."""

    row: int
    column: str
    message: str


@dataclass
class CatalogueReport:
    """What an import did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)


def import_behaviors(actor: Actor, lines: Iterable[str], now: datetime) -> CatalogueReport:
    """Read a CSV of behaviours; the good rows land in one unit, the others are listed.

    Raises Refused when a column is missing or named twice, or the file is no CSV. A past code is never deleted.
    """
    require(actor, Permission.CODES_EDIT, BehaviorCode())
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


blueprint = Blueprint("catalogue", __name__, url_prefix="/settings/codes")
TEMPLATE = "incidents/catalogue/form.html"


@blueprint.get("")
@gate(Permission.CODES_EDIT)
def page() -> Page:
    """Every place and behavior, with the codes that exports read."""
    _may_edit()
    today = today_at(None, clock.now())
    groups = [(_("Places"), [_row(PLACES, one, today) for one in locations()])]
    for (code_set, group), rows in groupby(every_behavior(), lambda one: (one.code_set, one.behavior_group)):
        in_group = _("Behaviors, group %(number)s", number=group)
        words = in_group if code_set == "groups" else _("Behaviors, pre-K to grade 2")
        groups.append((words, [_row(BEHAVIORS, one, today) for one in rows]))
    return render_template("incidents/catalogue/list.html", groups=groups)


def _row(which: str, one: Any, today: date) -> dict[str, Any]:
    ended = one.ends_on is not None and one.ends_on < today
    until = _("until %(day)s", day=day_words_with_year(one.ends_on)) if one.ends_on and not ended else ""
    codes: Sequence[str] = [getattr(one, name) for name in MAPPED[which] if getattr(one, name)]
    return {
        "title": in_language(one, "label"),
        "href": url_for(".change", which=which, code_id=one.id),
        "meta": dotted(*codes, until),
        "tag": _("Retired") if ended else None,
    }


@blueprint.route("/places/add", methods=["GET", "POST"], endpoint="add_place")
@gate(Permission.CODES_EDIT)
def add_place_page() -> Page:
    """Add a place."""
    _may_edit()
    form = PlaceForm()
    form.offer(known_codes(PLACES))
    return form_page(
        form,
        lambda: add_place(submitted(form), form.texts(), Place(form.place.data)),
        with_flash(_("It can be chosen from now on."), url_for(".page")),
        TEMPLATE,
        title=_("Add a place"),
    )


@blueprint.route("/behaviors/add", methods=["GET", "POST"], endpoint="add_behavior")
@gate(Permission.CODES_EDIT)
def add_behavior_page() -> Page:
    """Add a behavior from a day on."""
    _may_edit()
    form = NewBehaviorForm(starts_on=today_at(None, clock.now()))
    form.offer(known_codes(BEHAVIORS))

    def act() -> int:
        group = int(form.group.data) if form.group.data else None
        return add_behavior(submitted(form), form.texts(), group, _flags(form), form.starts_on.data)

    return form_page(
        form, act, with_flash(_("It can be chosen starting on its first day."), url_for(".page")), TEMPLATE,
        title=_("Add a behavior"),
    )  # fmt: skip


@blueprint.route("/<which>/<int:code_id>", methods=["GET", "POST"])
@gate(Permission.CODES_EDIT)
def change(which: str, code_id: int) -> Page:
    """Rename a place or a behavior, or map it otherwise."""
    one = _load(which, code_id)
    form = PlaceForm(data=shown(one)) if which == PLACES else BehaviorForm(data=shown(one))
    form.offer(known_codes(which))

    def act() -> int:
        more = {"place": Place(form["place"].data)} if which == PLACES else _flags(form)
        return change_code(submitted(form), which, code_id, form.texts(), more)

    return form_page(
        form,
        act,
        with_flash(_("The change is saved."), url_for(".page")),
        TEMPLATE,
        title=in_language(one, "label"),
        retire_href=url_for(".retire", which=which, code_id=code_id),
    )


@blueprint.route("/<which>/<int:code_id>/retire", methods=["GET", "POST"])
@gate(Permission.CODES_EDIT)
def retire(which: str, code_id: int) -> Page:
    """Say until when it can be chosen; what was coded by it stays."""
    one = _load(which, code_id)
    form = RetireForm(ends_on=one.ends_on or today_at(None, clock.now()))
    return form_page(
        form,
        lambda: retire_code(submitted(form), which, code_id, form.ends_on.data),
        with_flash(_("The change is saved."), url_for(".page")),
        TEMPLATE,
        title=_("Retire %(name)s", name=in_language(one, "label")),
        lede=_("After that day no one can choose it. Reports that have it keep it, and exports still use its codes."),
    )


def _may_edit() -> None:
    require(current_actor(), Permission.CODES_EDIT, BehaviorCode())


def _load(which: str, code_id: int) -> Any:
    if which not in MODELS:
        raise NotFound
    _may_edit()
    return get_code(which, code_id)


def _flags(form: CodeForm) -> dict[str, bool]:
    return {name: form[name].data == "yes" for name in ("is_subjective", "is_attendance")}


ROOM = Room(
    pages=(blueprint,),
    sentences={
        "places.changed": _l("Place changed: %(code)s"),
        "behaviors.changed": _l("Behavior changed: %(code)s"),
        "places.retired": _l("Place available until %(day)s: %(code)s"),
        "behaviors.retired": _l("Behavior available until %(day)s: %(code)s"),
    },
)
