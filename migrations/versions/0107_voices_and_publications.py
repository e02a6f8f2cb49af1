"""What the community says of a plan: meetings, what was heard, votes; and what was published of plans.

Revision ID: 0107
Revises: 0106
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
KINDS = ("council", "committee", "community", "families", "students", "staff")
THEMES = (
    "feeling_safe", "arrival", "bullying", "respect", "discipline", "repair", "mental_health", "police", "informed",
    "language", "belonging", "activities", "staffing", "money", "building", "other",
)  # fmt: skip
BODIES = ("council", "committee", "students")
RESULTS = ("approved", "not_approved", "recommendation")
COUNTS = ("students", "families", "staff", "community", "members")
LIVE = sa.text("replaced_at is null and withdrawn_at is null")
STANDING = sa.text("corrected_at is null")


def _to(table: str, column: str, target: str, *, nullable: bool = True) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def _one_of(table: str, column: str, name: str, values: Sequence[str]) -> sa.Column[str]:
    kind = sa.Enum(*values, name=op.f(f"ck_{table}_{name}"), native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=False)


def _text(column: str) -> sa.Column[str]:
    return sa.Column(column, sa.Text(), nullable=False, server_default="")


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), nullable=False, server_default="1")


def _checks(table: str, **rules: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def upgrade() -> None:
    _meetings()
    _heard()
    _votes()
    _publications()


def _meetings() -> None:
    table = "meeting"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        _to(table, "school_id", "school", nullable=False),
        _one_of(table, "kind", "kind", KINDS),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("notice_on", sa.Date(), nullable=True),
        sa.Column("topic", sa.String(120), nullable=False, server_default=""),
        sa.Column("languages", JSON, nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in COUNTS),
        sa.Column("quorum", BIG, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _to(table, "recorded_by_id", "user_account"),
        _version(),
        *_checks(
            table,
            came="students >= 0 and families >= 0 and staff >= 0 and community >= 0 and members >= 0",
            quorum="quorum is null or quorum > 0",
            notice="notice_on is null or notice_on <= held_on",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    op.create_index("ix_meeting_school", table, ["school_id", "held_on"])


def _heard() -> None:
    table = "meeting_heard"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        _to(table, "school_id", "school", nullable=False),
        _to(table, "meeting_id", "meeting", nullable=False),
        _one_of(table, "theme", "theme", THEMES),
        _text("heard"),
        sa.Column("answer_due_on", sa.Date(), nullable=False),
        _text("answer"),
        _text("changed"),
        _to(table, "goal_id", "plan_goal"),
        _to(table, "step_id", "plan_step"),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _to(table, "recorded_by_id", "user_account"),
        _version(),
        *_checks(
            table,
            answered="(answered_on is null) = (answer = '')",
            changed="answer <> '' or (changed = '' and goal_id is null and step_id is null)",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_heard")),
    )
    op.create_index("ix_meeting_heard_school", table, ["school_id", "answered_on"])
    for column in ("meeting_id", "goal_id", "step_id"):
        op.create_index(op.f(f"ix_meeting_heard_{column}"), table, [column])


def _votes() -> None:
    table = "plan_vote"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        _to(table, "school_id", "school", nullable=False),
        _to(table, "plan_id", "school_plan", nullable=False),
        _to(table, "meeting_id", "meeting", nullable=False),
        _one_of(table, "body", "body", BODIES),
        *(sa.Column(name, BIG, nullable=False) for name in ("yes", "no", "abstained", "quorum")),
        _one_of(table, "result", "result_kind", RESULTS),
        _to(table, "corrects_id", table),
        sa.Column("reason", sa.String(200), nullable=False, server_default=""),
        sa.Column("corrected_at", MOMENT, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _to(table, "recorded_by_id", "user_account"),
        _version(),
        *_checks(
            table,
            votes="yes >= 0 and no >= 0 and abstained >= 0 and yes + no + abstained > 0",
            quorum="quorum > 0",
            no_quorum="(result = 'recommendation') = (yes + no + abstained < quorum)",
            majority="result <> 'approved' or 2 * yes > yes + no + abstained",
            reason="(corrects_id is null) = (reason = '')",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_vote")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_plan_vote_corrects_id")),
    )
    op.create_index(
        "uq_plan_vote_standing", table, ["plan_id", "meeting_id", "body"], unique=True, sqlite_where=STANDING,
        postgresql_where=STANDING,
    )  # fmt: skip
    for column in ("school_id", "plan_id", "meeting_id"):
        op.create_index(op.f(f"ix_plan_vote_{column}"), table, [column])


def _publications() -> None:
    table = "plan_publication"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        _to(table, "school_id", "school", nullable=False),
        _to(table, "plan_id", "school_plan", nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column("summary_es", sa.Text(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("figures_year", sa.String(7), nullable=False),
        _text("written_yes"),
        sa.Column("published_at", MOMENT, nullable=False),
        _to(table, "published_by_id", "user_account"),
        sa.Column("replaced_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        _to(table, "withdrawn_by_id", "user_account"),
        sa.Column("withdrawn_because", sa.String(200), nullable=False, server_default=""),
        _version(),
        *_checks(table, number="number > 0", withdrawn="(withdrawn_at is null) = (withdrawn_because = '')"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_publication")),
        sa.UniqueConstraint("school_id", "number", name=op.f("uq_plan_publication_school_id_number")),
    )
    op.create_index(
        "uq_plan_publication_live", table, ["school_id"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )
    for column in ("school_id", "plan_id"):
        op.create_index(op.f(f"ix_plan_publication_{column}"), table, [column])


def downgrade() -> None:
    for table in ("plan_publication", "plan_vote", "meeting_heard", "meeting"):
        op.drop_table(table)
