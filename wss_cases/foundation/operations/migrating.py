"""Flask-Migrate, loaded only when a command or an upgrade needs it: serving processes do not hold Alembic."""

from typing import Any

import click
from flask import Flask

from wss_cases.foundation.operations.deferred import deferred

flask_migrate, migrate_commands = deferred("flask_migrate"), deferred("flask_migrate.cli")
EXTENSION = "migrate"
"""Where the library looks for what it keeps with an application."""


class Migrating:
    """Stands in for the library until one of its attributes is used."""

    def __init__(self, app: Flask, database: Any, directory: str) -> None:
        self.app, self.database, self.directory = app, database, directory

    def __getattr__(self, name: str) -> Any:
        # the library registers itself in place of this object
        flask_migrate.Migrate(
            self.app, self.database, directory=self.directory, render_as_batch=True, compare_type=True
        )
        return getattr(self.app.extensions[EXTENSION], name)


class _Commands(click.Command):
    """`flask db`, whose subcommands the library knows."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **named: Any) -> click.Context:
        """Run the library's own command group instead of this one."""
        own: click.Command = migrate_commands.db
        return own.make_context(info_name, args, *more, **named)


def init_migrations(app: Flask, database: Any, directory: str) -> None:
    """Attach a folder of migrations and the command for them."""
    app.extensions[EXTENSION] = Migrating(app, database, directory)
    app.cli.add_command(_Commands("db", help="Perform database migrations."))


def upgrade(revision: str) -> None:
    """Upgrade the running application's schema to a revision."""
    flask_migrate.upgrade(revision=revision)
