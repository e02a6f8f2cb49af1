"""What a party said about a circle stays as it was given when they are asked again.

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

ONE_ANSWER = "uq_circle_consent_pathway_id_participant_id"
COUNTS = "uq_circle_consent_counts"
COLUMNS = ["pathway_id", "participant_id"]


def upgrade() -> None:
    with op.batch_alter_table("circle_consent") as batch:
        batch.add_column(sa.Column("replaced_at", sa.DateTime(timezone=True)))
        batch.drop_constraint(op.f(ONE_ANSWER), type_="unique")
    counts = sa.text("replaced_at IS NULL")
    op.create_index(COUNTS, "circle_consent", COLUMNS, unique=True, sqlite_where=counts, postgresql_where=counts)


def downgrade() -> None:
    op.drop_index(COUNTS, "circle_consent")
    # the newest of each party is kept, as it was before: what was asked anew is not answered
    op.execute(
        "DELETE FROM circle_consent WHERE id NOT IN"
        " (SELECT max(id) FROM circle_consent GROUP BY pathway_id, participant_id)"
    )
    op.execute("UPDATE circle_consent SET consented = NULL WHERE replaced_at IS NOT NULL")
    with op.batch_alter_table("circle_consent") as batch:
        batch.drop_column("replaced_at")
        batch.create_unique_constraint(op.f(ONE_ANSWER), COLUMNS)
