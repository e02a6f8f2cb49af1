"""The first behaviour catalogue (groups 1-6 and the pre-K-2 set) and the list of places.

Revision ID: 0003
Revises: 0002
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DATA = Path(__file__).parent.parent / "data"
TEXTS = ("code_set", "code", "label_en", "label_es", "tile", "edfi", "ceds", "crdc", "swis")
BEHAVIOR = sa.table(
    "behavior_code",
    sa.column("id", sa.BigInteger()),
    *(sa.column(name, sa.String()) for name in TEXTS),
    sa.column("behavior_group", sa.BigInteger()),
    sa.column("is_subjective", sa.Boolean()),
    sa.column("is_attendance", sa.Boolean()),
    sa.column("starts_on", sa.Date()),
    sa.column("ends_on", sa.Date()),
)
PLACES = ("code", "label_en", "label_es", "place", "tile", "edfi", "ceds", "swis")
LOCATION = sa.table(
    "location_code", *(sa.column(name, sa.String()) for name in PLACES), sa.column("position", sa.BigInteger())
)


PERSON = sa.table("incident_person", sa.column("behavior_code_id", sa.BigInteger()))
KEY = ("code_set", "code", "starts_on")


def upgrade() -> None:
    kept = {tuple(row) for row in op.get_bind().execute(sa.select(*(BEHAVIOR.c[name] for name in KEY)))}
    codes = [_behavior(row) for row in _rows("behavior_codes_2026.csv")]
    op.bulk_insert(BEHAVIOR, [row for row in codes if tuple(row[name] for name in KEY) not in kept])
    places = enumerate(_rows("location_codes_2026.csv"))
    op.bulk_insert(LOCATION, [row | {"place": row["place"] or None, "position": number} for number, row in places])


def downgrade() -> None:
    connection = op.get_bind()
    connection.execute(sa.delete(LOCATION))
    used = sa.select(PERSON.c.behavior_code_id).where(PERSON.c.behavior_code_id.is_not(None))
    connection.execute(sa.delete(BEHAVIOR).where(BEHAVIOR.c.id.not_in(used)))


def _rows(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _behavior(row: dict[str, str]) -> dict[str, Any]:
    return {name: row[name] for name in TEXTS} | {
        "behavior_group": int(row["group"]) if row["group"] else None,
        "is_subjective": row["subjective"] == "yes",
        "is_attendance": row["attendance"] == "yes",
        "starts_on": date.fromisoformat(row["starts_on"]),
        "ends_on": date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
    }
