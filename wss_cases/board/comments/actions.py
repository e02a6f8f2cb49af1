"""Writing the comment on a board report."""

from datetime import date

from sqlalchemy import select

from wss_cases.board.comments.models import BoardComment
from wss_cases.board.comments.queries import students_of_many
from wss_cases.board.comments.rules import writes_comment
from wss_cases.foundation.errors import NotFound, Stale
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.names.queries import refuse_found, refuse_names


@use_case
def write_comment(
    uow: UnitOfWork, scope: str, school_id: int | None, ends_on: date, text: str, anyway: bool = False,
    network: str | None = None,
) -> int:  # fmt: skip
    """Write, change or (with no text) remove the comment on a report that the actor answers for; returns its id, or 0
    where there was none to remove.

    `uow.version`: of the comment that the page showed, None where it showed none. Raises NotFound for who may not
    comment, Stale where somebody wrote it meanwhile, and Refused, unless `anyway`, for what may name a student of the
    school; without one of the `network`, else of the district.
    """
    if not writes_comment(uow.actor, school_id):
        raise NotFound
    here = select(BoardComment).where(BoardComment.scope == scope, BoardComment.ends_on == ends_on)
    row = uow.session.scalar(here.with_for_update().execution_options(populate_existing=True))
    if uow.version != (row.version if row else None):
        raise Stale
    if not text.strip():
        return _remove(uow, row)
    if school_id is not None:
        refuse_names(school_id, anyway, text)
    elif not anyway:
        refuse_found(students_of_many(network, text))
    said = {"comment": text, "written_by_id": uow.actor.user_id, "written_at": uow.now}
    if row is None:
        row = BoardComment(scope=scope, school_id=school_id, ends_on=ends_on, **said)
        return uow.add_audited(row, "board_comment.written")
    for name, value in said.items():
        setattr(row, name, value)
    uow.audit("board_comment.changed", row.__tablename__, row.id, changes_of(row))
    return row.id


def _remove(uow: UnitOfWork, row: BoardComment | None) -> int:
    if row is None:
        uow.no_audit()
        return 0
    uow.audit("board_comment.removed", row.__tablename__, row.id, {"comment": ["set", None]})
    uow.session.delete(row)
    return row.id
