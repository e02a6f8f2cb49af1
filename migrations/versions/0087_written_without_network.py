"""Keys with which devices seal what is written without network, and what arrived of it.

Revision ID: 0087
Revises: 0086
"""

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KEYS, ENTRIES = "sealing_key", "offline_entry"


def _one_of(column: str, *values: str) -> sa.Column[str]:
    kind = sa.Enum(*values, name=op.f(f"ck_{ENTRIES}_{column}"), native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=False)


def _to(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        KEYS,
        sa.Column("id", BIG, nullable=False),
        _to(KEYS, "user_id", "user_account"),
        sa.Column("name", sa.String(43), nullable=False),
        sa.Column("public_point", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_name", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_key")),
        sa.UniqueConstraint("name", name=op.f("uq_sealing_key_name")),
    )
    op.create_index("ix_sealing_key_user", KEYS, ["user_id", "made_at"])
    op.create_index("ix_sealing_key_key_name", KEYS, ["key_name"])
    op.create_table(
        ENTRIES,
        sa.Column("id", BIG, nullable=False),
        _to(ENTRIES, "user_id", "user_account"),
        sa.Column("name", sa.String(64), nullable=False),
        _one_of("kind", "report", "practice"),
        _one_of("state", "filed", "to_mend", "discarded"),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("clock_ahead", BIG, nullable=False),
        sa.Column("clock_doubtful", sa.Boolean(), nullable=False),
        _to(ENTRIES, "incident_id", "incident", nullable=True),
        _to(ENTRIES, "care_record_id", "care_record", nullable=True),
        _to(ENTRIES, "practice_entry_id", "practice_entry", nullable=True),
        sa.Column("sealed_text", sa.LargeBinary()),
        sa.Column("sealed_key", sa.LargeBinary()),
        sa.Column("key_name", sa.String(16)),
        sa.CheckConstraint(
            "(state = 'to_mend') = (sealed_text is not null)", name=op.f("ck_offline_entry_kept_while_to_mend")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_entry")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_offline_entry_user_id_name")),
    )
    to_mend = sa.text("state = 'to_mend'")
    op.create_index("ix_offline_entry_to_mend", ENTRIES, ["user_id"], sqlite_where=to_mend, postgresql_where=to_mend)
    for column in ("incident_id", "care_record_id", "key_name"):
        op.create_index(f"ix_offline_entry_{column}", ENTRIES, [column])


def downgrade() -> None:
    op.drop_table(ENTRIES)
    op.drop_table(KEYS)
