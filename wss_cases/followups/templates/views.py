"""Pages of the follow-up templates: what is in force, and what it would make of a sample case."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.followups.templates.forms import PATHWAYS, SampleForm
from wss_cases.followups.templates.queries import may_write, open_made_from, schools_own, templates_for, templates_on
from wss_cases.followups.templates.rules import Sample, sample, too_far
from wss_cases.followups.templates.states import EVENTS, TIMED
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import either, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.queries import get_school, school_days

blueprint = Blueprint("follow_up_templates", __name__, url_prefix="/follow-up-templates")
READ = Permission.FOLLOWUP_TEMPLATE_READ


def school_of(actor: Actor) -> int | None:
    """Return the school whose templates are shown: the administrator's, or the one the district chose; None for all."""
    return chosen_school_id(actor, Role.ADMINISTRATOR, Role.DISTRICT)


def writes_for(actor: Actor) -> int | None:
    """Return the school that this person writes templates for; None: the district writes its own."""
    return None if actor.has(Role.DISTRICT) else chosen_school_id(actor, Role.ADMINISTRATOR)


def title_of(row: FollowUpTemplate) -> str:
    """Return a template's title in the reader's language."""
    return str(either(row.title_en, row.title_es))


def closes_with(row: FollowUpTemplate) -> str:
    """Return what closes a template's follow-ups, in the reader's language."""
    return str(either(row.closes_with_en, row.closes_with_es))


def delay_words(row: FollowUpTemplate) -> str:
    """Return when a template's follow-up is due."""
    if row.event not in TIMED:
        return _("The routing rules decide when")
    number = row.due_in_school_days
    if number == 0:
        return _("The same day")
    return ngettext("After %(num)d school day", "After %(num)d school days", number)


def pathway_words(code: str) -> str:
    """Return the words of a template's pathway; '' where it is for every one."""
    return str(dict(PATHWAYS).get(code, "")) if code else ""


@blueprint.get("")
@gate(READ)
def templates() -> Page:
    """What is made when something happens: the district's, and what a school has in its place."""
    actor = current_actor()
    school_id = school_of(actor)
    today = today_at(school_id, clock.now())
    rows = templates_on(today, school_id)
    own = {row.instead_of_id for row in rows if row.school_id is not None}
    counts, elsewhere = open_made_from(actor), schools_own(today) if school_id is None else {}
    lines = [_line(actor, row, today, own, counts, elsewhere) for row in rows]
    school = get_school(school_id) if school_id is not None else None
    return render_template(
        "followups/templates/list.html",
        groups=[
            (EVENTS.get(event, event), list(group)) for event, group in groupby(lines, key=lambda line: line["event"])
        ],
        school=school.name if school else "",
    )


def _line(
    actor: Actor,
    row: FollowUpTemplate,
    today: date,
    own: set[int | None],
    counts: dict[int, int],
    elsewhere: dict[int, int],
) -> dict[str, Any]:
    replaced = row.school_id is None and row.series in own
    acts = []
    if row.ends_on is None and can(actor, may_write(row), row):
        acts.append((_("Change"), url_for("follow_up_template_acts.change", template_id=row.id)))
        if row.event in TIMED or row.instead_of_id is not None:
            acts.append((_("Stop using it"), url_for("follow_up_template_acts.end", template_id=row.id)))
    elif row.ends_on is None and row.school_id is None and not replaced and writes_for(actor) is not None:
        acts.append((_("Our own version"), url_for("follow_up_template_acts.own", template_id=row.id)))
    return {
        "event": row.event,
        "title": title_of(row),
        "facts": _facts(row, counts, elsewhere),
        "dates": _dates(row, today),
        "tag": _tag(row, replaced),
        "acts": acts,
    }


def _facts(row: FollowUpTemplate, counts: dict[int, int], elsewhere: dict[int, int]) -> list[str]:
    facts = [delay_words(row)]
    if row.pathway:
        facts.append(pathway_words(row.pathway))
    if row.single_mail:
        facts.append(_("a separate email"))
    if counts.get(row.series):
        facts.append(ngettext("%(num)d is open", "%(num)d are open", counts[row.series]))
    if elsewhere.get(row.series):
        facts.append(
            ngettext(
                "%(num)d school has its own version", "%(num)d schools have their own version", elsewhere[row.series]
            )
        )
    return facts


def _dates(row: FollowUpTemplate, today: date) -> str:
    if row.starts_on > today:
        return _("from %(day)s", day=day_words_with_year(row.starts_on))
    return _("until %(day)s", day=day_words_with_year(row.ends_on)) if row.ends_on else ""


def _tag(row: FollowUpTemplate, replaced: bool) -> tuple[str, str] | None:
    if replaced:
        return _("This school has its own"), "slate"
    return (_("This school’s own"), "teal") if row.school_id is not None else None


@blueprint.get("/sample")
@gate(READ)
def try_out() -> Page:
    """What would be made of a case in which something happens on a day."""
    school_id = school_of(current_actor())
    today = today_at(school_id, clock.now())
    form = SampleForm(request.args if request.args else None, day=today)
    made: Sequence[Sample] = ()
    is_asked = bool(request.args)
    if is_asked and form.validate() and is_near(form, "day", today):
        templates = templates_for(form.event.data, school_id, form.day.data, form.pathway.data)
        made = sample(templates, form.day.data, school_days(school_id))
    school = get_school(school_id) if school_id is not None else None
    page = render_template(
        "followups/templates/sample.html",
        form=form,
        asked=is_asked and not form.errors,
        made=[
            {
                "title": title_of(one.template),
                "due": day_words_with_year(one.due_on),
                "delay": delay_words(one.template),
                "closes_with": closes_with(one.template),
                "own": one.template.school_id is not None,
            }
            for one in made
        ],
        school=school.name if school else "",
    )
    return page, 400 if form.errors else 200


def is_near(form: BaseForm, field: str, today: date) -> bool:
    """Whether a template can be tried out on the day in a field; where not, the form says so there."""
    near = not too_far(form[field].data, today)
    if not near:
        apply_refusal(form, Refused(field, _("Choose a day within the next year.")))
    return near
