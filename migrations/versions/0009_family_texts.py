"""Letters and consents for families, in English and Spanish.

Revision ID: 0009
Revises: 0008
"""

from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FROM = date(2020, 8, 1)
TABLE = sa.table(
    "family_text",
    sa.column("code", sa.String),
    sa.column("language", sa.String),
    sa.column("starts_on", sa.Date),
    sa.column("title", sa.String),
    sa.column("text", sa.Text),
)
FOLDER = Path(__file__).resolve().parent.parent / "data" / "family_texts_2026"
CODES = ("circle_consent", "referral_consent", "agreement_head", "privacy_short")
LANGUAGES = ("en", "es")


def upgrade() -> None:
    op.bulk_insert(TABLE, [_row(code, language) for code in CODES for language in LANGUAGES])


def downgrade() -> None:
    op.execute(TABLE.delete().where(TABLE.c.code.in_(CODES)))


def _row(code: str, language: str) -> dict[str, object]:
    """Return the row of one file: its first line is the title, the rest the text."""
    title, text = (FOLDER / f"{code}.{language}.txt").read_text(encoding="utf-8").split("\n", 1)
    return {"code": code, "language": language, "starts_on": FROM, "title": title, "text": text.strip()}
