"""Who without an account came to a circle that they help to keep; a student who does is a student of the roster.

Revision ID: 0108
Revises: 0107
"""

import sqlalchemy as sa
from alembic import op

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

KEEPER, CAME = "circle_outside_keeper", "circle_attendance"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEX = f"ix_{KEEPER}_student"
UNIQUE = f"uq_{CAME}_meeting_id_outside_keeper_id"
BEFORE = ("participant_id", "supporter_id", "keeper_user_id")


def _one_of(columns: tuple[str, ...]) -> str:
    return " + ".join(f"(case when {column} is not null then 1 else 0 end)" for column in columns) + " = 1"


def upgrade() -> None:
    with op.batch_alter_table(KEEPER) as batch:
        batch.add_column(sa.Column("student_id", BIG, nullable=True))
        batch.create_foreign_key(op.f(f"fk_{KEEPER}_student_id"), "student", ["student_id"], ["id"])
        batch.create_check_constraint(op.f(f"ck_{KEEPER}_student"), "student_id is null or adult_id is not null")
    op.create_index(INDEX, KEEPER, ["student_id"])
    with op.batch_alter_table(CAME) as batch:
        batch.add_column(sa.Column("outside_keeper_id", BIG, nullable=True))
        batch.create_foreign_key(op.f(f"fk_{CAME}_outside_keeper_id"), KEEPER, ["outside_keeper_id"], ["id"])
        batch.create_unique_constraint(op.f(UNIQUE), ["meeting_id", "outside_keeper_id"])
        batch.drop_constraint(op.f(f"ck_{CAME}_one_person"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{CAME}_one_person"), _one_of((*BEFORE, "outside_keeper_id")))


def downgrade() -> None:
    op.execute(sa.text(f"DELETE FROM {CAME} WHERE outside_keeper_id IS NOT NULL"))
    with op.batch_alter_table(CAME) as batch:
        batch.drop_constraint(op.f(f"ck_{CAME}_one_person"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{CAME}_one_person"), _one_of(BEFORE))
        batch.drop_constraint(op.f(UNIQUE), type_="unique")
        batch.drop_constraint(op.f(f"fk_{CAME}_outside_keeper_id"), type_="foreignkey")
        batch.drop_column("outside_keeper_id")
    op.drop_index(INDEX, KEEPER)
    with op.batch_alter_table(KEEPER) as batch:
        batch.drop_constraint(op.f(f"ck_{KEEPER}_student"), type_="check")
        batch.drop_constraint(op.f(f"fk_{KEEPER}_student_id"), type_="foreignkey")
        batch.drop_column("student_id")
