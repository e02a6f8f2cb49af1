"""Pages of the follow-up templates, for the district."""

from flask import Blueprint, render_template, url_for

from wss_cases.access.engine import require
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.actions_templates import DISTRICT_ZONE, Wording, change_template
from wss_cases.followups.forms import TemplateForm
from wss_cases.followups.models import FollowUpTemplate
from wss_cases.followups.queries import templates_on
from wss_cases.followups.states import EVENTS, KINDS
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page, form_page

blueprint = Blueprint("follow_up_templates", __name__, url_prefix="/follow-up-templates")


@blueprint.get("")
@gate(Permission.FOLLOWUP_TEMPLATE_EDIT)
def templates() -> Page:
    """What is made when something happens, with its dates."""
    today = clock.local_date(clock.now(), DISTRICT_ZONE)
    spanish = locale_code() == "es"
    rows = [
        {
            "id": row.id,
            "event": EVENTS.get(row.event, row.event),
            "title": row.title_es if spanish else row.title_en,
            "days": row.due_in_school_days,
            "single_mail": row.single_mail,
            "from": day_words_with_year(row.starts_on),
            "until": day_words_with_year(row.ends_on),
            "may_change": row.ends_on is None,
        }
        for row in templates_on(today)
    ]
    return render_template("followups/templates.html", rows=rows)


@blueprint.route("/<int:template_id>", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_TEMPLATE_EDIT)
def template(template_id: int) -> Page:
    """Change a template from a day on."""
    actor = current_actor()
    row = db.session.get(FollowUpTemplate, template_id)
    require(actor, Permission.FOLLOWUP_TEMPLATE_EDIT, row)
    assert row is not None
    form = TemplateForm(
        title_en=row.title_en,
        title_es=row.title_es,
        closes_with_en=row.closes_with_en,
        closes_with_es=row.closes_with_es,
        due_in_school_days=row.due_in_school_days,
        single_mail=row.single_mail,
    )

    def act() -> int:
        wording = Wording(
            due_in_school_days=form.due_in_school_days.data,
            title_en=form.title_en.data,
            title_es=form.title_es.data,
            closes_with_en=form.closes_with_en.data or "",
            closes_with_es=form.closes_with_es.data or "",
            single_mail=form.single_mail.data,
        )
        return change_template(
            actor, row.id, wording, form.starts_on.data, clock.now(), form.request_key.data
        )

    return form_page(
        form,
        act,
        url_for("follow_up_templates.templates"),
        "followups/template.html",
        kind=KINDS.get(row.kind, row.kind),
        event=EVENTS.get(row.event, row.event),
    )
