"""Sign-in: second factor, sign-on, sessions and their ends.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("user_account") as batch:
        batch.add_column(sa.Column("password_short", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("user_session") as batch:
        batch.add_column(sa.Column("awaits_code", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("verified_at", MOMENT, nullable=True))
        for column in ("by_sign_on", "factor_by_provider"):
            batch.add_column(sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "second_factor",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_name", sa.String(16), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("last_step", BIG, nullable=False),
        sa.Column("failures", BIG, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_second_factor_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("user_id", name=op.f("uq_second_factor_user_id")),
    )
    op.create_index("ix_second_factor_key_name", "second_factor", ["key_name"])
    op.create_table(
        "recovery_code",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_recovery_code_digest")),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])
    op.create_table(
        "kept_form",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.Column("path", sa.String(500), nullable=False),
        sa.Column("page", sa.String(500), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_name", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_kept_form_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
    )
    for column in ("user_id", "kept_at", "key_name"):
        op.create_index(f"ix_kept_form_{column}", "kept_form", [column])
    op.create_table(
        "sign_on",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sign_on_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_on")),
        sa.UniqueConstraint("user_id", name=op.f("uq_sign_on_user_id")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_sign_on_issuer_subject")),
    )


def downgrade() -> None:
    op.drop_table("sign_on")
    op.drop_table("kept_form")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    with op.batch_alter_table("user_session") as batch:
        batch.drop_column("factor_by_provider")
        batch.drop_column("by_sign_on")
        batch.drop_column("verified_at")
        batch.drop_column("awaits_code")
    with op.batch_alter_table("user_account") as batch:
        batch.drop_column("password_short")
