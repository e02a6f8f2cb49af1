"""The rights that each part of the system needs in PostgreSQL, and no more."""

from sqlalchemy.dialects import postgresql

from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, AuditSeal

PARTS = ("web", "scheduler", "reading")
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
SCHEMA_TABLE = "alembic_version"


def statements(role: str, part: str) -> list[str]:
    """Return the statements for one role: it owns nothing, changes no schema and no row of the audit log."""
    quote = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
    named = quote(role)
    tables = set(db.metadata.tables)
    appended = {AuditEntry.__tablename__} | ({AuditSeal.__tablename__} if part == "scheduler" else set())
    read = {AuditEntry.__tablename__, AuditSeal.__tablename__, SCHEMA_TABLE} - appended
    rights = {"SELECT": tables | {SCHEMA_TABLE}}
    if part != "reading":
        rights = {EVERYTHING: tables - appended - read, "SELECT, INSERT": appended, "SELECT": read}
    return [
        "BEGIN;",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {named};",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {named};",
        f"GRANT USAGE ON SCHEMA public TO {named};",
        *(
            f"GRANT {what} ON {', '.join(quote(name) for name in sorted(names))} TO {named};"
            for what, names in rights.items()
        ),
        *([] if part == "reading" else [f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {named};"]),
        "COMMIT;",
    ]
