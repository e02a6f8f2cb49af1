"""Every table of the first release.

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_entry_object", ["object_type", "object_id"], unique=False)

    op.create_table(
        "behavior_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_set", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("behavior_group", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("label_en", sa.String(length=300), nullable=False),
        sa.Column("label_es", sa.String(length=300), nullable=False),
        sa.Column("is_subjective", sa.Boolean(), nullable=False),
        sa.Column("is_attendance", sa.Boolean(), nullable=False),
        sa.Column("tile", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("edfi", sa.String(length=120), nullable=False),
        sa.Column("ceds", sa.String(length=120), nullable=False),
        sa.Column("crdc", sa.String(length=120), nullable=False),
        sa.Column("swis", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "behavior_group is null or (behavior_group >= 1 and behavior_group <= 6)",
            name=op.f("ck_behavior_code_group"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_behavior_code")),
        sa.UniqueConstraint("code_set", "code", "starts_on", name=op.f("uq_behavior_code_code_set_code_starts_on")),
    )
    op.create_table(
        "counter",
        sa.Column("series", sa.String(length=80), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_counter")),
    )
    op.create_table(
        "guardian",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("sourced_id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian")),
        sa.UniqueConstraint("source", "sourced_id", name=op.f("uq_guardian_source_sourced_id")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "imported_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("file", sa.String(length=40), nullable=False),
        sa.Column("sourced_id", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("is_present", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_row")),
        sa.UniqueConstraint("source", "file", "sourced_id", name=op.f("uq_imported_row_source_file_sourced_id")),
    )
    op.create_table(
        "legal_duty_kind",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("trigger_en", sa.Text(), nullable=False),
        sa.Column("trigger_es", sa.Text(), nullable=False),
        sa.Column("tell_en", sa.Text(), nullable=False),
        sa.Column("tell_es", sa.Text(), nullable=False),
        sa.Column("clock_en", sa.String(length=200), nullable=False),
        sa.Column("clock_es", sa.String(length=200), nullable=False),
        sa.Column("clock_hours", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_duty_kind")),
    )
    with op.batch_alter_table("legal_duty_kind", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_duty_kind_code"), ["code"], unique=False)

    op.create_table(
        "location_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("label_en", sa.String(length=200), nullable=False),
        sa.Column("label_es", sa.String(length=200), nullable=False),
        sa.Column(
            "place",
            sa.Enum(
                "on_grounds",
                "vehicle",
                "school_event",
                "travel",
                "off_campus",
                "online",
                name="place",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("tile", sa.String(length=40), nullable=False),
        sa.Column("edfi", sa.String(length=120), nullable=False),
        sa.Column("ceds", sa.String(length=120), nullable=False),
        sa.Column("swis", sa.String(length=120), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location_code")),
        sa.UniqueConstraint("code", name=op.f("uq_location_code_code")),
    )
    op.create_table(
        "published_school",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("identifier", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("network", sa.String(length=80), nullable=False),
        sa.Column("is_charter", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_school")),
        sa.UniqueConstraint("identifier", name=op.f("uq_published_school_identifier")),
    )
    op.create_table(
        "request_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_key")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_request_key_user_id_key")),
    )
    with op.batch_alter_table("request_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_key_at"), ["at"], unique=False)

    op.create_table(
        "school",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("sourced_id", sa.String(length=120), nullable=False),
        sa.Column("identifier", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("is_charter", sa.Boolean(), nullable=False),
        sa.Column("network", sa.String(length=80), nullable=True),
        sa.Column("low_grade", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("high_grade", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("first_bell", sa.Time(), nullable=False),
        sa.Column("last_bell", sa.Time(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("code", name=op.f("uq_school_code")),
        sa.UniqueConstraint("source", "sourced_id", name=op.f("uq_school_source_sourced_id")),
    )
    with op.batch_alter_table("school", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_school_network"), ["network"], unique=False)

    op.create_table(
        "setting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("value", sa.String(length=2000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting")),
        sa.UniqueConstraint("key", name=op.f("uq_setting_key")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_key", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempt_address_at", ["address", "at"], unique=False)
        batch_op.create_index("ix_sign_in_attempt_key_at", ["account_key", "at"], unique=False)

    op.create_table(
        "timeline_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entry")),
    )
    with op.batch_alter_table("timeline_entry", schema=None) as batch_op:
        batch_op.create_index("ix_timeline_entry_case", ["case_id", "id"], unique=False)
        batch_op.create_index("ix_timeline_entry_subject", ["subject_type", "subject_id", "id"], unique=False)

    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "invited", "active", "disabled", name="state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("last_school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("school", "half", "closed", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_calendar_day_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
        sa.UniqueConstraint("school_id", "day", name=op.f("uq_calendar_day_school_id_day")),
    )
    with op.batch_alter_table("calendar_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_day_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_calendar_day_school_year"), ["school_year"], unique=False)
        batch_op.create_index(
            "uq_calendar_day_district",
            ["day"],
            unique=True,
            sqlite_where=sa.text("school_id IS NULL"),
            postgresql_where=sa.text("school_id IS NULL"),
        )

    op.create_table(
        "case_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("harm_kind", sa.String(length=40), nullable=False),
        sa.Column("location_code", sa.String(length=60), nullable=False),
        sa.Column("tier", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "intake",
                "preparing",
                "in_process",
                "monitoring",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "result",
            sa.Enum(
                "repaired",
                "partly_repaired",
                "declined",
                "not_suitable",
                "transferred",
                "no_contact",
                "unfounded",
                name="result_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "agreement_kept",
            sa.Enum(
                "kept",
                "partly",
                "not_kept",
                "no_agreement",
                name="agreement_kept",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "harmed_says",
            sa.Enum(
                "repaired",
                "partly",
                "not_repaired",
                "did_not_wish_to_say",
                "not_reached",
                "nobody_harmed",
                name="harmed_says",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("what_is_left", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(state = 'closed') = (result is not null)", name=op.f("ck_case_record_result")),
        sa.CheckConstraint("state = 'closed' or next_review_on is not null", name=op.f("ck_case_record_review_date")),
        sa.ForeignKeyConstraint(["lead_id"], ["user_account.id"], name=op.f("fk_case_record_lead_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_case_record_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_record")),
        sa.UniqueConstraint("reference", name=op.f("uq_case_record_reference")),
        sa.UniqueConstraint("school_id", "number", name=op.f("uq_case_record_school_id_number")),
    )
    with op.batch_alter_table("case_record", schema=None) as batch_op:
        batch_op.create_index("ix_case_record_lead", ["lead_id", "state"], unique=False)
        batch_op.create_index("ix_case_record_school_state", ["school_id", "state", "id"], unique=False)

    op.create_table(
        "digest_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_digest_day_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_day")),
        sa.UniqueConstraint("school_id", "day", name=op.f("uq_digest_day_school_id_day")),
    )
    op.create_table(
        "follow_up_template",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_in_school_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("title_es", sa.String(length=200), nullable=False),
        sa.Column("closes_with_en", sa.String(length=300), nullable=False),
        sa.Column("closes_with_es", sa.String(length=300), nullable=False),
        sa.Column("owner_role", sa.String(length=40), nullable=False),
        sa.Column("single_mail", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_follow_up_template_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_template")),
    )
    with op.batch_alter_table("follow_up_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_template_kind"), ["kind"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "submitted",
                "under_review",
                "returned",
                "routed",
                "no_further_action",
                "duplicate",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reporter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("local_minute", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "when_precision",
            sa.Enum(
                "exact",
                "period",
                "earlier_today",
                "day",
                name="when_precision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("tile", sa.String(length=40), nullable=False),
        sa.Column("location_code", sa.String(length=60), nullable=False),
        sa.Column(
            "place",
            sa.Enum(
                "on_grounds",
                "vehicle",
                "school_event",
                "travel",
                "off_campus",
                "online",
                name="place",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("danger_now", sa.Boolean(), nullable=False),
        sa.Column("narrative", sa.Text(), nullable=False),
        sa.Column("immediate_action", sa.Text(), nullable=False),
        sa.Column("behavior_group", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("injury", sa.String(length=20), nullable=True),
        sa.Column("weapon", sa.String(length=20), nullable=True),
        sa.Column("substance", sa.String(length=20), nullable=True),
        sa.Column("bias_basis", sa.String(length=40), nullable=True),
        sa.Column("property_damage", sa.Boolean(), nullable=True),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("details_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("outcome_reason", sa.String(length=40), nullable=False),
        sa.Column("closing_note", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("duplicate_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(state = 'duplicate') = (duplicate_of_id is not null)", name=op.f("ck_incident_duplicate")),
        sa.CheckConstraint(
            "injury in ('none','minor','needed_care') or injury is null", name=op.f("ck_incident_injury")
        ),
        sa.ForeignKeyConstraint(["duplicate_of_id"], ["incident.id"], name=op.f("fk_incident_duplicate_of_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["user_account.id"], name=op.f("fk_incident_reporter_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_incident_reviewer_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_incident_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("reference", name=op.f("uq_incident_reference")),
        sa.UniqueConstraint("school_id", "number", name=op.f("uq_incident_school_id_number")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_reporter_id"), ["reporter_id"], unique=False)
        batch_op.create_index("ix_incident_school_date", ["school_id", "local_date", "id"], unique=False)
        batch_op.create_index("ix_incident_school_state", ["school_id", "state", "id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_invitation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_user_id"), ["user_id"], unique=False)

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("recipient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at_any_hour", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "claimed",
                "sent",
                "failed",
                "dropped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("claim_token", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["recipient_id"], ["user_account.id"], name=op.f("fk_outbox_message_recipient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_message_dedupe_key")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_message_due", ["state", "next_attempt_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_message_recipient_id"), ["recipient_id"], unique=False)

    op.create_table(
        "published_year",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("published_school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("period", sa.String(length=3), nullable=False),
        sa.Column("suppressed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("misconducts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_1_2", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_3_4", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_5_6", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("suspensions", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("suspension_percent", sa.Float(), nullable=True),
        sa.Column("iss", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("iss_percent", sa.Float(), nullable=True),
        sa.Column("iss_per_100", sa.Float(), nullable=True),
        sa.Column("iss_students", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("iss_students_percent", sa.Float(), nullable=True),
        sa.Column("iss_average_days", sa.Float(), nullable=True),
        sa.Column("oss", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("oss_percent", sa.Float(), nullable=True),
        sa.Column("oss_per_100", sa.Float(), nullable=True),
        sa.Column("oss_students", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("oss_students_percent", sa.Float(), nullable=True),
        sa.Column("oss_average_days", sa.Float(), nullable=True),
        sa.Column("police_notifications", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("police_percent", sa.Float(), nullable=True),
        sa.Column("police_per_100", sa.Float(), nullable=True),
        sa.Column("students_notified", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("students_notified_percent", sa.Float(), nullable=True),
        sa.Column("expelled", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("expelled_per_100", sa.Float(), nullable=True),
        sa.CheckConstraint("period in ('S1', 'EOY')", name=op.f("ck_published_year_period")),
        sa.ForeignKeyConstraint(
            ["published_school_id"], ["published_school.id"], name=op.f("fk_published_year_published_school_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_year")),
        sa.UniqueConstraint(
            "published_school_id",
            "school_year",
            "period",
            name=op.f("uq_published_year_published_school_id_school_year_period"),
        ),
    )
    with op.batch_alter_table("published_year", schema=None) as batch_op:
        batch_op.create_index("ix_published_year_year", ["school_year", "period"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "reporter",
                "dean",
                "coordinator",
                "administrator",
                "district",
                "sysadmin",
                "partner",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("network", sa.String(length=80), nullable=True),
        sa.Column("district", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(case when school_id is not null then 1 else 0 end) + (case when network is not null then 1 else 0 end) + (case when district then 1 else 0 end) <= 1",
            name=op.f("ck_role_grant_one_scope"),
        ),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_role_grant_dates")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_role_grant_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index("ix_role_grant_school_role", ["school_id", "role"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_grant_user_id"), ["user_id"], unique=False)

    op.create_table(
        "routing_rule_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum("draft", "published", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("table_rows", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["user_account.id"], name=op.f("fk_routing_rule_set_published_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rule_set")),
        sa.UniqueConstraint("name", "number", name=op.f("uq_routing_rule_set_name_number")),
    )
    op.create_table(
        "staff_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("sourced_id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_staff_member_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_staff_member_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("source", "sourced_id", name=op.f("uq_staff_member_source_sourced_id")),
    )
    with op.batch_alter_table("staff_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_member_email"), ["email"], unique=False)
        batch_op.create_index("ix_staff_member_search", ["school_id", "search_key"], unique=False)

    op.create_table(
        "student",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("sourced_id", sa.String(length=120), nullable=False),
        sa.Column("student_number", sa.String(length=80), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("middle_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("preferred_given_name", sa.String(length=200), nullable=False),
        sa.Column("preferred_family_name", sa.String(length=200), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("search_key_family", sa.String(length=900), nullable=False),
        sa.Column("grade", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("race_ethnicity", sa.String(length=40), nullable=True),
        sa.Column("sex", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("has_iep", sa.Boolean(), nullable=True),
        sa.Column("has_504", sa.Boolean(), nullable=True),
        sa.Column("is_english_learner", sa.Boolean(), nullable=True),
        sa.Column("has_housing_support", sa.Boolean(), nullable=True),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("grade is null or (grade >= -1 and grade <= 13)", name=op.f("ck_student_grade")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_student_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
        sa.UniqueConstraint("source", "sourced_id", name=op.f("uq_student_source_sourced_id")),
    )
    with op.batch_alter_table("student", schema=None) as batch_op:
        batch_op.create_index("ix_student_search", ["school_id", "search_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_student_student_number"), ["student_number"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_user_session_token_digest")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "care_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reporter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("narrative", sa.Text(), nullable=False),
        sa.Column("screened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("screened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("screen_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["reporter_id"], ["user_account.id"], name=op.f("fk_care_record_reporter_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_care_record_school_id")),
        sa.ForeignKeyConstraint(["screened_by_id"], ["user_account.id"], name=op.f("fk_care_record_screened_by_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_care_record_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_record")),
    )
    with op.batch_alter_table("care_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_record_school_id"), ["school_id"], unique=False)

    op.create_table(
        "case_incident",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_case_incident_case_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_case_incident_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_incident")),
        sa.UniqueConstraint("case_id", "incident_id", name=op.f("uq_case_incident_case_id_incident_id")),
    )
    with op.batch_alter_table("case_incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_incident_incident_id"), ["incident_id"], unique=False)

    op.create_table(
        "case_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_case_note_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_case_note_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_note_case_id"), ["case_id"], unique=False)

    op.create_table(
        "discipline_action",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "in_school_suspension",
                "out_of_school_suspension",
                "expulsion",
                "alternative_placement",
                "sent_home",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("interventions", sa.Text(), nullable=False),
        sa.Column("disruption", sa.Text(), nullable=False),
        sa.Column("support_services", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("days >= 0", name=op.f("ck_discipline_action_days")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_discipline_action_incident_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_discipline_action_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_discipline_action_school_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_discipline_action_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discipline_action")),
    )
    with op.batch_alter_table("discipline_action", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_discipline_action_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index("ix_discipline_action_school_date", ["school_id", "starts_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_discipline_action_student_id"), ["student_id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("grade", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_enrolment_dates")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_enrolment_school_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_enrolment_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint(
            "student_id", "school_id", "starts_on", name=op.f("uq_enrolment_student_id_school_id_starts_on")
        ),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index("ix_enrolment_school_dates", ["school_id", "starts_on", "ends_on"], unique=False)

    op.create_table(
        "incident_addendum",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_incident_addendum_author_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_addendum_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_addendum")),
    )
    with op.batch_alter_table("incident_addendum", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_addendum_incident_id"), ["incident_id"], unique=False)

    op.create_table(
        "incident_draft",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_draft_incident_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_incident_draft_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_incident_draft_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_draft")),
    )
    with op.batch_alter_table("incident_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_draft_user_id"), ["user_id"], unique=False)

    op.create_table(
        "incident_person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "involved",
                "caused_harm",
                "harmed",
                "both",
                "witness",
                "support",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "student",
                "staff",
                "other_adult",
                "community",
                "not_identified",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("grade", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("behavior_code_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("motivation", sa.String(length=40), nullable=True),
        sa.Column("injury", sa.String(length=20), nullable=True),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("family_text", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind = 'student') = (student_id is not null)", name=op.f("ck_incident_person_student")),
        sa.ForeignKeyConstraint(
            ["behavior_code_id"], ["behavior_code.id"], name=op.f("fk_incident_person_behavior_code_id")
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_person_incident_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"], name=op.f("fk_incident_person_staff_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_incident_person_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_person")),
    )
    with op.batch_alter_table("incident_person", schema=None) as batch_op:
        batch_op.create_index("ix_incident_person_incident", ["incident_id"], unique=False)
        batch_op.create_index("ix_incident_person_student", ["student_id", "role"], unique=False)

    op.create_table(
        "legal_duty",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "verify_first",
                "due",
                "discharged",
                "not_applicable",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("turn", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rules", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("still_raised", sa.Boolean(), nullable=False),
        sa.Column("was_due", sa.Boolean(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("told_whom", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("what_was_done", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state <> 'not_applicable' or closed_by_id <> proposed_by_id", name=op.f("ck_legal_duty_second_look")
        ),
        sa.CheckConstraint(
            "state not in ('discharged', 'not_applicable') or (closed_at is not null and what_was_done <> '')",
            name=op.f("ck_legal_duty_closing"),
        ),
        sa.CheckConstraint("(proposed_by_id is null) = (proposed_at is null)", name=op.f("ck_legal_duty_proposal")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["user_account.id"], name=op.f("fk_legal_duty_closed_by_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_legal_duty_incident_id")),
        sa.ForeignKeyConstraint(["kind_id"], ["legal_duty_kind.id"], name=op.f("fk_legal_duty_kind_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["user_account.id"], name=op.f("fk_legal_duty_proposed_by_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_legal_duty_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_duty")),
        sa.UniqueConstraint("incident_id", "code", "turn", name=op.f("uq_legal_duty_incident_id_code_turn")),
    )
    with op.batch_alter_table("legal_duty", schema=None) as batch_op:
        batch_op.create_index("ix_legal_duty_incident", ["incident_id"], unique=False)
        batch_op.create_index("ix_legal_duty_school_state", ["school_id", "state"], unique=False)

    op.create_table(
        "student_guardian",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guardian_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["guardian_id"], ["guardian.id"], name=op.f("fk_student_guardian_guardian_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_student_guardian_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_guardian")),
        sa.UniqueConstraint("student_id", "guardian_id", name=op.f("uq_student_guardian_student_id_guardian_id")),
    )
    with op.batch_alter_table("student_guardian", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_student_guardian_guardian_id"), ["guardian_id"], unique=False)

    op.create_table(
        "case_participant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "involved",
                "caused_harm",
                "harmed",
                "both",
                "witness",
                "support",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("incident_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_case_participant_case_id")),
        sa.ForeignKeyConstraint(
            ["incident_person_id"], ["incident_person.id"], name=op.f("fk_case_participant_incident_person_id")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_case_participant_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_participant")),
    )
    with op.batch_alter_table("case_participant", schema=None) as batch_op:
        batch_op.create_index("ix_case_participant_case", ["case_id"], unique=False)
        batch_op.create_index("ix_case_participant_student", ["student_id"], unique=False)

    op.create_table(
        "guardian_contact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guardian_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("manner", sa.String(length=20), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_guardian_contact_author_id")),
        sa.ForeignKeyConstraint(["guardian_id"], ["guardian.id"], name=op.f("fk_guardian_contact_guardian_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_guardian_contact_incident_id")),
        sa.ForeignKeyConstraint(
            ["incident_person_id"], ["incident_person.id"], name=op.f("fk_guardian_contact_incident_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian_contact")),
    )
    with op.batch_alter_table("guardian_contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guardian_contact_incident_id"), ["incident_id"], unique=False)

    op.create_table(
        "police_notification",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "door",
            sa.Enum(
                "emergency",
                "required_by_law",
                "other",
                name="door",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("duty_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("told_whom", sa.String(length=200), nullable=False),
        sa.Column("report_number", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("guardian_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("guardian_manner", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["duty_id"], ["legal_duty.id"], name=op.f("fk_police_notification_duty_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_police_notification_incident_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_police_notification_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_police_notification_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_police_notification")),
    )
    with op.batch_alter_table("police_notification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_police_notification_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index("ix_police_notification_school_date", ["school_id", "local_date"], unique=False)

    op.create_table(
        "routing_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rule_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("answer", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_routing_answer_incident_id")),
        sa.ForeignKeyConstraint(
            ["incident_person_id"], ["incident_person.id"], name=op.f("fk_routing_answer_incident_person_id")
        ),
        sa.ForeignKeyConstraint(["rule_set_id"], ["routing_rule_set.id"], name=op.f("fk_routing_answer_rule_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_answer")),
    )
    with op.batch_alter_table("routing_answer", schema=None) as batch_op:
        batch_op.create_index("ix_routing_answer_incident", ["incident_id", "id"], unique=False)

    op.create_table(
        "notified_student",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notification_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["police_notification.id"], name=op.f("fk_notified_student_notification_id")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_notified_student_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notified_student")),
    )
    with op.batch_alter_table("notified_student", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notified_student_notification_id"), ["notification_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notified_student_student_id"), ["student_id"], unique=False)

    op.create_table(
        "pathway",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("for_whom", sa.String(length=20), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tier", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rules", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "preparing",
                "active",
                "completed",
                "ended_early",
                "declined",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_by", sa.Date(), nullable=True),
        sa.Column("offered_on", sa.Date(), nullable=True),
        sa.Column("offered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("expected_end", sa.Date(), nullable=True),
        sa.Column("next_step", sa.String(length=200), nullable=False),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("outcome_note", sa.Text(), nullable=False),
        sa.Column("end_reason", sa.String(length=60), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state in ('completed', 'ended_early', 'declined')) = (ended_at is not null)",
            name=op.f("ck_pathway_ended_at"),
        ),
        sa.CheckConstraint("state != 'completed' or outcome <> ''", name=op.f("ck_pathway_outcome")),
        sa.CheckConstraint("state != 'ended_early' or end_reason <> ''", name=op.f("ck_pathway_end_reason")),
        sa.CheckConstraint(
            "state not in ('active', 'completed') or started_on is not null", name=op.f("ck_pathway_started")
        ),
        sa.CheckConstraint(
            "state not in ('preparing', 'active', 'completed') or accepted_on is not null",
            name=op.f("ck_pathway_accepted"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_pathway_case_id")),
        sa.ForeignKeyConstraint(["offered_by_id"], ["user_account.id"], name=op.f("fk_pathway_offered_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_pathway_owner_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["case_participant.id"], name=op.f("fk_pathway_participant_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_pathway_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pathway")),
    )
    with op.batch_alter_table("pathway", schema=None) as batch_op:
        batch_op.create_index("ix_pathway_case", ["case_id"], unique=False)
        batch_op.create_index("ix_pathway_owner", ["owner_id", "state"], unique=False)
        batch_op.create_index("ix_pathway_school_state", ["school_id", "state"], unique=False)

    op.create_table(
        "agreement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_agreement_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_agreement_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_agreement_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("pathway_id", name=op.f("uq_agreement_pathway_id")),
    )
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agreement_school_id"), ["school_id"], unique=False)

    op.create_table(
        "circle_consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consented", sa.Boolean(), nullable=True),
        sa.Column("guardian_consented", sa.Boolean(), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_circle_consent_case_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_circle_consent_participant_id")
        ),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_consent_pathway_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user_account.id"], name=op.f("fk_circle_consent_recorded_by_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_consent_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_consent")),
        sa.UniqueConstraint("pathway_id", "participant_id", name=op.f("uq_circle_consent_pathway_id_participant_id")),
    )
    op.create_table(
        "circle_hold_lift",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_circle_hold_lift_reason")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_circle_hold_lift_case_id")),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["user_account.id"], name=op.f("fk_circle_hold_lift_lifted_by_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_hold_lift_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_hold_lift_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_hold_lift")),
        sa.UniqueConstraint("pathway_id", "rule", name=op.f("uq_circle_hold_lift_pathway_id_rule")),
    )
    op.create_table(
        "circle_meeting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("keeper_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("happened", sa.Boolean(), nullable=True),
        sa.Column("not_held_reason", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "happened is null or happened or not_held_reason <> ''", name=op.f("ck_circle_meeting_not_held_reason")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_circle_meeting_case_id")),
        sa.ForeignKeyConstraint(["keeper_id"], ["user_account.id"], name=op.f("fk_circle_meeting_keeper_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_circle_meeting_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_circle_meeting_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_meeting")),
    )
    with op.batch_alter_table("circle_meeting", schema=None) as batch_op:
        batch_op.create_index("ix_circle_meeting_keeper", ["keeper_id", "starts_at"], unique=False)
        batch_op.create_index("ix_circle_meeting_pathway", ["pathway_id"], unique=False)
        batch_op.create_index("ix_circle_meeting_school", ["school_id", "starts_at"], unique=False)

    op.create_table(
        "follow_up",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("rules", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("incident_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("template_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("original_due_on", sa.Date(), nullable=False),
        sa.Column("same_day", sa.Boolean(), nullable=False),
        sa.Column("single_mail", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "done", "cancelled", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("outcome_note", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state != 'cancelled' or outcome_note <> ''", name=op.f("ck_follow_up_cancel_reason")),
        sa.CheckConstraint("state != 'done' or outcome <> ''", name=op.f("ck_follow_up_outcome")),
        sa.CheckConstraint(
            "(case when incident_id is not null then 1 else 0 end) + (case when case_id is not null then 1 else 0 end) = 1",
            name=op.f("ck_follow_up_one_subject"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_follow_up_case_id")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["user_account.id"], name=op.f("fk_follow_up_closed_by_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_follow_up_incident_id")),
        sa.ForeignKeyConstraint(
            ["incident_person_id"], ["incident_person.id"], name=op.f("fk_follow_up_incident_person_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_follow_up_owner_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_follow_up_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_follow_up_school_id")),
        sa.ForeignKeyConstraint(["template_id"], ["follow_up_template.id"], name=op.f("fk_follow_up_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index("ix_follow_up_case", ["case_id"], unique=False)
        batch_op.create_index("ix_follow_up_incident", ["incident_id"], unique=False)
        batch_op.create_index("ix_follow_up_owner_due", ["owner_id", "state", "due_on"], unique=False)
        batch_op.create_index("ix_follow_up_person", ["incident_person_id", "kind", "state"], unique=False)
        batch_op.create_index("ix_follow_up_school_due", ["school_id", "state", "due_on"], unique=False)
        batch_op.create_index("ix_follow_up_state_due", ["state", "due_on"], unique=False)

    op.create_table(
        "mentoring_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mentor_name", sa.String(length=200), nullable=False),
        sa.Column("goal", sa.String(length=500), nullable=False),
        sa.Column("cadence", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_mentoring_plan_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_mentoring_plan_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_mentoring_plan_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentoring_plan")),
        sa.UniqueConstraint("pathway_id", name=op.f("uq_mentoring_plan_pathway_id")),
    )
    op.create_table(
        "reengagement_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("return_on", sa.Date(), nullable=True),
        sa.Column("supports", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_reengagement_plan_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_reengagement_plan_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_reengagement_plan_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reengagement_plan")),
        sa.UniqueConstraint("pathway_id", name=op.f("uq_reengagement_plan_pathway_id")),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_referral_case_id")),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathway.id"], name=op.f("fk_referral_pathway_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_referral_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("pathway_id", name=op.f("uq_referral_pathway_id")),
    )
    op.create_table(
        "agreement_term",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner_participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "kept",
                "late",
                "not_kept",
                "changed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("follow_up_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state = 'open' or decided_at is not null", name=op.f("ck_agreement_term_decided")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_term_agreement_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_agreement_term_decided_by_id")),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], name=op.f("fk_agreement_term_follow_up_id")),
        sa.ForeignKeyConstraint(
            ["owner_participant_id"], ["case_participant.id"], name=op.f("fk_agreement_term_owner_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_term")),
        sa.UniqueConstraint("agreement_id", "position", name=op.f("uq_agreement_term_agreement_id_position")),
    )
    op.create_table(
        "circle_attendance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["circle_meeting.id"], name=op.f("fk_circle_attendance_meeting_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["case_participant.id"], name=op.f("fk_circle_attendance_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_attendance")),
        sa.UniqueConstraint(
            "meeting_id", "participant_id", name=op.f("uq_circle_attendance_meeting_id_participant_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("circle_attendance")
    op.drop_table("agreement_term")
    op.drop_table("referral")
    op.drop_table("reengagement_plan")
    op.drop_table("mentoring_plan")
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index("ix_follow_up_state_due")
        batch_op.drop_index("ix_follow_up_school_due")
        batch_op.drop_index("ix_follow_up_person")
        batch_op.drop_index("ix_follow_up_owner_due")
        batch_op.drop_index("ix_follow_up_incident")
        batch_op.drop_index("ix_follow_up_case")

    op.drop_table("follow_up")
    with op.batch_alter_table("circle_meeting", schema=None) as batch_op:
        batch_op.drop_index("ix_circle_meeting_school")
        batch_op.drop_index("ix_circle_meeting_pathway")
        batch_op.drop_index("ix_circle_meeting_keeper")

    op.drop_table("circle_meeting")
    op.drop_table("circle_hold_lift")
    op.drop_table("circle_consent")
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_school_id"))
        batch_op.drop_index(batch_op.f("ix_agreement_case_id"))

    op.drop_table("agreement")
    with op.batch_alter_table("pathway", schema=None) as batch_op:
        batch_op.drop_index("ix_pathway_school_state")
        batch_op.drop_index("ix_pathway_owner")
        batch_op.drop_index("ix_pathway_case")

    op.drop_table("pathway")
    with op.batch_alter_table("notified_student", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notified_student_student_id"))
        batch_op.drop_index(batch_op.f("ix_notified_student_notification_id"))

    op.drop_table("notified_student")
    with op.batch_alter_table("routing_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_routing_answer_incident")

    op.drop_table("routing_answer")
    with op.batch_alter_table("police_notification", schema=None) as batch_op:
        batch_op.drop_index("ix_police_notification_school_date")
        batch_op.drop_index(batch_op.f("ix_police_notification_incident_id"))

    op.drop_table("police_notification")
    with op.batch_alter_table("guardian_contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guardian_contact_incident_id"))

    op.drop_table("guardian_contact")
    with op.batch_alter_table("case_participant", schema=None) as batch_op:
        batch_op.drop_index("ix_case_participant_student")
        batch_op.drop_index("ix_case_participant_case")

    op.drop_table("case_participant")
    with op.batch_alter_table("student_guardian", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_student_guardian_guardian_id"))

    op.drop_table("student_guardian")
    with op.batch_alter_table("legal_duty", schema=None) as batch_op:
        batch_op.drop_index("ix_legal_duty_school_state")
        batch_op.drop_index("ix_legal_duty_incident")

    op.drop_table("legal_duty")
    with op.batch_alter_table("incident_person", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_person_student")
        batch_op.drop_index("ix_incident_person_incident")

    op.drop_table("incident_person")
    with op.batch_alter_table("incident_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_draft_user_id"))

    op.drop_table("incident_draft")
    with op.batch_alter_table("incident_addendum", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_addendum_incident_id"))

    op.drop_table("incident_addendum")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index("ix_enrolment_school_dates")

    op.drop_table("enrolment")
    with op.batch_alter_table("discipline_action", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_discipline_action_student_id"))
        batch_op.drop_index("ix_discipline_action_school_date")
        batch_op.drop_index(batch_op.f("ix_discipline_action_incident_id"))

    op.drop_table("discipline_action")
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_note_case_id"))

    op.drop_table("case_note")
    with op.batch_alter_table("case_incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_incident_incident_id"))

    op.drop_table("case_incident")
    with op.batch_alter_table("care_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_record_school_id"))

    op.drop_table("care_record")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("student", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_student_student_number"))
        batch_op.drop_index("ix_student_search")

    op.drop_table("student")
    with op.batch_alter_table("staff_member", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_member_search")
        batch_op.drop_index(batch_op.f("ix_staff_member_email"))

    op.drop_table("staff_member")
    op.drop_table("routing_rule_set")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_grant_user_id"))
        batch_op.drop_index("ix_role_grant_school_role")

    op.drop_table("role_grant")
    with op.batch_alter_table("published_year", schema=None) as batch_op:
        batch_op.drop_index("ix_published_year_year")

    op.drop_table("published_year")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_message_recipient_id"))
        batch_op.drop_index("ix_outbox_message_due")

    op.drop_table("outbox_message")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_user_id"))

    op.drop_table("invitation")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_school_state")
        batch_op.drop_index("ix_incident_school_date")
        batch_op.drop_index(batch_op.f("ix_incident_reporter_id"))

    op.drop_table("incident")
    with op.batch_alter_table("follow_up_template", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_template_kind"))

    op.drop_table("follow_up_template")
    op.drop_table("digest_day")
    with op.batch_alter_table("case_record", schema=None) as batch_op:
        batch_op.drop_index("ix_case_record_school_state")
        batch_op.drop_index("ix_case_record_lead")

    op.drop_table("case_record")
    with op.batch_alter_table("calendar_day", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_calendar_day_district",
            sqlite_where=sa.text("school_id IS NULL"),
            postgresql_where=sa.text("school_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_calendar_day_school_year"))
        batch_op.drop_index(batch_op.f("ix_calendar_day_day"))

    op.drop_table("calendar_day")
    op.drop_table("user_account")
    with op.batch_alter_table("timeline_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_timeline_entry_subject")
        batch_op.drop_index("ix_timeline_entry_case")

    op.drop_table("timeline_entry")
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_attempt_key_at")
        batch_op.drop_index("ix_sign_in_attempt_address_at")

    op.drop_table("sign_in_attempt")
    op.drop_table("setting")
    with op.batch_alter_table("school", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_school_network"))

    op.drop_table("school")
    with op.batch_alter_table("request_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_key_at"))

    op.drop_table("request_key")
    op.drop_table("published_school")
    op.drop_table("location_code")
    with op.batch_alter_table("legal_duty_kind", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legal_duty_kind_code"))

    op.drop_table("legal_duty_kind")
    op.drop_table("imported_row")
    op.drop_table("import_run")
    op.drop_table("heartbeat")
    op.drop_table("guardian")
    op.drop_table("counter")
    op.drop_table("behavior_code")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_object")
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))

    op.drop_table("audit_entry")
