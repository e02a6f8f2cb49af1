"""Copies of a record for the family: what waits, a student's, the request, the draft and its places to decide about."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.deputies.queries import open_look
from wss_cases.incidents.pages.presenters import place_names, title_words
from wss_cases.records.family_copies.copy import queries
from wss_cases.records.family_copies.copy.models import FamilyRelease
from wss_cases.records.family_copies.copy.queries import Draft
from wss_cases.records.family_copies.copy.rules import Mark, is_eligible, phrases, pieces
from wss_cases.records.family_copies.copy.states import Asker, KeptWhy, ReleaseState
from wss_cases.records.family_copies.draft.actions import decide
from wss_cases.records.family_copies.draft.forms import AskForm, DraftForm, decisions_in
from wss_cases.records.family_copies.request.actions import ask
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student, guardians_of

blueprint = Blueprint("family_copies", __name__)
TONES = {ReleaseState.HANDED_ON: "sun", ReleaseState.RELEASED: "moss"}


@blueprint.get("/family-copies")
@gate(Permission.FAMILY_COPY_PREPARE)
def waiting() -> Page:
    """What families asked for and do not have yet, the next due first."""
    rows = queries.open_releases(current_actor())
    return render_template(
        "records/family_copies/draft/list.html",
        rows=[row_words(release) | {"student": student.shown_name} for release, student in rows],
    )


@blueprint.get("/students/<int:student_id>/family-copies")
@gate(Permission.FAMILY_COPY_PREPARE)
def student(student_id: int) -> Page:
    """What the family of one student asked for, and what it was given."""
    actor = current_actor()
    pupil = _student(actor, student_id)
    return render_template(
        "records/family_copies/draft/student.html",
        student=pupil,
        rows=[row_words(release) for release in queries.releases_of(actor, student_id)],
    )


@blueprint.route("/students/<int:student_id>/family-copies/new", methods=["GET", "POST"])
@gate(Permission.FAMILY_COPY_PREPARE)
def new(student_id: int) -> Page:
    """Write down who asked for what."""
    actor, now = current_actor(), clock.now()
    pupil = _student(actor, student_id)
    form = AskForm(asked_on=today_at(pupil.school_id, now))
    form.who.choices = choices(_askers(pupil))
    reports = queries.reports_about(actor, pupil)
    places = place_names()
    form.reports.choices = choices(
        [
            (row.id, f"{row.reference} · {title_words(row.tile, places.get(row.location_code, ''))}")
            for row in reports
            if not queries.suspects_abuse(row)
        ]
    )
    return form_page(
        form,
        lambda: ask(submitted(form), student_id, form.asked()),
        lambda made: url_for("family_copies.draft", release_id=made),
        "records/family_copies/draft/new.html",
        student=pupil,
        held=[row.reference for row in reports if queries.suspects_abuse(row)],
    )


@blueprint.route("/family-copies/<int:release_id>", methods=["GET", "POST"])
@gate(Permission.FAMILY_COPY_PREPARE)
def draft(release_id: int) -> Page:
    """Look through a copy: each place that may name another child, to be replaced or kept."""
    actor = current_actor()
    release = queries.get_release(actor, release_id)
    if release.state is ReleaseState.RELEASED:
        return redirect(url_for("family_copy_acts.copy", release_id=release_id), 303)
    made = queries.draft_of(release, actor)
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
    return {"release": release, "head": row_words(release), "student": queries.student_of(release)}


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
        "is_printed_by_another": not queries.prints(actor, release),
        "is_own": release.handed_on_by_id == actor.user_id,
        "deputy_agreed": queries.deputys_yes(release) is not None,
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


def _askers(pupil: Student) -> list[tuple[str, str]]:
    """Return whose right it is: the student's own from 18 on, else each guardian's on the roster."""
    today = today_at(pupil.school_id, clock.now())
    if is_eligible(pupil.birth_date, today):
        return [(Asker.STUDENT.value, _("%(name)s, who is 18 or older", name=pupil.shown_name))]
    return [
        (str(who.id), f"{who.name} ({who.relation})" if who.relation else who.name)
        for who in guardians_of(pupil.id)
        if who.may_receive_records is not False
    ]


def student_panel(actor: Actor, pupil: Student) -> tuple[str, dict[str, Any]] | None:
    """Return the link to the copies on a student's page; None for whoever prepares none."""
    if not can(actor, Permission.FAMILY_COPY_PREPARE, pupil):
        return None
    return "records/family_copies/draft/_panel.html", {"href": url_for("family_copies.student", student_id=pupil.id)}
