"""What a family is given: requests for a copy of a record, and what was released, which nothing changes.

Revision ID: 0023
Revises: 0022
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
KIND = "family_copy"
TEMPLATE = sa.table(
    "follow_up_template",
    *(sa.column(name, sa.String) for name in ("kind", "event", "owner_role", "title_en", "title_es")),
    *(sa.column(name, sa.String) for name in ("closes_with_en", "closes_with_es")),
    sa.column("due_in_school_days", sa.Integer),
    sa.column("single_mail", sa.Boolean),
    sa.column("starts_on", sa.Date),
    sa.column("id", sa.Integer),
)
FOLLOW_UP = sa.table(
    "follow_up", sa.column("template_id", sa.Integer), sa.column("kind", sa.String), sa.column("title", sa.String)
)
ROW = {
    "kind": KIND,
    "event": "family_copy_asked",
    "due_in_school_days": 10,
    "owner_role": "coordinator",
    "single_mail": True,
    "title_en": "Give the family the copy of its record",
    "title_es": "Entregar a la familia la copia de su expediente",
    "closes_with_en": "The copy was released, or the request withdrawn. UNCONFIRMED: 10 days, 105 ILCS 10/5.",
    "closes_with_es": "La copia se entregó, o la solicitud se retiró. SIN CONFIRMAR: 10 días, 105 ILCS 10/5.",
    "starts_on": date(2020, 8, 1),
}
CHECKS = {
    "state": "state IN ('preparing', 'handed_on', 'released', 'withdrawn')",
    "asked_by": "asked_by IN ('guardian', 'student')",
    "manner": "manner IN ('in_person', 'mailed', 'read_here', 'sent_safely')",
    "guardian": "guardian_id is null or asked_by = 'guardian'",
    "orders": "asked_by <> 'guardian' or orders_checked",
    "released": "(state = 'released') = (released_at is not null)"
    " and (state <> 'released' or (manner is not null and identity <> '' and handed_on_by_id is not null))",
    "second_person": "state <> 'released' or released_by_id is null or handed_on_by_id <> released_by_id",
    "withdrawn": "state <> 'withdrawn' or withdrawn_why <> ''",
}
PEOPLE = ("prepared_by_id", "handed_on_by_id", "released_by_id")


def upgrade() -> None:
    op.create_table(
        "family_release",
        sa.Column("id", BIG, nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in ("school_id", "student_id")),
        *(sa.Column(name, BIG, nullable=True) for name in ("follow_up_id", "guardian_id", *PEOPLE)),
        _choice("state", ("preparing", "handed_on", "released", "withdrawn"), nullable=False),
        _choice("asked_by", ("guardian", "student"), nullable=False),
        _choice("manner", ("in_person", "mailed", "read_here", "sent_safely"), nullable=True),
        sa.Column("asked_name", sa.String(400), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("orders_checked", sa.Boolean(), server_default="0", nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in ("purpose", "note")),
        sa.Column("language", sa.String(8), nullable=False),
        *(sa.Column(name, JSON, nullable=False) for name in ("incident_ids", "parts")),
        sa.Column("by_hand", JSON, server_default="[]", nullable=False),
        *(sa.Column(name, JSON, server_default="{}", nullable=False) for name in ("decisions", "seen")),
        sa.Column("prepared_at", MOMENT, nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("handed_on_at", "released_at")),
        sa.Column("identity", sa.String(200), server_default="", nullable=False),
        sa.Column("withdrawn_why", sa.String(300), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *_keys(
            "family_release", school_id="school", student_id="student", follow_up_id="follow_up",
            guardian_id="guardian", **dict.fromkeys(PEOPLE, "user_account"),
        ),
        *(sa.CheckConstraint(words, name=op.f(f"ck_family_release_{name}")) for name, words in CHECKS.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_release")),
    )  # fmt: skip
    op.create_index("ix_family_release_student", "family_release", ["student_id", "id"])
    op.create_index("ix_family_release_school_state", "family_release", ["school_id", "state"])
    op.create_table(
        "family_release_copy",
        sa.Column("id", BIG, nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in ("release_id", "school_id", "student_id")),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG, nullable=True),
        *_keys(
            "family_release_copy", release_id="family_release", school_id="school", student_id="student",
            made_by_id="user_account",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_release_copy")),
        sa.UniqueConstraint("release_id", name=op.f("uq_family_release_copy_release_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_family_release_copy_student_id"), "family_release_copy", ["student_id"])
    _keep()
    op.bulk_insert(TEMPLATE, [ROW])


def downgrade() -> None:
    """What was made from the template keeps its words, as a follow-up with a title of its own."""
    made = sa.select(TEMPLATE.c.id).where(TEMPLATE.c.kind == KIND)
    op.execute(
        FOLLOW_UP.update()
        .where(FOLLOW_UP.c.template_id.in_(made), FOLLOW_UP.c.title == "")
        .values(title=ROW["title_en"])
    )
    op.execute(FOLLOW_UP.update().where(FOLLOW_UP.c.template_id.in_(made)).values(template_id=None))
    op.execute(TEMPLATE.delete().where(TEMPLATE.c.kind == KIND))
    op.drop_table("family_release_copy")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION family_release_copy_stays()")
    op.drop_table("family_release")


def _keep() -> None:
    """A released copy is never changed; retention may delete it whole."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER family_release_copy_stays BEFORE UPDATE ON family_release_copy "
            "BEGIN SELECT RAISE(ABORT, 'a released copy never changes'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION family_release_copy_stays() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'a released copy never changes'; END $$"
    )
    op.execute(
        "CREATE TRIGGER family_release_copy_stays BEFORE UPDATE ON family_release_copy "
        "FOR EACH ROW EXECUTE FUNCTION family_release_copy_stays()"
    )


def _choice(name: str, values: tuple[str, ...], *, nullable: bool) -> sa.Column:
    kind = sa.Enum(
        *values, name=op.f(f"ck_family_release_{name}"), native_enum=False, create_constraint=False, length=40
    )
    return sa.Column(name, kind, nullable=nullable)


def _keys(table: str, **to: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}")) for name, other in to.items()
    )
