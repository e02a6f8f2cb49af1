"""The audit log by month on PostgreSQL: partitions made ahead, expired months detached, and months put back.

SQLite has one table, so there is nothing to make or detach.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.settings import setting
from wss_cases.journal.audit import rules
from wss_cases.journal.audit.actions import EVERY_ROW, seal
from wss_cases.journal.audit.queries import clocks_noted, verify
from wss_cases.journal.models import AuditEntry, AuditSeal
from wss_cases.journal.unit_of_work import unit_of_work

FIRST_YEAR, LAST_YEAR = 1000, 9000
"""Rows of years before the first, and from the last on, lie among the others for good."""
_WRITTEN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """One month of the log."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def table(self) -> str:
        """The name of its partition, attached or not."""
        return f"audit_entry_{self.year:04d}_{self.number:02d}"

    @property
    def begins(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        return datetime(self.year + self.number // 12, self.number % 12 + 1, 1, tzinfo=UTC)


def month_named(words: str) -> Month | None:
    """The month written 2019-03; None for another spelling."""
    found = _WRITTEN.fullmatch(words)
    return Month(int(found[1]), int(found[2])) if found and 1000 <= int(found[1]) < 9999 else None


AT_ONCE = 5000


def rows_in(session: Session, month: Month) -> int:
    return session.execute(select(func.count()).select_from(_partition(month))).scalar_one()


def seals_in(session: Session, month: Month) -> Iterator[Any]:
    """The seals over a month's rows in the order of the chain."""
    rows = _partition(month)
    columns = [getattr(AuditSeal, name) for name in (*rules.SEAL_FIELDS, "hash")]
    found = select(*columns).join(rows, rows.c.id == AuditSeal.entry_id).order_by(AuditSeal.number)
    yield from session.execute(found.execution_options(yield_per=AT_ONCE)).mappings()


def notes_in(session: Session, month: Month) -> list[Any]:
    """The notes in a month's rows about detached months, months that came back, and wrong clocks."""
    rows = _partition(month)
    found = (
        select(rows.c.changes)
        .where(rows.c.action.in_([rules.DETACHED, rules.ATTACHED, rules.CLOCK]))
        .order_by(rows.c.id)
    )
    return list(session.execute(found).scalars())


def _partition(month: Month) -> Table:
    return table_of(AuditEntry).to_metadata(MetaData(), schema="wss_months", name=month.table)


LOCK_MS = 500
"""How long a change of the log's months waits for those who read or write, and they behind it: less than the second
after which PostgreSQL ends one of two that wait for each other."""
CLOCK_OFF = timedelta(days=1)
"""How far the clock here and the database's may lie apart where a month shall go: one set ahead makes it old."""
LOCK_NOT_HAD = "55P03"
_NEXT = text("SELECT public.wss_next_audit_month()")
_OTHERS = text("SELECT to_regclass('wss_months.audit_entry_others')")


def make_months(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Make the partitions of this month and the next three, and of months whose rows lie in the default partition
    because none existed. One transaction each. Returns how many `months` were made."""
    made = 0
    while _is_divided() and share.goes_on():
        if not _make_one(now):
            break
        made += 1
    return {"months": made}


def _make_one(now: datetime) -> bool:
    """Make the first missing month; False when none is missing, or when the lock takes too long."""
    try:
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()  # the log says the same before and after
            _wait_briefly(uow.session)
            return uow.session.execute(_NEXT).scalar_one() is not None
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_HAD:
            raise
        return False


def months_ready(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Make the partitions for the rows of a restored log. Later, each would have to be moved out of the default
    partition."""
    if table != AuditEntry.__tablename__ or connection.dialect.name != "postgresql":
        return
    if connection.scalar(_OTHERS) is None:
        return  # of a release before: what brings it up to this one divides it
    moments = [row["at"].astimezone(UTC) for row in rows]
    for month in sorted({Month(at.year, at.month) for at in moments if FIRST_YEAR <= at.year < LAST_YEAR}):
        connection.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS wss_months.{month.table} PARTITION OF public.audit_entry"
            f" FOR VALUES {_span(month)}"
        )


def _span(month: Month) -> str:
    return f"FROM ('{month.begins.isoformat()}') TO ('{month.ends.isoformat()}')"


def detach(month: Month, now: datetime) -> int:
    """Detach a month after the whole chain was verified; its table moves to the schema `wss_detached`.

    Its seals stay in the chain, and the audit row holds a digest of them. Returns how many rows left. Raises Refused.
    """
    before = _last_to_go(month, now)
    with unit_of_work(SYSTEM, now) as uow:
        _wait_briefly(uow.session)
        _must_be_there(
            "wss_months",
            month,
            uow.session,
            _("%(month)s has no partition: it is detached, or never was one.", month=month),
        )
        seals = _gathered(uow.session, month, before)
        uow.session.execute(text("LOCK TABLE ONLY public.audit_entry IN ACCESS EXCLUSIVE MODE"))
        if without := rows_in(uow.session, month) - seals.rows:
            raise Refused("month", _unsealed(without, month))
        earlier = notes_in(uow.session, month)
        said = rules.note_of(str(month), now, seals, earlier, _keys()) | rules.carried_clocks(earlier, _keys())
        uow.session.execute(text(f"ALTER TABLE public.audit_entry DETACH PARTITION wss_months.{month.table}"))
        uow.session.execute(text(f"ALTER TABLE wss_months.{month.table} SET SCHEMA wss_detached"))
        uow.audit(rules.DETACHED, AuditSeal.__tablename__, None, said)
    seal(now, EVERY_ROW)
    return seals.rows


def _last_to_go(month: Month, now: datetime) -> datetime:
    """The time before which the month's rows were sealed. Raises Refused when the month or the chain does not allow
    detaching."""
    before = rules.years_before(now, setting("AUDIT_YEARS"))
    if not _is_divided():
        raise Refused("month", _("SQLite keeps the audit log in one table: no month can be detached."))
    if month.ends > before:
        raise Refused(
            "month",
            _(
                "%(month)s is not older than the %(years)s years of WSS_AUDIT_YEARS.",
                month=month,
                years=setting("AUDIT_YEARS"),
            ),
        )
    if abs(db.session.execute(text("SELECT clock_timestamp()")).scalar_one() - now) > CLOCK_OFF:
        raise Refused("month", _("The clock here and the database's lie more than a day apart. Set them right first."))
    if broken := verify(now).broken:
        raise Refused("month", _("Nothing is detached, because the chain is broken. %(why)s.", why=broken.words))
    return before


def _unsealed(rows: int, month: Month) -> str:
    return ngettext(
        "%(num)d row of %(month)s has no seal. Run: flask audit seal",
        "%(num)d rows of %(month)s have no seal. Run: flask audit seal",
        rows,
        month=month,
    )


def attach(month: Month, now: datetime) -> None:
    """Put a detached month back, so that `verify` checks its rows again. Raises Refused."""
    if not _is_divided():
        raise Refused("month", _("SQLite keeps the audit log in one table: no month can be attached."))
    with unit_of_work(SYSTEM, now) as uow:
        _wait_briefly(uow.session)
        _must_be_there(
            "wss_detached", month, uow.session, _("%(month)s is not among the detached months.", month=month)
        )
        uow.session.execute(text(f"ALTER TABLE wss_detached.{month.table} SET SCHEMA wss_months"))
        attached = f"ALTER TABLE public.audit_entry ATTACH PARTITION wss_months.{month.table} FOR VALUES {_span(month)}"
        uow.session.execute(text(attached.replace(":", "\\:")))
        uow.audit(rules.ATTACHED, AuditSeal.__tablename__, None, rules.note_of_return(str(month), now, _keys()))
    seal(now, EVERY_ROW)


def _keys() -> dict[str, bytes]:
    return rules.keyring(setting("WSS_KEYS").derived(rules.PURPOSE))


def _is_divided() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"


def _wait_briefly(session: Session) -> None:
    session.execute(text(f"SET LOCAL lock_timeout = {LOCK_MS}"))


def _must_be_there(schema: str, month: Month, session: Session, otherwise: str) -> None:
    found: Any = session.execute(text("SELECT to_regclass(:name)"), {"name": f"{schema}.{month.table}"}).scalar_one()
    if found is None:
        raise Refused("month", otherwise)


def _gathered(session: Session, month: Month, before: datetime) -> rules.Gathering:
    """The seals of a month, each made early enough."""
    seals, clocks = rules.Gathering(), clocks_noted(_keys())
    for link in seals_in(session, month):
        if clocks.made(link) > before:
            raise Refused(
                "month",
                _(
                    "Seal %(number)s, over a row of %(month)s, is younger than its years.",
                    number=link["number"],
                    month=month,
                ),
            )
        seals.add(link)
    return seals
