"""What a database would not do, in words that an operator can act on; never a value of a row."""

from typing import Final

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree

NO_DATABASE: Final = "The database cannot be reached."
BUSY: Final = "Somebody else holds what is needed in the database. Try again when that has ended."
FULL: Final = "Nothing is left on the database's disk. Make room, and try again."
RIGHTS: Final = "The role in DATABASE_URL may not do this. Run it as {who}."
STANDBY: Final = "The database that DATABASE_URL leads to is only read. Name the one that is written."
NOT_MINE: Final = "The database's file may not be written by whoever runs this. Run it as the file's owner."
DAMAGED: Final = "The database's file is damaged. Restore a backup into a new one."
CAUSES: Final = {
    "08": NO_DATABASE,
    "57P": NO_DATABASE,
    "53300": "The database takes no more connections. Try again when some are free.",
    "53100": FULL,
    "SQLITE_FULL": FULL,
    "42501": RIGHTS,
    "25006": STANDBY,
    "SQLITE_READONLY": NOT_MINE,
    "SQLITE_PERM": NOT_MINE,
    "55P03": BUSY,
    "40": BUSY,
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_CANTOPEN": NO_DATABASE,
}
"""How PostgreSQL's states and SQLite's names of errors begin, and what each means to whoever reads it."""


def words_of(error: SQLAlchemyError, who: str) -> str:
    """Return why the database did not do it; `who` may, where the one that asked may not."""
    driver = getattr(error, "orig", None)
    code = getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None) or ""
    for beginning, words in CAUSES.items():
        if code.startswith(beginning):
            return words.format(who=who)
    if not code and isinstance(error, OperationalError | InterfaceError | NoneFree):
        return NO_DATABASE
    return f"The database does not take it: {_named(driver or error, code)}."


def _named(error: BaseException, code: str) -> str:
    """Name an error by its class, its code and the rule that it broke: all words of the schema."""
    broken = getattr(error, "diag", None)
    rule = getattr(broken, "constraint_name", None)
    table = getattr(broken, "table_name", None)
    about = [code, f"rule {rule}" if rule else "", f"table {table}" if table else ""]
    return ", ".join([type(error).__name__, *filter(None, about)])
