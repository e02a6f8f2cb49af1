"""A second person verifies a duty that requires the police, and reviews an emergency afterwards.

A notification that lies more than a year before its incident counts on the day of the incident: its time stays as it
was written.

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

NAME = "police_review"
STATES = ("asked", "called", "seconding", "approved_once", "allowed", "notified", "refused", "withdrawn")
SECONDING = ("not_needed", "waits", "seconded", "not_seconded", "refused")
PERMITS = (
    "not permits or before_reviews or (door = 'emergency' and called_at is not null)"
    " or (door = 'required_by_law' and duty_id is not null{more})"
    " or (door = 'other' and first_by_id is not null and second_by_id is not null and first_by_id <> second_by_id"
    " and first_approves is not null and first_approves and second_approves is not null and second_approves)"
)
SECONDED = " and seconding in ('not_needed', 'seconded', 'not_seconded')"
DOORS = "(door = 'other' or state not in ('asked', 'approved_once')) and (door <> 'emergency' or state <> 'refused')"
DOORS_BEFORE = "(door = 'other' or state not in ('asked', 'approved_once', 'refused'))"
SECONDS = "state <> 'seconding' or (door = 'required_by_law' and not permits)"
INDEXES = (
    ("ix_police_review_seconding", "answer_by", "state = 'seconding'"),
    ("ix_police_review_due", "review_due_on", "review_due_on is not null and second_at is null"),
)
ODD = (
    "UPDATE police_notification SET local_date ="
    " (SELECT local_date FROM incident WHERE incident.id = police_notification.incident_id)"
    " WHERE EXISTS (SELECT 1 FROM incident WHERE incident.id = police_notification.incident_id AND {distance} > 366)"
)


def _within(values: tuple[str, ...], column: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    with op.batch_alter_table(NAME) as batch:
        batch.add_column(sa.Column("seconding", sa.String(40), nullable=False, server_default="not_needed"))
        batch.add_column(sa.Column("review_due_on", sa.Date(), nullable=True))
        for name in ("time_reason", "corrections"):
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        for check in ("permits", "doors", "state"):
            batch.drop_constraint(op.f(f"ck_{NAME}_{check}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{NAME}_state"), _within(STATES, "state"))
        batch.create_check_constraint(op.f(f"ck_{NAME}_seconding"), _within(SECONDING, "seconding"))
        batch.create_check_constraint(op.f(f"ck_{NAME}_permits"), PERMITS.format(more=SECONDED))
        batch.create_check_constraint(op.f(f"ck_{NAME}_doors"), DOORS)
        batch.create_check_constraint(op.f(f"ck_{NAME}_seconds"), SECONDS)
    for name, column, condition in INDEXES:
        op.create_index(name, NAME, [column], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    apart = "incident.local_date - police_notification.local_date"
    days = "julianday(incident.local_date) - julianday(police_notification.local_date)"
    op.execute(ODD.format(distance=days if is_sqlite else apart))


def downgrade() -> None:
    # older code knows neither: what waits for a second person is withdrawn, and what one refused too
    op.execute(
        f"UPDATE {NAME} SET state = 'withdrawn', ended_at = coalesce(ended_at, requested_at)"
        " WHERE state = 'seconding' OR (door = 'required_by_law' AND state = 'refused')"
    )
    for name, _column, _condition in reversed(INDEXES):
        op.drop_index(name, table_name=NAME)
    with op.batch_alter_table(NAME) as batch:
        for check in ("seconds", "doors", "permits", "seconding", "state"):
            batch.drop_constraint(op.f(f"ck_{NAME}_{check}"), type_="check")
        batch.create_check_constraint(
            op.f(f"ck_{NAME}_state"), _within(tuple(one for one in STATES if one != "seconding"), "state")
        )
        batch.create_check_constraint(op.f(f"ck_{NAME}_doors"), DOORS_BEFORE)
        batch.create_check_constraint(op.f(f"ck_{NAME}_permits"), PERMITS.format(more=""))
        for name in ("corrections", "time_reason", "review_due_on", "seconding"):
            batch.drop_column(name)
