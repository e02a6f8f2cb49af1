"""Files for analysts, their agreements and the person responsible for privacy go; their rows are written to files.

Revision ID: 0136
Revises: 0135
"""

import sqlalchemy as sa
from alembic import op

from migrations.removed_rows import drop_table

revision = "0136"
down_revision = "0135"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STATES = ("asked", "released", "taken", "refused", "withdrawn")
REASONS = ("overlap", "too_few", "agreement", "one_person", "other")


def upgrade() -> None:
    for table in ("analyst_file", "analyst_agreement", "privacy_lead"):
        drop_table(table, revision)


def _to(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def _checks(table: str, **rules: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def downgrade() -> None:
    """The three tables are empty afterwards: the rows stay in their files."""
    op.create_table(
        "privacy_lead",
        sa.Column("id", BIG, nullable=False),
        _to("privacy_lead", "user_id", "user_account"),
        _to("privacy_lead", "named_by_id", "user_account"),
        sa.Column("named_at", MOMENT, nullable=False),
        *_checks("privacy_lead", named_by_another="user_id <> named_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_lead")),
    )
    _agreements()
    _files()


def _agreements() -> None:
    table = "analyst_agreement"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        sa.Column("receiver", sa.String(200), nullable=False),
        sa.Column("receiver_key", sa.String(200), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("signed_by", sa.String(200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        _to(table, "recorded_by_id", "user_account"),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        *_checks(
            table, dates="ends_on >= starts_on", written="receiver_key <> '' and reference <> '' and signed_by <> ''"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyst_agreement")),
    )
    op.create_index(op.f("ix_analyst_agreement_receiver_key"), table, ["receiver_key"])


def _files() -> None:
    table = "analyst_file"
    state = sa.Enum(
        *STATES, name=op.f(f"ck_{table}_state"), native_enum=False, create_constraint=True, length=40
    )  # fmt: skip
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        _to(table, "agreement_id", "analyst_agreement"),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", state, nullable=False),
        _to(table, "asked_by_id", "user_account"),
        sa.Column("asked_at", MOMENT, nullable=False),
        _to(table, "lead_id", "user_account"),
        _to(table, "decided_by_id", "user_account", nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("refused_because", sa.String(40), nullable=True),
        sa.Column("refused_words", sa.Text(), nullable=False, server_default=""),
        sa.Column("fingerprint", sa.String(64), nullable=False, server_default=""),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        *_checks(table, **_rules()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyst_file")),
    )
    op.create_index(op.f("ix_analyst_file_agreement_id"), table, ["agreement_id"])


def _rules() -> dict[str, str]:
    return {
        "days": "last_day >= first_day",
        "asked_of_another": "lead_id <> asked_by_id",
        "second": "decided_by_id is null or decided_by_id <> asked_by_id or state = 'withdrawn'",
        "decided": "(state = 'asked') = (decided_at is null)",
        "decided_by": "(decided_at is null) = (decided_by_id is null)",
        "expires": "(state in ('released', 'taken')) = (expires_at is not null)",
        "taken": "(state = 'taken') = (taken_at is not null)",
        "fingerprint": "(taken_at is null or fingerprint <> '') and (expires_at is not null or fingerprint = '')",
        "refused_because": f"refused_because in ({', '.join(map(repr, REASONS))})",
        "refused": "(refused_because is null or state = 'refused') and (refused_words = '' or refused_because is not"
        " null) and (refused_because is null or refused_because <> 'other' or refused_words <> '')",
    }
