"""An administrator of the district adds, renames, maps and retires a place or a behavior; nothing is deleted."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.catalogue.queries import BEHAVIORS, MAPPED, MODELS, PLACES, known_codes
from wss_cases.incidents.incident.models import BehaviorCode, LocationCode
from wss_cases.incidents.incident.rules import LOCATION_OF_TILE
from wss_cases.incidents.incident.states import Place
from wss_cases.journal.unit_of_work import UnitOfWork
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
