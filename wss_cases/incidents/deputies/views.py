"""What waits for a network's deputy, and the page on which one thing of it is decided."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm, radio
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.deputies.actions import take_look
from wss_cases.incidents.deputies.models import DeputyLook
from wss_cases.incidents.deputies.queries import asked_of, load_look, waiting_for
from wss_cases.journal.rooms import ForDeputy
from wss_cases.roster.directory.queries import schools_by_id

blueprint = Blueprint("deputies", __name__, url_prefix="/deputy-looks")
Subject = tuple[DeputyLook, ForDeputy]


class LookForm(BaseForm):
    """The answer of a second person."""

    agrees = radio(
        _l("Do you agree?"), {"yes": _l("Yes, I agree"), "no": _l("No, no change")}, _l("Choose your answer.")
    )


@blueprint.get("")
@gate(Permission.DEPUTY_LOOK)
def page() -> Page:
    """What schools ask this person of the district, the oldest first."""
    found = waiting_for(current_actor())
    schools = schools_by_id({look.school_id for look, _asked in found})
    rows = [
        {
            "title": asked.title,
            "meta": dotted(schools[look.school_id].name, moment_words(look.asked_at, zone_of(look.school_id))),
            "href": url_for(".look", look_id=look.id),
        }
        for look, asked in found
    ]
    return render_template("incidents/deputies/list.html", rows=rows)


def _load(actor: Actor, look_id: int) -> Subject:
    look = existing(load_look(look_id))
    require(actor, Permission.DEPUTY_LOOK, look)
    return look, existing(asked_of(look))


def _words(subject: Subject) -> dict[str, Any]:
    look, asked = subject
    zone = zone_of(look.school_id)
    asker = user_names([look.asked_by_id]).get(look.asked_by_id or 0, "")
    rows = [
        (_("School"), schools_by_id([look.school_id])[look.school_id].name),
        (_("Asked by"), dotted(asker, moment_words(look.asked_at, zone))),
        *asked.rows,
    ]
    title, back = asked.title, url_for(".page")
    return {
        "title": title,
        "go_words": _("Submit this answer"),
        "crumbs": [(_("Second reviews for schools"), back), (title, None)],
        "back_href": back,
        "rows": _summary(rows),
        "texts": asked.texts,
        "sections": [(heading, _summary(lines)) for heading, lines in asked.sections],
        "language": asked.language,
    }


def _summary(rows: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in rows]


act_page(
    blueprint,
    "/<int:look_id>",
    "look",
    Permission.DEPUTY_LOOK,
    load=_load,
    form=lambda subject: LookForm(),
    act=lambda call, subject, form: take_look(call, subject[0].id, agrees=form.agrees.data == "yes"),
    done=lambda subject: url_for(".page"),
    words=_words,
    template="incidents/deputies/look.html",
)
