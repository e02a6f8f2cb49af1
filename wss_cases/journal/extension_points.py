"""What rooms above add to the pages of rooms below: installed once by `create_app`, read by the lower rooms."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Select

from wss_cases.access.actor import Actor
from wss_cases.access.policy import load_object
from wss_cases.journal.rooms import (
    DeputyLooks,
    ForDeputy,
    ListKind,
    Panel,
    Place,
    PlanColumn,
    PlanTab,
    PublicSection,
    Room,
    Searchable,
    Shown,
    SmallestGroups,
    WordSource,
)
from wss_cases.journal.unit_of_work import UnitOfWork

_rooms: list[Room] = []


def fill_extension_points(rooms: Iterable[Room]) -> None:
    """Install what every room brings; called once by `create_app`."""
    _rooms[:] = rooms


def panels_for(place: Place, actor: Actor, *record: Any) -> list[Shown]:
    """The panels of a page for this actor, in order; the caller has checked the record."""
    panels: list[Panel] = [panel for room in _rooms for panel in room.panels if panel.place is place]
    ordered = sorted(panels, key=lambda panel: panel.order)
    return [shown for panel in ordered if (shown := panel.show(actor, *record)) is not None]


def recent_students(actor: Actor, school_id: int) -> Select[Any] | None:
    """The select of the ids of students whom the actor recently worked with at a school; a search lists them first."""
    providers = (room.recent_students for room in _rooms if room.recent_students is not None)
    return next((provider(actor, school_id) for provider in providers), None)


def react(uow: UnitOfWork, kind: str, record: Any) -> None:
    """Let rooms above react to a record of this kind, in the unit of work that wrote it."""
    for room in _rooms:
        if kind in room.reactions:
            room.reactions[kind](uow, record)


def smallest_groups(school_year: str) -> SmallestGroups:
    """The smallest group of students that is shown in a school year."""
    (found,) = [room.smallest_groups(school_year) for room in _rooms if room.smallest_groups is not None]
    return found


def for_deputy(object_type: str, object_id: int) -> ForDeputy | None:
    """What a network's deputy must know of a record of any room, None when nothing of it waits."""
    record = load_object(object_type, object_id)
    return deputy_looks()[object_type].shows(record) if record is not None else None


def deputy_looks() -> dict[str, DeputyLooks]:
    """What a network's deputy may decide for a school, by table name."""
    return {name: looks for room in _rooms for name, looks in room.deputy_looks.items()}


def searchable() -> list[Searchable]:
    """Every kind of thing that can be found, in the order of the page."""
    return sorted((kind for room in _rooms for kind in room.searchable), key=lambda kind: kind.order)


def word_sources() -> list[WordSource]:
    """The texts by which records are indexed."""
    return [source for room in _rooms for source in room.word_sources]


def list_kinds() -> dict[str, ListKind]:
    kinds = [kind for room in _rooms for kind in room.lists]
    return {kind.name: _with_brought(kind) for kind in kinds}


def _with_brought(kind: ListKind) -> ListKind:
    return kind if kind.brought is None else replace(kind, columns=(*kind.columns, *kind.brought()))


def plan_columns() -> list[PlanColumn]:
    """The columns that rooms add to the list of plans, in order."""
    return sorted((column for room in _rooms for column in room.plan_columns), key=lambda column: column.order)


def plan_tabs() -> list[PlanTab]:
    return sorted((tab for room in _rooms for tab in room.plan_tabs), key=lambda tab: tab.order)


def public_sections() -> list[PublicSection]:
    """What rooms add to the public page of a plan, in the order of the page."""
    return sorted((section for room in _rooms for section in room.public_sections), key=lambda section: section.order)
