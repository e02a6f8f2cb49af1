"""Two persons are two people: the two accounts of the first setup, and who confirmed whom.

Accounts that nobody invited by hand were those of the setup; at most the first two of them count as such.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INVITED = (
    "SELECT object_id FROM audit_entry WHERE object_type = 'user_account' AND action = 'account.invited'"
    " AND actor_id IS NOT NULL AND object_id IS NOT NULL"
)
NAME = "person_confirmation"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("first_setup", sa.Boolean(), nullable=False, server_default=sa.false()))
    first = f"SELECT id FROM user_account WHERE id NOT IN ({INVITED}) ORDER BY id LIMIT 2"
    op.execute(f"UPDATE user_account SET first_setup = true WHERE id IN (SELECT id FROM ({first}) AS first)")
    op.create_table(
        NAME,
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("confirmed_by_id", BIG, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("user_id <> confirmed_by_id", name=op.f(f"ck_{NAME}_another_person")),
        *(
            sa.ForeignKeyConstraint([column], ["user_account.id"], name=op.f(f"fk_{NAME}_{column}"))
            for column in ("user_id", "confirmed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{NAME}")),
        sa.UniqueConstraint("user_id", "confirmed_by_id", name=op.f(f"uq_{NAME}_user_id_confirmed_by_id")),
    )


def downgrade() -> None:
    op.drop_table(NAME)
    op.drop_column("user_account", "first_setup")
