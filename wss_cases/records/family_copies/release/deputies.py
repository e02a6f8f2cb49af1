"""A copy for a family as the network's deputy reads it, where the school has nobody else who may release it."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.grants import holders
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.rooms import ForDeputy, SecondLook
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.records.family_copies.copy.models import FamilyRelease
from wss_cases.records.family_copies.copy.queries import deputys_yes, draft_of, held_back, student_of
from wss_cases.records.family_copies.copy.rules import KEEP
from wss_cases.records.family_copies.copy.states import KeptWhy, Part, ReleaseState
from wss_cases.records.family_copies.draft.actions import check_decided, check_same
from wss_cases.records.family_copies.release.messages import ANSWERED
from wss_cases.records.family_copies.request.actions import record


def asks(row: FamilyRelease, now: datetime) -> SecondLook:
    """Return who handed a copy on, the administrators who may release it, no party to a report in it
    among them, and who else decided about a place of it."""
    administrators = {
        number for number, _name in holders(Role.ADMINISTRATOR, row.school_id, today_at(row.school_id, now))
    }
    deciders = {int(each["by"]) for each in row.decisions.values() if each.get("by") is not None}
    school = administrators - deciders - {row.handed_on_by_id or 0} - parties_of(*reports_of(row))
    return SecondLook(row.handed_on_by_id, row.handed_on_at or row.prepared_at, school, deciders)


def waiting() -> list[FamilyRelease]:
    """Return the copies that wait for a second person, in every school."""
    handed_on = select(FamilyRelease).where(FamilyRelease.state == ReleaseState.HANDED_ON).order_by(FamilyRelease.id)
    return [row for row in db.session.scalars(handed_on).all() if deputys_yes(row) is None]


def reports_of(row: FamilyRelease) -> list[int]:
    """Return the reports that go into a copy."""
    return [int(number) for number in row.incident_ids]


def for_deputy(row: FamilyRelease) -> ForDeputy | None:
    """Return what the deputy must know to agree to a copy: for whom it is and until when, what the family would get,
    and what was kept on purpose. Nothing of a copy that is no more as it was handed on: it may name another child."""
    if row.state is not ReleaseState.HANDED_ON or deputys_yes(row) is not None:
        return None
    draft, title = draft_of(row), _("A copy of a record for a family")
    rows = [
        (_("Student"), student_of(row).shown_name),
        (_("Asked for by"), row.asked_name),
        (_("Due"), day_words_with_year(row.due_on)),
        (_("You are asked to agree that"), _("The family gets it exactly as shown here")),
    ]
    if draft.changed_since(row.seen) or draft.undecided or draft.left:
        words = _("The record changed since it was reviewed. Do not agree, so that the school reviews it again.")
        return ForDeputy(title, rows, [words])
    if Part.CASE in row.parts:
        rows.append((_("Not shown here"), _("Lines that only a coordinator may read. The family gets them too.")))
    kept = [f"“{mark.found.words}”: {KeptWhy(mark.why).label}" for mark in draft.all_marks if mark.done == KEEP]
    if kept:
        rows.append((_("Kept on purpose"), "; ".join(kept)))
    sections = [
        (section["title"], [(label or _("Note to the family"), text) for label, text in section["lines"]])
        for section in draft.content()
    ]
    return ForDeputy(title, rows, [], sections, row.language)


def settle(uow: UnitOfWork, row: FamilyRelease, agrees: bool) -> None:
    """Let the school release a copy that the deputy agreed to, or look it through again; who handed it on is told."""
    if agrees:
        if held_back(SYSTEM, row.incident_ids):  # which report, and why, is not hers to know
            raise Refused("", _("This copy cannot go to the family from here. The school asks the district’s counsel."))
        draft = draft_of(row)
        check_same(row, draft)
        check_decided(draft)
    else:
        row.state = ReleaseState.PREPARING
    record(uow, row, "seconded" if agrees else "sent_back")
    if row.handed_on_by_id is not None:
        uow.notify(row.handed_on_by_id, ANSWERED, row, f"{ANSWERED}:{row.id}:{uow.now.isoformat()}")
