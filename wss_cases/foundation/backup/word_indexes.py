"""SQLite's word indexes, which are tables of their own. PostgreSQL's are ordinary indexes."""

from sqlalchemy import Connection, column, table, text

_VIRTUAL = text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")


def word_indexes(connection: Connection) -> list[str]:
    """Their names. Each has helper tables beside it (`<name>_...`)."""
    return list(connection.scalars(_VIRTUAL)) if connection.dialect.name == "sqlite" else []


def make_word_indexes_anew(connection: Connection) -> None:
    """Rebuild them from the rows, after rows were written while the triggers were off."""
    for name in word_indexes(connection):
        connection.execute(table(name, column(name)).insert(), {name: "rebuild"})
