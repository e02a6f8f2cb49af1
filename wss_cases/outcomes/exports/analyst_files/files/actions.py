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
from wss_cases.outcomes.exports.analyst_files.agreements.queries import lock_agreements, privacy_lead
from wss_cases.outcomes.exports.analyst_files.agreements.rules import in_force
from wss_cases.outcomes.exports.analyst_files.content.packing import fingerprint
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS
from wss_cases.outcomes.exports.analyst_files.files.models import AnalystFile
from wss_cases.outcomes.exports.analyst_files.files.queries import Said, given_of_months, is_ready, waiting_files
from wss_cases.outcomes.exports.analyst_files.files.rules import KEPT_READY, months_over, same_months, year_of
from wss_cases.outcomes.exports.analyst_files.files.states import OPEN, FileState, Refusal
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
    that are not over, lie in two school years or went out before, and where nobody could release it."""
    require(uow.actor, Permission.ANALYST_FILES, uow.actor)
    lock_agreements()
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
def release_file(uow: UnitOfWork, file_id: int, said: Said, read: str) -> int:
    """Release a file that says this as the one who answers for privacy; `read` is the fingerprint of what they read.

    Raises NotFound once it is decided, Overreach for the person who asked, and Refused as asking does, where the file
    says something else than what was read, where too few students stand behind it, and where a file of the same months
    said something else.
    """
    lock_agreements()
    row, made = _waiting(uow, file_id), fingerprint(said)
    refuse_one_person("", uow.actor.user_id, [row.asked_by_id], uow.now)
    if read != made:
        raise Refused("", _("The figures have changed since you opened this page. Read them again, then decide."))
    _refuse_few(said)
    given = _check(uow, row, uow.load(AnalystAgreement, row.agreement_id, Permission.ANALYST_FILES))
    if any(one.fingerprint != made for one in given):
        raise Refused(
            "", _("A file of these months said something else. Two files would show what changed in between.")
        )
    row.expires_at, row.fingerprint = uow.now + KEPT_READY, made
    _decide(uow, row, FileState.RELEASED)
    uow.notify(row.asked_by_id, ANSWERED, row, f"{ANSWERED}:{row.id}")
    return row.id


@use_case
def refuse_file(uow: UnitOfWork, file_id: int, because: Refusal, words: str) -> int:
    """Do not release a file, and say why. Raises NotFound once it is decided, Refused for OTHER without words."""
    lock_agreements()
    row = _waiting(uow, file_id)
    if because is Refusal.OTHER and not words.strip():
        raise Refused("own_words", _("Write why it is not released."))
    row.refused_because, row.refused_words = because, words.strip()
    _decide(uow, row, FileState.REFUSED)
    uow.notify(row.asked_by_id, ANSWERED, row, f"{ANSWERED}:{row.id}")
    return row.id


@use_case
def withdraw_file(uow: UnitOfWork, file_id: int) -> int:
    """Withdraw one's own request, also once it is released: its months are free again, since nothing of it has left.
    Who released it stays. Raises NotFound for another's, and for one that was downloaded or is withdrawn or refused."""
    row = uow.load(AnalystFile, file_id, Permission.ANALYST_FILES, uow.version)
    if row.state not in OPEN or row.asked_by_id != uow.actor.user_id:
        raise NotFound
    row.expires_at, row.fingerprint = None, ""
    if row.state is FileState.ASKED:
        row.decided_by_id, row.decided_at = uow.actor.user_id, uow.now
    row.state = FileState.WITHDRAWN
    uow.record(row, "analyst_file.withdrawn")
    return row.id


@use_case
def take_file(uow: UnitOfWork, file_id: int, said: Said) -> int:
    """Note that whoever asked downloads a file that says this; a second person is told.

    Raises NotFound for another's, or one that is not ready. Refused where too few students stand behind it, where it
    says something else than when it was released, and where the log refuses it.
    """
    row = uow.load(AnalystFile, file_id, Permission.ANALYST_FILES)
    if row.asked_by_id != uow.actor.user_id or not is_ready(row, uow.now):
        raise NotFound
    _refuse_few(said)
    if row.fingerprint != fingerprint(said):
        raise Refused("", _("The figures have changed since the file was released. Only what was read leaves."))
    if row.state is FileState.RELEASED:
        row.state, row.taken_at = FileState.TAKEN, uow.now
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
            uow.notify(row.lead_id, ASKED, row, f"{ASKED}:{row.id}:{row.lead_id}:{named.id}")


def _waiting(uow: UnitOfWork, file_id: int) -> AnalystFile:
    row, lead = uow.load(AnalystFile, file_id, Permission.ANALYST_RELEASE, uow.version), privacy_lead(uow.now)
    if row.state is not FileState.ASKED or lead is None or lead[0] != uow.actor.user_id:
        raise NotFound
    return row


def _refuse_few(said: Said) -> None:
    if not said:
        raise Refused("", _("Too few incidents and students are in these months. Choose more months."))


def _decide(uow: UnitOfWork, row: AnalystFile, state: FileState) -> None:
    row.state, row.decided_by_id, row.decided_at = state, uow.actor.user_id, uow.now
    uow.record(row, f"analyst_file.{state}")


def _check(uow: UnitOfWork, row: AnalystFile, agreement: AnalystAgreement) -> list[AnalystFile]:
    """Refuse a file without an agreement in force, months that its receiver has, and months that overlap with those of
    a file to anybody: one receiver may stand under two names, and two files could be subtracted.

    Returns the files of the very same months, which must say the very same.
    """
    if not in_force(agreement, today_at(None, uow.now)):
        raise Refused("agreement_id", _("This agreement is not in force."))
    given = given_of_months(row.first_day, row.last_day, uow.now)
    if any(to.receiver_key == agreement.receiver_key for _one, to in given):
        words = _("This receiver has a file with some of these months. No month goes to the same receiver twice.")
        raise Refused("first_month", words)
    if not all(same_months(row, one) for one, _to in given):
        words = _("Another file has some of these months. Choose exactly its months, or months that no file has.")
        raise Refused("first_month", words)
    return [one for one, _to in given]
