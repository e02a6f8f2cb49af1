"""Board reports kept as PDFs, and who is sent one.

Revision ID: 0030
Revises: 0029
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STATES = ("asked", "ready", "failed")
WHY = ("", "missing", "slow", "broken", "forbidden")
EVERY = ("month", "quarter")
RULE = {
    "code": "board_report", "part": "running", "keep": 400, "unit": "days", "counted_from": "made",
    "source": "District setting", "is_confirmed": False, "starts_on": date(2020, 8, 1),
}  # fmt: skip


def upgrade() -> None:
    _subscriptions()
    _reports()
    types = {"is_confirmed": sa.Boolean(), "starts_on": sa.Date()}
    rules = sa.table("retention_rule", *(sa.column(name, types.get(name)) for name in RULE))
    op.bulk_insert(rules, [RULE])


def _choice(name: str, among: tuple[str, ...]) -> sa.Column[str]:
    kind = sa.Enum(*among, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=False)


def _key(table: str, name: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}"))


def _one_scope(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("school_id is null or network is null", name=op.f(f"ck_{table}_one_scope"))


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), server_default="1", nullable=False)


def _subscriptions() -> None:
    table = "board_subscription"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=True),
        sa.Column("network", sa.String(80), nullable=True),
        sa.Column("scope", sa.String(100), nullable=False),
        _choice("every", EVERY),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("sent_for", sa.Date(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        _version(),
        _one_scope(table),
        _key(table, "user_id", "user_account"),
        _key(table, "school_id", "school"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    live = sa.text("ended_at is null")
    op.create_index(
        "uq_board_subscription_user_id_scope", table, ["user_id", "scope"], unique=True,
        sqlite_where=live, postgresql_where=live,
    )  # fmt: skip


def _reports() -> None:
    table = "board_report"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=True),
        sa.Column("network", sa.String(80), nullable=True),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        _choice("state", STATES),
        _choice("why", WHY),
        sa.Column("asked_by_id", BIG, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("subscription_id", BIG, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("content_key", sa.LargeBinary(), nullable=True),
        _version(),
        _one_scope(table),
        sa.CheckConstraint("(state = 'ready') = (content is not null)", name=op.f(f"ck_{table}_content")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f(f"ck_{table}_dates")),
        _key(table, "school_id", "school"),
        _key(table, "asked_by_id", "user_account"),
        _key(table, "subscription_id", "board_subscription"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("subscription_id", "due_on", name=op.f(f"uq_{table}_subscription_id_due_on")),
    )
    asked = sa.text("state = 'asked'")
    op.create_index("ix_board_report_asked", table, ["id"], sqlite_where=asked, postgresql_where=asked)
    op.create_index("ix_board_report_school", table, ["school_id", "id"])


def downgrade() -> None:
    op.execute("DELETE FROM retention_rule WHERE code = 'board_report'")
    op.drop_table("board_report")
    op.drop_table("board_subscription")
