"""The errors that use cases raise; web and commands turn them into answers."""

from typing import TypeVar

Record = TypeVar("Record")


class DomainError(Exception):
    """Base of every refusal that may be shown to the caller."""


class NotFound(DomainError):
    """The record does not exist, or this actor may not know that it does."""


def existing(record: Record | None) -> Record:
    """Return a record that was read. Raises NotFound for None."""
    if record is None:
        raise NotFound
    return record


class Refused(DomainError):
    """Input or an act that the rules refuse; `field` names what to correct ('' for the whole act)."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = str(message)


class Overreach(Refused):
    """A refusal of a deliberate act: gaining power for oneself, or one person acting as two. It stays in the audit
    log."""


def refuse_blank(field: str, text: str, message: str) -> None:
    """Raise Refused for a field whose text is blank."""
    if not text.strip():
        raise Refused(field, message)


class Stale(DomainError):
    """Someone else changed the record since the form was opened."""


class Unavailable(DomainError):
    """The database or its schema cannot serve now; `command` is what an operator runs."""

    def __init__(self, message: str, command: str = "") -> None:
        super().__init__(message)
        self.command = command
