"""Who drafted a rule set, why, who handed it to a second person, and that it was withdrawn before its first day.

Revision ID: 0074
Revises: 0073
"""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PEOPLE = ("drafted_by_id", "proposed_by_id")
TEXTS = ("note", "why_not_replayed")
REFUSAL = "a published rule set never changes"


def upgrade() -> None:
    with op.batch_alter_table("routing_rule_set") as batch:
        for name in TEXTS:
            batch.add_column(sa.Column(name, sa.String(600), server_default="", nullable=False))
        batch.add_column(sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True))
        for name in PEOPLE:
            batch.add_column(sa.Column(name, NUMBER, nullable=True))
            batch.create_foreign_key(op.f(f"fk_routing_rule_set_{name}"), "user_account", [name], ["id"])
    _refuse_changes_again()
    op.create_table(
        "rule_set_withdrawal",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("rule_set_id", NUMBER, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by_id", NUMBER, nullable=True),
        sa.Column("reason", sa.String(600), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_set_id"], ["routing_rule_set.id"], name=op.f("fk_rule_set_withdrawal_rule_set_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["user_account.id"], name=op.f("fk_rule_set_withdrawal_withdrawn_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set_withdrawal")),
        sa.UniqueConstraint("rule_set_id", name=op.f("uq_rule_set_withdrawal_rule_set_id")),
    )


def _refuse_changes_again() -> None:
    """On SQLite the table was made anew, without its triggers."""
    if op.get_bind().dialect.name == "postgresql":
        return
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER routing_rule_set_no_{act} BEFORE {act.upper()} ON routing_rule_set "
            f"WHEN OLD.state = 'published' BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def downgrade() -> None:
    # older code knows no withdrawal and would put a withdrawn set in force: it becomes a draft again
    _allow_changes()
    op.execute(
        "UPDATE routing_rule_set SET state = 'draft', starts_on = NULL, published_at = NULL, published_by_id = NULL "
        "WHERE id IN (SELECT rule_set_id FROM rule_set_withdrawal)"
    )
    op.execute("UPDATE routing_rule_set SET starts_on = NULL WHERE state = 'draft'")
    op.drop_table("rule_set_withdrawal")
    with op.batch_alter_table("routing_rule_set") as batch:
        for name in PEOPLE:
            batch.drop_constraint(op.f(f"fk_routing_rule_set_{name}"), type_="foreignkey")
            batch.drop_column(name)
        for name in ("proposed_at", *TEXTS):
            batch.drop_column(name)
    _refuse_changes_again()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE routing_rule_set ENABLE TRIGGER routing_rule_set_published")


def _allow_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE routing_rule_set DISABLE TRIGGER routing_rule_set_published")
        return
    for act in ("update", "delete"):
        op.execute(f"DROP TRIGGER routing_rule_set_no_{act}")
