"""A report says from whom it is kept: an adult said to have hurt a student gets no mail of it and does not find it.

Reports in which a staff member is marked as having caused harm are kept from that person from now on, and where an
administrator is marked, from whoever works at that school alone.

Revision ID: 0134
Revises: 0133
"""

import sqlalchemy as sa
from alembic import op

revision = "0134"
down_revision = "0133"
branch_labels = None
depends_on = None

INDEX = "ix_incident_kept_from"
MARKED = """
    SELECT p.incident_id FROM incident_person p JOIN staff_member s ON s.id = p.staff_id
    WHERE p.role IN ('caused_harm', 'both')
"""
HEADS = """
    AND (lower(s.role) IN ('principal', 'administrator', 'siteadministrator') OR EXISTS (
        SELECT 1 FROM user_account u JOIN role_grant g ON g.user_id = u.id
        WHERE (s.user_id = u.id OR (s.email <> '' AND lower(s.email) = u.email))
        AND g.role = 'administrator' AND g.school_id = s.school_id AND g.ends_on IS NULL
    ))
"""


def upgrade() -> None:
    # both databases take the check with the column, and SQLite need not write a million reports anew
    op.execute(
        "ALTER TABLE incident ADD COLUMN kept_from VARCHAR(40)"
        " CONSTRAINT ck_incident_kept_from CHECK (kept_from IN ('named', 'team', 'school'))"
    )
    condition = sa.text("kept_from is not null")
    op.create_index(INDEX, "incident", ["id"], sqlite_where=condition, postgresql_where=condition)
    op.execute(f"UPDATE incident SET kept_from = 'named' WHERE id IN ({MARKED})")
    op.execute(f"UPDATE incident SET kept_from = 'school' WHERE id IN ({MARKED} {HEADS})")


def downgrade() -> None:
    op.drop_index(INDEX, "incident")
    op.drop_column("incident", "kept_from")
