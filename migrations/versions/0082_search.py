"""Reports and cases are found by their words: one entry for each there is, and the database's own index over them.

Revision ID: 0082
Revises: 0081
"""

import sqlite3
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 2000
OLD = "INSERT INTO search_words (search_words, rowid, words) VALUES ('delete', old.id, old.words);"
NEW = "INSERT INTO search_words (rowid, words) VALUES (new.id, new.words);"
TRIGGERS = {"insert": NEW, "update": f"{OLD} {NEW}", "delete": OLD}

LETTERS = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "ŧ": "t", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("incident_id", BIG),
        sa.Column("case_id", BIG),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_search_entry_incident_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_search_entry_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_search_entry_incident_id")),
        sa.UniqueConstraint("case_id", name=op.f("uq_search_entry_case_id")),
        sa.CheckConstraint(
            "(case when incident_id is not null then 1 else 0 end)"
            " + (case when case_id is not null then 1 else 0 end) = 1",
            name=op.f("ck_search_entry_one_record"),
        ),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute(
            "CREATE VIRTUAL TABLE search_words USING fts5"
            "(words, content='search_entry', content_rowid='id', tokenize='ascii', detail='none')"
        )
        if sqlite3.sqlite_version_info >= (3, 42):
            # what leaves the index leaves its pages by the same commit; before 3.42 when deleted records are erased
            op.execute("INSERT INTO search_words (search_words, rank) VALUES ('secure-delete', 1)")
        for when, what in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER search_words_{when} AFTER {when} ON search_entry BEGIN {what} END")
    bring_over(
        "incident", "incident_id", ("tile", "location_code", "narrative", "immediate_action"), "incident_addendum"
    )
    bring_over("case_record", "case_id", ("harm_kind", "location_code", "what_is_left"), "case_note")
    if not sqlite:
        # neither the words nor their index have statistics: those would hold samples of what people wrote
        op.execute("ALTER TABLE search_entry ALTER COLUMN words SET STATISTICS 0")
        op.execute("CREATE INDEX search_words ON search_entry USING gin ((words::tsvector))")
        op.execute("ALTER INDEX search_words ALTER COLUMN 1 SET STATISTICS 0")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    op.drop_table("search_entry")


def bring_over(table: str, record: str, names: tuple[str, ...], more: str) -> None:
    """Write the entry of every record there is, as the application writes those that come."""
    connection, last = op.get_bind(), 0
    columns = ("id", "school_id", "reference", "number", *names)
    of = sa.table(table, *(sa.column(name) for name in columns))
    added = sa.table(more, sa.column(record), sa.column("text"))
    entry = sa.table("search_entry", sa.column(record), sa.column("words"))
    while rows := connection.execute(sa.select(of).where(of.c.id > last).order_by(of.c.id).limit(BATCH)).all():
        last = rows[-1][0]
        texts = {row[0]: [str(text) for text in row[2:]] for row in rows}
        key = added.c[record]
        for number, text in connection.execute(sa.select(added).where(key >= rows[0][0], key <= last)):
            texts.setdefault(number, []).append(text)
        connection.execute(entry.insert(), [{record: row[0], "words": words_of(texts[row[0]], row[1])} for row in rows])


def words_of(texts: list[str], school_id: int) -> str:
    words: dict[str, None] = {}
    for text in texts:
        words |= dict.fromkeys(_words(text[:50_000]))
    return " ".join(f"{school_id}z{word[:40]}" for word in list(words)[:4_000])


def _words(text: str) -> list[str]:
    apart = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return [*_fold(text), *_fold(apart)] if apart.split() != text.split() else _fold(text)


def _fold(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(LETTERS)
    kept = (c if _is_kept(c) else (" " if c in "-‐‑–_/," else "") for c in decomposed)
    return "".join(kept).split()


def _is_kept(character: str) -> bool:
    return character.isspace() or (character.isalnum() and not "\u02b0" <= character <= "\u02ff")
