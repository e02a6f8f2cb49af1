"""Pages that write follow-up templates: change, a school's own version, a new one, the last day; with a preview."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.policy import require
from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.followups.core.states import KINDS
from wss_cases.followups.templates.pages import (
    READ,
    EndTemplateForm,
    New,
    NewTemplateForm,
    TemplateForm,
    Wording,
    add_template,
    change_template,
    end_template,
    is_near,
    make_own,
    pathway_words,
    title_of,
    writes_for,
)
from wss_cases.followups.templates.queries import (
    EVENTS,
    TIMED,
    district_template,
    due_on,
    get_template,
    may_write,
    open_made_from,
)
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import filled
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.roster.directory.queries import get_school, school_days

blueprint = Blueprint("follow_up_template_acts", __name__, url_prefix="/follow-up-templates")
TEMPLATE_FIELDS = ("title_en", "title_es", "closes_with_en", "closes_with_es", "due_in_school_days", "single_mail")


@blueprint.route("/<int:template_id>", methods=["GET", "POST"])
@gate(READ)
def change(template_id: int) -> Page:
    """Change a template from a day on. Follow-ups made before keep their due date and words."""
    row = get_template(current_actor(), template_id)
    form = _form_of(row)
    return _write(
        form, lambda call: change_template(call, row.id, _wording(form), form.starts_on.data), row, row.school_id
    )


@blueprint.route("/<int:template_id>/own", methods=["GET", "POST"])
@gate(READ)
def own(template_id: int) -> Page:
    """Make a school's own version in place of the district's."""
    school_id = writes_for(current_actor())
    row = district_template(template_id)
    if school_id is None:
        raise NotFound
    form = _form_of(row)
    return _write(
        form, lambda call: make_own(call, row.id, school_id, _wording(form), form.starts_on.data), row, school_id
    )


@blueprint.route("/new", methods=["GET", "POST"])
@gate(READ)
def add() -> Page:
    """Add a template: the district for every school, an administrator for their own."""
    actor, school_id = current_actor(), writes_for(current_actor())
    require(actor, may_write(FollowUpTemplate(school_id=school_id)), FollowUpTemplate(school_id=school_id))
    form = NewTemplateForm()
    return _write(
        form,
        lambda call: add_template(call, filled(form, New, school_id=school_id), _wording(form), form.starts_on.data),
        None,
        school_id,
    )


act_page(
    blueprint,
    "/<int:template_id>/end",
    "end",
    READ,
    load=get_template,
    form=lambda row: EndTemplateForm(),
    act=lambda call, row, form: end_template(call, row.id, form.until.data),
    done=lambda row: url_for("follow_up_templates.templates"),
    words=lambda row: {
        "title": title_of(row),
        "event": EVENTS.get(row.event, row.event),
        "gives_way": row.instead_of_id is not None,
        "open_now": open_made_from(current_actor()).get(row.series, 0),
    },
    template="followups/templates/editing/end.html",
)


def _form_of(row: FollowUpTemplate) -> TemplateForm:
    return TemplateForm(data={name: getattr(row, name) for name in TEMPLATE_FIELDS})


def _wording(form: TemplateForm) -> Wording:
    return filled(form, Wording)


def _write(
    form: TemplateForm, act: Callable[[Invocation], int], old: FollowUpTemplate | None, school_id: int | None
) -> Page:
    school = get_school(school_id) if school_id is not None else None
    event = old.event if old is not None else ""
    shown: dict[str, Any] = {
        "old": old,
        "kind": KINDS.get(old.kind, old.kind) if old else "",
        "event": EVENTS.get(event, event),
        "pathway": pathway_words(old.pathway) if old else "",
        "timed": old is None or event in TIMED,
        "school": school.name if school else "",
        "open_now": open_made_from(current_actor()).get(old.series, 0) if old else 0,
        "samples": None,
    }
    if form.is_submitted() and "preview" in request.form:
        sound = form.validate() and is_near(form, "starts_on", today_at(school_id, clock.now()))
        if sound:
            shown["samples"] = _samples(form, old, school_id)
        return render_template("followups/templates/editing/write.html", form=form, **shown), 200 if sound else 400
    done = url_for("follow_up_templates.templates")
    return act_form(form, act, done, shown, "followups/templates/editing/write.html")


def _samples(form: TemplateForm, old: FollowUpTemplate | None, school_id: int | None) -> list[dict[str, str]]:
    """For the first day and for today: the due date by this form, and by the present template."""
    days = school_days(school_id)
    written = FollowUpTemplate(**vars(_wording(form)))
    return [
        {
            "happens": day_words_with_year(day),
            "due": day_words_with_year(due_on(written, day, days)),
            "now": day_words_with_year(due_on(old, day, days)) if old is not None else "",
        }
        for day in sorted({form.starts_on.data, today_at(school_id, clock.now())})
    ]


ROOM = Room(pages=(blueprint,))
