"""A file for analysts: asked for, released or not by the one who answers for privacy, downloaded by who asked."""

from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.two_persons.queries import refuse_one_person
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.outcomes.documents.rendering import Report
from wss_cases.outcomes.exports.analyst_files.agreements.models import AnalystAgreement, PrivacyLead
from wss_cases.outcomes.exports.analyst_files.agreements.queries import privacy_lead
from wss_cases.outcomes.exports.analyst_files.agreements.rules import in_force
from wss_cases.outcomes.exports.analyst_files.content.packing import fingerprint
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS
from wss_cases.outcomes.exports.analyst_files.files.models import AnalystFile
from wss_cases.outcomes.exports.analyst_files.files.queries import (
    Said,
    given_to,
    is_ready,
    lock_receiver,
    waiting_files,
)
from wss_cases.outcomes.exports.analyst_files.files.rules import KEPT_READY, months_over, overlap, year_of
from wss_cases.outcomes.exports.analyst_files.files.states import FileState
from wss_cases.outcomes.exports.export_log.actions import note_in

ASKED, ANSWERED = "analyst_file.asked", "analyst_file.answered"
NAME = "incidents"


@dataclass(frozen=True)
class Wanted:
    """Under which agreement which months are to go out (first and last day), and what for."""

    agreement_id: int
    first_day: date
    last_day: date
    reason: str


@use_case
def ask_for_file(uow: UnitOfWork, wanted: Wanted) -> int:
    """Ask for a file; whoever answers for privacy is told. Raises Refused without an agreement in force, for months
    that are not over, lie in two school years or went to this receiver before, and where nobody could release it."""
    require(uow.actor, Permission.ANALYST_FILES, uow.actor)
    assert uow.actor.user_id is not None
    agreement = uow.load(AnalystAgreement, wanted.agreement_id, Permission.ANALYST_FILES)
    year = year_of(wanted.first_day, wanted.last_day)
    if wanted.last_day < wanted.first_day:
        raise Refused("last_month", _("The last month must not come before the first month."))
    if year is None:
        raise Refused("last_month", _("Choose months of one school year."))
    if wanted.last_day >= today_at(None, uow.now):
        raise Refused("last_month", _("Choose months that are over."))
    if wanted.first_day < months_over(today_at(None, uow.now))[-1]:
        raise Refused("first_month", _("Choose a later month."))
    lead = privacy_lead(uow.now)
    if lead is None:
        raise Refused("", _("No one is named as responsible for privacy. Name someone first."))
    if lead[0] == uow.actor.user_id:
        raise Refused("", _("You are responsible for privacy, so someone else must ask for the file."))
    row = AnalystFile(
        agreement_id=agreement.id, school_year=year, first_day=wanted.first_day, last_day=wanted.last_day,
        reason=wanted.reason.strip(), asked_by_id=uow.actor.user_id, asked_at=uow.now, lead_id=lead[0],
    )  # fmt: skip
    _check(uow, row, agreement)
    uow.record(row, "analyst_file.asked")
    uow.notify(row.lead_id, ASKED, row, f"{ASKED}:{row.id}:{row.lead_id}")
    return row.id


@use_case
def release_file(uow: UnitOfWork, file_id: int) -> int:
    """Release a file as the one who answers for privacy. Raises NotFound once it is decided, Overreach for the person
    who asked, and Refused as asking does."""
    row = _waiting(uow, file_id)
    refuse_one_person("", uow.actor.user_id, [row.asked_by_id], uow.now)
    _check(uow, row, uow.load(AnalystAgreement, row.agreement_id, Permission.ANALYST_FILES))
    row.expires_at = uow.now + KEPT_READY
    _decide(uow, row, FileState.RELEASED)
    uow.notify(row.asked_by_id, ANSWERED, row, f"{ANSWERED}:{row.id}")
    return row.id


@use_case
def refuse_file(uow: UnitOfWork, file_id: int) -> int:
    """Do not release a file. Raises NotFound once it is decided."""
    row = _waiting(uow, file_id)
    _decide(uow, row, FileState.REFUSED)
    uow.notify(row.asked_by_id, ANSWERED, row, f"{ANSWERED}:{row.id}")
    return row.id


@use_case
def withdraw_file(uow: UnitOfWork, file_id: int) -> int:
    """Withdraw one's own request. Raises NotFound for another's, or once it is decided."""
    row = uow.load(AnalystFile, file_id, Permission.ANALYST_FILES, uow.version)
    if row.state is not FileState.ASKED or row.asked_by_id != uow.actor.user_id:
        raise NotFound
    _decide(uow, row, FileState.WITHDRAWN)
    return row.id


@use_case
def take_file(uow: UnitOfWork, file_id: int, said: Said) -> int:
    """Note that whoever asked downloads a file that says this; a second person is told.

    Raises NotFound for another's, or one that is not ready. Refused where too few students stand behind it, where it
    says something else than when it was first downloaded, and where the log refuses it.
    """
    row = uow.load(AnalystFile, file_id, Permission.ANALYST_FILES)
    if row.asked_by_id != uow.actor.user_id or not is_ready(row, uow.now):
        raise NotFound
    if not said:
        raise Refused("", _("Too few incidents and students are in these months. Choose more months."))
    made = fingerprint(said)
    if row.state is FileState.TAKEN and row.fingerprint != made:
        words = _("The figures have changed since the first download, and two files would show by how much.")
        raise Refused("", words)
    if row.state is FileState.RELEASED:
        row.state, row.taken_at, row.fingerprint = FileState.TAKEN, uow.now, made
    uow.record(row, "analyst_file.taken")
    log = Report(NAME, {}, COLUMNS, [list(values) for _key, values in said], [])
    note_in(uow, log, form="zip", year=row.school_year, school_id=None, reason=row.reason)
    return row.id


def hand_on(uow: UnitOfWork, named: PrivacyLead) -> None:
    """Step: what waits goes to the person who is named now; where they asked for it themselves, it is withdrawn."""
    for row in waiting_files():
        if row.asked_by_id == named.user_id:
            row.state, row.decided_by_id, row.decided_at = FileState.WITHDRAWN, uow.actor.user_id, uow.now
            uow.record(row, "analyst_file.withdrawn")
        elif row.lead_id != named.user_id:
            row.lead_id = named.user_id
            uow.record(row, "analyst_file.handed_on")
            uow.notify(row.lead_id, ASKED, row, f"{ASKED}:{row.id}:{row.lead_id}")


def _waiting(uow: UnitOfWork, file_id: int) -> AnalystFile:
    row = uow.load(AnalystFile, file_id, Permission.ANALYST_RELEASE, uow.version)
    if row.state is not FileState.ASKED:
        raise NotFound
    return row


def _decide(uow: UnitOfWork, row: AnalystFile, state: FileState) -> None:
    row.state, row.decided_by_id, row.decided_at = state, uow.actor.user_id, uow.now
    uow.record(row, f"analyst_file.{state}")


def _check(uow: UnitOfWork, row: AnalystFile, agreement: AnalystAgreement) -> None:
    """Refuse a file without an agreement in force, and months that its receiver has: a second file of the same months
    would show by how much the figures moved in between, and so a single child."""
    if not in_force(agreement, today_at(None, uow.now)):
        raise Refused("agreement_id", _("This agreement is not in force."))
    lock_receiver(agreement.receiver_key)
    if overlap(row.first_day, row.last_day, given_to(agreement.receiver_key, uow.now)) is not None:
        words = _("This receiver has a file with some of these months. No month goes to the same receiver twice.")
        raise Refused("first_month", words)
