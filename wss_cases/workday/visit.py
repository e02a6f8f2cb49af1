"""The page of one person: what is open about them, closed in one act with a history row for each."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, request, url_for
from sqlalchemy import ColumnElement, and_, or_, select
from wtforms import BooleanField, DateField, HiddenField, IntegerField, RadioField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.followups.about import TONES, About, about, person_key, spoken_of, without_links
from wss_cases.followups.calendar import Calendars
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.presenters import WORDS_OF_CIRCLES, due_words, outcomes_of
from wss_cases.followups.core.queries import FollowUpRow, get_follow_up, listing, rows, rows_by_id, visible_to
from wss_cases.followups.core.states import FAMILY, HAPPENED_AGAIN, OUTCOME_LABELS, RECORDED_ELSEWHERE
from wss_cases.followups.evidence import BY_CONTACT, CLOSES_WITH, NAMES_WHOM, QUESTIONS, Evidence
from wss_cases.followups.making import close_checked
from wss_cases.followups.pages.follow_up import again_page, record_page
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choices, is_storable, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import numbers_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.states import MANNER_LABELS, PersonRole
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.queries import keeper_ids, told_who_said_what
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.telling import Calling
from wss_cases.routing.engine.vocabulary import Pathway as Family

MOST = 40
"""Follow-ups of one visit: the oldest due first; the rest are in the list of all."""

PARTIES = (PersonRole.HARMED, PersonRole.CAUSED_HARM, PersonRole.BOTH)


OF_CIRCLES = frozenset({"pre_meetings", "circle", "plan_meeting"})
"""Kinds that are part of a circle wherever they hang: nothing of what is said there stands in a note beside it."""


@dataclass(frozen=True)
class Visited:
    """What is open about one person, the oldest due first; `shared`: what is about them and others together."""

    person: str
    own: list[FollowUpRow]
    shared: list[FollowUpRow]


def visited(actor: Actor, follow_up: FollowUp, also: Collection[int] = ()) -> Visited:
    """Return what is open about the one person whom a follow-up names; the caller has checked that one.

    `also`: follow-ups that a form was shown with, open or not any more; of those the ones the actor may see and that
    name the same person. A follow-up that names nobody is visited alone.
    """
    person = named(follow_up)
    if person is None:
        return Visited("", rows_by_id(actor, [follow_up.id]), [])
    theirs = _names(person)
    seen = visible_to(listing(), actor).where(FollowUp.id.in_(sorted(also)), theirs) if also else None
    open_rows = visible_to(listing(), actor, live=True).where(theirs)
    found = rows(open_rows.order_by(FollowUp.due_on, FollowUp.id).limit(MOST))
    known = {row.id for row in found}
    found += [row for row in rows(seen) if row.id not in known] if seen is not None else []
    return Visited(person_key(person), sorted(found, key=lambda row: (row.due_on, row.id)), _shared(actor, person))


def named(follow_up: Any) -> Any:
    """Return whom a follow-up names: by their part in the case, or in the report; None where it names nobody."""
    if follow_up.participant_id is not None:
        return existing(db.session.get(CaseParticipant, follow_up.participant_id))
    if follow_up.incident_person_id is not None:
        return existing(db.session.get(IncidentPerson, follow_up.incident_person_id))
    return None


def _names(person: Any) -> ColumnElement[bool]:
    """Follow-ups that name this person: a student in every case and report, anybody else in this one."""
    entries, parts = select(IncidentPerson.id), select(CaseParticipant.id)
    if person.student_id is not None:
        entries = entries.where(IncidentPerson.student_id == person.student_id)
        parts = parts.where(CaseParticipant.student_id == person.student_id)
    else:
        entry = person.id if isinstance(person, IncidentPerson) else person.incident_person_id
        own = [CaseParticipant.id == person.id] if isinstance(person, CaseParticipant) else []
        entries = entries.where(IncidentPerson.id == entry)
        parts = parts.where(or_(*own, CaseParticipant.incident_person_id == entry))
    return or_(FollowUp.incident_person_id.in_(entries), FollowUp.participant_id.in_(parts))


def _shared(actor: Actor, person: Any) -> list[FollowUpRow]:
    if person.student_id is None:
        return []
    cases = select(CaseParticipant.case_id).where(
        CaseParticipant.student_id == person.student_id, CaseParticipant.role.in_(PARTIES)
    )
    nobody = and_(FollowUp.incident_person_id.is_(None), FollowUp.participant_id.is_(None))
    statement = visible_to(listing(), actor, live=True).where(nobody, FollowUp.case_id.in_(cases))
    return rows(statement.order_by(FollowUp.due_on, FollowUp.id).limit(MOST))


def circles_among(follow_ups: Iterable[Any]) -> dict[int, list[int]]:
    """Return the circles that these follow-ups are part of: follow-up to its own circle, or to those of its case."""
    wanted = [row for row in follow_ups if row.pathway_id is not None or row.kind in OF_CIRCLES]
    own = sorted({row.pathway_id for row in wanted if row.pathway_id is not None})
    cases = sorted({row.case_id for row in wanted if row.pathway_id is None and row.case_id is not None})
    if not own and not cases:
        return {row.id: [] for row in wanted}
    statement = select(Pathway.id, Pathway.case_id).where(
        Pathway.pathway == Family.CIRCLE.value, or_(Pathway.id.in_(own), Pathway.case_id.in_(cases))
    )
    circles = [(row[0], row[1]) for row in db.session.execute(statement.order_by(Pathway.id))]
    found = {}
    for row in wanted:
        theirs = [circle for circle, case_id in circles if row.pathway_id in (circle, None) and case_id == row.case_id]
        if theirs or row.kind in OF_CIRCLES:
            found[row.id] = theirs
    return found


def kept_by(actor: Actor, circles: Iterable[int]) -> frozenset[int]:
    return frozenset(circle for circle, keepers in keeper_ids(circles).items() if actor.user_id in keepers)


OWN = ("who", "language", "interpreter", "attempts", "note")
"""What is asked of one follow-up besides its outcome, where its kind asks for it."""


class VisitForm(BaseForm):
    """What is asked once about the whole visit; the follow-ups' own fields carry their number: `outcome_12`."""

    manner = radio(_l("How?"), MANNER_LABELS)
    on_day = DateField(_l("On which day?"), validators=[InputRequired(_l("Enter the day."))])

    def own(self, name: str, follow_up_id: int) -> Any:
        return self._fields.get(f"{name}_{follow_up_id}")

    def shown(self, row: FollowUpRow) -> Evidence:
        answers = {name: field.data for name in OWN if (field := self.own(name, row.id)) is not None}
        way = self.own("manner", row.id)
        answers["manner"] = (way.data if way is not None else self.manner.data) if row.kind in BY_CONTACT else ""
        answers["on_day"] = self.on_day.data
        return Evidence(**{name: value for name, value in answers.items() if value is not None})


def visit_form(rows: Sequence[FollowUpRow], circles: Collection[int], today: date) -> VisitForm:
    fields: dict[str, Any] = {}
    for row in rows:
        fields |= {f"{name}_{row.id}": field for name, field in _fields(row, row.id in circles).items()}
    form: VisitForm = type("VisitForm", (VisitForm,), fields)()
    if not form.is_submitted():
        form.on_day.data = today
    return form


def _fields(row: FollowUpRow, in_circle: bool) -> dict[str, Any]:
    here = [(code, OUTCOME_LABELS[code]) for code in outcomes_of(row.kind) if code != HAPPENED_AGAIN]
    fields: dict[str, Any] = {
        "version": HiddenField(default=str(row.version)),
        "outcome": RadioField(row.title, choices=choices(here), validators=[Optional()]),
    }
    if row.kind in BY_CONTACT:
        fields["attempts"] = IntegerField(_l("How many attempts did it take?"), default=1, validators=[Optional()])
    if row.kind in NAMES_WHOM:
        fields["manner"] = radio(_l("How?"), MANNER_LABELS)
        fields["who"] = ShortText(_l("Who did you reach?"))
        fields["language"] = ShortText(_l("Language spoken"), limit=20)
        fields["interpreter"] = BooleanField(_l("An interpreter spoke"))
    if not in_circle:
        fields["note"] = LongText(_("Note"), limit=4000)
    return fields


@dataclass(frozen=True)
class Done:
    """How one follow-up went, as the page showed it (`version`), and what shows it."""

    follow_up_id: int
    version: int
    outcome: str
    shown: Evidence


@use_case
def close_visit(uow: UnitOfWork, done: Sequence[Done]) -> int:
    """Close each of these follow-ups with its outcome; returns the id of the first.

    All or none: where somebody changed one meanwhile nothing is closed, so that whoever writes sees it first. Raises
    NotFound when one is not the actor's to close, Refused naming the field with the follow-up's number behind it.
    """
    if not done:
        raise Refused("", _("Write how at least one of them went."))
    if len(done) > MOST:
        raise Refused("", _("Close at most %(number)d at a time.", number=MOST))
    # locked in the order of their ids, so that two such acts never wait for each other
    ordered = sorted(done, key=lambda one: one.follow_up_id)
    rows = [uow.load(FollowUp, one.follow_up_id, Permission.FOLLOWUP_WORK) for one in ordered]
    pairs = list(zip(rows, ordered, strict=True))
    if not all(row.state is FollowUpState.OPEN and row.version == one.version for row, one in pairs):
        words = _("Someone changed part of this while you were writing. Nothing is saved yet: check it below.")
        raise Refused("", words)
    circles, batch = circles_among(rows), uuid.uuid4().hex
    for row, one in pairs:
        try:
            close_checked(uow, row, one.outcome, one.shown, of_circle=row.id in circles, batch=batch)
        except Refused as refusal:
            field = refusal.field or "outcome"
            raise Refused(f"{field}_{row.id}", refusal.message) from refusal
    return rows[0].id


@dataclass(frozen=True)
class Open:
    """What the lines of one visit share: who reads, the follow-up they came from, the schools' days, the circles of
    each line, those one keeps."""

    actor: Actor
    asked: int
    calendars: Calendars
    circles: Mapping[int, Sequence[int]]
    kept: Collection[int]


def open_rows(
    form: VisitForm, rows: Sequence[FollowUpRow], shown: Open, changed: Collection[int]
) -> list[dict[str, Any]]:
    return [_open_row(form, row, shown, changed) for row in rows]


def _open_row(form: VisitForm, row: FollowUpRow, shown: Open, changed: Collection[int]) -> dict[str, Any]:
    form.own("version", row.id).data = str(row.version)
    due = due_words(row.due_on, *shown.calendars.of(row.school_id))
    names = ("outcome", "manner", "who", "language", "interpreter", "attempts", "note")
    return {
        **{name: form.own(name, row.id) for name in names},
        "version": form.own("version", row.id),
        "id": f"follow-up-{row.id}",
        "title": row.title,
        "href": url_for("followups.follow_up", follow_up_id=row.id),
        "reference": row.reference,
        "due": due.words,
        "tone": TONES.get(due.state, "slate"),
        "closes_with": CLOSES_WITH.get(row.kind, CLOSES_WITH["other"]),
        "note_hint": _note_hint(row),
        "question": QUESTIONS.get(row.kind),
        "again": again_page(row),
        "record": record_page(row) if row.kind == "safety_plan" else None,
        "in_circle": row.id in shown.circles,
        "notes": _notes(row, shown),
        "changed": row.id in changed,
        # what has time is folded; a form that comes back hides no error and nothing that was typed
        "folded": due.state == "later" and row.id != shown.asked and not form.is_submitted(),
    }


def _note_hint(row: FollowUpRow) -> str:
    if row.kind in WORDS_OF_CIRCLES:
        return _("Facts, not opinions. It is sealed: only you and the coordinators of the school can read it.")
    return _("Facts, not opinions. Nothing that was said in a circle.")


def _notes(row: FollowUpRow, shown: Open) -> list[str]:
    """The sealed notes of the circles that a follow-up is part of, for whoever keeps one and decides no discipline."""
    if not told_who_said_what(shown.actor, row.school_id):
        return []
    mine = [circle for circle in shown.circles.get(row.id, ()) if circle in shown.kept]
    return [url_for("notes.notes", case_id=row.case_id, pathway_id=circle) for circle in mine]


def link_rows(elsewhere: Sequence[FollowUpRow], shared: Sequence[FollowUpRow], shown: Open) -> list[dict[str, Any]]:
    lines = []
    for row in (*elsewhere, *shared):
        due = due_words(row.due_on, *shown.calendars.of(row.school_id))
        own_page = url_for("followups.follow_up", follow_up_id=row.id)
        why = RECORDED_ELSEWHERE.get(row.kind) if row in elsewhere else _("About several people")
        lines.append(
            {
                "title": row.title,
                "href": (record_page(row) if row in elsewhere else None) or own_page,
                "meta": dotted(row.reference, str(why)),
                "due": due.words,
                "tone": TONES.get(due.state, "slate"),
            }
        )
    return lines


def closed_rows(rows: Sequence[FollowUpRow]) -> list[dict[str, str]]:
    return [
        {
            "title": row.title,
            "href": url_for("followups.follow_up", follow_up_id=row.id),
            "outcome": str(OUTCOME_LABELS.get(row.outcome, row.outcome)) if row.outcome else _("Canceled"),
        }
        for row in rows
    ]


def kept_texts(form: VisitForm, closed: Sequence[FollowUpRow], others: Sequence[str]) -> list[str]:
    notes = (form.own("note", row.id) for row in closed)
    return [text for field in notes if field is not None and (text := field.data or "").strip()] + list(others)


def calling_of(rows: Sequence[FollowUpRow], whom: Mapping[int, About]) -> Calling | None:
    """Return what a call about this person does not say, and whom no link calls; None where the reader may call no one.

    Whom to call stands on the links themselves.
    """
    lines = tuple(dict.fromkeys(line for row in rows for line in whom[row.id].guardians))
    calls = [row for row in rows if row.kind in FAMILY]
    agreed = tuple(sorted(spoken_of(calls[0])[1])) if calls else ()
    return Calling(tuple(without_links(whom.values())), agreed) if lines else None


blueprint = Blueprint("visit", __name__)

SHOWN = "version_"
"""Begins the names of the fields that say which follow-ups, in which version, a sent form was shown with."""


@blueprint.route("/follow-ups/<int:follow_up_id>/visit", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_WORK)
def visit(follow_up_id: int) -> Page:
    """Everything open about the person whom a follow-up names; sent back, what has an outcome is closed together."""
    actor, now = current_actor(), clock.now()
    asked = get_follow_up(actor, follow_up_id)
    sent = _sent_versions()
    found = visited(actor, asked, sent)
    circles = circles_among(found.own)
    to_close = [row for row in found.own if row.kind not in RECORDED_ELSEWHERE]
    form = visit_form(to_close, circles, today_at(asked.school_id, now))
    still_open = [row for row in to_close if row.state is FollowUpState.OPEN]
    gone = sorted(set(sent) - {row.id for row in to_close})
    calendars = Calendars(now)
    whom = about(actor, found.own, call=True)
    shown = Open(
        actor, asked.id, calendars, circles, kept_by(actor, {one for each in circles.values() for one in each})
    )
    changed = [row for row in still_open if sent.get(row.id, row.version) != row.version]
    return form_page(
        form,
        lambda: _close(form, to_close, sent, gone),
        url_for("my_day.page"),
        "workday/visit/page.html",
        who=next((one.who for one in whom.values()), ""),
        phones=list(dict.fromkeys(call for one in whom.values() for call in one.phones)),
        calling=calling_of(found.own, whom),
        asks_manner=any(row.kind in BY_CONTACT - NAMES_WHOM for row in still_open),
        rows=open_rows(form, still_open, shown, {row.id for row in changed}),
        links=link_rows([row for row in found.own if row.kind in RECORDED_ELSEWHERE], found.shared, shown),
        closed=closed_rows([row for row in to_close if row not in still_open]),
        kept=kept_texts(form, [row for row in to_close if row not in still_open], _texts_of(gone)),
        gone=bool(gone),
        most=MOST if len(found.own) >= MOST else None,
        back=url_for("my_day.page"),
    )


def _sent_versions() -> dict[int, int]:
    """Return the follow-ups that a sent form was shown with, each with its version then; none of a page first shown."""
    sent = {}
    for name, text in request.form.items():
        for number in numbers_in([name.removeprefix(SHOWN)]) if name.startswith(SHOWN) else ():
            sent[number] = numbers_in([text])[0] if numbers_in([text]) else 0
    return dict(list(sent.items())[:MOST])


def _texts_of(ids: Sequence[int]) -> list[str]:
    typed = (request.form.get(f"note_{number}", "") for number in ids)
    return [text for text in typed if text.strip() and is_storable(text)]


def _close(form: VisitForm, rows: Sequence[FollowUpRow], sent: dict[int, int], gone: Sequence[int]) -> int:
    if gone:
        raise Refused("", _("Part of this is no longer yours to close. Nothing is saved yet: check it below."))
    done = []
    for row in rows:
        outcome, shown = form.own("outcome", row.id).data or "", form.shown(row)
        if not outcome and (shown.note.strip() or shown.who.strip() or shown.language.strip()):
            raise Refused(f"outcome_{row.id}", _("Choose how it went, or clear what you typed."))
        if outcome:
            done.append(Done(row.id, sent.get(row.id, 0), outcome, shown))
    try:
        return close_visit(submitted(form), done)
    except Refused as refusal:
        # what is asked once for the whole visit carries no number
        field = refusal.field if refusal.field in form else refusal.field.rpartition("_")[0]
        raise Refused(field, refusal.message) from refusal


ROOM = Room(pages=(blueprint,))
