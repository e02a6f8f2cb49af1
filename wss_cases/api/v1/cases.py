"""Cases without names: when and where, how they stand and which pathways were proposed. No student, no text, no number
that others know. What few may know of is not among them, and nothing here counts it."""

import hmac
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select

from wss_cases.access.actor import Role
from wss_cases.access.visibility import in_view
from wss_cases.api.tokens.states import Scope
from wss_cases.api.v1.declared import Call, Endpoint, Parameter, number, obj, or_null, text
from wss_cases.api.v1.paging import CURSOR, SCHOOL, Place, cursor_after, limit, place_of
from wss_cases.api.v1.schools import chosen
from wss_cases.cases.case.models import Case, CaseIncident, CaseOrigin, CaseState
from wss_cases.foundation.db import among, db
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import TimelineEntry
from wss_cases.pathways.common.rules import Pathway
from wss_cases.roster.directory.models import School
from wss_cases.routing.engine.pages import Kind
from wss_cases.routing.engine.pages import Pathway as Family
from wss_cases.safeguards.duties.duty.models import LegalDuty

USUAL, MOST = 100, 500
OVERLAP: Final = timedelta(minutes=5)
"""What is being saved while a pull begins has an earlier time and is seen by the next one."""
FOR_FEW: Final = ("child_abuse_or_neglect", "title_ix_contact", "adult_conduct", "article_26a_support")
"""Duties of which few may know: a case whose report raised one is not handed out, whatever became of the duty."""
SHOWN_ACTS: Final = ("case.opened", "case.opened_for_student", "case.opened_continued", "case.state_changed",
                     "case.closed", "case.reopened")  # fmt: skip
"""Acts that change what is shown of a case; others leave it as it was updated last."""
ROW: Final = obj(
    "One case.",
    id=text("The case: the same in every answer of this district, and in nothing else"),
    school_id=number("Its school"),
    state=text("How it stands", enum=[str(state) for state in CaseState]),
    opened_on=text("Day on which it was opened", format="date"),
    closed_on=or_null(text("Day on which it was closed; null while it is open", format="date")),
    pathways={
        "type": "array",
        "description": "The pathways that were proposed, each once, whatever became of them",
        "items": {"type": "string", "enum": [str(family) for family in Family]},
    },
    updated_at=text("When any of this last changed", format="date-time"),
)
STATE: Final = Parameter(
    "state", "only cases in this state", {"type": "string", "enum": [str(state) for state in CaseState]}
)
SINCE: Final = Parameter(
    "updated_since", "only cases of which anything shown here changed since then",
    {"type": "string", "format": "date-time"},
)  # fmt: skip


def for_few() -> ColumnElement[bool]:
    """Return the condition of a case of which few may know: it is support that no incident asked for, or one of its
    reports is sensitive (as `Incident.is_sensitive` says), or raised a duty that is shown to few."""
    duty = select(LegalDuty.id).where(LegalDuty.incident_id == Incident.id, LegalDuty.code.in_(FOR_FEW)).exists()
    joined = select(CaseIncident.id).join(Incident, Incident.id == CaseIncident.incident_id)
    few = or_(Incident.sensitive(), duty)
    return or_(Case.harm_kind == CaseOrigin.SUPPORT.value, joined.where(CaseIncident.case_id == Case.id, few).exists())


def _listed(call: Call, place: Place) -> Any:
    statement: Any = (
        select(Case.id, Case.school_id, Case.state, Case.opened_on, Case.opened_at, Case.closed_at)
        .join(School, School.id == Case.school_id)
        .where(in_view(Case, call.actor, Role.DISTRICT), ~for_few(), chosen(call), Case.id > place.after)
    )
    if "state" in call.values:
        statement = statement.where(Case.state == call.values["state"])
    if "updated_since" in call.values:
        since = call.values["updated_since"]
        acts = select(TimelineEntry.id).where(TimelineEntry.case_id == Case.id, _of_case(), TimelineEntry.at >= since)
        proposed = select(Pathway.id).where(Pathway.case_id == Case.id, _told(), Pathway.proposed_at >= since)
        statement = statement.where(or_(Case.opened_at >= since, acts.exists(), proposed.exists()))
    return statement.order_by(Case.id)


def _of_case() -> ColumnElement[bool]:
    return and_(TimelineEntry.subject_type == Case.__tablename__, TimelineEntry.kind.in_(SHOWN_ACTS))


def _told() -> ColumnElement[bool]:
    # a need for housing support is seen by the coordinator alone
    return Pathway.kind != Kind.HOUSING_BASIC_NEEDS


def read(call: Call) -> dict[str, Any]:
    """Return a page of cases in the order in which they were opened here."""
    size, place = call.values.get("limit", USUAL), place_of(call)
    rows = db.session.execute(_listed(call, place).limit(size + 1)).all()
    ids = [row.id for row in rows[:size]]
    families, updated = _pathways(ids), _acts(ids)
    data = []
    for row in rows[:size]:
        proposed = families.get(row.id, {})
        data.append(
            {
                "id": public_id(call.salt, row.id),
                "school_id": row.school_id,
                "state": str(row.state),
                "opened_on": row.opened_on.isoformat(),
                "closed_on": local_date(row.closed_at, district_zone()).isoformat() if row.closed_at else None,
                "pathways": sorted(proposed),
                "updated_at": max(row.opened_at, updated.get(row.id, row.opened_at), *proposed.values()).isoformat(),
            }
        )
    begun = (place.began - OVERLAP).isoformat(timespec="seconds")
    return {"data": data, "next_cursor": cursor_after(call, place, rows, size), "next_updated_since": begun}


def _pathways(ids: list[int]) -> dict[int, dict[str, datetime]]:
    statement = select(Pathway.case_id, Pathway.pathway, func.max(Pathway.proposed_at)).where(
        among(Pathway.case_id, ids), _told()
    )
    found: dict[int, dict[str, datetime]] = {}
    for case_id, family, at in db.session.execute(statement.group_by(Pathway.case_id, Pathway.pathway)):
        found.setdefault(case_id, {})[family] = at
    return found


def _acts(ids: list[int]) -> dict[int, datetime]:
    entry = TimelineEntry
    statement = select(entry.case_id, func.max(entry.at)).where(among(entry.case_id, ids), _of_case())
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(entry.case_id)) if row[0] is not None}


def public_id(salt: str, case_id: int) -> str:
    """Return the id of a case for other systems: nobody sees from two of them how many lie between."""
    return hmac.digest(salt.encode(), f"case {case_id}".encode(), "sha256").hex()[:32]


ENDPOINT: Final = Endpoint(
    "cases", "Cases without names",
    "Cases in the order in which they were opened here, each once, however many are added while pages are turned. No"
    " names, no student, no text. Cases of which few may know are left out, and no figure of this API counts"
    " them apart. For the next pull send next_updated_since of this one as updated_since; it overlaps by five"
    " minutes, so match by id. What is no longer listed (erased, or found to be for few) is seen by a full pull.",
    Scope.CASES, (SCHOOL, STATE, SINCE, limit(USUAL, MOST), CURSOR), ROW,
    {"next_updated_since": text("For the next pull, as updated_since", format="date-time")}, read,
)  # fmt: skip
