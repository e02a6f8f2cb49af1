"""A copy of a student's record for the family: looked through by one person, released by another, kept for good."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.deputies.pages import ASKED as DEPUTY_ASKED
from wss_cases.incidents.deputies.pages import ask_deputy
from wss_cases.incidents.incident.queries import refuse_party
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.records.family_copies.copy.models import (
    Asker,
    FamilyRelease,
    FamilyReleaseCopy,
    KeptWhy,
    Manner,
    ReleaseState,
)
from wss_cases.records.family_copies.copy.pages import Draft, deputys_yes, draft_of
from wss_cases.records.family_copies.copy.rules import KEEP, REPLACE, Mark, digest, may_keep
from wss_cases.records.family_copies.request import (
    allow,
    check_held_back,
    close_follow_up,
    open_release,
    record,
    whose_right,
)
from wss_cases.roster.directory.models import Student

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
