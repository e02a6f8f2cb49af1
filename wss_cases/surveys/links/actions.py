"""Making links: a slip for each student who may be asked, slips for others, and links to send by email."""

import secrets
from collections.abc import Sequence

from sqlalchemy import insert, select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import table_of
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.surveys.instrument.states import SurveyGroup, Way
from wss_cases.surveys.links.codes import code_of
from wss_cases.surveys.links.models import SurveyLink
from wss_cases.surveys.links.queries import invited_people, made_by_grade
from wss_cases.surveys.people.queries import addresses_of, people_of, students_by_grade
from wss_cases.surveys.rounds.models import SurveyRound, SurveyTally


@use_case
def make_slips(uow: UnitOfWork, round_id: int, group: SurveyGroup, number: int) -> int:
    """Make slips to print. For students one for each who may be asked and has none yet, by grade, whatever the number;
    for others so many, never more than there are people without a link. Returns the round's id. Raises Refused."""
    row = load_running(uow, round_id, group)
    today = max(row.opens_on, today_at(row.school_id, uow.now))
    made = made_by_grade(row.id, group)
    if group is SurveyGroup.STUDENT:
        asked = students_by_grade(row.school_id, today)
        wanted = [grade for grade, count in asked.items() for _one in range(count - made.get(grade, 0))]
        if not wanted:
            raise Refused("group", _("Every student who takes part has a slip already."))
    else:
        left = people_of(row.school_id, group, today) - sum(made.values())
        if not 1 <= number <= left:
            raise Refused(
                "number", _("Choose a number from 1 to %(most)d: so many have no link yet.", most=max(left, 1))
            )
        wanted = [None] * number
    add_links(uow, row, group, [{"grade": grade} for grade in wanted])
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
    mine = (SurveyTally.round_id == row.id, SurveyTally.audience == group, SurveyTally.way == Way.INVITED)
    tally = existing(uow.session.scalar(select(SurveyTally).where(*mine).with_for_update()))
    tally.invited += len(rows)
    uow.record(row, "survey_round.invited", count=len(rows))
