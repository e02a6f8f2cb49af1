"""Canceling a training session, its emails and its code for signing in go. Canceled sessions are written to a file.

They stay as sessions to which no one is signed in: what people had on record from them stays taken back. The column
`taken_back_with_session` stays for one release, because circle pages of the release before select it.

Revision ID: 0138
Revises: 0137
"""

import sqlalchemy as sa
from alembic import op

from migrations.removed_rows import write_rows

revision = "0138"
down_revision = "0137"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
SESSION, RECORD, GUESS = "training_session", "training_record", "training_guess"
CHECKS = {
    "canceled": "(canceled_at is null) = (canceled_because is null) and (canceled_at is null) = (canceled_reason = '')",
    "canceled_because": "canceled_because IN ('not_held', 'in_error')",
}
CANCELER = f"fk_{SESSION}_canceled_by_id"
CODE = f"uq_{SESSION}_code"


def upgrade() -> None:
    write_rows(SESSION, revision, "canceled_at IS NOT NULL")
    op.execute("DELETE FROM outbox_message WHERE kind IN ('training_session.canceled', 'training_session.put_back')")
    op.drop_index(CODE, SESSION)
    op.execute(sa.text(f"UPDATE {RECORD} SET taken_back_with_session = false WHERE taken_back_with_session"))
    with op.batch_alter_table(SESSION) as batch:
        for name in reversed(CHECKS):
            batch.drop_constraint(op.f(f"ck_{SESSION}_{name}"), type_="check")
        batch.drop_constraint(op.f(CANCELER), type_="foreignkey")
        for name in ("canceled_reason", "canceled_because", "canceled_by_id", "canceled_at", "code"):
            batch.drop_column(name)
    op.drop_table(GUESS)


def downgrade() -> None:
    """No session is canceled afterwards, and none has a code."""
    op.create_table(
        GUESS,
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f(f"fk_{GUESS}_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{GUESS}")),
    )
    op.create_index(f"ix_{GUESS}_user", GUESS, ["user_id", "at"])
    with op.batch_alter_table(SESSION) as batch:
        batch.add_column(sa.Column("code", sa.String(8), nullable=False, server_default=""))
        batch.add_column(sa.Column("canceled_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("canceled_by_id", BIG, nullable=True))
        batch.add_column(sa.Column("canceled_because", sa.String(40), nullable=True))
        batch.add_column(sa.Column("canceled_reason", sa.String(300), nullable=False, server_default=""))
        batch.create_foreign_key(op.f(CANCELER), "user_account", ["canceled_by_id"], ["id"])
        for name, rule in CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_{SESSION}_{name}"), rule)
    shown = {"sqlite_where": sa.text("code <> ''"), "postgresql_where": sa.text("code <> ''")}
    op.create_index(CODE, SESSION, ["held_on", "code"], unique=True, **shown)
