"""Taking a file: with a reason, within the row limit, and where it may name children not without a second person being
told."""

from datetime import datetime
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.outcomes.documents.rendering import Report
from wss_cases.outcomes.exports.export_log.disclosing import Disclosed, disclose
from wss_cases.outcomes.exports.export_log.models import ExportRecord
from wss_cases.outcomes.exports.export_log.queries import second_persons

NOTICE = "export_made"
EXPORTED = "outcomes.exported"


def note_export(
    actor: Actor, report: Report, *, form: str, year: str, school_id: int | None, reason: str, now: datetime,
    tell: bool = True,
) -> int:  # fmt: skip
    """Note that the actor takes this report as a file, and `tell` a second person; return the record's id.

    Raises Refused when it has too many rows, or when there is no one who could be told.
    """
    with unit_of_work(actor, now) as uow:
        return _note(uow, report, form=form, year=year, school_id=school_id, reason=reason, tell=tell)


def _note(
    uow: UnitOfWork, report: Report, *, form: str, year: str, school_id: int | None, reason: str, tell: bool
) -> int:
    rows, most = len(report.rows), setting("EXPORT_ROWS")
    if rows > most:
        raise Refused("", _("This file would have %(rows)s rows; at most %(most)s are allowed.", rows=rows, most=most))
    recipients = second_persons(uow.actor, school_id, uow.now) if tell else []
    if tell and not recipients:
        raise Refused(
            "", _("No one else can be told about this file, so it is not made. Ask your system administrator.")
        )
    row = uow.add(
        ExportRecord(
            school_id=school_id, user_id=uow.actor.user_id, name=report.name, form=form, school_year=year,
            row_count=rows, reason=reason.strip(), made_at=uow.now,
        )
    )  # fmt: skip
    uow.audit(EXPORTED, "export_record", row.id, _audited(report, form, year))
    for user_id in recipients:
        uow.notify(user_id, NOTICE, row, f"{NOTICE}:{row.id}:{user_id}")
    return row.id


def note_command(
    actor: Actor, report: Report, form: str, year: str, now: datetime, disclosed: Disclosed | None = None
) -> None:
    """Audit a file as the operator's; reasons and second persons bind the web alone. Where it names students and goes
    to somebody, each of them gets a disclosure record."""
    with unit_of_work(actor, now) as uow:
        uow.audit(EXPORTED, "export_record", None, _audited(report, form, year))
        if disclosed is not None:
            disclose(uow, *disclosed)


def _audited(report: Report, form: str, year: str) -> dict[str, Any]:
    return {"name": report.name, "form": form, "school_year": year, "rows": len(report.rows)}
