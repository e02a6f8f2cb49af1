"""SQLite's own indexes of words, made of the rows of tables of ours. PostgreSQL's are indexes as any other."""

from sqlalchemy import Connection, column, table, text

_VIRTUAL = text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")


def word_indexes(connection: Connection) -> list[str]:
    """Return their names; each is a table that keeps others beside it (`<name>_...`)."""
    return list(connection.scalars(_VIRTUAL)) if connection.dialect.name == "sqlite" else []


def make_word_indexes_anew(connection: Connection) -> None:
    """Fill them from the rows there are, where rows came while no trigger told of them."""
    for name in word_indexes(connection):
        connection.execute(table(name, column(name)).insert(), {name: "rebuild"})
