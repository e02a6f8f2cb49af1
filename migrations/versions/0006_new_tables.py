"""New tables: keepers, preparation, notes, questionnaires, mentors, partners, safety plans, cover, disclosures, texts.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "family_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_text")),
        sa.UniqueConstraint("code", "language", "starts_on", name=op.f("uq_family_text_code_language_starts_on")),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("services", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("languages", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("low_grade", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("high_grade", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("capacity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_from", sa.Date(), nullable=True),
        sa.Column("agreement_until", sa.Date(), nullable=True),
        sa.Column("contact_name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("days_to_answer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("days_to_first_service", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "agreement_until is null or agreement_from is null or agreement_until >= agreement_from",
            name=op.f("ck_partner_dates"),
        ),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_partner_capacity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("name", name=op.f("uq_partner_name")),
    )
    op.create_table(
        "questionnaire_guess",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_guess")),
    )
    with op.batch_alter_table("questionnaire_guess", schema=None) as batch_op:
        batch_op.create_index("ix_questionnaire_guess_address", ["address", "at"], unique=False)
        batch_op.create_index("ix_questionnaire_guess_at", ["at"], unique=False)

    op.create_table(
        "circle_setting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guardian_consent", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_setting_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_setting")),
        sa.UniqueConstraint("school_id", name=op.f("uq_circle_setting_school_id")),
    )
    op.create_table(
        "cover",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cover_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_cover_dates")),
        sa.CheckConstraint("user_id <> cover_id", name=op.f("ck_cover_somebody_else")),
        sa.ForeignKeyConstraint(["cover_id"], ["user_account.id"], name=op.f("fk_cover_cover_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_cover_made_by_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_cover_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_cover_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cover")),
    )
    with op.batch_alter_table("cover", schema=None) as batch_op:
        batch_op.create_index("ix_cover_cover", ["cover_id", "ends_on"], unique=False)
        batch_op.create_index("ix_cover_user", ["user_id", "ends_on"], unique=False)

    op.create_table(
        "keeper_training",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "circle_keeping",
                "restorative_practice",
                "de_escalation",
                "mentoring",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("provider", sa.String(length=200), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("valid_until is null or valid_until >= completed_on", name=op.f("ck_keeper_training_dates")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_keeper_training_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_keeper_training_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_keeper_training_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keeper_training")),
    )
    with op.batch_alter_table("keeper_training", schema=None) as batch_op:
        batch_op.create_index("ix_keeper_training_user", ["user_id"], unique=False)

    op.create_table(
        "mentor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("staff", "partner", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("capacity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("languages", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("strengths", sa.String(length=300), nullable=False),
        sa.Column("trained_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_mentor_capacity")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_mentor_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mentor_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentor")),
        sa.UniqueConstraint("school_id", "user_id", name=op.f("uq_mentor_school_id_user_id")),
    )
    with op.batch_alter_table("mentor", schema=None) as batch_op:
        batch_op.create_index("ix_mentor_school", ["school_id", "is_active"], unique=False)

    op.create_table(
        "disclosure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_whom", sa.String(length=200), nullable=False),
        sa.Column("interest", sa.String(length=300), nullable=False),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_disclosure_made_by_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_disclosure_school_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_disclosure_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    with op.batch_alter_table("disclosure", schema=None) as batch_op:
        batch_op.create_index("ix_disclosure_object", ["object_type", "object_id"], unique=False)
        batch_op.create_index("ix_disclosure_student", ["student_id", "at"], unique=False)

    op.create_table(
        "mentoring_group",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mentor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("capacity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("capacity >= 2", name=op.f("ck_mentoring_group_capacity")),
        sa.ForeignKeyConstraint(["mentor_id"], ["mentor.id"], name=op.f("fk_mentoring_group_mentor_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_mentoring_group_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentoring_group")),
    )
    with op.batch_alter_table("mentoring_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mentoring_group_school_id"), ["school_id"], unique=False)

    op.create_table(
        "safety_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum("draft", "agreed", "ended", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("adults_told", sa.Text(), nullable=False),
        sa.Column("route", sa.String(length=500), nullable=False),
        sa.Column("seat", sa.String(length=500), nullable=False),
        sa.Column("phone", sa.String(length=500), nullable=False),
        sa.Column("moves_person_harmed", sa.Boolean(), nullable=False),
        sa.Column("asked_by_them", sa.Boolean(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("agreed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "guardian",
            sa.Enum(
                "told",
                "not_reached",
                "not_to_be_told",
                name="guardian",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_why", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(state = 'ended') = (ended_on is not null)", name=op.f("ck_safety_plan_ended")),
        sa.CheckConstraint(
            "state != 'agreed' or (agreed_on is not null and next_review_on is not null and steps <> '' and adults_told <> '' and guardian is not null)",
            name=op.f("ck_safety_plan_agreed"),
        ),
        sa.CheckConstraint("state != 'ended' or ended_why <> ''", name=op.f("ck_safety_plan_ended_why")),
        sa.CheckConstraint("not moves_person_harmed or asked_by_them", name=op.f("ck_safety_plan_moves_only_if_asked")),
        sa.ForeignKeyConstraint(["agreed_by_id"], ["user_account.id"], name=op.f("fk_safety_plan_agreed_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_safety_plan_case_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_safety_plan_participant_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_safety_plan_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_plan")),
    )
    with op.batch_alter_table("safety_plan", schema=None) as batch_op:
        batch_op.create_index("ix_safety_plan_case", ["case_id"], unique=False)
        batch_op.create_index(
            "uq_safety_plan_living",
            ["participant_id"],
            unique=True,
            sqlite_where=sa.text("state != 'ended'"),
            postgresql_where=sa.text("state != 'ended'"),
        )

    op.create_table(
        "circle_keeper",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["added_by_id"], ["user_account.id"], name=op.f("fk_circle_keeper_added_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_circle_keeper_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_keeper_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_keeper_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_circle_keeper_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_keeper")),
    )
    with op.batch_alter_table("circle_keeper", schema=None) as batch_op:
        batch_op.create_index("ix_circle_keeper_user", ["user_id"], unique=False)
        batch_op.create_index(
            "uq_circle_keeper_current",
            ["pathway_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "circle_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_name", sa.String(length=16), nullable=False),
        sa.Column("shred_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_circle_note_author_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_note_pathway_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_note")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("circle_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_circle_note_key_name"), ["key_name"], unique=False)
        batch_op.create_index("ix_circle_note_pathway", ["pathway_id"], unique=False)
        batch_op.create_index("ix_circle_note_shred", ["shred_on"], unique=False)

    op.create_table(
        "circle_note_shredding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shred_on", sa.Date(), nullable=False),
        sa.Column("shredded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_note_shredding_pathway_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_note_shredding")),
        sa.UniqueConstraint("note_id", name=op.f("uq_circle_note_shredding_note_id")),
    )
    with op.batch_alter_table("circle_note_shredding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_circle_note_shredding_pathway_id"), ["pathway_id"], unique=False)

    op.create_table(
        "circle_preparation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("support_offered_on", sa.Date(), nullable=True),
        sa.Column("support_offered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pre_met_on", sa.Date(), nullable=True),
        sa.Column("pre_met_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_ready", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_circle_preparation_case_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_circle_preparation_participant_id")
        ),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_preparation_pathway_id")),
        sa.ForeignKeyConstraint(
            ["pre_met_by_id"], ["user_account.id"], name=op.f("fk_circle_preparation_pre_met_by_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_preparation_school_id")),
        sa.ForeignKeyConstraint(
            ["support_offered_by_id"], ["user_account.id"], name=op.f("fk_circle_preparation_support_offered_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_preparation")),
        sa.UniqueConstraint(
            "pathway_id", "participant_id", name=op.f("uq_circle_preparation_pathway_id_participant_id")
        ),
    )
    op.create_table(
        "circle_screen",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("safe", "not_now", name="answer", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("screened_on", sa.Date(), nullable=False),
        sa.Column("screened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_circle_screen_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_screen_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_screen_school_id")),
        sa.ForeignKeyConstraint(["screened_by_id"], ["user_account.id"], name=op.f("fk_circle_screen_screened_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_screen")),
        sa.UniqueConstraint("pathway_id", name=op.f("uq_circle_screen_pathway_id")),
    )
    op.create_table(
        "circle_shredding_hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "records_request",
                "legal_hold",
                "court_order",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_circle_shredding_hold_reason")),
        sa.CheckConstraint(
            "(closed_at is null) = (closed_by_id is null)", name=op.f("ck_circle_shredding_hold_closing")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["user_account.id"], name=op.f("fk_circle_shredding_hold_closed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["user_account.id"], name=op.f("fk_circle_shredding_hold_opened_by_id")
        ),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_shredding_hold_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_shredding_hold_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_shredding_hold")),
    )
    with op.batch_alter_table("circle_shredding_hold", schema=None) as batch_op:
        batch_op.create_index("ix_circle_shredding_hold_pathway", ["pathway_id"], unique=False)

    op.create_table(
        "circle_supporter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "relation",
            sa.Enum(
                "guardian",
                "family",
                "staff",
                "friend",
                "community",
                name="relation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_circle_supporter_case_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_circle_supporter_participant_id")
        ),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_supporter_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_supporter_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_supporter")),
    )
    with op.batch_alter_table("circle_supporter", schema=None) as batch_op:
        batch_op.create_index("ix_circle_supporter_pathway", ["pathway_id"], unique=False)

    op.create_table(
        "daily_card",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expectations", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("periods", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("goal_percent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("goal_percent between 1 and 100", name=op.f("ck_daily_card_goal_percent")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_daily_card_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_daily_card_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_daily_card_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_card")),
        sa.UniqueConstraint("pathway_id", name=op.f("uq_daily_card_pathway_id")),
    )
    op.create_table(
        "mentoring_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("goal_stands", sa.String(length=40), nullable=False),
        sa.Column("goes_on", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_mentoring_review_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_mentoring_review_pathway_id")),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["user_account.id"], name=op.f("fk_mentoring_review_reviewed_by_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_mentoring_review_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentoring_review")),
    )
    with op.batch_alter_table("mentoring_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mentoring_review_pathway_id"), ["pathway_id"], unique=False)

    op.create_table(
        "mentoring_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "missed",
            sa.Enum(
                "student_absent",
                "student_chose_not",
                "mentor_absent",
                "no_school",
                "other",
                name="missed",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("logged_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("held = (missed is null)", name=op.f("ck_mentoring_session_reason_when_missed")),
        sa.CheckConstraint("held or minutes is null", name=op.f("ck_mentoring_session_minutes_when_held")),
        sa.CheckConstraint("minutes is null or minutes between 1 and 480", name=op.f("ck_mentoring_session_minutes")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_mentoring_session_case_id")),
        sa.ForeignKeyConstraint(["logged_by_id"], ["user_account.id"], name=op.f("fk_mentoring_session_logged_by_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_mentoring_session_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_mentoring_session_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentoring_session")),
        sa.UniqueConstraint("pathway_id", "on_day", name=op.f("uq_mentoring_session_pathway_id_on_day")),
    )
    with op.batch_alter_table("mentoring_session", schema=None) as batch_op:
        batch_op.create_index("ix_mentoring_session_school", ["school_id", "on_day"], unique=False)

    op.create_table(
        "privilege_exception",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "prevent_harm",
                "other_law",
                "court_report",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("told_whom", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_privilege_exception_reason")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_privilege_exception_pathway_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_privilege_exception_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_privilege_exception_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privilege_exception")),
    )
    with op.batch_alter_table("privilege_exception", schema=None) as batch_op:
        batch_op.create_index("ix_privilege_exception_pathway", ["pathway_id"], unique=False)

    op.create_table(
        "privilege_waiver",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_privilege_waiver_reason")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_privilege_waiver_participant_id")
        ),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_privilege_waiver_pathway_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_privilege_waiver_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_privilege_waiver_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privilege_waiver")),
    )
    with op.batch_alter_table("privilege_waiver", schema=None) as batch_op:
        batch_op.create_index("ix_privilege_waiver_pathway", ["pathway_id"], unique=False)

    op.create_table(
        "reengagement_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "settled",
                "support_goes_on",
                "needs_more",
                "not_back",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_reengagement_review_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_reengagement_review_pathway_id")),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["user_account.id"], name=op.f("fk_reengagement_review_reviewed_by_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_reengagement_review_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reengagement_review")),
    )
    with op.batch_alter_table("reengagement_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reengagement_review_pathway_id"), ["pathway_id"], unique=False)

    op.create_table(
        "safety_plan_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("safety_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "works",
                "changed",
                "happened_again",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_safety_plan_review_case_id")),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["user_account.id"], name=op.f("fk_safety_plan_review_reviewed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["safety_plan_id"], ["safety_plan.id"], name=op.f("fk_safety_plan_review_safety_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_plan_review")),
    )
    with op.batch_alter_table("safety_plan_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_safety_plan_review_safety_plan_id"), ["safety_plan_id"], unique=False)

    op.create_table(
        "agreement_signature",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("supporter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("keeper_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "manner",
            sa.Enum(
                "paper",
                "screen",
                "spoken",
                "interpreter",
                name="manner",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(case when participant_id is not null then 1 else 0 end) + (case when supporter_id is not null then 1 else 0 end) + (case when keeper_user_id is not null then 1 else 0 end) = 1",
            name=op.f("ck_agreement_signature_one_person"),
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_signature_agreement_id")),
        sa.ForeignKeyConstraint(
            ["keeper_user_id"], ["user_account.id"], name=op.f("fk_agreement_signature_keeper_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_agreement_signature_participant_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_agreement_signature_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["supporter_id"], ["circle_supporter.id"], name=op.f("fk_agreement_signature_supporter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_signature")),
        sa.UniqueConstraint(
            "agreement_id", "keeper_user_id", name=op.f("uq_agreement_signature_agreement_id_keeper_user_id")
        ),
        sa.UniqueConstraint(
            "agreement_id", "participant_id", name=op.f("uq_agreement_signature_agreement_id_participant_id")
        ),
        sa.UniqueConstraint(
            "agreement_id", "supporter_id", name=op.f("uq_agreement_signature_agreement_id_supporter_id")
        ),
    )
    op.create_table(
        "daily_card_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("logged_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "checked_out_at is null or checked_in_at is not null", name=op.f("ck_daily_card_day_in_before_out")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["daily_card.id"], name=op.f("fk_daily_card_day_card_id")),
        sa.ForeignKeyConstraint(["logged_by_id"], ["user_account.id"], name=op.f("fk_daily_card_day_logged_by_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_daily_card_day_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_card_day")),
        sa.UniqueConstraint("card_id", "on_day", name=op.f("uq_daily_card_day_card_id_on_day")),
    )
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "occasion",
            sa.Enum(
                "after_meeting", "last_check_in", name="occasion", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "answerer",
            sa.Enum(
                "harmed",
                "caused_harm",
                "supporter",
                "keeper",
                name="answerer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("supporter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("keeper_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_name", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "(case when participant_id is not null then 1 else 0 end) + (case when supporter_id is not null then 1 else 0 end) + (case when keeper_user_id is not null then 1 else 0 end) = 1",
            name=op.f("ck_questionnaire_one_person"),
        ),
        sa.CheckConstraint(
            "answered_at is null or (revoked_at is null and answered_at < expires_at)",
            name=op.f("ck_questionnaire_answered_once"),
        ),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_questionnaire_dates")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_questionnaire_case_id")),
        sa.ForeignKeyConstraint(["keeper_user_id"], ["user_account.id"], name=op.f("fk_questionnaire_keeper_user_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_questionnaire_made_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["circle_meeting.id"], name=op.f("fk_questionnaire_meeting_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_questionnaire_participant_id")
        ),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_questionnaire_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_questionnaire_school_id")),
        sa.ForeignKeyConstraint(["supporter_id"], ["circle_supporter.id"], name=op.f("fk_questionnaire_supporter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_questionnaire_token_digest")),
    )
    with op.batch_alter_table("questionnaire", schema=None) as batch_op:
        batch_op.create_index("ix_questionnaire_pathway", ["pathway_id"], unique=False)
        batch_op.create_index("ix_questionnaire_school_answered", ["school_id", "answered_at"], unique=False)
        batch_op.create_index(
            "uq_questionnaire_keeper_user_id",
            ["pathway_id", "occasion", "keeper_user_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.create_index(
            "uq_questionnaire_participant_id",
            ["pathway_id", "occasion", "participant_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.create_index(
            "uq_questionnaire_supporter_id",
            ["pathway_id", "occasion", "supporter_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "referral_consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("referral_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("manner", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(revoked_at is null) = (revoked_on is null)", name=op.f("ck_referral_consent_revoked")),
        sa.CheckConstraint("until_on >= signed_on", name=op.f("ck_referral_consent_dates")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_referral_consent_case_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_referral_consent_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_consent_referral_id")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["user_account.id"], name=op.f("fk_referral_consent_revoked_by_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_referral_consent_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_consent")),
        sa.UniqueConstraint("referral_id", name=op.f("uq_referral_consent_referral_id")),
    )
    op.create_table(
        "referral_service_date",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("referral_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("first", "later", "last", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("logged_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["logged_by_id"], ["user_account.id"], name=op.f("fk_referral_service_date_logged_by_id")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_service_date_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_service_date")),
    )
    with op.batch_alter_table("referral_service_date", schema=None) as batch_op:
        batch_op.create_index("ix_referral_service_date_referral", ["referral_id"], unique=False)

    op.create_table(
        "student_move",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("follow_up_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("continued_as_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_student_move_case_id")),
        sa.ForeignKeyConstraint(["continued_as_id"], ["case_record.id"], name=op.f("fk_student_move_continued_as_id")),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], name=op.f("fk_student_move_follow_up_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_student_move_participant_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_student_move_school_id")),
        sa.ForeignKeyConstraint(["to_school_id"], ["school.id"], name=op.f("fk_student_move_to_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_move")),
        sa.UniqueConstraint("participant_id", "to_school_id", name=op.f("uq_student_move_participant_id_to_school_id")),
    )
    with op.batch_alter_table("student_move", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_student_move_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_student_move_continued_as_id"), ["continued_as_id"], unique=False)

    op.create_table(
        "agreement_term_consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("term_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_agreement_term_consent_participant_id")
        ),
        sa.ForeignKeyConstraint(["term_id"], ["agreement_term.id"], name=op.f("fk_agreement_term_consent_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_term_consent")),
        sa.UniqueConstraint("term_id", "participant_id", name=op.f("uq_agreement_term_consent_term_id_participant_id")),
    )
    op.create_table(
        "questionnaire_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("questionnaire_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question", sa.String(length=60), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("value between 1 and 5", name=op.f("ck_questionnaire_answer_value")),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_questionnaire_answer_questionnaire_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_answer")),
        sa.UniqueConstraint(
            "questionnaire_id", "question", name=op.f("uq_questionnaire_answer_questionnaire_id_question")
        ),
    )


def downgrade() -> None:
    op.drop_table("questionnaire_answer")
    op.drop_table("agreement_term_consent")
    with op.batch_alter_table("student_move", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_student_move_continued_as_id"))
        batch_op.drop_index(batch_op.f("ix_student_move_case_id"))

    op.drop_table("student_move")
    with op.batch_alter_table("referral_service_date", schema=None) as batch_op:
        batch_op.drop_index("ix_referral_service_date_referral")

    op.drop_table("referral_service_date")
    op.drop_table("referral_consent")
    with op.batch_alter_table("questionnaire", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_questionnaire_supporter_id",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_questionnaire_participant_id",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_questionnaire_keeper_user_id",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index("ix_questionnaire_school_answered")
        batch_op.drop_index("ix_questionnaire_pathway")

    op.drop_table("questionnaire")
    op.drop_table("daily_card_day")
    op.drop_table("agreement_signature")
    with op.batch_alter_table("safety_plan_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_safety_plan_review_safety_plan_id"))

    op.drop_table("safety_plan_review")
    with op.batch_alter_table("reengagement_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reengagement_review_pathway_id"))

    op.drop_table("reengagement_review")
    with op.batch_alter_table("privilege_waiver", schema=None) as batch_op:
        batch_op.drop_index("ix_privilege_waiver_pathway")

    op.drop_table("privilege_waiver")
    with op.batch_alter_table("privilege_exception", schema=None) as batch_op:
        batch_op.drop_index("ix_privilege_exception_pathway")

    op.drop_table("privilege_exception")
    with op.batch_alter_table("mentoring_session", schema=None) as batch_op:
        batch_op.drop_index("ix_mentoring_session_school")

    op.drop_table("mentoring_session")
    with op.batch_alter_table("mentoring_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mentoring_review_pathway_id"))

    op.drop_table("mentoring_review")
    op.drop_table("daily_card")
    with op.batch_alter_table("circle_supporter", schema=None) as batch_op:
        batch_op.drop_index("ix_circle_supporter_pathway")

    op.drop_table("circle_supporter")
    with op.batch_alter_table("circle_shredding_hold", schema=None) as batch_op:
        batch_op.drop_index("ix_circle_shredding_hold_pathway")

    op.drop_table("circle_shredding_hold")
    op.drop_table("circle_screen")
    op.drop_table("circle_preparation")
    with op.batch_alter_table("circle_note_shredding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_circle_note_shredding_pathway_id"))

    op.drop_table("circle_note_shredding")
    with op.batch_alter_table("circle_note", schema=None) as batch_op:
        batch_op.drop_index("ix_circle_note_shred")
        batch_op.drop_index("ix_circle_note_pathway")
        batch_op.drop_index(batch_op.f("ix_circle_note_key_name"))

    op.drop_table("circle_note")
    with op.batch_alter_table("circle_keeper", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_circle_keeper_current",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_circle_keeper_user")

    op.drop_table("circle_keeper")
    with op.batch_alter_table("safety_plan", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_safety_plan_living",
            sqlite_where=sa.text("state != 'ended'"),
            postgresql_where=sa.text("state != 'ended'"),
        )
        batch_op.drop_index("ix_safety_plan_case")

    op.drop_table("safety_plan")
    with op.batch_alter_table("mentoring_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mentoring_group_school_id"))

    op.drop_table("mentoring_group")
    with op.batch_alter_table("disclosure", schema=None) as batch_op:
        batch_op.drop_index("ix_disclosure_student")
        batch_op.drop_index("ix_disclosure_object")

    op.drop_table("disclosure")
    with op.batch_alter_table("mentor", schema=None) as batch_op:
        batch_op.drop_index("ix_mentor_school")

    op.drop_table("mentor")
    with op.batch_alter_table("keeper_training", schema=None) as batch_op:
        batch_op.drop_index("ix_keeper_training_user")

    op.drop_table("keeper_training")
    with op.batch_alter_table("cover", schema=None) as batch_op:
        batch_op.drop_index("ix_cover_user")
        batch_op.drop_index("ix_cover_cover")

    op.drop_table("cover")
    op.drop_table("circle_setting")
    with op.batch_alter_table("questionnaire_guess", schema=None) as batch_op:
        batch_op.drop_index("ix_questionnaire_guess_at")
        batch_op.drop_index("ix_questionnaire_guess_address")

    op.drop_table("questionnaire_guess")
    op.drop_table("partner")
    op.drop_table("family_text")
