"""A file for analysts keeps the fingerprint of what was read when it was released.

Revision ID: 0114
Revises: 0113
"""

from alembic import op

revision = "0114"
down_revision = "0113"
branch_labels = None
depends_on = None

TABLE, RULE = "analyst_file", "ck_analyst_file_fingerprint"


def _rule(condition: str) -> None:
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(op.f(RULE), type_="check")
        batch.create_check_constraint(op.f(RULE), condition)


def upgrade() -> None:
    """What was released before and not downloaded has no fingerprint, and must be asked for again."""
    _rule("(taken_at is null or fingerprint <> '') and (expires_at is not null or fingerprint = '')")


def downgrade() -> None:
    op.execute("UPDATE analyst_file SET fingerprint = '' WHERE taken_at IS NULL")
    _rule("(taken_at is null) = (fingerprint = '')")
