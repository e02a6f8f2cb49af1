"""The review queue: what waits for a decision, narrowed and in pages; a handful of light ones accepted at once."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.accounts.teams.queries import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import DomainError, Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import in_language, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.queries import locations
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.intake.assignment.queries import REVIEWERS, reviewers_at
from wss_cases.intake.decision.actions import decide, open_duty_count
from wss_cases.intake.decision.rules import Choice, may_be_batched
from wss_cases.intake.duplicates.presenters import Known
from wss_cases.intake.duplicates.queries import possible_duplicates
from wss_cases.intake.queue import queries
from wss_cases.intake.queue.forms import NarrowForm, days_words, first_words, narrow_of
from wss_cases.intake.queue.presenters import chip_rows, queue_row
from wss_cases.intake.queue.queries import MINE, UNASSIGNED, Narrow, Queue
from wss_cases.intake.recommendation.queries import people_of_each, shown_to, situation, situations
from wss_cases.intake.review.presenters import name_of, tile_words
from wss_cases.intake.review.views import reviewed

blueprint = Blueprint("queue", __name__, url_prefix="/review")

BATCH = 10


@blueprint.get("")
@gate(Permission.INCIDENT_REVIEW)
def page() -> Page:
    """What waits for a decision: danger first, then duties, then the longest waiting."""
    return _queue_page(200)


def _queue_page(status: int, problem: str = "") -> Page:
    actor, now, narrow = current_actor(), clock.now(), narrow_of(request.args.to_dict())
    school_id, after = chosen_school_id(actor, *REVIEWERS), id_in(request.args.get("after"))
    schools = reviewers_at(queries.reviewed_schools(actor, school_id), now)
    reviewers = frozenset(number for people in schools.values() for number in people)
    queue = Queue(actor, school_id, now, reviewers)
    rows = queries.queue_page(queue, narrow, after)
    shown, counts, places = rows[: queries.PAGE], queries.queue_counts(queue, narrow), locations()
    form = NarrowForm(data=narrow.parameters | {"days": str(narrow.days or "")})
    form.offer(places)
    place_labels = {one.code: in_language(one, "label") for one in places}
    shown_page = render_template(
        "intake/queue/queue.html",
        rows=_rows(queue, shown, place_labels),
        count=counts[""],
        tabs=_tabs(narrow, counts),
        urgent=[
            (first_words(name), _narrowed(narrow, first=name if narrow.first != name else None), narrow.first == name,
             counts[f"first={name}"])
            for name in (queries.DANGER, queries.DUTY)
        ],
        chips=chip_rows(_chips(narrow, place_labels), lambda **changes: _narrowed(narrow, **changes)),
        clear_href=url_for("queue.page"),
        narrow=narrow,
        form=form,
        more=_narrowed(narrow, after=shown[-1].id) if len(rows) > queries.PAGE else None,
        first=_narrowed(narrow) if after is not None else None,
        request_key=BaseForm(formdata=None).request_key.data,
        problem=problem,
    )  # fmt: skip
    return (shown_page, status) if status != 200 else shown_page


def _rows(queue: Queue, shown: Any, places: dict[str, str]) -> list[dict[str, Any]]:
    ids = [row.id for row in shown]
    scenes = {
        row.id: shown_to(queue.actor, row.school_id, scene)
        for row, scene in zip(shown, situations(ids).values(), strict=True)
    }
    twins = possible_duplicates(shown)
    beside = {twin.id: twin for found in twins.values() for twin in found}
    people = {number: scene.people for number, scene in scenes.items()}
    if others := sorted(set(beside) - set(ids)):
        people |= people_of_each(others)
    known = Known(
        actor=queue.actor,
        now=queue.now,
        zones={number: zone_of(number) for number in {row.school_id for row in shown}},
        places=places,
        names=user_names([*(row.reporter_id for row in (*shown, *beside.values())), *(r.assignee_id for r in shown)]),
        people={number: [(name_of(one), one.student_id) for one in theirs] for number, theirs in people.items()},
    )
    told_pairs: set[frozenset[int]] = set()
    rows = []
    for row in shown:
        # a pair of which both stand on the page is compared once, at the first of them
        fresh = [twin for twin in twins[row.id] if frozenset((row.id, twin.id)) not in told_pairs]
        told_pairs |= {frozenset((row.id, twin.id)) for twin in fresh}
        above = [(twin.reference, twin.id) for twin in twins[row.id] if twin not in fresh]
        rows.append(
            queue_row(row, scenes[row.id], fresh, known, queue.reviewers, alike=bool(twins[row.id])) | {"above": above}
        )
    return rows


def _tabs(narrow: Narrow, counts: Any) -> list[tuple[str, str, bool, int]]:
    labels = {"": _("Whole school"), MINE: _("Mine"), UNASSIGNED: _("Not assigned")}
    return [
        (words, _narrowed(narrow, whose=name or None), narrow.whose == name, counts[f"whose={name}"])
        for name, words in labels.items()
    ]


def _chips(narrow: Narrow, places: dict[str, str]) -> dict[str, str]:
    return {
        "first": first_words(narrow.first),
        "kind": tile_words(narrow.kind) if narrow.kind else "",
        "place": places.get(narrow.place, narrow.place),
        "days": days_words(narrow.days) if narrow.days else "",
    }


def _narrowed(narrow: Narrow, **changes: Any) -> str:
    """Return the address of the queue narrowed like this, but for the changes."""
    parameters = narrow.parameters | changes
    return url_for("queue.page", **{name: value for name, value in parameters.items() if value is not None})


@blueprint.post("/accept")
@gate(Permission.INCIDENT_REVIEW)
def accept_some() -> Page:
    """Accept a handful of tier-1 recommendations, one act each; the rest is named."""
    form = BaseForm()
    chosen = [pair.partition(".") for pair in request.form.getlist("chosen")][:BATCH]
    if not form.validate() or not chosen:
        return _queue_page(400, _("Choose at least one report."))
    done, left = 0, []
    for incident_id, _dot, version in chosen:
        try:
            done += _accept_light(int(incident_id), int(version), f"{form.request_key.data}:{incident_id}")
        except (DomainError, ValueError):
            left.append(incident_id)
    if done:
        flash(ngettext("%(num)d report accepted.", "%(num)d reports accepted.", done))
    if left:
        flash(_("Some reports were not accepted: they changed, or may be duplicates. Open them one by one."), "warning")
    return redirect(url_for("queue.page"), 303)


def _accept_light(incident_id: int, version: int, key: str) -> int:
    actor = current_actor()
    incident = reviewed(actor, incident_id)
    now = situation(incident_id)
    if incident.state in UNDECIDED and not may_be_batched(now.plan, open_duty_count(incident_id), now.people, incident):
        raise Refused("", _("This report needs its own review."))
    if possible_duplicates([incident])[incident_id]:
        raise Refused("", _("Merge it with its possible duplicate, or say that they are not the same, first."))
    decide(Invocation(actor, clock.now(), key, version=version), incident_id, Choice())
    return 1
