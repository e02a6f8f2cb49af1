"""What mails each person chose, and the addresses at which mail does not arrive.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mail_choice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("style", _one_of("digest", "single", "none", name="ck_mail_choice_style"), nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mail_choice_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_choice")),
        sa.UniqueConstraint("user_id", name=op.f("uq_mail_choice_user_id")),
    )
    op.create_table(
        "mail_trouble",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("kind", _one_of("refused", "given_up", "bounced", name="ck_mail_trouble_kind"), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mail_trouble_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_trouble")),
        sa.UniqueConstraint("user_id", name=op.f("uq_mail_trouble_user_id")),
    )
    # whose last mail failed before this release is in trouble from then on
    op.execute(
        "INSERT INTO mail_trouble (user_id, address, kind, status, since)"
        " SELECT user_account.id, user_account.email, 'refused', '', min(outbox_message.next_attempt_at)"
        " FROM outbox_message JOIN user_account ON user_account.id = outbox_message.recipient_id"
        " WHERE outbox_message.state = 'failed' AND NOT EXISTS (SELECT 1 FROM outbox_message AS later"
        " WHERE later.recipient_id = outbox_message.recipient_id AND later.state = 'sent'"
        " AND later.id > outbox_message.id)"
        " GROUP BY user_account.id, user_account.email"
    )


def _one_of(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=op.f(name), native_enum=False, create_constraint=True, length=40)


def downgrade() -> None:
    op.drop_table("mail_trouble")
    op.drop_table("mail_choice")
