"""Copies of a record for the family: what waits, a student's, the request, the draft and its places to decide about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from wtforms.validators import Optional

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.grants import holders
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, is_storable, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page, panel_card, with_flash
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.incidents.deputies import ASKED as DEPUTY_ASKED
from wss_cases.incidents.deputies import ask_deputy, open_look
from wss_cases.incidents.incident.queries import refuse_party
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.records.family_copies.copy import pages
from wss_cases.records.family_copies.copy.models import (
    KEEP,
    REPLACE,
    Asker,
    FamilyRelease,
    FamilyReleaseCopy,
    KeptWhy,
    Manner,
    Mark,
    ReleaseState,
    digest,
    may_keep,
    phrases,
    pieces,
)
from wss_cases.records.family_copies.copy.pages import Draft, deputys_yes, draft_of
from wss_cases.records.family_copies.request import (
    allow,
    check_held_back,
    close_follow_up,
    copies,
    open_release,
    record,
    whose_right,
)
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student

MOST_NAMED = 8
MAIL = "family_copy.waits"


@dataclass(frozen=True)
class Decision:
    """What a person says about one place: replace it, with what; or keep it, and why."""

    do: str
    instead: str = ""
    why: str = ""


@use_case
def decide(
    uow: UnitOfWork,
    release_id: int,
    decisions: Mapping[str, Decision],
    by_hand: Sequence[str],
    *,
    the_rest: bool = False,
) -> int:
    """Keep what was decided about each place, and further words to take out; `the_rest` replaces what is undecided.

    Whatever was handed on goes back to being prepared. Raises NotFound, Stale, or Refused.
    """
    row = open_release(uow, release_id, Permission.FAMILY_COPY_PREPARE, uow.version)
    row.by_hand = list(by_hand)
    known = {mark.key: mark for mark in draft_of(row).all_marks}
    judged = {key: _judged(known[key], each) for key, each in decisions.items() if key in known and each.do}
    if the_rest:
        rest = {"do": REPLACE, "with": "", "why": ""}
        judged |= {mark.key: rest for mark in known.values() if mark.key not in judged and not mark.done}
    by = {"by": uow.actor.user_id, "at": uow.now.isoformat()}
    new = {key: each | by for key, each in judged.items() if not each.items() <= row.decisions.get(key, {}).items()}
    row.decisions = {key: each for key, each in (row.decisions | new).items() if key in known}
    draft = draft_of(row)
    if draft.left:
        raise Refused("", _("What you wrote in its place names a child too: %(names)s.", names=_short(draft.left)))
    if row.state is ReleaseState.HANDED_ON:
        row.state = ReleaseState.PREPARING
    record(uow, row, "looked_through")
    return row.id


def _judged(mark: Mark, decision: Decision) -> dict[str, Any]:
    words = mark.found.words
    if decision.do == REPLACE:
        return {"do": REPLACE, "with": decision.instead.strip(), "why": ""}
    if decision.do != KEEP or decision.why not in set(KeptWhy):
        raise Refused("", _("Explain why “%(words)s” stays.", words=words))
    if not may_keep(mark, decision.why):
        raise Refused("", _("“%(words)s” cannot stay: it says who another child is.", words=words))
    return {"do": KEEP, "with": "", "why": decision.why}


@use_case
def hand_on(uow: UnitOfWork, release_id: int) -> int:
    """Say that everything is decided and a second person may release it: an administrator of the school, the network's
    deputy where there is no other. Raises NotFound, Stale, or Refused."""
    row = open_release(uow, release_id, Permission.FAMILY_COPY_PREPARE, uow.version)
    allow(row, ReleaseState.HANDED_ON)
    check_held_back(uow.actor, "", row.incident_ids)
    draft = draft_of(row)
    check_decided(draft)
    administrators = holders(Role.ADMINISTRATOR, row.school_id, today_at(row.school_id, uow.now))
    row.seen = {key: digest(text) for key, text in draft.texts.items()}
    row.state = ReleaseState.HANDED_ON
    row.handed_on_by_id, row.handed_on_at = uow.actor.user_id, uow.now
    record(uow, row, "handed_on")
    for user_id, _name in administrators:
        if user_id != uow.actor.user_id:
            uow.notify(user_id, MAIL, row, f"{MAIL}:{row.id}:{row.version}:{user_id}")
    if ask_deputy(uow, row):
        uow.record(row, DEPUTY_ASKED)
    return row.id


@use_case
def release(uow: UnitOfWork, release_id: int, *, manner: Manner, identity: str) -> int:
    """Release a copy: what is in it is kept as it is. Raises NotFound, Stale, or Refused when anything changed."""
    row = open_release(uow, release_id, Permission.FAMILY_COPY_RELEASE, uow.version)
    if row.handed_on_by_id == uow.actor.user_id:
        raise Refused("", _("A second person releases it, not the person who reviewed it."))
    if uow.actor.user_id in (deciders := {each.get("by") for each in row.decisions.values()}):
        raise Refused("", _("You decided about a place in this copy, so a second person releases it."))
    refuse_party(uow.actor.user_id, *row.incident_ids)
    refuse_one_person("", uow.actor.user_id, {row.handed_on_by_id, *deciders}, uow.now)
    _let_go(uow, row, uow.actor.user_id, manner, identity)
    return row.id


@use_case
def hand_over(uow: UnitOfWork, release_id: int, *, manner: Manner, identity: str) -> int:
    """Release a copy that the network's deputy agreed to as the second person. Raises NotFound, Stale, or Refused."""
    row = open_release(uow, release_id, Permission.FAMILY_COPY_PREPARE, uow.version)
    _let_go(uow, row, existing(deputys_yes(row)).deputy_id, manner, identity)
    return row.id


def _let_go(uow: UnitOfWork, row: FamilyRelease, by_id: int | None, manner: Manner, identity: str) -> None:
    allow(row, ReleaseState.RELEASED)
    student = uow.session.get_one(Student, row.student_id)
    if row.asked_by is Asker.GUARDIAN:
        whose_right(student, str(row.guardian_id), today_at(row.school_id, uow.now))
    check_held_back(uow.actor, "", row.incident_ids)
    draft = draft_of(row)
    check_same(row, draft)
    check_decided(draft)
    row.released_by_id, row.released_at = by_id, uow.now
    row.manner, row.identity = manner, identity.strip()
    row.state = ReleaseState.RELEASED
    record(uow, row, "released")
    text = _frozen(row, student, draft)
    copy = FamilyReleaseCopy(
        release_id=row.id, school_id=row.school_id, student_id=row.student_id, text=text, sha256=digest(text),
        made_at=uow.now, made_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.add(copy)
    uow.audit("family_release_copy.made", "family_release_copy", copy.id, {"sha256": [None, copy.sha256]})
    close_follow_up(uow, row, "done")


def check_same(row: FamilyRelease, draft: Draft) -> None:
    """Raise Refused where a line is not as it was handed on."""
    different = draft.changed_since(row.seen)
    if different:
        words = _("The records changed since it was reviewed: %(what)s. Review it again.", what=_short(different))
        raise Refused("", words)


def _frozen(row: FamilyRelease, student: Student, draft: Draft) -> str:
    contents: dict[str, Any] = {
        "language": row.language,
        "student": student.shown_name,
        "asked_by": row.asked_name,
        "asked_on": row.asked_on.isoformat(),
        "sections": draft.content(),
    }
    whole = draft_of(row, SYSTEM).content()
    if whole != contents["sections"]:
        contents["sections_whole"] = whole
    return json.dumps(contents, ensure_ascii=False, sort_keys=True)


def check_decided(draft: Draft) -> None:
    """Raise Refused where there is nothing in a copy, or where it might name another child."""
    if not draft.all_marks and not draft.sections:
        raise Refused("", _("This copy is empty."))
    if draft.undecided:
        words = [f"“{mark.found.words}” ({draft.lines[mark.line].title})" for mark in draft.undecided]
        raise Refused("", _("Decide about each place first: %(words)s.", words=_short(words)))
    if draft.left:
        raise Refused("", _("It would still name a child: %(names)s.", names=_short(draft.left)))


def _short(words: Sequence[str]) -> str:
    shown = list(dict.fromkeys(words))
    more = _(" and %(number)s more", number=len(shown) - MOST_NAMED) if len(shown) > MOST_NAMED else ""
    return ", ".join(shown[:MOST_NAMED]) + more


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
    return panel_card(link=(_("Copies for the family"), url_for("family_copies.student", student_id=pupil.id)))


ROOM = Room(pages=(copies,), panels=(Panel(Place.STUDENT, 50, student_panel),))
