"""A file for analysts that was not released says why.

Revision ID: 0116
Revises: 0115
"""

import sqlalchemy as sa
from alembic import op

revision = "0116"
down_revision = "0115"
branch_labels = None
depends_on = None

TABLE = "analyst_file"
REASONS = ("overlap", "too_few", "agreement", "one_person", "other")


def upgrade() -> None:
    """What was refused before has no reason: none was asked for."""
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("refused_because", sa.String(40), nullable=True))
        batch.add_column(sa.Column("refused_words", sa.Text(), nullable=False, server_default=""))
        batch.create_check_constraint(
            op.f("ck_analyst_file_refused_because"), f"refused_because in ({', '.join(map(repr, REASONS))})"
        )
        batch.create_check_constraint(
            op.f("ck_analyst_file_refused"),
            "(refused_because is null or state = 'refused') and (refused_words = '' or refused_because is not null)"
            " and (refused_because is null or refused_because <> 'other' or refused_words <> '')",
        )


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(op.f("ck_analyst_file_refused"), type_="check")
        batch.drop_constraint(op.f("ck_analyst_file_refused_because"), type_="check")
        batch.drop_column("refused_words")
        batch.drop_column("refused_because")
