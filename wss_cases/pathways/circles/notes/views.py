"""The page of a circle's privileged notes: for its keepers, a missing page for everybody else."""

from collections import Counter

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.pathways.circles.circle.keepers import get_circle, with_keepers
from wss_cases.pathways.circles.circle.rules import parties
from wss_cases.pathways.circles.keepers.views import parts_of
from wss_cases.pathways.circles.notes import actions
from wss_cases.pathways.circles.notes.forms import NoteForm
from wss_cases.pathways.circles.notes.queries import closed_to, is_held
from wss_cases.pathways.circles.notes.rules import shred_day
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.views import kind_words, page_of

blueprint = Blueprint("notes", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/notes")


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def notes(case_id: int, pathway_id: int) -> Page:
    """Read the notes, newest first, and write one. Each showing of the page is recorded."""
    actor, now = current_actor(), clock.now()
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    form = NoteForm()
    people = parties(row.for_whom, row.participant_id, participants_of(row.case_id))
    form.concerns.choices = people_choices({one.id: person_words(one) for one in people})
    if form.validate_on_submit():
        try:
            actions.write_note(
                submitted(form), row.id, form.text.data, [number(one) or 0 for one in form.concerns.data or ()]
            )
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return redirect(url_for("notes.notes", case_id=case_id, pathway_id=pathway_id), 303)
    read = actions.read_notes(actor, row.id, now)
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    zone = zone_of(row.school_id)
    page = render_template(
        "pathways/circles/notes/list.html",
        form=form,
        case=row.case,
        lede=kind_words(row),
        back_href=page_of(row),
        tabs=parts_of(actor, row, with_keepers(row), "notes.notes"),
        notes=[{"when": moment_words(one.written_at, zone), "author": one.author, "text": one.text} for one in read],
        shredding=_shredding(row, zone),
        ids={"case_id": case_id, "pathway_id": pathway_id},
        closed=Counter(one.name for one in closed_to(row.id, actor.user_id)).items(),
    )
    return (page, 400) if form.is_submitted() else page


def _shredding(row: Pathway, zone: str) -> str:
    if is_held(row.id):
        return _("Shredding is stopped: a request, hold or order is open.")
    days = setting("NOTE_DAYS")
    if row.ended_at is None:
        return ngettext(
            "The notes are shredded %(num)d day after the circle has ended.",
            "The notes are shredded %(num)d days after the circle has ended.",
            days,
        )
    day = shred_day(local_date(row.ended_at, zone), days)
    return _("The notes are shredded on %(day)s.", day=day_words_with_year(day))
