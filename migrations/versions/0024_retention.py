"""Retention: the dated schedule, reviews of records, deletions, bare counts; one hold for students, cases and circles.

Revision ID: 0024
Revises: 0023
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
HOLD_KINDS = ("records_request", "legal_hold", "court_order")
PARTS = ("temporary", "permanent", "running")
STATES = ("proposed", "confirmed", "done", "withdrawn")
ONE_SUBJECT = (
    "(case when student_id is not null then 1 else 0 end) + (case when case_id is not null then 1 else 0 end)"
    " + (case when pathway_id is not null then 1 else 0 end) = 1"
)
TWO_PEOPLE = "confirmed_by_id is null or proposed_by_id is null or confirmed_by_id <> proposed_by_id"
BEFORE_REASONS = "Closed before a reason was asked for."

FROM = date(2020, 8, 1)
RECORDS_ACT = "105 ILCS 10/4 (student records; temporary at least 5 years after leaving)"
PERMANENT = "105 ILCS 10/4 (student records; permanent at least 60 years after leaving)"
DISTRICT = "District setting"
# kind, part, how long, unit, counted from, source, confirmed
RULES = (
    ("incident", "temporary", 5, "years", "left", RECORDS_ACT, True),
    ("case", "temporary", 5, "years", "left", RECORDS_ACT, True),
    ("discipline", "temporary", 5, "years", "left", RECORDS_ACT, True),
    ("restraint", "temporary", 5, "years", "left", "23 Ill. Adm. Code 1.285; " + RECORDS_ACT, False),
    ("police", "temporary", 5, "years", "left", RECORDS_ACT, False),
    ("duty", "temporary", 5, "years", "left", RECORDS_ACT, False),
    ("care", "temporary", 5, "years", "left", RECORDS_ACT, False),
    ("questionnaire", "temporary", 5, "years", "left", RECORDS_ACT, False),
    ("disclosure", "temporary", 5, "years", "left", "34 CFR 99.32(a)(2): as long as the record itself", True),
    ("identity", "permanent", 60, "years", "left", PERMANENT, True),
    ("draft", "running", 60, "days", "touched", DISTRICT, False),
    ("session", "running", 30, "days", "ended", DISTRICT, False),
    ("sign_in", "running", 30, "days", "made", DISTRICT, False),
    ("link", "running", 30, "days", "ended", DISTRICT, False),
    ("mail", "running", 400, "days", "made", DISTRICT, False),
    ("mail_file", "running", 30, "days", "made", DISTRICT, False),
    ("request_key", "running", 30, "days", "made", DISTRICT, False),
    ("import", "running", 400, "days", "made", DISTRICT, False),
    ("export", "running", 1826, "days", "made", DISTRICT, False),
)


def upgrade() -> None:
    _hold()
    _schedule()
    _reviews()
    _deletions()


def _id() -> sa.Column[int]:
    return sa.Column("id", BIG, nullable=False)


def _key(table: str, name: str, to: str, nullable: bool = False) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(name, BIG, nullable=nullable),
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}")),
    ]


def _choice(table: str, name: str, among: tuple[str, ...]) -> list[sa.schema.SchemaItem]:
    words = ", ".join(f"'{one}'" for one in among)
    return [
        sa.Column(name, sa.String(40), nullable=False),
        sa.CheckConstraint(f"{name} in ({words})", name=op.f(f"ck_{table}_{name}")),
    ]


def _create(table: str, *parts: sa.schema.SchemaItem | list[sa.schema.SchemaItem], **checks: str) -> None:
    items = [item for part in parts for item in (part if isinstance(part, list) else [part])]
    held = [sa.CheckConstraint(words, name=op.f(f"ck_{table}_{name}")) for name, words in checks.items()]
    op.create_table(table, _id(), *items, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")), *held)


def _hold() -> None:
    table = "legal_hold"
    _create(
        table,
        *(
            _key(table, f"{name}_id", to, nullable=True)
            for name, to in (("student", "student"), ("case", "case_record"), ("pathway", "pathway"))
        ),
        _key(table, "school_id", "school"),
        _choice(table, "kind", HOLD_KINDS),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        _key(table, "opened_by_id", "user_account", nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        _key(table, "closed_by_id", "user_account", nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        one_subject=ONE_SUBJECT,
        reason="reason <> ''",
        closing="(closed_at is null) = (closed_by_id is null)",
        closed_reason="closed_at is null or closed_reason <> ''",
    )
    for name in ("student_id", "case_id", "pathway_id", "school_id"):
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])
    op.execute(
        "INSERT INTO legal_hold (pathway_id, school_id, kind, asked_by, reason, opened_at, opened_by_id, closed_at,"
        " closed_by_id, closed_reason, version) SELECT pathway_id, school_id, kind, '', reason, opened_at,"
        f" opened_by_id, closed_at, closed_by_id, CASE WHEN closed_at IS NULL THEN '' ELSE '{BEFORE_REASONS}' END,"
        " version FROM circle_shredding_hold ORDER BY id"
    )
    op.drop_table("circle_shredding_hold")


def _schedule() -> None:
    table = "retention_rule"
    _create(
        table,
        sa.Column("code", sa.String(40), nullable=False),
        _choice(table, "part", PARTS),
        sa.Column("keep", BIG, nullable=False),
        _choice(table, "unit", ("years", "days")),
        sa.Column("counted_from", sa.String(20), nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.UniqueConstraint("code", "starts_on", name="uq_retention_rule_code_starts_on"),
        temporary_floor="part <> 'temporary' or (unit = 'years' and keep >= 5)",
        permanent_floor="part <> 'permanent' or (unit = 'years' and keep >= 60)",
        keep="keep >= 1",
        dates="ends_on is null or ends_on >= starts_on",
    )
    names = ("code", "part", "keep", "unit", "counted_from", "source", "is_confirmed", "starts_on")
    columns = [sa.column(name, {"is_confirmed": sa.Boolean(), "starts_on": sa.Date()}.get(name)) for name in names]
    op.bulk_insert(sa.table(table, *columns), [dict(zip(names, (*rule, FROM), strict=True)) for rule in RULES])


def _reviews() -> None:
    table = "record_review"
    _create(
        table,
        _key(table, "student_id", "student"),
        _key(table, "school_id", "school"),
        _choice(table, "why", ("four_years", "changed_school", "left", "kept_until")),
        _choice(table, "decision", ("keep", "delete")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        _key(table, "decided_by_id", "user_account", nullable=True),
        reason="decision <> 'keep' or reason <> ''",
    )
    op.create_index("ix_record_review_student", table, ["student_id", "decided_on"])


def _deletions() -> None:
    table = "record_deletion"
    _create(
        table,
        _key(table, "school_id", "school"),
        _choice(table, "state", STATES),
        _key(table, "proposed_by_id", "user_account", nullable=True),
        sa.Column("proposed_at", MOMENT, nullable=False),
        _key(table, "confirmed_by_id", "user_account", nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        _key(table, "ended_by_id", "user_account", nullable=True),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        two_people=TWO_PEOPLE,
        confirmed="state not in ('confirmed', 'done') or confirmed_by_id is not null",
        ended="(state in ('done', 'withdrawn')) = (ended_at is not null)",
    )
    proposed = sa.text("state = 'proposed'")
    op.create_index("ix_record_deletion_school", table, ["school_id", "id"])
    op.create_index(
        "uq_record_deletion_proposed",
        table,
        ["school_id"],
        unique=True,
        sqlite_where=proposed,
        postgresql_where=proposed,
    )
    item = "record_deletion_item"
    _create(
        item,
        _key(item, "deletion_id", "record_deletion"),
        sa.Column("student_id", BIG, nullable=False),
        _choice(item, "part", PARTS),
        _choice(item, "state", ("waiting", "deleted", "kept")),
        _key(item, "added_by_id", "user_account", nullable=True),
        sa.Column("why_kept", sa.String(40), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.UniqueConstraint("deletion_id", "student_id", name="uq_record_deletion_item_deletion_id_student_id"),
    )
    op.create_index("ix_record_deletion_item_state", item, ["state", "id"])
    op.create_index("ix_record_deletion_item_student", item, ["student_id"])
    figure = "removed_figure"
    _create(
        figure,
        _key(figure, "school_id", "school"),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("how_many", BIG, nullable=False),
        sa.UniqueConstraint("school_id", "school_year", "what", name="uq_removed_figure_school_id_school_year_what"),
    )


def downgrade() -> None:
    for table in ("removed_figure", "record_deletion_item", "record_deletion", "record_review", "retention_rule"):
        op.drop_table(table)
    table = "circle_shredding_hold"
    _create(
        table,
        _key(table, "pathway_id", "pathway"),
        _key(table, "school_id", "school"),
        _choice(table, "kind", HOLD_KINDS),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        _key(table, "opened_by_id", "user_account", nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        _key(table, "closed_by_id", "user_account", nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        reason="reason <> ''",
        closing="(closed_at is null) = (closed_by_id is null)",
    )
    op.create_index("ix_circle_shredding_hold_pathway", table, ["pathway_id"])
    # a hold on a student or a case stands again on each of their circles: what it kept stays kept
    circles = (
        "SELECT h.id, p.id AS pathway_id FROM legal_hold h JOIN pathway p ON p.id = h.pathway_id OR p.case_id = h.case_id"
        " OR p.case_id IN (SELECT c.case_id FROM case_participant c WHERE c.student_id = h.student_id)"
        " WHERE p.pathway = 'circle'"
    )
    op.execute(
        f"INSERT INTO {table} (pathway_id, school_id, kind, reason, opened_at, opened_by_id, closed_at, closed_by_id,"
        " version) SELECT o.pathway_id, h.school_id, h.kind, h.reason, h.opened_at, h.opened_by_id, h.closed_at,"
        f" h.closed_by_id, h.version FROM ({circles}) o JOIN legal_hold h ON h.id = o.id ORDER BY h.id, o.pathway_id"
    )
    op.drop_table("legal_hold")
