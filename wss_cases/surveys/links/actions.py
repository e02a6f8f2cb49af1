"""Making links: slips for everyone of a group, shown once and replaced with a trace, and links to send by email."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select, update

from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import table_of
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.surveys.instrument.states import SurveyGroup, Way
from wss_cases.surveys.links.codes import code_of
from wss_cases.surveys.links.models import SurveyLink
from wss_cases.surveys.links.queries import (
    count_unused_slips,
    invited_people,
    made_by_grade,
    unused_slips,
    waiting_slips,
)
from wss_cases.surveys.people.queries import addresses_of, people_of, students_by_grade
from wss_cases.surveys.rounds.models import SurveyRound, SurveyTally


@dataclass(frozen=True)
class Slip:
    """One slip as it is printed: a grade at most, and the code that opens the survey once."""

    grade: int | None
    code: str = field(repr=False)


@use_case
def make_slips(uow: UnitOfWork, round_id: int, group: SurveyGroup) -> int:
    """Make a slip for each person of a group who may be asked and has no link: for everyone or for no one, so that no
    few are picked out. Of students by grade. Returns the round's id. Raises Refused."""
    row = load_running(uow, round_id, group)
    wanted = _without_link(uow, row, group)
    if not wanted:
        raise Refused("group", _("Everyone of this group has a slip or a link already."))
    add_links(uow, row, group, wanted)
    return row.id


def _without_link(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup) -> list[dict[str, int | None]]:
    """Return a link to make for each person of a group without one."""
    today = max(row.opens_on, today_at(row.school_id, uow.now))
    made = made_by_grade(row.id, group)
    if group is SurveyGroup.STUDENT:
        asked = students_by_grade(row.school_id, today)
        return [{"grade": grade} for grade, count in asked.items() for _one in range(count - made.get(grade, 0))]
    return [{"grade": None}] * (people_of(row.school_id, group, today) - sum(made.values()))


def show_slips(call: Invocation, round_id: int, group: SurveyGroup) -> list[Slip]:
    """Return the slips of a group that wait for their sheet, by grade, and forget their codes: no one can be shown them
    again. None of them for a form that was sent twice. Raises NotFound, Refused when none waits."""
    with unit_of_work(call.actor, call.now, call.request_key) as uow:
        if uow.answered:
            return []
        row = load_running(uow, round_id, group)
        waiting = waiting_slips(row.id, group)
        if not waiting:
            raise Refused("", _("No slips wait to be printed."))
        slips = [Slip(one.grade, code_of(one.nonce or "", one.digest)) for one in waiting]
        mine = [*unused_slips(row.id, group), SurveyLink.nonce.is_not(None)]
        uow.session.execute(update(SurveyLink).where(*mine).values(nonce=None))
        uow.record(row, "survey_round.shown", count=len(slips))
        uow.answer = row.id
        return slips


@use_case
def replace_slips(uow: UnitOfWork, round_id: int, group: SurveyGroup) -> int:
    """Void every slip of a group that no one has used, and make new ones for as many as may be asked now.

    How many were voided stays beside the survey's results. Returns the round's id. Raises NotFound, Refused.
    """
    row = load_running(uow, round_id, group)
    tally = _tally_of(uow, row, group)  # locked before the links, as by whoever answers
    gone = count_unused_slips(row.id, group)
    if not gone:
        raise Refused("group", _("No slip of this group is unused."))
    uow.session.execute(delete(SurveyLink).where(*unused_slips(row.id, group)))
    tally.invited -= gone
    tally.replaced += gone
    uow.record(row, "survey_round.replaced", count=gone)
    wanted = _without_link(uow, row, group)
    if wanted:
        add_links(uow, row, group, wanted)
    return row.id


def load_running(uow: UnitOfWork, round_id: int, group: SurveyGroup) -> SurveyRound:
    """Lock a round that asks a group and is not over. Raises NotFound, Refused."""
    row = uow.load(SurveyRound, round_id, Permission.SURVEY_RUN)
    if row.counted_at is not None or row.closes_on < today_at(row.school_id, uow.now):
        raise Refused("", _("This survey is over."))
    if group not in row.groups:
        raise Refused("group", _("This group is not asked in this survey."))
    return row


def invite_by_mail(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup) -> list[int]:
    """Step: make a link for everyone of a group whose address is known and who has none; returns the links' ids.

    Never more links than people: who was given a slip without a name counts. Raises Refused when there is no one.
    """
    today = max(row.opens_on, today_at(row.school_id, uow.now))
    people, invited = addresses_of(row.school_id, group, today), invited_people(row.id)
    column = "guardian_id" if group is SurveyGroup.FAMILY else "staff_id"
    known = invited[0] if group is SurveyGroup.FAMILY else invited[1]
    waiting = [one for one in people if one.email and one.person_id not in known]
    left = len(people) - sum(made_by_grade(row.id, group).values())
    if not waiting or left < len(waiting):
        raise Refused("group", _("No one is left to invite by email: everyone has a link, or no address is known."))
    add_links(uow, row, group, [{column: one.person_id} for one in waiting])
    mine = select(SurveyLink.id).where(
        SurveyLink.round_id == row.id, getattr(SurveyLink, column).in_([one.person_id for one in waiting])
    )
    return list(uow.session.scalars(mine))


def add_links(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup, each: Sequence[dict[str, int | None]]) -> None:
    """Step: make so many links of a group, and leave one audit row for all of them."""
    rows = []
    for one in each:
        nonce = secrets.token_hex(20)
        digest = token_digest(code_of(nonce))
        person = {"grade": None, "guardian_id": None, "staff_id": None} | one
        rows.append({"round_id": row.id, "audience": group, "nonce": nonce, "digest": digest, "used": False, **person})
    uow.session.execute(insert(table_of(SurveyLink)), rows)
    _tally_of(uow, row, group).invited += len(rows)
    uow.record(row, "survey_round.invited", count=len(rows))


def _tally_of(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup) -> SurveyTally:
    mine = (SurveyTally.round_id == row.id, SurveyTally.audience == group, SurveyTally.way == Way.INVITED)
    held = select(SurveyTally).where(*mine).with_for_update().execution_options(populate_existing=True)
    return existing(uow.session.scalar(held))
