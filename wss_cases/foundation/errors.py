"""The few errors that actions raise; the web and the commands turn them into answers."""

from typing import TypeVar

Record = TypeVar("Record")


class DomainError(Exception):
    """Base of every refusal that is the caller's to show."""


class NotFound(DomainError):
    """The record is not there, or this actor may not know that it is."""


def existing(record: Record | None) -> Record:
    """Return what was read. Raises NotFound where there is nothing."""
    if record is None:
        raise NotFound
    return record


class Refused(DomainError):
    """Input or an act that the rules refuse; `field` names what to mend ('' for the whole act)."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = str(message)


class Overreach(Refused):
    """A refusal of what nobody does by mistake: power for oneself, or one person as two. The audit log keeps it."""


def refuse_blank(field: str, text: str, message: str) -> None:
    """Raise Refused beside a field for a text that is no more than spaces."""
    if not text.strip():
        raise Refused(field, message)


class Stale(DomainError):
    """Somebody else changed the record since the form was opened."""


class Unavailable(DomainError):
    """The database or its schema cannot serve now; `command` is what an operator runs."""

    def __init__(self, message: str, command: str = "") -> None:
        super().__init__(message)
        self.command = command
