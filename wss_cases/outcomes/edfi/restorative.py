"""An export with its second file: the restorative outcomes, for which the interchange has no place.

Each row is one restorative conversation or circle held for a report. No row names a student, and an offer that was not
held has no row: the first file joins reports with students, so for a report with one student it would reveal who
declined, and why. Declining has no consequence, and what is said there is privileged.
"""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, Final

from sqlalchemy import case, exists, func, literal, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import CaseIncident
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.outcomes.counting.repair.queries import MEETS, agreement_kept, light_conditions
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents import safe_cell
from wss_cases.outcomes.edfi.common import NEWEST, EdfiRecord, Tally, Version
from wss_cases.outcomes.edfi.exporting import Progress, decided, schools, write_interchange
from wss_cases.outcomes.exports.export_log import EXPORTED, Recipient, disclose
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.routing.engine.vocabulary import Pathway as Family

COLUMNS: Final = (
    "SchoolId", "IncidentIdentifier", "Pathway", "Kind", "OfferedDate", "HeldDate", "AgreementDate", "AgreementKept",
)  # fmt: skip
ROW: Final = "RestorativeOutcome"


def write_second(actor: Actor, scope: Scope, stream: IO[bytes], tally: Tally, version: Version = NEWEST) -> None:
    """Write the restorative outcomes of the same reports as CSV."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for place in schools(actor, scope.school_id, version):
        for row in _second_of(actor, scope, place.id) if place.number else ():
            if len(row[0]) <= version.incident_characters:
                writer.writerow([safe_cell("" if cell is None else str(cell)) for cell in (place.number, *row)])
                tally.written[ROW] += 1
    text.detach()


def _second_of(actor: Actor, scope: Scope, school_id: int) -> Iterator[Any]:
    mine = decided(actor, scope, school_id)
    broken = exists().where(AgreementTerm.agreement_id == Agreement.id, AgreementTerm.state == TermState.NOT_KEPT)
    result = case((agreement_kept(), "yes"), (broken, "no"))
    identifier = func.coalesce(EdfiRecord.identifier, Incident.reference)
    held_circles = (
        select(
            identifier, Pathway.pathway, Pathway.kind, Pathway.offered_on, Pathway.held_on, Agreement.agreed_on, result,
        )
        .select_from(Incident)
        .join(CaseIncident, CaseIncident.incident_id == Incident.id)
        .join(Pathway, Pathway.case_id == CaseIncident.case_id)
        .outerjoin(Agreement, Agreement.pathway_id == Pathway.id)
        .outerjoin(EdfiRecord, EdfiRecord.incident_id == Incident.id)
        .where(*mine, Pathway.pathway.in_([family.value for family in MEETS]), Pathway.held_on.is_not(None))
        .order_by(Incident.id, Pathway.id)
    )  # fmt: skip
    yield from db.session.execute(held_circles)
    family = Family.RESTORATIVE_CONVERSATION.value
    light = (
        select(identifier, literal(family), literal("conversation"))
        .select_from(Incident)
        .outerjoin(EdfiRecord, EdfiRecord.incident_id == Incident.id)
        .where(*mine, light_conditions()["held"])
        .order_by(Incident.id)
    )
    for row in db.session.execute(light):
        yield (*row, "", "", "", "")


def export_edfi(
    actor: Actor, scope: Scope, stream: IO[bytes], second: IO[bytes] | None, now: datetime, progress: Progress,
    recipient: Recipient | None = None, version: Version = NEWEST,
) -> Tally:  # fmt: skip
    """Write the interchange, and the restorative outcomes where a second stream is given; audits both.

    With a recipient, each student in the file gets a disclosure record. Raises Refused when there is nothing to write,
    because the standard does not allow an empty file.
    """
    tally = Tally()
    write_interchange(actor, scope, stream, tally, progress, version)
    if not tally.rows:
        raise Refused("school_year", _("Nothing can be written for %(year)s.", year=scope.year))
    rows = tally.rows
    if second is not None:
        write_second(actor, scope, second, tally, version)
    with unit_of_work(actor, now) as uow:
        file = {"name": "edfi", "form": "xml", "school_year": scope.year, "school_id": scope.school_id}
        what = {"standard": version.name, "rows": rows, "written": dict(tally.written)}
        uow.audit(EXPORTED, "export_record", None, file | what)
        if recipient is not None:
            disclose(
                uow,
                recipient,
                tally.students,
                _("Ed-Fi file: student number, role and behavior in incidents, removals"),
            )
    return tally
