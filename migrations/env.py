"""How Alembic reaches the database: through the running application's own engine."""

import re
from pathlib import Path
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import JSON, Connection, text

ADVISORY_KEY = 7707_2026
VERSIONS = Path(__file__).parent / "versions"
migrate = current_app.extensions["migrate"]
database = migrate.db


def next_number(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Name a new revision with the next number; drop it when there is nothing to change."""
    script = directives[0]
    if (
        script.upgrade_ops is not None
        and script.upgrade_ops.is_empty()
        and getattr(context.config.cmd_opts, "autogenerate", False)
    ):
        directives[:] = []
        return
    numbers = [int(match[1]) for path in VERSIONS.glob("*.py") if (match := re.match(r"(\d{4})_", path.name))]
    script.rev_id = f"{max(numbers, default=0) + 1:04d}"


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write the project's own column types as the plain ones they stand for."""
    if kind != "type":
        return False
    if type(item).__module__.startswith("wss_cases."):
        return f"sa.{item.impl!r}"
    if isinstance(item, JSON) and "postgresql" in item._variant_mapping:
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the index of words, which is no table or index that a model knows: see 0082."""
    return kind not in ("table", "index") or not str(name).startswith("search_words")


def compare_type(_context: Any, _inspected: Any, _column: Any, inspected_type: Any, model_type: Any) -> bool | None:
    """Ignore what SQLite cannot tell apart (JSON and its variants); else let Alembic decide."""
    names = {type(inspected_type).__name__, type(model_type).__name__}
    return False if names <= {"JSON", "JSONB"} else None


def options() -> dict[str, Any]:
    """The options of every run, batch mode included: SQLite cannot alter tables in place."""
    wanted = dict(migrate.configure_args)
    wanted.update(compare_type=compare_type, include_name=include_name, render_as_batch=True)
    wanted.setdefault("process_revision_directives", next_number)
    wanted.setdefault("render_item", render_item)
    return wanted


def run_offline(arguments: dict[str, Any]) -> None:
    """Write the SQL instead of running it."""
    context.configure(
        url=database.engine.url.render_as_string(hide_password=False),
        target_metadata=database.metadata,
        literal_binds=True,
        **arguments,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online(arguments: dict[str, Any]) -> None:
    """Run in one transaction, one runner at a time: a killed migration leaves the old schema whole."""
    with database.engine.connect() as connection:
        switch_foreign_keys(connection, "OFF")
        connection = connection.execution_options(wss_writing=True)
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_KEY})
                context.configure(
                    connection=connection, target_metadata=database.metadata, transactional_ddl=True, **arguments
                )
                with context.begin_transaction():
                    context.run_migrations()
        finally:
            switch_foreign_keys(connection, "ON")


def switch_foreign_keys(connection: Connection, state: str) -> None:
    """SQLite rebuilds a table to change it; foreign keys must not follow the old one into its grave."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={state}")


if context.is_offline_mode():
    run_offline(options())
else:
    run_online(options())
