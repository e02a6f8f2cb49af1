"""Pages that write follow-up templates: change, a school's own version, a new one, the last day; with a preview."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Invocation
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.policy import require
from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.followups.core.states import KINDS
from wss_cases.followups.templates.pages import (
    READ,
    WRITTEN,
    NewTemplateForm,
    TemplateForm,
    add_template,
    change_template,
    is_near,
    make_own,
    pathway_words,
    refuse_ended,
    refuse_far,
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
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import PlainForm
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.queries import get_school, school_days

pages = Pages(
    "follow_up_template_acts", __name__, url_prefix="/follow-up-templates",
    trail=lambda _row: [(_("Follow-up templates"), url_for("follow_up_templates.templates"))],
)  # fmt: skip


@pages.route("/<int:template_id>", methods=["GET", "POST"])
@gate(READ)
def change(template_id: int) -> Page:
    """Change a template from a day on. Follow-ups made before keep their due date and words."""
    row = get_template(current_actor(), template_id)
    form = _form_of(row)
    return _write(form, lambda call: change_template(call, row.id, form.columns()), row, row.school_id)


@pages.route("/<int:template_id>/own", methods=["GET", "POST"])
@gate(READ)
def own(template_id: int) -> Page:
    """Make a school's own version in place of the district's."""
    school_id = writes_for(current_actor())
    row = district_template(template_id)
    if school_id is None:
        raise NotFound
    form = _form_of(row)
    return _write(form, lambda call: make_own(call, row.id, school_id, form.columns()), row, school_id)


@pages.route("/new", methods=["GET", "POST"])
@gate(READ)
def add() -> Page:
    """Add a template: the district for every school, an administrator for their own."""
    actor, school_id = current_actor(), writes_for(current_actor())
    require(actor, may_write(FollowUpTemplate(school_id=school_id)), FollowUpTemplate(school_id=school_id))
    form = NewTemplateForm()
    return _write(form, lambda call: add_template(call, form.columns() | {"school_id": school_id}), None, school_id)


class EndTemplateForm(PlainForm):
    until = DateField(
        _l("Used until which day?"), [InputRequired(_l("Choose a day."))], description=_l("Today or later.")
    )


def _after_it(row: FollowUpTemplate, _form: EndTemplateForm) -> dict[str, Any]:
    open_now = open_made_from(current_actor()).get(row.series, 0)
    then = (
        _("From the day after, the district’s version is used again.") if row.instead_of_id is not None
        else _("From the day after, nothing is created in its place.")
    )  # fmt: skip
    stays = ngettext(
        "%(num)d follow-up that it created stays open.", "%(num)d follow-ups that it created stay open.", open_now
    )
    return {"facts": [f"{then} {stays}" if open_now else then]}


@pages.act(
    "/<int:template_id>/end", Subject(FollowUpTemplate, get_template), EndTemplateForm, READ, adds=True, endpoint="end",
    title=title_of, button=_l("Stop using it"), lede=lambda row: EVENTS.get(row.event, row.event), more=_after_it,
    then=lambda *_answer: url_for("follow_up_templates.templates"), boxed=False,
)  # fmt: skip
def end_template(uow: UnitOfWork, row: FollowUpTemplate, form: EndTemplateForm) -> None:
    """End a template on a day. After a school's own version the district's applies again.

    Refused for the district's templates of routing rules, because their follow-ups need the words; only a school's
    version of them may end.
    """
    require(uow.actor, may_write(row), row)
    refuse_ended(row)
    if row.event not in TIMED and row.instead_of_id is None:
        raise Refused("", _("The routing rules create this follow-up. You can change its wording, but not remove it."))
    until, today = form.until.data, today_at(row.school_id, uow.now)
    if until < max(today, row.starts_on):
        raise Refused("until", _("Choose today or a later day, not before its start."))
    refuse_far("until", until, today)
    row.ends_on = until
    uow.record(row, "followup_template.ended")


def _form_of(row: FollowUpTemplate) -> TemplateForm:
    return TemplateForm(data={name: getattr(row, name) for name in WRITTEN if name != "starts_on"})


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
    written = FollowUpTemplate(**form.columns())
    return [
        {
            "happens": day_words_with_year(day),
            "due": day_words_with_year(due_on(written, day, days)),
            "now": day_words_with_year(due_on(old, day, days)) if old is not None else "",
        }
        for day in sorted({form.starts_on.data, today_at(school_id, clock.now())})
    ]


ROOM = Room(pages=(pages,))
