"""The part of one school's students in what happened at another, and people whom the other school alone knows.

Going back, such a part stays as a report of its school, and who is known elsewhere as somebody not identified.

Revision ID: 0054
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERS = {"happened_at_id": "school", "part_of_id": "incident"}
CHECKS = {
    "ck_incident_part_of": "part_of_id is null or happened_at_id is not null",
    "ck_incident_happened_at": "happened_at_id is null or happened_at_id <> school_id",
}
KNOWN = "ck_incident_person_known_at_other_school"
PARTS = "uq_incident_part_of_id_school_id"


def upgrade() -> None:
    with op.batch_alter_table("incident") as batch:
        for column, table in REFERS.items():
            batch.add_column(sa.Column(column, NUMBER, nullable=True))
            batch.create_foreign_key(op.f(f"fk_incident_{column}"), table, [column], ["id"])
        batch.create_unique_constraint(op.f(PARTS), ["part_of_id", "school_id"])
        for name, condition in CHECKS.items():
            batch.create_check_constraint(op.f(name), condition)
    with op.batch_alter_table("incident_person") as batch:
        batch.add_column(sa.Column("other_school_id", NUMBER, nullable=True))
        batch.create_foreign_key(op.f("fk_incident_person_other_school_id"), "school", ["other_school_id"], ["id"])
        batch.create_check_constraint(
            op.f(KNOWN), "other_school_id is null or (student_id is null and staff_id is null)"
        )


def downgrade() -> None:
    with op.batch_alter_table("incident_person") as batch:
        batch.drop_constraint(op.f(KNOWN), type_="check")
        batch.drop_constraint(op.f("fk_incident_person_other_school_id"), type_="foreignkey")
        batch.drop_column("other_school_id")
    with op.batch_alter_table("incident") as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(name), type_="check")
        batch.drop_constraint(op.f(PARTS), type_="unique")
        for column in REFERS:
            batch.drop_constraint(op.f(f"fk_incident_{column}"), type_="foreignkey")
            batch.drop_column(column)
