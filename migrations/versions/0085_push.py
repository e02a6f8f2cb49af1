"""Push messages: the devices that get them, and each message on its way to one of them.

Revision ID: 0085
Revises: 0084
"""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STATES = ("waiting", "claimed", "sent", "failed", "dropped")


def upgrade() -> None:
    op.create_table(
        "push_device",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("endpoint_digest", sa.String(64), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_name", sa.String(16), nullable=False),
        sa.Column("server_key", sa.String(16), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_push_device_user_id")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["user_session.id"], name=op.f("fk_push_device_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_device")),
        sa.UniqueConstraint("endpoint_digest", name=op.f("uq_push_device_endpoint_digest")),
    )
    for name in ("user_id", "session_id", "key_name"):
        op.create_index(op.f(f"ix_push_device_{name}"), "push_device", [name])
    op.create_table(
        "push_delivery",
        sa.Column("id", BIG, nullable=False),
        sa.Column("device_id", BIG, nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("status", BIG, nullable=True),
        sa.Column("dedupe_key", sa.String(160), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("claim_token", sa.String(64), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("message_id", sa.String(120), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["push_device.id"], name=op.f("fk_push_delivery_device_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_delivery")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_push_delivery_dedupe_key")),
    )
    op.create_index("ix_push_delivery_due", "push_delivery", ["state", "next_attempt_at"])
    op.create_index("ix_push_delivery_device", "push_delivery", ["device_id", "id"])


def downgrade() -> None:
    # what was on its way goes with it, and so do the devices: each is asked again
    for name in ("push_delivery", "push_device"):
        op.drop_table(name)
