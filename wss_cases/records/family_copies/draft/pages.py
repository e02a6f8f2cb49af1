"""Copies of a record for the family: what waits, a student's, the request, the draft and its places to decide about."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from wtforms.validators import Optional

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, is_storable, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.incidents.deputies.queries import open_look
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.records.family_copies.copy import pages
from wss_cases.records.family_copies.copy.models import FamilyRelease, KeptWhy, Manner, ReleaseState
from wss_cases.records.family_copies.copy.pages import Draft
from wss_cases.records.family_copies.copy.rules import Mark, phrases, pieces
from wss_cases.records.family_copies.draft.actions import Decision, decide
from wss_cases.records.family_copies.request import copies
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student

MOST_INSTEAD = 200


class DraftForm(BaseForm):
    """Words marked by hand; the places themselves carry their keys in the names of their fields."""

    by_hand = LongText(
        _l("Other words to remove"),
        [Optional()],
        limit=4000,
        description=_l("One per line: a nickname, a team, a description that would identify another child."),
    )


class ReleaseForm(BaseForm):
    """How the copy reaches the family, and how the school knows who takes it."""

    manner = radio(_l("How it reaches them"), Manner.labels(), _l("Enter how it reaches them."))
    identity = ShortText(
        _l("How the school knows the person who takes it"),
        [NotBlank(_l("Write how the school knows the person who takes it."))],
        description=_l("For example: known to the office, showed a photo ID. Do not enter an ID number."),
    )


def decisions_in(fields: MultiDict[str, str], keys: Sequence[str]) -> dict[str, Decision]:
    """Return what a sent draft says about each of its places; a place without an answer is left out.

    Raises Refused for words that cannot be kept as they are.
    """
    decisions: dict[str, Decision] = {}
    for key in keys:
        do = fields.get(f"do-{key}", "")
        if do:
            instead = fields.get(f"with-{key}", "")
            if len(instead) > MOST_INSTEAD:
                raise Refused("", _("Use at most %(max)d characters.", max=MOST_INSTEAD))
            if not is_storable(instead):
                raise Refused("", _("This text contains a character that cannot be stored. Type it again."))
            decisions[key] = Decision(do, instead, fields.get(f"why-{key}", ""))
    return decisions


TONES = {ReleaseState.HANDED_ON: "sun", ReleaseState.RELEASED: "moss"}


@copies.get("/family-copies")
@gate(Permission.FAMILY_COPY_PREPARE)
def waiting() -> Page:
    """What families asked for and do not have yet, the next due first."""
    rows = pages.open_releases(current_actor())
    return render_template(
        "records/family_copies/draft/list.html",
        rows=[row_words(release) | {"student": student.shown_name} for release, student in rows],
    )


@copies.get("/students/<int:student_id>/family-copies")
@gate(Permission.FAMILY_COPY_PREPARE)
def student(student_id: int) -> Page:
    """What the family of one student asked for, and what it was given."""
    actor = current_actor()
    pupil = _student(actor, student_id)
    return render_template(
        "records/family_copies/draft/student.html",
        student=pupil,
        rows=[row_words(release) for release in pages.releases_of(actor, student_id)],
    )


@copies.route("/family-copies/<int:release_id>", methods=["GET", "POST"])
@gate(Permission.FAMILY_COPY_PREPARE)
def draft(release_id: int) -> Page:
    """Look through a copy: each place that may name another child, to be replaced or kept."""
    actor = current_actor()
    release = pages.get_release(actor, release_id)
    if release.state is ReleaseState.RELEASED:
        return redirect(url_for("family_copy_acts.copy", release_id=release_id), 303)
    made = pages.draft_of(release, actor)
    form = DraftForm(by_hand="\n".join(release.by_hand), version=str(release.version))

    def act() -> int:
        decisions = decisions_in(request.form, [mark.key for mark in made.all_marks])
        return decide(
            submitted(form),
            release_id,
            decisions,
            phrases(form.by_hand.data or ""),
            the_rest="the_rest" in request.form,
        )

    return form_page(
        form,
        act,
        with_flash(_("Saved."), url_for("family_copies.draft", release_id=release_id)),
        "records/family_copies/draft/draft.html",
        **draft_page(actor, release, made),
    )


def head_of(release: FamilyRelease) -> dict[str, Any]:
    """Return what every page of one request shows: the request, in words, and its student."""
    return {"release": release, "head": row_words(release), "student": pages.student_of(release)}


def draft_page(actor: Actor, release: FamilyRelease, made: Draft) -> dict[str, Any]:
    """Return what the page of a draft shows, with what was sent in place of what is kept."""
    return {
        **head_of(release),
        "sections": [
            {
                "title": section.title,
                "lines": [
                    {
                        "label": line.label,
                        "pieces": pieces(line.text, made.marks.get(line.key, ())),
                        "marks": [_mark_words(mark) for mark in made.marks.get(line.key, ())],
                    }
                    for line in section.lines
                ],
            }
            for section in made.sections
        ],
        "undecided": len(made.undecided),
        "total": len(made.all_marks),
        "whys": [(why.value, words) for why, words in KeptWhy.labels().items()],
        "is_open": release.state in (ReleaseState.PREPARING, ReleaseState.HANDED_ON),
        "may_release": can(actor, Permission.FAMILY_COPY_RELEASE, release) and release.state is ReleaseState.HANDED_ON,
        "is_printed_by_another": not pages.prints(actor, release),
        "is_own": release.handed_on_by_id == actor.user_id,
        "deputy_agreed": pages.deputys_yes(release) is not None,
        "deputy_asked": open_look(FamilyRelease.__tablename__, release.id) is not None,
    }


def _mark_words(mark: Mark) -> dict[str, Any]:
    key, sent = mark.key, request.form
    whose = ", ".join(sorted(mark.found.who))
    return {
        "key": key,
        "words": mark.found.words,
        "kind": mark.found.kind.label,
        "whose": whose if mark.found.near else _("someone at this school"),
        "shared": mark.found.shared,
        "done": mark.done,
        "do": sent.get(f"do-{key}", mark.done),
        "instead": sent.get(f"with-{key}", mark.instead),
        "why": sent.get(f"why-{key}", mark.why),
    }


def row_words(release: FamilyRelease) -> dict[str, Any]:
    """Return one request in words."""
    return {
        "href": url_for("family_copies.draft", release_id=release.id),
        "title": _("Asked for by %(name)s", name=release.asked_name),
        "meta": _(
            "asked on %(day)s · due %(due)s",
            day=day_words_with_year(release.asked_on),
            due=day_words_with_year(release.due_on) or "–",
        ),
        "state": ReleaseState(release.state).label,
        "tone": TONES.get(release.state, "slate"),
    }


def _student(actor: Actor, student_id: int) -> Student:
    pupil = get_student(actor, student_id)
    require(actor, Permission.FAMILY_COPY_PREPARE, pupil)
    return pupil


def student_panel(actor: Actor, pupil: Student) -> tuple[str, dict[str, Any]] | None:
    """Return the link to the copies on a student's page; None for whoever prepares none."""
    if not can(actor, Permission.FAMILY_COPY_PREPARE, pupil):
        return None
    return "records/family_copies/draft/_panel.html", {"href": url_for("family_copies.student", student_id=pupil.id)}


ROOM = Room(pages=(copies,), panels=(Panel(Place.STUDENT, 50, student_panel),))
