"""The list of sealed files: where, since when and why. Nobody opens one here."""

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import user_names
from wss_cases.attachments.hosts.queries import school_of
from wss_cases.attachments.sealing.queries import PAGE, sealed_files
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.roster.directory.queries import schools_by_id

blueprint = Blueprint("sealed_files", __name__)


@blueprint.get("/attachments/sealed")
@gate(Permission.ATTACHMENT_SEALED)
def sealed() -> str:
    """Show which files are sealed, the newest first; no preview, and nothing of what they say they show."""
    before = id_in(request.args.get("before"))
    found = sealed_files(current_actor(), before, PAGE + 1)
    shown = found[:PAGE]
    school_ids = {one.id: school_of(one) for one in shown}
    schools, names = schools_by_id(set(school_ids.values())), user_names([one.sealed_by_id for one in shown])
    rows = []
    for one in shown:
        school = schools[school_ids[one.id]]
        when = moment_words(one.sealed_at, school.time_zone)
        why = one.sealed_why.label if one.sealed_why else ""
        rows.append(
            {
                "title": _("File %(number)d, %(school)s", number=one.id, school=school.name),
                "meta": dotted(why, names.get(one.sealed_by_id or 0, ""), when),
            }
        )
    older = url_for(".sealed", before=shown[-1].id) if len(found) > PAGE else None
    return render_template("attachments/sealing/list.html", rows=rows, older=older, first=before is None)
