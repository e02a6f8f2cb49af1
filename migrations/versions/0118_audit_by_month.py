"""PostgreSQL keeps the audit log by month, each in a partition of its own that can be detached; SQLite keeps one table.

Every row is copied once and the old table is dropped in the same transaction, which nobody reads or writes the log
beside: see decision 62 for how long that takes. A seal no longer demands its row, which may go with its month.

Revision ID: 0118
Revises: 0117
"""

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0118"
down_revision = "0117"
branch_labels = None
depends_on = None

KEY = "fk_audit_seal_entry_id"
AHEAD = 3
INDEXES = {"actor_id": "actor_id", "at": "at", "object": "object_type, object_id"}
MONTHS = (
    "SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM whole_audit_entry"
    " WHERE at >= '1000-01-01' AND at < '9000-01-01'"
)
GONE = "SELECT count(*) FROM audit_seal s WHERE NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.id = s.entry_id)"
GRANTS = (
    "SELECT format('GRANT %s ON public.audit_entry TO %s', string_agg(privilege_type, ', '), grantee::regrole::text)"
    " FROM pg_class, aclexplode(relacl) WHERE oid = 'public.audit_entry'::regclass AND grantee NOT IN (0, relowner)"
    " GROUP BY grantee UNION ALL"
    " SELECT format('GRANT %s (%s) ON public.audit_entry TO %s', privilege_type, string_agg(quote_ident(attname), ', '),"
    " grantee::regrole::text) FROM pg_attribute, aclexplode(attacl) WHERE attrelid = 'public.audit_entry'::regclass"
    " AND NOT attisdropped AND grantee <> 0 GROUP BY privilege_type, grantee"
)
NEXT_MONTH = """
CREATE FUNCTION public.wss_next_audit_month() RETURNS date
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
DECLARE
    month date;
    name text;
    since timestamptz;
    until timestamptz;
BEGIN
    -- a month that the log of all others holds rows of comes before those that are ahead
    SELECT first INTO month FROM (
        SELECT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM wss_months.audit_entry_others
        UNION
        SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month')::date FROM generate_series(0, 3) AS ahead
    ) AS wanted (first)
    WHERE to_regclass('wss_months.audit_entry_' || to_char(first, 'YYYY_MM')) IS NULL AND first BETWEEN '1000-01-01' AND '8999-12-01'
    ORDER BY first LIMIT 1;
    IF month IS NULL THEN
        RETURN NULL;
    END IF;
    -- who writes is waited for, and waits: a row on its way to the others would be refused there
    LOCK TABLE public.audit_entry IN SHARE ROW EXCLUSIVE MODE;
    name := 'audit_entry_' || to_char(month, 'YYYY_MM');
    IF to_regclass('wss_months.' || name) IS NOT NULL THEN
        RETURN month;
    END IF;
    since := month::timestamp AT TIME ZONE 'UTC';
    until := (month + interval '1 month') AT TIME ZONE 'UTC';
    EXECUTE format('CREATE TABLE wss_months.%I (LIKE public.audit_entry INCLUDING DEFAULTS)', name);
    EXECUTE format(
        'WITH gone AS (DELETE FROM wss_months.audit_entry_others WHERE at >= $1 AND at < $2 RETURNING *)'
        ' INSERT INTO wss_months.%I SELECT * FROM gone', name) USING since, until;
    EXECUTE format(
        'ALTER TABLE public.audit_entry ATTACH PARTITION wss_months.%I FOR VALUES FROM (%L) TO (%L)',
        name, since, until);
    RETURN month;
END $$
"""


def upgrade() -> None:
    with op.batch_alter_table("audit_seal") as batch:
        batch.drop_constraint(op.f(KEY), type_="foreignkey")
    if op.get_bind().dialect.name == "postgresql":
        _divide()


def _divide() -> None:
    connection = op.get_bind()
    connection.execute(sa.text("SET LOCAL TIME ZONE 'UTC'"))
    for schema in ("wss_months", "wss_detached"):
        op.execute(f"CREATE SCHEMA {schema}")
    grants = _set_aside()
    op.execute("CREATE TABLE audit_entry (LIKE whole_audit_entry INCLUDING DEFAULTS) PARTITION BY RANGE (at)")
    op.execute("CREATE TABLE wss_months.audit_entry_others PARTITION OF audit_entry DEFAULT")
    this = datetime.now(UTC).date().replace(day=1)
    months = set(connection.scalars(sa.text(MONTHS)))
    for _ahead in range(AHEAD + 1):
        months.add(this)
        this = _after(this)
    for month in sorted(months):
        span = f"FROM ('{month} 00:00+00') TO ('{_after(month)} 00:00+00')"
        name = f"wss_months.audit_entry_{month:%Y_%m}"
        op.execute(f"CREATE TABLE {name} PARTITION OF audit_entry FOR VALUES {span}")
    _carry_over()
    op.execute("ALTER TABLE audit_entry ADD CONSTRAINT pk_audit_entry PRIMARY KEY (id, at)")
    _finish(grants)
    op.execute(NEXT_MONTH)
    op.execute("REVOKE ALL ON FUNCTION public.wss_next_audit_month() FROM PUBLIC")


def _after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _set_aside() -> list[str]:
    """Put the table under another name, and return the statements that give its rights to the next of its name."""
    op.execute("LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE")
    grants = list(op.get_bind().scalars(sa.text(GRANTS)))
    op.execute("ALTER TABLE audit_entry RENAME TO whole_audit_entry")
    return grants


def _carry_over() -> None:
    copied = op.get_bind().execute(sa.text("INSERT INTO audit_entry SELECT * FROM whole_audit_entry")).rowcount
    there = op.get_bind().scalar(sa.text("SELECT count(*) FROM audit_entry"))
    if copied != there:
        raise RuntimeError(f"{copied} rows of the audit log were copied and {there} are there: nothing was changed.")
    op.execute("ALTER SEQUENCE audit_entry_id_seq OWNED BY audit_entry.id")
    op.execute("DROP TABLE whole_audit_entry")


def _finish(grants: list[str]) -> None:
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX ix_audit_entry_{name} ON audit_entry ({columns})")
    for grant in grants:
        op.execute(grant)
    op.execute("ANALYZE audit_entry")


def downgrade() -> None:
    """Raises RuntimeError where a month is detached: its rows would be missing from a table that must have them."""
    if gone := op.get_bind().scalar(sa.text(GONE)):
        raise RuntimeError(f"{gone} sealed rows left the audit log with their months. First: flask audit attach MONTH.")
    if op.get_bind().dialect.name == "postgresql":
        _put_together()
    with op.batch_alter_table("audit_seal") as batch:
        batch.create_foreign_key(op.f(KEY), "audit_entry", ["entry_id"], ["id"])


def _put_together() -> None:
    op.execute("DROP FUNCTION public.wss_next_audit_month()")
    grants = _set_aside()
    op.execute("CREATE TABLE audit_entry (LIKE whole_audit_entry INCLUDING DEFAULTS)")
    _carry_over()
    op.execute("ALTER TABLE audit_entry ADD CONSTRAINT pk_audit_entry PRIMARY KEY (id)")
    _finish(grants)
    for schema in ("wss_months", "wss_detached"):
        op.execute(f"DROP SCHEMA {schema}")
