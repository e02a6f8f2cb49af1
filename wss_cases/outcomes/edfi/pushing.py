"""The nightly push to an Ed-Fi ODS/API, and the daily email to system administrators when it failed; that email only
says where to look."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, force_locale
from wss_cases.foundation.school_time import district_zone, local, today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of
from wss_cases.outcomes.edfi.common import NEWEST, SENTENCES, VERSIONS, EdfiPushed, Version
from wss_cases.outcomes.edfi.exporting import Place, of_removal, of_report, removals, reports, schools
from wss_cases.outcomes.edfi.ods import ORDER, Away, Ods, Push, Resource, merged, reason_of, resource_of
from wss_cases.outcomes.exports.export_log import Recipient, disclose
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.runs import is_due

FAILED = "edfi.push_failed"


def tell_failed(uow: UnitOfWork, run: ImportRun) -> None:
    """Notify system administrators of a run that stopped, or of which the server refused a part."""
    today = today_at(None, uow.now)
    for user_id, _name in holders_anywhere(Role.SYSADMIN, today):
        uow.notify(user_id, FAILED, run, f"{FAILED}:{user_id}:{today.isoformat()}")


def tell_unended(uow: UnitOfWork, kind: str, source: str) -> None:
    """Notify them of the last run to a server if its process died before the end."""
    mine = select(ImportRun).where(ImportRun.kind == kind, ImportRun.source == source).order_by(ImportRun.id.desc())
    last = uow.session.scalars(mine.limit(1)).first()
    if last is not None and not last.landed and "problems" not in last.report:
        tell_failed(uow, last)


_SAYS = leads_to(
    "/system/imports/{id}",
    _l("Ed-Fi: not everything was sent"),
    _l(
        "Last night discipline records could not be sent to the Ed-Fi server, or it did not take all of them. The page "
        "says what is missing and why. It is sent again automatically; what the server refuses has to be corrected."
    ),
)


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


MESSAGES = (MessageKind(FAILED, _SAYS, _runs_it),)


KIND = "edfi_push"
PUSHED = "edfi.pushed"
BATCH = 200
FEW = 20
"""So many records of a school may be deleted without confirmation; beyond that, at most half of its records there."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Chosen:
    """How to push: the version, the recipient of the disclosure, whether most of a school may be deleted, and whether
    to notify system administrators of a failure (`tells`), because nobody watches the run."""

    version: Version = NEWEST
    recipient: Recipient | None = None
    accept_shrink: bool = False
    tells: bool = False


@dataclass
class Standing:
    """The records of one school at the server: key to (row id, school year, digest)."""

    known: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    gone: list[tuple[int, str, str, str]] = field(default_factory=list)
    """(row id, resource, identifier, id there) of records that no longer exist here, in the order in which they can be
    deleted."""


def push_edfi(scope: Scope, now: datetime, ods: Ods, chosen: Chosen, progress: Progress) -> Push:
    """Send what is new or changed, delete what was withdrawn, and record the run.

    What the server refuses is in the report and is sent again by the next push; nothing else waits for it.
    """
    push = Push()
    with unit_of_work(SYSTEM, now) as uow:
        source = host_of(ods) if scope.is_all and scope.is_this_year else f"{host_of(ods)} {scope.year}"
        if chosen.tells:
            tell_unended(uow, KIND, source[:120])
        run = uow.add(ImportRun(kind=KIND, source=source[:120], started_at=now, landed=False, report={"files": {}}))
        run_id = run.id
        uow.audit(PUSHED, "import_run", run_id, {"school_year": scope.year, "school_id": scope.school_id})
    places = schools(SYSTEM, scope.school_id, chosen.version)
    try:
        for number, place in enumerate(places, 1):
            _School(scope, place, now, ods, chosen, push).run()
            progress(number, len(places))
    except Away as away:
        push.stopped = True
        push.problems.append((host_of(ods), away.message))
    with unit_of_work(SYSTEM, now) as uow:
        record = uow.session.get_one(ImportRun, run_id)
        record.landed, record.report = not push.stopped, push.as_document()
        uow.audit(PUSHED, "import_run", run_id, {name: dict(counts) for name, counts in push.counts.items()})
        if chosen.tells and not push.is_whole:
            tell_failed(uow, record)
    return push


def host_of(ods: Ods) -> str:
    """The host name of the server, under which its runs are recorded."""
    return (urlsplit(ods.url).hostname or "")[:120]


class _School:
    """One school: its records here, its records at the server, and the difference."""

    def __init__(self, scope: Scope, place: Place, now: datetime, ods: Ods, chosen: Chosen, push: Push) -> None:
        self.scope, self.place, self.now, self.ods, self.chosen, self.push = scope, place, now, ods, chosen, push
        self.students: dict[str, int] = {}
        self.sent: list[tuple[Resource, str]] = []
        self.deleted: list[int] = []

    def run(self) -> None:
        wanted = merged(self._wanted())
        if not self.place.number:
            # without a number its records at the server cannot be identified
            return
        standing = self._standing({resource.key_at(self.ods.target) for resource in wanted})
        # close the transaction before waiting for the other server
        db.session.remove()
        try:
            for resource in wanted:
                self._put(resource, standing)
            self._delete(standing)
        finally:
            self._keep(standing)

    def _wanted(self) -> Iterator[Resource]:
        tally = self.push.tally
        for batch in reports(SYSTEM, self.scope, self.place):
            for report in batch:
                self.students |= {person.unique_id: person.student_id for person in report.people if person.student_id}
                for element in of_report(self.place, report, tally):
                    yield resource_of(element, incident_id=report.id)
        for batch_of_removals in removals(SYSTEM, self.scope, self.place):
            for removal in batch_of_removals:
                self.students[removal.unique_id] = removal.student_id
                for element in of_removal(self.place, removal, tally):
                    yield resource_of(element, action_id=removal.id)

    def _standing(self, wanted: set[str]) -> Standing:
        standing, pushed = Standing(), EdfiPushed
        query = select(
            pushed.id, pushed.key, pushed.school_year, pushed.digest, pushed.resource, pushed.identifier, pushed.remote
        )
        mine = query.where(pushed.school_id == self.place.id, pushed.target == self.ods.target).order_by(pushed.id)
        for row in db.session.execute(mine):
            standing.known[row.key] = row.id, row.school_year, row.digest
            if row.key not in wanted and row.school_year == self.scope.year:
                standing.gone.append((row.id, row.resource, row.identifier, row.remote))
        standing.gone.sort(key=lambda row: -ORDER.index(row[1]))
        return standing

    def _put(self, resource: Resource, standing: Standing) -> None:
        _row_id, year, digest = standing.known.get(resource.key_at(self.ods.target), (0, "", ""))
        if (year, digest) == (self.scope.year, resource.digest()):
            self._count(resource.name, "unchanged")
            return
        answer = self.ods.put(resource.name, resource.body)
        if answer.status_code not in (200, 201, 204):
            self._refuse(resource.name, resource.identifier, reason_of(answer))
            return
        self._count(resource.name, "created" if answer.status_code == 201 else "updated")
        self.sent.append((resource, _remote_of(answer)))
        if len(self.sent) >= BATCH:
            self._keep(standing)

    def _delete(self, standing: Standing) -> None:
        if len(standing.gone) > max(FEW, len(standing.known) // 2) and not self.chosen.accept_shrink:
            words = _("%(num)d records were not deleted, because that is most of the school.", num=len(standing.gone))
            self._refuse(ORDER[0], self.place.code, words)
            return
        for row_id, resource, identifier, remote in standing.gone:
            answer = self.ods.delete(resource, remote) if remote else None
            if answer is not None and answer.status_code in (200, 204, 404, 410):
                self._count(resource, "deleted")
                self.deleted.append(row_id)
            else:
                why = reason_of(answer) if answer is not None else _("the server returned no id for it")
                self._refuse(resource, identifier, _("not deleted: %(why)s", why=why))

    def _count(self, resource: str, what: str) -> None:
        self.push.counts[resource][what] += 1

    def _refuse(self, resource: str, identifier: str, words: str) -> None:
        self._count(resource, "refused")
        self.push.problems.append((resource, f"{identifier}: {words}"))

    def _keep(self, standing: Standing) -> None:
        """Store what was sent and deleted, in one transaction with the disclosures of the students in it."""
        if not self.sent and not self.deleted:
            return
        with unit_of_work(SYSTEM, self.now) as uow:
            for resource, remote in self.sent:
                key = resource.key_at(self.ods.target)
                row_id = standing.known.get(key, (0, "", ""))[0]
                row = uow.session.get(EdfiPushed, row_id) or EdfiPushed(key=key, target=self.ods.target, remote="")
                row.school_id, row.school_year, row.resource = self.place.id, self.scope.year, resource.name
                row.identifier, row.digest, row.pushed_at = resource.identifier, resource.digest(), self.now
                row.incident_id, row.action_id = resource.incident_id, resource.action_id
                row.remote = remote or row.remote
                standing.known[key] = uow.add(row).id, self.scope.year, row.digest
            for row_id in self.deleted:
                uow.session.delete(uow.session.get_one(EdfiPushed, row_id))
            disclosed = {
                self.students[resource.student]: self.place.id for resource, _remote in self.sent if resource.student
            }
            if self.chosen.recipient is not None and disclosed:
                what = _("Ed-Fi ODS/API: student number, role and behavior in incidents, removals")
                disclose(uow, self.chosen.recipient, disclosed, what)
            uow.audit(PUSHED, "school", self.place.id, {"sent": len(self.sent), "deleted": len(self.deleted)})
        self.sent, self.deleted = [], []


def _remote_of(answer: Any) -> str:
    """The id that a server assigned: the last part of the resource's address."""
    remote_id: str = answer.headers.get("Location", "").rstrip("/").rpartition("/")[2][:80]
    return remote_id


def configured() -> tuple[Ods, Chosen] | None:
    """The server and how to push to it; None where the settings name no server."""
    if not setting("EDFI_URL"):
        return None
    ods = Ods(setting("EDFI_URL"), setting("EDFI_TOKEN_URL"), setting("EDFI_KEY"), setting("EDFI_SECRET"))
    disclosed_to = setting("EDFI_DISCLOSED")
    return ods, Chosen(VERSIONS[setting("EDFI_STANDARD")], Recipient(*disclosed_to) if disclosed_to else None)


def push_due(now: datetime, server: tuple[Ods, Chosen] | None = None) -> dict[str, int]:
    """Push today's school year if a push is due; returns how many were `sent`, `deleted`, `refused`.

    System administrators get an email where it failed, or where the last run did not end.
    """
    server, hours = server or configured(), setting("EDFI_HOURS")
    if server is None or hours is None or not hours[0] <= local(now, district_zone()).hour < hours[1]:
        return {}
    ods, chosen = server
    today = today_at(None, now)
    scope = scope_of(None, school_year(today), today)
    if scope is None or not is_due(KIND, host_of(ods), now):
        return {}
    db.session.remove()
    with force_locale("en"):
        push = push_edfi(scope, now, ods, replace(chosen, tells=True), lambda _done, _whole: None)
    totals = {what: sum(counts[what] for counts in push.counts.values()) for what in ("created", "updated", "deleted")}
    return {"sent": totals["created"] + totals["updated"], "deleted": totals["deleted"], "refused": len(push.problems)}


ROOM = Room(messages=MESSAGES, sentences=SENTENCES)
