"""What somebody does at a page, what stands in it and what is logged of it: the parts of a replay."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from werkzeug.routing import Rule

from tests.mail.every_kind import CANARY, CODES, FROZEN, WORDS, fill_column
from tests.support.pages.reading import Form
from tests.support.rows import Key
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, db
from wss_cases.foundation.operations import Lines

Body = dict[str, list[str]]


@dataclass(frozen=True)
class Deed:
    """One request of the first person."""

    rule: Rule
    method: str
    address: str
    body: tuple[tuple[str, tuple[str, ...]], ...] = ()
    plain: bool = True
    """Sent for its address; the same with a form or a question is sent by whoever may go there."""

    def data(self, token: str) -> Body | None:
        """What is posted, with the sender's own token."""
        if self.method != "POST":
            return None
        return {name: list(values) for name, values in self.body} | {"csrf_token": [token]}


def plant_canaries(keys: set[Key]) -> int:
    """Put the canary into every text that a person wrote in one of these rows; returns into how many columns."""
    planted = 0
    for table in Base.metadata.sorted_tables:
        ids = [key[1][0] for key in keys if key[0] == table.name and len(key[1]) == 1]
        if table.name in CODES | FROZEN or not ids:
            continue
        for column in table.columns:
            kind = column.type
            if isinstance(kind, sa.String) and not (
                isinstance(kind, sa.Enum) or column.foreign_keys or column.name in WORDS
            ):
                told = sa.literal(CANARY) + sa.cast(table.c.id, sa.String)
                fill_column(sa.update(table).where(table.c.id.in_(ids)).values({column: told}), column)
                planted += 1
        for name in ("search_key", "search_key_family"):
            if name in table.columns:
                found = sa.update(table).where(table.c.id.in_(ids)).values({name: CANARY.casefold()})
                db.session.execute(found)
    db.session.commit()
    return planted


class Kept(logging.Handler):
    """Keeps every line of the log as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(Lines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(self.format(record))


def filled(form: Form) -> Body:
    """Return a form's values with every empty control answered as well as a machine can."""
    values = form.values()
    today = clock.now().date()
    for control in form.element.find_all("input", "select", "textarea"):
        name, kind = control.get("name"), control.get("type").lower()
        if not name or any(values.get(name, [])) or name in ("request_key", "version"):
            continue
        if control.tag == "select":
            offered = [option.attributes.get("value", "") for option in control.find_all("option")]
            values[name] = [next((value for value in offered if value), "")]
        elif kind in ("radio", "checkbox"):
            values[name] = [control.attributes.get("value", "on")]
        elif kind == "date":
            values[name] = [(today + timedelta(days=1)).isoformat()]
        elif kind == "time":
            values[name] = ["10:00"]
        else:
            values[name] = ["5"] if kind == "number" else ["Something to write"]
    return values
