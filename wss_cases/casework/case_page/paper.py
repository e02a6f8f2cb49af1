"""A case on paper, by section, with the other children removed."""

from typing import Any

from flask import Blueprint, render_template, request

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.queries import get_case
from wss_cases.casework.case_file import CasePage, head, history_items, history_seen, open_page, terms_of
from wss_cases.casework.next_act import SECTION_LABELS, kind_words, state_words
from wss_cases.casework.story import story_of
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.queries import for_case
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, day_words_with_year
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.common.pages import number

blueprint = Blueprint("case_print", __name__, url_prefix="/cases/<int:case_id>")


@blueprint.get("/print")
@gate(Permission.CASE_READ)
def paper(case_id: int) -> Page:
    """Choose sections and for whom; then the sheet, with every other child left out."""
    actor, now = current_actor(), clock.now()
    page = open_page(get_case(actor, case_id), actor, now)
    wanted = [name for name in request.args.getlist("section") if name in SECTION_LABELS]
    people = [(person.id, person_words(person)) for person in page.file.people]
    if not wanted:
        return render_template(
            "casework/case_page/paper/choice.html", case=page.case, sections=SECTION_LABELS, people=people
        )
    reader = next((row for row in page.file.people if row.id == number(request.args.get("for"))), None)
    return render_template(
        "casework/case_page/paper/paper.html",
        **head(page, actor, ""),
        wanted=wanted,
        sections=SECTION_LABELS,
        reader=person_words(reader) if reader else "",
        printed_on=day_words_with_year(page.today),
        people=_people(page.file.people, reader),
        pathways=_pathways(page, reader),
        follow_ups=_follow_ups(page, actor),
        story=story_of(page) if "summary" in wanted else [],
        entries=history_items(history_seen(page.case, actor, limit=200, incidents=page.file.incident_ids), page.zone),
    )


def _people(people: list[CaseParticipant], reader: CaseParticipant | None) -> list[tuple[str, str]]:
    return [
        (
            person_words(row) if reader is not None and row.id == reader.id else _("Another person"),
            str(PersonRole(row.role).label),
        )
        for row in people
    ]


def _pathways(page: CasePage, reader: CaseParticipant | None) -> list[dict[str, Any]]:
    shown, terms = [], terms_of(page.case.id)
    for row in page.file.pathways:
        if row.participant_id is not None and (reader is None or row.participant_id != reader.id):
            continue
        shown.append(
            {
                "kind": kind_words(row),
                "state": state_words(row),
                "terms": [
                    (position, day_words(due_on), str(TermState(state).label))
                    for position, due_on, state in terms.get(row.id, ())
                ],
            }
        )
    return shown


def _follow_ups(page: CasePage, actor: Actor) -> list[tuple[str, str]]:
    return [
        (day_words(row.due_on), _("Open") if row.state is FollowUpState.OPEN else _("Settled"))
        for row in for_case(actor, page.case.id)
    ]


ROOM = Room(pages=(blueprint,))
