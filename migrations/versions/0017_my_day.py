"""My day: taking back what was just done, who gave a follow-up to its owner, and what shows that one is done.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ACTS = ("closed", "moved", "cancelled", "reassigned", "snoozed")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
DROPPED = sa.text("state = 'dropped'")


def upgrade() -> None:
    with op.batch_alter_table("follow_up") as batch:
        batch.add_column(sa.Column("given_by_id", BIG, nullable=True))
        batch.add_column(sa.Column("evidence", JSON, server_default="{}", nullable=False))
        batch.create_foreign_key(op.f("fk_follow_up_given_by_id"), "user_account", ["given_by_id"], ["id"])
        batch.create_index("ix_follow_up_given", ["given_by_id", "state", "due_on"])
    op.create_table(
        "follow_up_act",
        sa.Column("id", BIG, nullable=False),
        sa.Column("batch", sa.String(32), nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("follow_up_id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*ACTS, name=op.f("ck_follow_up_act_kind"), native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_follow_up_act_user_id")),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], name=op.f("fk_follow_up_act_follow_up_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_follow_up_act_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_act")),
    )  # fmt: skip
    op.create_index("ix_follow_up_act_user", "follow_up_act", ["user_id", "at"])
    op.create_index("ix_follow_up_act_batch", "follow_up_act", ["batch"])
    # of the many mails only the few that were not sent after all, so that one of them can be asked for again
    op.create_index(
        "ix_outbox_message_dropped", "outbox_message", ["object_type", "object_id"],
        sqlite_where=DROPPED, postgresql_where=DROPPED,
    )  # fmt: skip
    _say_who_gave()


def _say_who_gave() -> None:
    follow_up = sa.table("follow_up", *(sa.column(name) for name in ("id", "owner_id", "state", "given_by_id")))
    told = sa.table(
        "timeline_entry",
        *(sa.column(name) for name in ("id", "kind", "subject_type", "subject_id", "actor_id")),
        sa.column("data", JSON),
    )
    given = (
        sa.select(told.c.subject_id, told.c.actor_id, told.c.data)
        .join(follow_up, follow_up.c.id == told.c.subject_id)
        .where(
            told.c.kind == "followup.reassigned",
            told.c.subject_type == "follow_up",
            told.c.actor_id.is_not(None),
            follow_up.c.state == "open",
        )
        .order_by(told.c.id)
    )
    # a case that was handed over took its follow-ups along: those name no kind, and nobody gave them one by one
    newest = {row[0]: row[1] for row in op.get_bind().execute(given) if (row[2] or {}).get("what")}
    for number, giver in newest.items():
        op.execute(
            follow_up.update().where(follow_up.c.id == number, follow_up.c.owner_id != giver).values(given_by_id=giver)
        )


def downgrade() -> None:
    op.drop_index("ix_outbox_message_dropped", "outbox_message")
    op.drop_table("follow_up_act")
    with op.batch_alter_table("follow_up") as batch:
        batch.drop_index("ix_follow_up_given")
        batch.drop_constraint(op.f("fk_follow_up_given_by_id"), type_="foreignkey")
        batch.drop_column("given_by_id")
        batch.drop_column("evidence")
