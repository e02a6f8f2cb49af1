"""A visit in words: what is open with its fields, what is recorded elsewhere, and what was closed meanwhile."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.followups.about import TONES, About, spoken_of, without_links
from wss_cases.followups.calendar import Calendars
from wss_cases.followups.core.pages import WORDS_OF_CIRCLES, due_words
from wss_cases.followups.core.queries import FollowUpRow
from wss_cases.followups.core.states import FAMILY, OUTCOME_LABELS, RECORDED_ELSEWHERE
from wss_cases.followups.evidence import CLOSES_WITH, QUESTIONS
from wss_cases.followups.pages.follow_up import again_page, record_page
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.circles.circle.keepers import told_who_said_what
from wss_cases.roster.telling import Calling
from wss_cases.workday.visit.forms import VisitForm


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
    """Return each open follow-up with its fields; of one that changed since the page was shown, the version now."""
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
    """Return what is recorded on a page of its own, and what is about this person and others together."""
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
    """Return what somebody closed since the page was shown, with how it went."""
    return [
        {
            "title": row.title,
            "href": url_for("followups.follow_up", follow_up_id=row.id),
            "outcome": str(OUTCOME_LABELS.get(row.outcome, row.outcome)) if row.outcome else _("Canceled"),
        }
        for row in rows
    ]


def kept_texts(form: VisitForm, closed: Sequence[FollowUpRow], others: Sequence[str]) -> list[str]:
    """Return what was typed for follow-ups that cannot be closed any more, to be copied where it belongs."""
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
