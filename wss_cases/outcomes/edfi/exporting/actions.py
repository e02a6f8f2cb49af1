"""Writing the Ed-Fi file: the file, and in the audit who took what of it."""

from datetime import datetime
from typing import IO

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.edfi.common.codes import Tally
from wss_cases.outcomes.edfi.common.versions import NEWEST, Version
from wss_cases.outcomes.edfi.exporting.restorative_file import write_second
from wss_cases.outcomes.edfi.exporting.writing import Progress, write_interchange
from wss_cases.outcomes.exports.export_log.actions import EXPORTED
from wss_cases.outcomes.exports.export_log.disclosing import Recipient, disclose


def export_edfi(
    actor: Actor, scope: Scope, stream: IO[bytes], second: IO[bytes] | None, now: datetime, progress: Progress,
    recipient: Recipient | None = None, version: Version = NEWEST,
) -> Tally:  # fmt: skip
    """Write the interchange, and the restorative outcomes where a second stream is given; both are in the audit.

    With a recipient each student in the file gets a disclosure record. Raises Refused when there is nothing to write:
    the standard knows no empty file.
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
