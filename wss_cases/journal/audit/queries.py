"""Verifying the audit chain, and recording that a clock was wrong, which repairs a chain with no other fault."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import among, db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.settings import setting
from wss_cases.journal.audit import rules
from wss_cases.journal.audit.actions import EVERY_ROW, last_seal, notes_of, seal, unsealed, without_seal
from wss_cases.journal.models import AuditEntry, AuditSeal
from wss_cases.journal.unit_of_work import unit_of_work

CHUNK = 1000
NEAR = 10 * CHUNK
"""Rows of a chunk whose numbers lie so near are read as one span of numbers, the quickest way over all months."""
NOTES = (rules.DETACHED, rules.ATTACHED, rules.CLOCK)
NO_ROW = dict.fromkeys(rules.ENTRY_FIELDS)
FORMAT = "wss-audit-head-1"
VERIFIED = "audit.verified"
"""The act that says that somebody followed the chain, and whether it was whole."""


@dataclass(frozen=True)
class Broken:
    """The first fault: its place in the chain, its audit row if there is one, and what is wrong."""

    seal: int | None
    entry: int | None
    problem: str

    @property
    def words(self) -> str:
        """The fault in a sentence for the operator."""
        row = f"audit row {self.entry}" if self.entry is not None else "the audit log"
        place = f", seal {self.seal}" if self.seal is not None else ""
        return f"{row}{place}: {self.problem}"


@dataclass(frozen=True)
class Verdict:
    """The result of verifying. `unsealed` rows at the end have no seal yet.

    `detached`: how many sealed rows left with each detached month; only their seals were checked. `clocks`: the runs of
    seals whose clock the log calls wrong.
    """

    sealed: int
    unsealed: int
    head: str
    broken: Broken | None
    detached: dict[str, int] = field(default_factory=dict)
    clocks: list[tuple[int, int]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {"ok": self.broken is None, **asdict(self)}


def head_document(now: datetime) -> dict[str, Any]:
    """The head of the chain, to be stored where the database's owner cannot change it."""
    head = last_seal(db.session)
    return {
        "format": FORMAT,
        "number": head.number if head else 0,
        "hash": head.hash if head else rules.GENESIS,
        "audit_row": head.entry_id if head else None,
        "sealed_at": head.sealed_at.isoformat() if head else None,
        "exported_at": now.isoformat(timespec="seconds"),
        "unsealed": waiting(head.settled_id if head else 0),
    }


def waiting(settled: int) -> int:
    return db.session.scalar(select(func.count()).select_from(unsealed(settled).subquery())) or 0


def verify(now: datetime | None, number: int = 0, digest: str = rules.GENESIS) -> Verdict:
    """Check the chain from its first link to its last, then look for rows inserted between.

    `number` and `digest` are an exported head: the chain must contain it unchanged. Without `now` the times of seals
    are not checked: a restored database brings them as they were.
    """
    walk = _Walk(now, number, digest)
    broken = next((found for link in links() if (found := walk.step(link))), None)
    broken = broken or walk.end() or _put_in(walk.settled) or _twice(walk.settled)
    clocks = [(run.first, run.last) for run in walk.clocks.seen]
    return Verdict(walk.number, waiting(walk.settled), walk.prev, broken, walk.months.gone(), clocks)


def untimely(now: datetime) -> tuple[Broken | None, list[tuple[int, int, str]]]:
    """The first fault other than the times of seals, and the runs of seals with impossible times: first, last, and
    the hash of the last."""
    walk = _Walk(now, 0, rules.GENESIS)
    walk.odd = []
    broken = next((found for link in links() if (found := walk.step(link))), None)
    broken = broken or walk.end() or _put_in(walk.settled) or _twice(walk.settled)
    return broken, rules.runs_of(walk.odd)


def clocks_noted(keys: Mapping[str, bytes]) -> rules.Clocks:
    return rules.Clocks(notes_of(db.session, NOTES)[0], keys)


def rows_after(now: datetime, number: int) -> Iterator[dict[str, Any] | Broken]:
    """The sealed rows after a seal as plain data, oldest first, each with its seal; a broken one ends the list.

    Rows that left with a detached month are skipped. Then the whole chain is checked, because the row that explains
    them may name seals before the first requested one.
    """
    walk = _Walk(now, 0, rules.GENESIS)
    if number:
        before = next(links(number - 1), None)
        if before is None or isinstance(before, Broken):
            yield before or Broken(number, None, "there is no such seal")
            return
        walk.number, walk.prev, walk.latest = before["number"], before["hash"], before["sealed_at"]
    for link in links(number):
        broken = walk.step(link)
        if broken is not None or isinstance(link, Broken):
            yield broken or link
            return
        if link["id"] is not None:
            yield {name: value.isoformat() if isinstance(value, datetime) else value for name, value in link.items()}
    if walk.months.gone() and (found := verify(now).broken):
        yield found


class _Walk:
    def __init__(self, now: datetime | None, number: int, digest: str) -> None:
        self.keys = rules.keyring(setting("WSS_KEYS").derived(rules.PURPOSE))
        self.now, self.wanted, self.digest = now, number, digest
        self.number, self.prev, self.settled = 0, rules.GENESIS, 0
        self.latest: datetime | None = None
        self.odd: list[tuple[int, str]] | None = None
        # an unreadable note explains nothing, and the walk reaches it
        notes, _unreadable = notes_of(db.session, NOTES)
        self.months, self.clocks = rules.Months(notes, self.keys), rules.Clocks(notes, self.keys)

    def step(self, link: dict[str, Any] | Broken) -> Broken | None:
        if isinstance(link, Broken):
            return link
        problem = self._problem(link)
        if problem:
            return Broken(link["number"], link["entry_id"], problem)
        self.number, self.prev, self.settled = link["number"], link["hash"], link["settled_id"]
        self.clocks.meet(link)
        if (month := self.months.of(link["number"])) is not None:
            month.met.add(link)
        if link["id"] is not None:
            self.months.proven(link["id"], link["sealed_at"])
            self.clocks.proven(link["id"])
        return None

    def _problem(self, link: dict[str, Any]) -> str:
        if (link["number"], link["hash"]) == (self.number, self.prev):
            return "another row has its number"
        if link["number"] != self.number + 1 or link["prev"] != self.prev:
            return "the seal before it is missing or is another one"
        if link["id"] is None:
            return self._gone(link)
        key = self.keys.get(link["key_id"])
        if key is None:
            return f"its key {link['key_id']} is not in WSS_KEYS"
        if rules.seal_of(key, link, link) != link["hash"]:
            return "the row or its seal was changed after sealing"
        return self._otherwise(link)

    def _gone(self, link: dict[str, Any]) -> str:
        month = self.months.of(link["number"])
        if month is None or not month.explains(self.clocks.made(link)):
            return "the row is gone"
        return self._otherwise(link)

    def _otherwise(self, link: dict[str, Any]) -> str:
        if link["number"] == self.wanted and link["hash"] != self.digest:
            return "it is another seal than the exported head says"
        if self.clocks.of(link["number"]) is not None:
            return ""
        if (why := self._of_its_time(link)) and self.odd is not None:
            self.odd.append((link["number"], link["hash"]))
            return ""
        if not why:
            self.latest = max(self.latest or link["sealed_at"], link["sealed_at"])
        return why

    def _of_its_time(self, link: dict[str, Any]) -> str:
        """Why a seal's time is impossible, '' when it is possible. An impossible time is not compared with later
        ones."""
        if self.now is not None and link["sealed_at"] > self.now + rules.CLOCKS_DIFFER:
            return "it says that it was sealed at a time that is still to come"
        if self.now is not None and self.latest is not None and link["sealed_at"] < self.latest - rules.CLOCKS_DIFFER:
            return "it says that it was sealed earlier than the seal before it"
        return ""

    def end(self) -> Broken | None:
        if self.number < self.wanted:
            return Broken(self.number + 1, None, f"the chain ends before the exported head (seal {self.wanted})")
        if problem := self.months.problem() or self.clocks.problem():
            return Broken(None, *problem)
        return None


def links(last: int = 0) -> Iterator[dict[str, Any] | Broken]:
    """The links after a given one in order, each with its row; an unreadable one ends the walk as broken."""
    while True:
        try:
            rows = _chunk(last, CHUNK)
        except (ValueError, TypeError):
            yield from _one_by_one(last)
            return
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1]["number"]


def _one_by_one(last: int) -> Iterator[dict[str, Any] | Broken]:
    numbers = select(AuditSeal.number).where(AuditSeal.number > last).order_by(AuditSeal.number)
    for number in db.session.scalars(numbers.limit(CHUNK)).all():
        try:
            yield from _chunk(number - 1, 1)
        except (ValueError, TypeError):
            entry = select(AuditSeal.entry_id).where(AuditSeal.number == number)
            yield Broken(number, db.session.scalar(entry), "the row or its seal cannot be read")
            return


def _chunk(last: int, limit: int) -> list[dict[str, Any]]:
    columns = [getattr(AuditSeal, name) for name in (*rules.SEAL_FIELDS, "hash")]
    found = select(*columns).where(AuditSeal.number > last).order_by(AuditSeal.number).limit(limit)
    seals = [dict(row) for row in db.session.execute(found).mappings()]
    rows = _rows([seal["entry_id"] for seal in seals])
    # a row that two months contain appears twice, and no chain has a seal twice
    return [seal | row for seal in seals for row in rows.get(seal["entry_id"], [NO_ROW])]


def _rows(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The rows of these ids. Not a join, which would look for each row in every month."""
    rows: dict[int, list[dict[str, Any]]] = {}
    if ids:
        first, last = min(ids), max(ids)
        wanted = AuditEntry.id.between(first, last) if last - first < NEAR else among(AuditEntry.id, ids)
        columns = [getattr(AuditEntry, name) for name in rules.ENTRY_FIELDS]
        for row in db.session.execute(select(*columns).where(wanted).order_by(AuditEntry.at)).mappings():
            rows.setdefault(row["id"], []).append(dict(row))
    return rows


def _put_in(settled: int) -> Broken | None:
    stranger = select(AuditEntry.id).where(AuditEntry.id <= settled, without_seal())
    entry = db.session.scalar(stranger.order_by(AuditEntry.id).limit(1))
    return Broken(None, entry, "the row was put in among rows that were sealed already") if entry else None


def _twice(settled: int) -> Broken | None:
    waits = unsealed(settled).subquery()
    twice = select(waits.c.id).group_by(waits.c.id).having(func.count() > 1)
    entry = db.session.scalar(twice.order_by(waits.c.id).limit(1))
    return Broken(None, entry, "two rows that are not sealed yet have this number") if entry is not None else None


@dataclass(frozen=True)
class Kept:
    """When the log was last sealed, how many rows have no seal, when it was last verified, and the result."""

    sealed_at: datetime | None
    unsealed: int
    verified_at: datetime | None
    whole: bool | None


def keeping() -> Kept:
    """The same for people who read the log."""
    head = last_seal(db.session)
    last = select(AuditEntry.at, AuditEntry.changes).where(
        AuditEntry.object_type == "audit_seal", AuditEntry.action == VERIFIED
    )
    verified = db.session.execute(last.order_by(AuditEntry.id.desc()).limit(1)).first()
    return Kept(
        head.sealed_at if head else None,
        waiting(head.settled_id if head else 0),
        verified[0] if verified else None,
        bool(verified[1].get("ok")) if verified else None,
    )


MOST = 300


def note_wrong_clock(now: datetime, reason: str) -> list[tuple[int, int]]:
    """Record that the clock was wrong when seals with impossible times were made, and seal that record.

    Returns the seals as runs of ids. Raises Refused without a reason, without such seals, or when anything else is
    broken.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= MOST:
        raise Refused("reason", _("Say in at most %(most)s letters what was wrong with the clock.", most=MOST))
    broken, runs = untimely(now)
    if broken is not None:
        raise Refused("", _("Nothing is noted, because the chain is broken. %(why)s.", why=broken.words))
    if not runs:
        raise Refused("", _("No seal says a time that cannot be."))
    said = rules.note_of_clock(runs, now, rules.keyring(setting("WSS_KEYS").derived(rules.PURPOSE)))
    with unit_of_work(SYSTEM, now) as uow:
        uow.audit(rules.CLOCK, AuditSeal.__tablename__, None, {"reason": [None, reason], **said})
    seal(now, EVERY_ROW)
    return [(first, last) for first, last, _digest in runs]
