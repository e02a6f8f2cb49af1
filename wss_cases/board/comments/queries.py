"""Reading the comment on a board report, and whom the comment on many schools' report may name."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.board.comments.models import BoardComment
from wss_cases.board.comments.rules import runs_of, together
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.names.rules import whole_names_in
from wss_cases.roster.names.spellings import pieces_of


@dataclass(frozen=True)
class Comment:
    """A comment as a report shows it: whose, and when it was last changed."""

    text: str
    by: str
    at: datetime
    version: int


def students_of_many(network: str | None, text: str) -> list[str]:
    """Return the students of a network's schools, or of the district's (None), whom a text names by their whole name.

    Looked for are those whose folded family name stands in it, and those who go by another one.
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
    found = [name for words in (text, together(text)) for name in whole_names_in(words, written)]
    return list(dict.fromkeys(written[form] for form in found))


def comment_on(scope: str, ends_on: date) -> Comment | None:
    """Return the comment on the report of a scope up to a day; the caller answers for that report."""
    statement = (
        select(BoardComment.comment, UserAccount.name, BoardComment.written_at, BoardComment.version)
        .join(UserAccount, UserAccount.id == BoardComment.written_by_id)
        .where(BoardComment.scope == scope, BoardComment.ends_on == ends_on)
    )
    row = db.session.execute(statement).first()
    return Comment(*row) if row else None
