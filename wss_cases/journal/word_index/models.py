"""By which words a report or a case is found: one row for each, which the database itself indexes."""

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, exactly_one


class SearchEntry(Base):
    """The folded words of one report's or one case's texts, each behind the number of its school: see `rules.words_of`.

    A migration lays the index over `words`: FTS5 (`search_words`) on SQLite, a GIN index over them as a `tsvector` on
    PostgreSQL. See docs/decisions/0029-search.md.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        UniqueConstraint("incident_id"),
        UniqueConstraint("case_id"),
        exactly_one("incident_id", "case_id", name="one_record"),
    )
    PRIVATE = frozenset({"words"})

    id: Mapped[Id]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"))
    words: Mapped[str] = mapped_column(Text)
