"""What a student agrees that a notice tells at home stands where what a call tells does: at the report's entry.

A yes for a removal that stands on no report, whose notice is held back from now on, is not carried over.

Revision ID: 0063
Revises: 0062
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

WORDS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEYS = ("id", "incident_id", "student_id")
PERSON, ACTION = (
    sa.table(name, *map(sa.column, KEYS), sa.column("may_tell", WORDS))
    for name in ("incident_person", "discipline_action")
)


def _rows(table: Any) -> list[Any]:
    some = sa.cast(table.c.may_tell, sa.Text) != "[]"
    return list(op.get_bind().execute(sa.select(table).where(some).order_by(table.c.id)))


def _store(table: Any, told: dict[int, list[Any]]) -> None:
    for row_id, words in told.items():
        op.get_bind().execute(sa.update(table).where(table.c.id == row_id).values(may_tell=words))


def upgrade() -> None:
    told = {
        row.id: [{"word": word, "concerns": [row.id], "notice_id": 0} for word in row.may_tell] for row in _rows(PERSON)
    }
    for action in _rows(ACTION):
        same = (PERSON.c.incident_id == action.incident_id, PERSON.c.student_id == action.student_id)
        entry = op.get_bind().scalar(sa.select(sa.func.min(PERSON.c.id)).where(*same))
        for one in action.may_tell if entry is not None else ():
            word, whom = (one, []) if isinstance(one, str) else (one["word"], one["concerns"])
            told.setdefault(entry, []).append({"word": word, "concerns": whom, "notice_id": action.id})
    _store(PERSON, told)
    with op.batch_alter_table("discipline_action") as batch:
        batch.drop_column("may_tell")


def downgrade() -> None:
    with op.batch_alter_table("discipline_action") as batch:
        batch.add_column(sa.Column("may_tell", WORDS, server_default="[]", nullable=False))
    calls: dict[int, list[Any]] = {}
    notices: dict[int, list[Any]] = {}
    for row in _rows(PERSON):
        calls[row.id] = [one["word"] for one in row.may_tell if not one["notice_id"]]
        for one in row.may_tell:
            word = {"word": one["word"], "concerns": one["concerns"]} if one["concerns"] else one["word"]
            if one["notice_id"]:
                notices.setdefault(one["notice_id"], []).append(word)
    _store(PERSON, calls)
    _store(ACTION, notices)
