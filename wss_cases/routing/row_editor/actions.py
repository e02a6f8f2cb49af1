"""Use cases on the rows of a draft: save, add, move and remove one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.routing.drafts.actions import draft_to_edit, take_back
from wss_cases.routing.engine.reading import read_table, rules_asked_by
from wss_cases.routing.engine.states import Section
from wss_cases.routing.rule_sets.models import RuleSet

Row = Mapping[str, Any]


class RowChanged(Stale):
    """Somebody else changed or removed (None) the row since it was opened; `current` is how it is now."""

    def __init__(self, current: Row | None) -> None:
        super().__init__()
        self.current = current


def save_row(actor: Actor, rule_set_id: int, before: Row | None, after: Row, now: datetime) -> None:
    """Put a row in the place of the one that was opened, or add it to its section where none was (`before` None).

    What others did to other rows meanwhile stays. Raises RowChanged where they changed this one, Refused.
    """
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id)
        rows = draft.table_rows["rows"]
        current = next((row for row in rows if row["id"] == after["id"]), None)
        if before is None and current is not None:
            raise Refused("row_id", _("Another row of this draft has this name."))
        if before is not None and current not in (before, after):
            raise RowChanged(current)
        if current is None:
            _store(uow, draft, _added(rows, after), "rules.row_added", after["id"])
        elif current != after:
            edited = [after if row is current else row for row in rows]
            _store(uow, draft, edited, "rules.row_edited", after["id"])


def move_row(actor: Actor, rule_set_id: int, version: int | None, row_id: str, up: bool, now: datetime) -> None:
    """Let a row change places with the one before or after it in its section. Raises Refused, Stale, NotFound."""
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, version)
        rows = list(draft.table_rows["rows"])
        place = _place(rows, row_id)
        other = place - 1 if up else place + 1
        if 0 <= other < len(rows) and rows[other]["section"] == rows[place]["section"]:
            rows[place], rows[other] = rows[other], rows[place]
            _store(uow, draft, rows, "rules.row_moved", row_id)


def remove_row(actor: Actor, rule_set_id: int, version: int | None, row_id: str, now: datetime) -> None:
    """Take a row out of a draft. Raises Refused where another row asks about its rule, Stale, NotFound."""
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, version)
        rows = draft.table_rows["rows"]
        _place(rows, row_id)
        _store(uow, draft, [row for row in rows if row["id"] != row_id], "rules.row_removed", row_id)


def _place(rows: Sequence[Row], row_id: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == row_id:
            return place
    raise NotFound


def _added(rows: Sequence[Row], new: Row) -> list[Row]:
    """Return the rows with a new one at the end of its section."""
    order = list(Section)
    last = order.index(Section(new["section"]))
    place = sum(order.index(Section(row["section"])) <= last for row in rows)
    return [*rows[:place], new, *rows[place:]]


def _store(uow: UnitOfWork, draft: RuleSet, rows: Sequence[Row], kind: str, row_id: str) -> None:
    _refuse_lost_rules(rows)
    read_table(draft.name, draft.number, rows)
    sides = (draft.table_rows["rows"], rows)
    before_and_after = [next((row for row in side if row["id"] == row_id), None) for side in sides]
    draft.table_rows = {**draft.table_rows, "rows": list(rows)}
    take_back(draft)
    uow.session.flush()
    uow.audit("rules.edited", "routing_rule_set", draft.id, {row_id: before_and_after})
    uow.record(draft, kind, row=row_id)


def _refuse_lost_rules(rows: Sequence[Row]) -> None:
    earlier = set[str]()
    for row in rows:
        for rule in rules_asked_by(row):
            if rule not in earlier:
                words = _("Row %(row)s asks whether rule %(rule)s matches, so that rule must stand before it. "
                          "Change row %(row)s first.", row=row["id"], rule=rule)  # fmt: skip
                raise Refused("", words)
        earlier.add(row["rule"])
