"""A key for each keeper's period, so that a new keeper reads only what is written from the day they begin.

A note's own key lies under the keys of the periods that may read it. Notes that stand keep theirs under the district's
key until the circle's keepers next read or write: then it moves under the periods in which they were written. Going
back puts every note's key under the district's again.

Revision ID: 0042
Revises: 0041
"""

import hashlib

import sqlalchemy as sa
from alembic import op
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIST = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
KINDS = ("prevent_harm", "other_law", "court_report")
SEALED = {"circle_keeper": ("sealed_text", "sealed_key"), "circle_note_share": ("sealed_key",)}
ONE_GROUND = " + ".join(
    f"(case when {name} is not null then 1 else 0 end)" for name in ("consent_by_id", "waiver_id", "opening_id")
)
NOTE = sa.table("circle_note", sa.column("id"), sa.column("sealed_key"), sa.column("key_name"))


def upgrade() -> None:
    with op.batch_alter_table("circle_keeper") as batch:
        batch.add_column(sa.Column("sealed_text", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("sealed_key", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("key_name", sa.String(16), nullable=True))
    _notes(nullable=True)
    with op.batch_alter_table("circle_note") as batch:
        batch.add_column(sa.Column("concerns", LIST, server_default="[]", nullable=False))
    _opening()
    _grant()
    _share()
    _keep_sealed_out_of_statistics()


def _notes(*, nullable: bool) -> None:
    with op.batch_alter_table("circle_note", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("sealed_key", existing_type=sa.LargeBinary(), nullable=nullable)
        batch.alter_column("key_name", existing_type=sa.String(16), nullable=nullable)


def _keep_sealed_out_of_statistics() -> None:
    # ANALYZE copies sample values into pg_statistic, where shredding does not reach them
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in SEALED.items():
            for column in columns:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def _made(name: str, *columns: sa.Column, constraints: tuple = ()) -> None:
    refer = [
        sa.ForeignKeyConstraint([column.name], [target], name=op.f(f"fk_{name}_{column.name}"))
        for column in columns
        if (target := column.info.get("refers"))
    ]
    key = sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}"))
    op.create_table(name, sa.Column("id", ID, nullable=False), *columns, *refer, *constraints, key)


def _to(name: str, target: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, ID, nullable=nullable, info={"refers": f"{target}.id"})


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _opening() -> None:
    name = "circle_note_opening"
    kind = sa.Enum(*KINDS, name=op.f(f"ck_{name}_kind"), native_enum=False, create_constraint=True, length=40)
    _made(
        name,
        _to("pathway_id", "pathway", nullable=False),
        _to("school_id", "school", nullable=False),
        _to("keeper_id", "circle_keeper", nullable=False),
        sa.Column("kind", kind, nullable=True),
        _to("waiver_id", "privilege_waiver"),
        sa.Column("note_ids", LIST, server_default="[]", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        _to("asked_by_id", "user_account", nullable=False),
        _to("counsel_id", "user_account"),
        sa.Column("opened_at", MOMENT, nullable=True),
        constraints=(
            _check(name, "reason", "reason <> ''"),
            _check(name, "ground", "(kind is null) = (waiver_id is not null)"),
            _check(name, "only_these", "kind is null or kind in ('prevent_harm', 'court_report')"),
        ),
    )
    op.create_index(op.f(f"ix_{name}_pathway_id"), name, ["pathway_id"])


def _grant() -> None:
    name = "circle_note_grant"
    _made(
        name,
        _to("pathway_id", "pathway", nullable=False),
        _to("keeper_id", "circle_keeper", nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        _to("consent_by_id", "user_account"),
        _to("waiver_id", "privilege_waiver"),
        _to("opening_id", "circle_note_opening"),
        _to("counsel_id", "user_account"),
        _to("approver_id", "user_account"),
        constraints=(
            _check(name, "one_ground", f"{ONE_GROUND} = 1"),
            _check(
                name,
                "two_outside",
                "(opening_id is not null) = (counsel_id is not null)"
                " and (opening_id is null or (approver_id is not null and approver_id <> counsel_id))",
            ),
            _check(name, "seen_outside", "(waiver_id is null and opening_id is null) or approver_id is not null"),
        ),
    )
    op.create_index(f"ix_{name}_keeper", name, ["keeper_id"])


def _share() -> None:
    name = "circle_note_share"
    _made(
        name,
        _to("note_id", "circle_note", nullable=False),
        _to("keeper_id", "circle_keeper", nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        _to("grant_id", "circle_note_grant"),
        constraints=(sa.UniqueConstraint("note_id", "keeper_id", name=op.f(f"uq_{name}_note_id_keeper_id")),),
    )


def downgrade() -> None:
    _under_the_district_again()
    for table in ("circle_note_share", "circle_note_grant", "circle_note_opening"):
        op.drop_table(table)
    with op.batch_alter_table("circle_note", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_column("concerns")
    _notes(nullable=False)
    with op.batch_alter_table("circle_keeper") as batch:
        for column in ("key_name", "sealed_key", "sealed_text"):
            batch.drop_column(column)


def _under_the_district_again() -> None:
    connection, keys = op.get_bind(), current_app.config["WSS_KEYS"]
    statement = sa.text(
        "SELECT n.id, n.sealed_text AS note, s.sealed_key AS own, k.sealed_text AS period, k.sealed_key AS outer_key"
        " FROM circle_note n JOIN circle_note_share s ON s.note_id = n.id JOIN circle_keeper k ON k.id = s.keeper_id"
        " WHERE n.sealed_key IS NULL ORDER BY s.id"
    )
    periods = MultiFernet([Fernet(key) for key in keys.fernet("circle-keeper")])
    newest = keys.fernet("circle-notes")[0]
    name = hashlib.sha256(b"name:" + newest).hexdigest()[:16]
    for row in connection.execute(statement).all():
        try:
            period = Fernet(Fernet(periods.decrypt(bytes(row.outer_key))).decrypt(bytes(row.period)))
            own = period.decrypt(bytes(row.own))
        except InvalidToken:
            continue
        values = {"sealed_key": Fernet(newest).encrypt(own), "key_name": name}
        connection.execute(sa.update(NOTE).where(NOTE.c.id == row.id).values(**values))
    lost = {"sealed_key": b"", "key_name": ""}
    connection.execute(sa.update(NOTE).where(NOTE.c.sealed_key.is_(None)).values(**lost))
