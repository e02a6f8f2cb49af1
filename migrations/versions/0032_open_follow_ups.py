"""What is open of a case or a report is found without reading what is done.

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

MADE = (("ix_follow_up_case", "case_id"), ("ix_follow_up_incident", "incident_id"))


def upgrade() -> None:
    for name, column in MADE:
        op.create_index(f"{name}_state", "follow_up", [column, "state"])
        op.drop_index(name, table_name="follow_up")


def downgrade() -> None:
    for name, column in MADE:
        op.create_index(name, "follow_up", [column])
        op.drop_index(f"{name}_state", table_name="follow_up")
