"""Plans stored as PDFs, as board reports are.

Revision ID: 0117
Revises: 0116
"""

import sqlalchemy as sa
from alembic import op

revision = "0117"
down_revision = "0116"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLE = "plan_pdf"
STATES = ("asked", "ready", "failed")
WHY = ("", "missing", "slow", "broken", "forbidden")


def _choice(name: str, among: tuple[str, ...]) -> sa.Column[str]:
    kind = sa.Enum(*among, name=op.f(f"ck_{TABLE}_{name}"), native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=False)


def _to(name: str, to: str) -> sa.Column[int]:
    key = sa.ForeignKey(f"{to}.id", name=op.f(f"fk_{TABLE}_{name}"))
    return sa.Column(name, BIG, key, nullable=False)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", BIG, nullable=False),
        _to("school_id", "school"),
        _to("plan_id", "school_plan"),
        sa.Column("language", sa.String(5), nullable=False),
        _choice("state", STATES),
        _choice("why", WHY),
        _to("asked_by_id", "user_account"),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("content_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_name", sa.String(16), nullable=False, server_default=""),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(state = 'ready') = (content is not null)", name=op.f(f"ck_{TABLE}_content")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    for column in ("school_id", "plan_id"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])
    asked = sa.text("state = 'asked'")
    op.create_index(f"ix_{TABLE}_asked", TABLE, ["id"], sqlite_where=asked, postgresql_where=asked)


def downgrade() -> None:
    op.drop_table(TABLE)
