"""Columns and checks that pathways in full add to tables of the first release; what stood there is carried along.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REFERRAL_STATES = (
    "drafted", "consented", "sent", "accepted", "waitlisted", "declined", "first_seen", "active", "done",
    "revoked", "withdrawn",
)  # fmt: skip
WITHOUT_MEETING = ("declined", "apart", "left", "not_safe")
MISSED_MEETINGS = ("student_away", "supporter_away", "postponed", "not_wanted")
CADENCES = ("daily", "twice_weekly", "weekly", "biweekly", "monthly")
ONE_PERSON = (
    "(case when participant_id is not null then 1 else 0 end)"
    " + (case when supporter_id is not null then 1 else 0 end)"
    " + (case when keeper_user_id is not null then 1 else 0 end) = 1"
)
SCOPES = (
    "(case when school_id is not null then 1 else 0 end) + (case when network is not null then 1 else 0 end)"
    " + (case when district then 1 else 0 end)"
)
ONE_SCOPE = f"{SCOPES} + (case when partner_id is not null then 1 else 0 end) <= 1"


def upgrade() -> None:
    with op.batch_alter_table("agreement") as batch:
        batch.add_column(_choice("agreement", "without_meeting", WITHOUT_MEETING))
        _one_of(batch, "agreement", "without_meeting", WITHOUT_MEETING)
    with op.batch_alter_table("agreement_term") as batch:
        batch.add_column(_key("replaces_id"))
        batch.create_unique_constraint("uq_agreement_term_replaces_id", ["replaces_id"])
        _refer(batch, "agreement_term", "replaces_id", "agreement_term")
    with op.batch_alter_table("case_record") as batch:
        batch.add_column(_key("continued_from_id"))
        batch.create_index("ix_case_record_continued_from_id", ["continued_from_id"])
        _refer(batch, "case_record", "continued_from_id", "case_record")
    _more_attendance()
    _more_meeting()
    _more_mentoring()
    _more_reengagement()
    _more_referral()
    with op.batch_alter_table("role_grant") as batch:
        batch.add_column(_key("partner_id"))
        batch.create_index("ix_role_grant_partner_id", ["partner_id"])
        _refer(batch, "role_grant", "partner_id", "partner")
        batch.drop_constraint(op.f("ck_role_grant_one_scope"), type_="check")
        batch.create_check_constraint(op.f("ck_role_grant_one_scope"), ONE_SCOPE)
        batch.create_check_constraint(op.f("ck_role_grant_partner"), "partner_id is null or role = 'partner'")
    _keep_sealed_out_of_statistics()


def _keep_sealed_out_of_statistics() -> None:
    # ANALYZE copies sample values into pg_statistic, where shredding does not reach them
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in ("circle_note", "questionnaire"):
        for column in ("sealed_text", "sealed_key"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def _key(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)


def _count(name: str, default: str | None = None) -> sa.Column:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, nullable=default is None, server_default=default)


def _text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length) if length else sa.Text(), server_default="", nullable=False)


def _choice(table: str, column: str, values: tuple[str, ...], default: str | None = None) -> sa.Column:
    kind = sa.Enum(*values, name=op.f(f"ck_{table}_{column}"), native_enum=False, create_constraint=False, length=40)
    return sa.Column(column, kind, nullable=default is None, server_default=default)


def _one_of(batch, table: str, column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    batch.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({listed})")


def _refer(batch, table: str, column: str, to: str) -> None:
    batch.create_foreign_key(f"fk_{table}_{column}", to, [column], ["id"])


def _more_attendance() -> None:
    with op.batch_alter_table("circle_attendance") as batch:
        batch.alter_column("participant_id", existing_type=sa.BigInteger(), nullable=True)
        batch.add_column(_key("supporter_id"))
        batch.add_column(_key("keeper_user_id"))
        batch.add_column(sa.Column("left_early", sa.Boolean(), server_default="0", nullable=False))
        for column, to in (("supporter_id", "circle_supporter"), ("keeper_user_id", "user_account")):
            batch.create_unique_constraint(f"uq_circle_attendance_meeting_id_{column}", ["meeting_id", column])
            _refer(batch, "circle_attendance", column, to)
        batch.create_check_constraint(op.f("ck_circle_attendance_one_person"), ONE_PERSON)


def _more_meeting() -> None:
    with op.batch_alter_table("circle_meeting") as batch:
        batch.add_column(_choice("circle_meeting", "kind", ("circle", "completion"), "circle"))
        _one_of(batch, "circle_meeting", "kind", ("circle", "completion"))
        batch.add_column(_count("minutes", "60"))
        batch.add_column(_count("sequence", "0"))
        waiting = sa.text("happened IS NULL")
        batch.create_index(
            "uq_circle_meeting_waiting", ["pathway_id"], unique=True, sqlite_where=waiting, postgresql_where=waiting
        )
    # who planned to keep a circle is its keeper from now on
    op.execute(
        "INSERT INTO circle_keeper (pathway_id, case_id, school_id, user_id, added_at)"
        " SELECT pathway_id, case_id, school_id, keeper_id, min(starts_at) FROM circle_meeting"
        " GROUP BY pathway_id, case_id, school_id, keeper_id"
    )


def _more_mentoring() -> None:
    with op.batch_alter_table("mentoring_plan") as batch:
        batch.add_column(_key("mentor_id"))
        batch.add_column(_key("group_id"))
        batch.add_column(_text("match_reasons", 500))
        batch.add_column(_text("comes_after", 40))
        batch.add_column(_choice("mentoring_plan", "rhythm", CADENCES))
        _one_of(batch, "mentoring_plan", "rhythm", CADENCES)
        for column, most in (("weeks", 208), ("minutes", 480)):
            batch.add_column(_count(column))
            batch.create_check_constraint(
                op.f(f"ck_mentoring_plan_{column}"), f"{column} is null or {column} between 1 and {most}"
            )
        batch.add_column(sa.Column("starts_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("next_review_on", sa.Date(), nullable=True))
        for column, to in (("group_id", "mentoring_group"), ("mentor_id", "mentor")):
            batch.create_index(f"ix_mentoring_plan_{column.removesuffix('_id')}", [column])
            _refer(batch, "mentoring_plan", column, to)
    op.execute(
        "INSERT INTO mentor (school_id, kind, name, organisation, capacity, languages, strengths, is_active, version)"
        " SELECT school_id, 'staff', mentor_name, '', count(*), '[]', '', true, 1 FROM mentoring_plan"
        " WHERE mentor_name <> '' GROUP BY school_id, mentor_name"
    )
    op.execute(
        "UPDATE mentoring_plan SET match_reasons = cadence, mentor_id = (SELECT mentor.id FROM mentor"
        " WHERE mentor.school_id = mentoring_plan.school_id AND mentor.name = mentoring_plan.mentor_name)"
    )
    with op.batch_alter_table("mentoring_plan") as batch:
        batch.drop_column("mentor_name")
        batch.drop_column("cadence")


def _more_reengagement() -> None:
    causes = ("removal", "long_absence", "placement")
    with op.batch_alter_table("reengagement_plan") as batch:
        batch.add_column(_key("student_id"))
        batch.add_column(_choice("reengagement_plan", "cause", causes))
        _one_of(batch, "reengagement_plan", "cause", causes)
        batch.add_column(sa.Column("cause_key", sa.String(80), nullable=True))
        for day in ("away_from", "returned_on", "meeting_held_on", "next_review_on"):
            batch.add_column(sa.Column(day, sa.Date(), nullable=True))
        batch.add_column(sa.Column("meeting_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(_text("meeting_place", 80))
        batch.add_column(_choice("reengagement_plan", "meeting_missed", MISSED_MEETINGS))
        _one_of(batch, "reengagement_plan", "meeting_missed", MISSED_MEETINGS)
        batch.add_column(_text("supporters", 500))
        batch.add_column(_text("work_missed", 0))
        batch.alter_column("supports", existing_type=sa.String(500), type_=sa.Text(), existing_nullable=False)
        batch.create_index("ix_reengagement_plan_school_return", ["school_id", "return_on"])
        batch.create_index("ix_reengagement_plan_student_id", ["student_id"])
        batch.create_unique_constraint("uq_reengagement_plan_cause_key", ["cause_key"])
        _refer(batch, "reengagement_plan", "student_id", "student")
        batch.create_check_constraint(
            op.f("ck_reengagement_plan_dates"), "return_on is null or away_from is null or return_on >= away_from"
        )
        batch.create_check_constraint(
            op.f("ck_reengagement_plan_meeting"), "meeting_held_on is null or meeting_at is not null"
        )
        batch.create_check_constraint(
            op.f("ck_reengagement_plan_meeting_near_return"), "meeting_at is null or return_on is not null"
        )


def _more_referral() -> None:
    with op.batch_alter_table("referral") as batch:
        batch.alter_column("partner", new_column_name="partner_name", existing_type=sa.String(200))
        for column, to in (("partner_id", "partner"), ("student_id", "student")):
            batch.add_column(_key(column))
            _refer(batch, "referral", column, to)
        batch.add_column(_text("service", 40))
        batch.add_column(_text("need", 0))
        batch.add_column(_choice("referral", "state", REFERRAL_STATES, "drafted"))
        batch.add_column(
            sa.Column("sent_fields", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True)
        )
        for day in ("answer_by", "answered_on", "first_service_by", "first_service_on", "ended_on"):
            batch.add_column(sa.Column(day, sa.Date(), nullable=True))
        batch.add_column(_text("answer_note", 300))
        batch.add_column(_text("received", 60))
        batch.drop_constraint("uq_referral_pathway_id", type_="unique")
        batch.create_index("ix_referral_partner_state", ["partner_id", "state"])
        batch.create_index("ix_referral_pathway", ["pathway_id"])
        batch.create_index("ix_referral_school_state", ["school_id", "state"])
    op.execute("UPDATE referral SET state = 'sent' WHERE sent_on IS NOT NULL")
    # what belongs to a pathway that has ended is over, too: an open referral keeps its case from closing
    op.execute(
        "UPDATE referral SET state = 'withdrawn', ended_on = (SELECT date(pathway.ended_at) FROM pathway"
        " WHERE pathway.id = referral.pathway_id) WHERE pathway_id IN"
        " (SELECT id FROM pathway WHERE state IN ('completed', 'ended_early', 'declined'))"
    )
    with op.batch_alter_table("referral") as batch:
        still_open = sa.text(OPEN_REFERRAL)
        batch.create_index(
            "uq_referral_open", ["pathway_id"], unique=True, sqlite_where=still_open, postgresql_where=still_open
        )
        _one_of(batch, "referral", "state", REFERRAL_STATES)
        for name, condition in REFERRAL_CHECKS:
            batch.create_check_constraint(op.f(f"ck_referral_{name}"), condition)


REFERRAL_CHECKS = (
    ("sent", "state in ('drafted', 'consented', 'withdrawn', 'revoked') or sent_on is not null"),
    ("answered", "state not in ('accepted', 'declined', 'first_seen', 'active', 'done') or answered_on is not null"),
    ("first_service", "state not in ('first_seen', 'active', 'done') or first_service_on is not null"),
    ("received", "state != 'done' or received <> ''"),
    ("ended", "(state in ('declined', 'done', 'revoked', 'withdrawn')) = (ended_on is not null)"),
)
OPEN_REFERRAL = "state in ('accepted', 'active', 'consented', 'drafted', 'first_seen', 'sent', 'waitlisted')"


def downgrade() -> None:
    op.execute("DELETE FROM role_grant WHERE partner_id IS NOT NULL")
    with op.batch_alter_table("role_grant") as batch:
        batch.drop_constraint(op.f("ck_role_grant_partner"), type_="check")
        batch.drop_constraint(op.f("ck_role_grant_one_scope"), type_="check")
        batch.create_check_constraint(op.f("ck_role_grant_one_scope"), f"{SCOPES} <= 1")
        _forget(batch, "role_grant", {"partner_id": "ix_role_grant_partner_id"}, ())
    _less_referral()
    _less_reengagement()
    _less_mentoring()
    with op.batch_alter_table("circle_meeting") as batch:
        batch.drop_index("uq_circle_meeting_waiting")
        batch.drop_constraint(op.f("ck_circle_meeting_kind"), type_="check")
        _forget(batch, "circle_meeting", {}, ("kind", "minutes", "sequence"))
    _less_attendance()
    with op.batch_alter_table("case_record") as batch:
        _forget(batch, "case_record", {"continued_from_id": "ix_case_record_continued_from_id"}, ())
    with op.batch_alter_table("agreement_term") as batch:
        batch.drop_constraint("uq_agreement_term_replaces_id", type_="unique")
        _forget(batch, "agreement_term", {"replaces_id": ""}, ())
    with op.batch_alter_table("agreement") as batch:
        batch.drop_constraint(op.f("ck_agreement_without_meeting"), type_="check")
        _forget(batch, "agreement", {}, ("without_meeting",))


def _forget(batch, table: str, keys: dict[str, str], columns: tuple[str, ...]) -> None:
    for key, index in keys.items():
        batch.drop_constraint(f"fk_{table}_{key}", type_="foreignkey")
        if index:
            batch.drop_index(index)
        batch.drop_column(key)
    for column in columns:
        batch.drop_column(column)


def _less_attendance() -> None:
    op.execute("DELETE FROM circle_attendance WHERE participant_id IS NULL")
    with op.batch_alter_table("circle_attendance") as batch:
        batch.drop_constraint(op.f("ck_circle_attendance_one_person"), type_="check")
        for column in ("supporter_id", "keeper_user_id"):
            batch.drop_constraint(f"uq_circle_attendance_meeting_id_{column}", type_="unique")
        _forget(batch, "circle_attendance", {"supporter_id": "", "keeper_user_id": ""}, ("left_early",))
        batch.alter_column("participant_id", existing_type=sa.BigInteger(), nullable=False)


def _less_mentoring() -> None:
    with op.batch_alter_table("mentoring_plan") as batch:
        batch.add_column(_text("mentor_name", 200))
        batch.add_column(_text("cadence", 60))
    op.execute(
        "UPDATE mentoring_plan SET cadence = coalesce(rhythm, substr(match_reasons, 1, 60)), mentor_name = coalesce("
        "(SELECT mentor.name FROM mentor WHERE mentor.id = mentoring_plan.mentor_id), '')"
    )
    with op.batch_alter_table("mentoring_plan") as batch:
        for name in ("rhythm", "weeks", "minutes"):
            batch.drop_constraint(op.f(f"ck_mentoring_plan_{name}"), type_="check")
        keys = {"mentor_id": "ix_mentoring_plan_mentor", "group_id": "ix_mentoring_plan_group"}
        gone = ("match_reasons", "comes_after", "rhythm", "weeks", "minutes", "starts_on", "next_review_on")
        _forget(batch, "mentoring_plan", keys, gone)


def _less_reengagement() -> None:
    op.execute("UPDATE reengagement_plan SET supports = substr(supports, 1, 500)")
    with op.batch_alter_table("reengagement_plan") as batch:
        for name in ("cause", "dates", "meeting", "meeting_missed", "meeting_near_return"):
            batch.drop_constraint(op.f(f"ck_reengagement_plan_{name}"), type_="check")
        batch.drop_constraint("uq_reengagement_plan_cause_key", type_="unique")
        batch.drop_index("ix_reengagement_plan_school_return")
        batch.alter_column("supports", existing_type=sa.Text(), type_=sa.String(500), existing_nullable=False)
        gone = (
            "cause", "cause_key", "away_from", "returned_on", "meeting_held_on", "next_review_on", "meeting_at",
            "meeting_place", "meeting_missed", "supporters", "work_missed",
        )  # fmt: skip
        _forget(batch, "reengagement_plan", {"student_id": "ix_reengagement_plan_student_id"}, gone)


def _less_referral() -> None:
    # the first release knew one referral a pathway: the newest stays
    newest = "SELECT max(id) FROM referral GROUP BY pathway_id"
    for table in ("referral_service_date", "referral_consent"):
        op.execute(f"DELETE FROM {table} WHERE referral_id NOT IN ({newest})")
    op.execute(f"DELETE FROM referral WHERE id NOT IN ({newest})")
    with op.batch_alter_table("referral") as batch:
        for name in ("state", *(name for name, _condition in REFERRAL_CHECKS)):
            batch.drop_constraint(op.f(f"ck_referral_{name}"), type_="check")
        for name in ("partner_state", "pathway", "school_state"):
            batch.drop_index(f"ix_referral_{name}")
        batch.drop_index("uq_referral_open")
        gone = (
            "service", "need", "state", "sent_fields", "answer_by", "answered_on", "first_service_by",
            "first_service_on", "ended_on", "answer_note", "received",
        )  # fmt: skip
        _forget(batch, "referral", {"partner_id": "", "student_id": ""}, gone)
        batch.alter_column("partner_name", new_column_name="partner", existing_type=sa.String(200))
        batch.create_unique_constraint("uq_referral_pathway_id", ["pathway_id"])
