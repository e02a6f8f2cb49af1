"""Photos and PDFs on a report, a consent, an agreement, a notice or a copy for the family.

Revision ID: 0086
Revises: 0085
"""

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
HOSTS = {
    "incident_id": "incident",
    "circle_consent_id": "circle_consent",
    "referral_consent_id": "referral_consent",
    "agreement_id": "agreement",
    "discipline_action_id": "discipline_action",
    "family_release_id": "family_release",
}
PEOPLE = ("added_by_id", "sealed_by_id", "removed_by_id")


def _codes(column: str, *values: str) -> sa.Enum:
    name = op.f(f"ck_attachment_{column}")
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    counted = " + ".join(f"(case when {name} is not null then 1 else 0 end)" for name in HOSTS)
    op.create_table(
        "attachment",
        sa.Column("id", BIG, nullable=False),
        *(sa.Column(name, BIG, nullable=True) for name in HOSTS),
        sa.Column("kind", _codes("kind", "photo", "pdf"), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_name", sa.String(16), nullable=True),
        sa.Column("added_by_id", BIG, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=True),
        sa.Column("sealed_why", _codes("sealed_why", "flagged", "facts"), nullable=True),
        sa.Column("sealed_by_id", BIG, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("removed_by_id", BIG, nullable=True),
        sa.Column("removed_why", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_attachment_{name}"))
            for name, table in HOSTS.items()
        ),
        *(sa.ForeignKeyConstraint([name], ["user_account.id"], name=op.f(f"fk_attachment_{name}")) for name in PEOPLE),
        sa.CheckConstraint(f"{counted} = 1", name=op.f("ck_attachment_one_record")),
        sa.CheckConstraint("(sealed_text is null) = (removed_at is not null)", name=op.f("ck_attachment_content")),
        sa.CheckConstraint("(sealed_text is null) = (sealed_key is null)", name=op.f("ck_attachment_content_key")),
        sa.CheckConstraint("removed_at is null or removed_why <> ''", name=op.f("ck_attachment_removed")),
        sa.CheckConstraint("(sealed_at is null) = (sealed_why is null)", name=op.f("ck_attachment_sealed")),
        sa.CheckConstraint("sealed_at is null or removed_at is null", name=op.f("ck_attachment_sealed_stays")),
    )
    for name in HOSTS:
        op.create_index(f"ix_attachment_{name.removesuffix('_id')}", "attachment", [name])
    op.create_index(op.f("ix_attachment_key_name"), "attachment", ["key_name"])


def downgrade() -> None:
    op.drop_table("attachment")
