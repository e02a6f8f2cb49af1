"""The application's session: where its statements go, and what happens when its connection is lost."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask_sqlalchemy.session
from flask import current_app, has_request_context
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from wss_cases.foundation.connecting.pooler import SINGLY, stands_singly
from wss_cases.foundation.connecting.replica import reading_engine

WRITING = "wss_writing"
"""Under it a session, and the connection it works on, say that they were begun to write."""
_WRITTEN = "wss_written"
"""Under it a session says that it has written: it goes on at the main database, which knows of it."""
EXTENSION = "wss_singly"
_VIEW = "one_view"
_ONE_VIEW = text("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


class RoomSession(flask_sqlalchemy.session.Session):
    """Flask-SQLAlchemy's session, with an explicit bind (a test's connection) first.

    On PostgreSQL a page's reads run without BEGIN and ROLLBACK, and the connection is not tested before: when it was
    lost, the statement is repeated once on another one. Statements of a unit of work, or of one consistent view
    (`read_one_view`), are never repeated.
    """

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **kwargs: Any) -> Engine | Connection:
        """The connection that tests bound, or the reports copy, or the application's engine."""
        if bind is None and self.bind is not None:
            return self.bind
        if bind is None and WRITING not in self.info:
            if (copy := reading_engine()) is not None and _WRITTEN not in self.info:
                return copy
            if has_request_context() and (singly := current_app.extensions.get(EXTENSION)) is not None:
                return singly  # type: ignore[no-any-return]
        return super().get_bind(mapper=mapper, clause=clause, bind=bind, **kwargs)

    def execute(self, *given: Any, **named: Any) -> Any:
        """Execute a statement; a page's read is repeated once when its connection was lost."""
        return self._asked(super().execute, given, named)

    def scalar(self, *given: Any, **named: Any) -> Any:
        """The first column of the first row, read as `execute` does."""
        return self._asked(super().scalar, given, named)

    def scalars(self, *given: Any, **named: Any) -> Any:
        """The first column of each row, read as `execute` does."""
        return self._asked(super().scalars, given, named)

    def _asked(self, ask: Callable[..., Any], given: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if self.reads_a_page and getattr(given[0] if given else None, "is_dml", False):
            raise RuntimeError("a write outside of a unit of work")
        try:
            return ask(*given, **named)
        except DBAPIError as error:
            if not error.connection_invalidated or not self.reads_a_page or _VIEW in self.info:
                raise
        self.rollback()
        return ask(*given, **named)

    @property
    def reads_a_page(self) -> bool:
        """Whether this is a request's session outside its units of work."""
        return WRITING not in self.info and has_request_context()

    @property
    def stands_alone(self) -> bool:
        """Whether what this session is asked next stands for itself, and commits itself, on the main database."""
        own = current_app.extensions.get(EXTENSION) if self.reads_a_page and _VIEW not in self.info else None
        return own is not None and self.get_bind() is own and stands_singly(self.connection())

    def read_one_view(self) -> bool:
        """Let what a page reads from here on be of one instant: figures that must agree, and rows that are streamed.

        False where it reads in a transaction anyway, which goes on as it is.
        """
        if _VIEW not in self.info and self.reads_a_page and stands_singly(self.connection()):
            self.execute(_ONE_VIEW)
            self.info[_VIEW] = {}
        return _VIEW in self.info

    @property
    def seen_in_view(self) -> dict[str, Any] | None:
        """What a page has found out of the one instant that it reads, to be asked once; None where it reads of more."""
        return self.info.get(_VIEW)


def read_again(session: Session) -> None:
    """Let a session whose unit of work is committed read from here on as that of a page does."""
    session.info.pop(WRITING, None)
    session.info[_WRITTEN] = True


@event.listens_for(RoomSession, "before_flush")
def _units_alone_write(session: RoomSession, *_more: Any) -> None:
    changed = (*session.new, *session.deleted, *filter(session.is_modified, session.dirty))
    if changed and session.reads_a_page:
        raise RuntimeError("a write outside of a unit of work")


def statements_singly(engine: Engine) -> Engine:
    """Return an engine's connections as pages read by them: each statement stands for itself."""
    return engine.execution_options(**{SINGLY: True})
