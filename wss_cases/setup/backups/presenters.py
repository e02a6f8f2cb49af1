"""A backup in words."""

from typing import Any

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import district_zone
from wss_cases.setup.backups.models import BackupRun
from wss_cases.setup.backups.states import GOOD, Outcome


def backup_row(run: BackupRun) -> dict[str, Any]:
    """Return a backup as lists show it."""
    counted = ""
    if run.outcome in GOOD:
        counted = _("%(rows)d rows of %(tables)d tables", rows=run.row_count, tables=run.table_count)
    tone = "moss" if run.outcome in GOOD else "slate" if run.outcome is Outcome.RUNNING else "brick"
    tag = _("In order") if run.outcome in GOOD else _("In progress") if run.outcome is Outcome.RUNNING else _("Failed")
    return {
        "title": moment_words(run.started_at, district_zone()),
        "meta": dotted(run.outcome.label, counted, run.file),
        "tag": tag,
        "tone": tone,
    }
