"""Comments on board reports, and the check that a comment names no student."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import Base, Id, Versioned, db
from wss_cases.foundation.errors import NotFound, Stale
from wss_cases.foundation.forms import BaseForm, ConfirmField, LongText
from wss_cases.foundation.i18n import _l
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.names.finder import whole_names_in
from wss_cases.roster.names.queries import refuse_found, refuse_names
from wss_cases.roster.names.spellings import pieces_of


class BoardComment(Versioned, Base):
    """A comment on the report of a `scope` (see `report.rules.scope_words`) up to a day; it names no student."""

    __tablename__ = "board_comment"
    __table_args__ = (
        UniqueConstraint("scope", "ends_on"),
        CheckConstraint("(scope like 'school:%') = (school_id is not null)", name="school"),
    )
    PRIVATE = frozenset({"comment"})

    id: Mapped[Id]
    scope: Mapped[str] = mapped_column(String(100))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    ends_on: Mapped[date]
    comment: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]


LONGEST: Final = 1200
"""In characters: about a third of a page."""
MOST_PIECES: Final = 5
"""Parts of a family name, as in "de la Cruz y Ruiz"."""
_MARKS = "['\u2018\u2019\u02bb\u02bc`\u00b4]"
_POSSESSIVE = re.compile(rf"{_MARKS}[sS]\b")


def writes_comment(actor: Actor, school_id: int | None) -> bool:
    """Whether the actor, who answers for the report, may comment on it. A school's report takes comments of its
    administrators only; a network's or the district's takes those of anyone who answers for it."""
    return actor.user_id is not None and (school_id is None or actor.covers(school_id, Role.ADMINISTRATOR))


def together(text: str) -> str:
    """A text without apostrophes inside words, as names are folded, and without possessive endings."""
    return re.sub(_MARKS, "", _POSSESSIVE.sub("", text))


def runs_of(words: Sequence[str]) -> set[str]:
    """Every run of up to MOST_PIECES consecutive words."""
    most = range(1, MOST_PIECES + 1)
    return {" ".join(words[at : at + many]) for many in most for at in range(len(words) + 1 - many)}


@dataclass(frozen=True)
class Comment:
    """A comment as a report shows it: the text, its author, and when it was last changed."""

    text: str
    by: str
    at: datetime
    version: int


def students_of_many(network: str | None, text: str) -> list[str]:
    """The students of a network's schools, or of the district's (None), whose whole name appears in a text.

    The search covers students whose folded family name appears in it, and those with a preferred family name.
    """
    families = sorted({run for words in (pieces_of(text), pieces_of(together(text))) for run in runs_of(words)})
    who = select(Student.given_name, Student.preferred_given_name, Student.family_name, Student.preferred_family_name)
    other = (Student.preferred_family_name != "") & (Student.preferred_family_name != Student.family_name)
    in_text = or_(Student.search_key_family.in_(families), other)
    who = who.join(School, School.id == Student.school_id).where(in_text)
    if network is not None:
        who = who.where(School.network == network)
    rows = db.session.execute(who).all()
    both = ((given, family) for row in rows for given in row[:2] for family in row[2:])
    names_of = sorted({f"{given} {family}" for given, family in both if given and family})
    written = {form: name for name in names_of for form in (together(name), name)}
    matches = [name for words in (text, together(text)) for name in whole_names_in(words, written)]
    return list(dict.fromkeys(written[form] for form in matches))


def comment_on(scope: str, ends_on: date) -> Comment | None:
    """The comment on the report of a scope up to a day. The caller has checked that the actor answers for the
    report."""
    statement = (
        select(BoardComment.comment, UserAccount.name, BoardComment.written_at, BoardComment.version)
        .join(UserAccount, UserAccount.id == BoardComment.written_by_id)
        .where(BoardComment.scope == scope, BoardComment.ends_on == ends_on)
    )
    row = db.session.execute(statement).first()
    return Comment(*row) if row else None


class CommentForm(BaseForm):
    """The text of a comment, and the confirmation that it names no student."""

    comment = LongText(
        _l("Comment"),
        limit=LONGEST,
        description=_l("What the figures mean at your school, and what you will do next. Leave it empty to remove it."),
    )
    anyway = ConfirmField(_l("No student is named in this comment"))


@use_case
def write_comment(
    uow: UnitOfWork, scope: str, school_id: int | None, ends_on: date, text: str, anyway: bool = False,
    network: str | None = None,
) -> int:  # fmt: skip
    """Write, change or (with no text) remove the comment on a report; returns its id, or 0 where there was none to
    remove.

    `uow.version` is the version of the comment that the page showed, None where it showed none. Raises NotFound for an
    actor who may not comment, Stale where someone else changed it meanwhile, and Refused, unless `anyway`, for text
    that may name a student of the school, or without a school of the `network`, or else of the district.
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
    columns = {"comment": text, "written_by_id": uow.actor.user_id, "written_at": uow.now}
    if row is None:
        row = BoardComment(scope=scope, school_id=school_id, ends_on=ends_on, **columns)
        return uow.add_audited(row, "board_comment.written")
    for name, value in columns.items():
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
