"""What in a report made a fact unknown; a place for "Online, other"; the follow-up for text added after the decision.

Nothing of older reports is read for signs.

Revision ID: 0131
Revises: 0130
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0131"
down_revision = "0130"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
PLACE = "online_or_other"
KIND = "new_text"
LOCATION = sa.table(
    "location_code",
    *(sa.column(name, sa.String) for name in ("code", "label_en", "label_es", "tile", "edfi", "ceds", "swis")),
    sa.column("position", sa.BigInteger),
)
TEMPLATE = sa.table(
    "follow_up_template",
    *(sa.column(name, sa.String) for name in ("kind", "event", "title_en", "title_es", "owner_role")),
    *(sa.column(name, sa.String) for name in ("closes_with_en", "closes_with_es")),
    sa.column("due_in_school_days", sa.Integer),
    sa.column("single_mail", sa.Boolean),
    sa.column("starts_on", sa.Date),
)


def upgrade() -> None:
    op.add_column("incident", sa.Column("signs", JSON, nullable=False, server_default="[]"))
    last = op.get_bind().execute(sa.select(sa.func.coalesce(sa.func.max(LOCATION.c.position), 0))).scalar_one()
    words = {"label_en": "Online or another place", "label_es": "En línea o en otro lugar"}
    codes = {"edfi": "Unknown", "ceds": "09997", "swis": "Unknown location"}
    op.execute(sa.update(LOCATION).where(LOCATION.c.code == "unknown").values(tile=""))
    op.bulk_insert(LOCATION, [{"code": PLACE, "tile": "online_other", "position": last + 1, **words, **codes}])
    op.bulk_insert(
        TEMPLATE,
        [
            {
                "kind": KIND,
                "event": "text_added",
                "due_in_school_days": 0,
                "title_en": "Read what came in",
                "title_es": "Leer lo que llegó",
                "closes_with_en": "The text was read, and its questions are answered or the report is reopened.",
                "closes_with_es": "Se leyó el texto, y sus preguntas están respondidas o el reporte se reabrió.",
                "owner_role": "dean",
                "single_mail": True,
                "starts_on": date(2020, 8, 1),
            }
        ],
    )


def downgrade() -> None:
    made = f"SELECT id FROM follow_up_template WHERE kind = '{KIND}'"
    op.execute(f"UPDATE follow_up SET template_id = NULL WHERE template_id IN ({made})")
    op.execute(f"DELETE FROM follow_up_template WHERE kind = '{KIND}'")
    op.execute(f"UPDATE incident SET location_code = 'unknown' WHERE location_code = '{PLACE}'")
    op.execute(f"DELETE FROM location_code WHERE code = '{PLACE}'")
    op.execute("UPDATE location_code SET tile = 'online_other' WHERE code = 'unknown'")
    # a table that is written anew keeps no check with its column, and the revisions before could not drop theirs
    op.drop_column("incident", "signs")
