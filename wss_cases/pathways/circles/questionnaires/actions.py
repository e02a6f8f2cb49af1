"""Handing out questionnaires: one-time links are made and renewed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.cases.progress import open_only
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import new_code, token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import number_setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.pathways.circles.agreements.queries import person_key
from wss_cases.pathways.circles.consent import load_any_circle
from wss_cases.pathways.circles.questionnaires import queries
from wss_cases.pathways.circles.questionnaires.models import LinkState, Occasion, Questionnaire
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.common.actions import close_open
from wss_cases.pathways.common.models import LIVE, Pathway

KIND = "questionnaire"
LINK_DAYS = number_setting("questionnaires.days", "QUESTIONNAIRE_DAYS")
"""The number of days for which a link works, by the date it is made."""


@dataclass(frozen=True)
class Link:
    """A new link. Its code is shown once and stored nowhere."""

    questionnaire_id: int
    code: str


def load_asked_circle(uow: UnitOfWork, pathway_id: int) -> Pathway:
    """Lock a circle, live or ended, of an open case. Raises NotFound, Refused."""
    row = load_any_circle(uow, pathway_id)
    open_only(row.case)
    return row


def check_occasion(row: Pathway, circle: Circle, occasion: Occasion) -> None:
    """Raise Refused when nothing can be asked on this occasion yet."""
    if occasion not in queries.occasions_of(circle, row.state not in LIVE):
        raise Refused("occasion", _("This can be asked later: choose something that has already happened."))


def make_links(
    actor: Actor, pathway_id: int, occasion: Occasion, keys: Collection[str], language: str, now: datetime,
    request_key: str | None = None,
) -> list[Link]:  # fmt: skip
    """Make a one-time link for each of these people (`Asked.key`). `language` '': the family's language.

    Closes the follow-up to hand them out. A form sent twice makes nothing the second time. Raises Refused without
    people, for someone who has an open or answered link, and before the occasion.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return []
        row = load_asked_circle(uow, pathway_id)
        circle = circle_of(row)
        check_occasion(row, circle, occasion)
        people_by_key = {person.key: person for person in queries.people_to_ask(row, circle)}
        if not keys or not set(keys) <= set(people_by_key):
            raise Refused("people", _("Check who is asked."))
        if set(keys) & already_asked(row.id, occasion, now):
            raise Refused("people", _("One of them was already asked. Make a new link from the list."))
        available = queries.languages(today_at(None, now))
        links = []
        for key in sorted(keys):
            wanted = language or people_by_key[key].language.split("-")[0]
            chosen = wanted if wanted in available else "en"
            links.append(_make(uow, row, circle, people_by_key[key], occasion, chosen))
        close_open(uow, row.id, KIND, "done")
        uow.answer = row.id
        return links


def already_asked(pathway_id: int, occasion: Occasion, now: datetime) -> set[str]:
    """The people who have a questionnaire for this occasion that was not withdrawn, by `Asked.key`."""
    return {
        person_key(row)
        for row in queries.questionnaires_of(pathway_id)
        if row.occasion is occasion and queries.state_of(row, now) is not LinkState.REVOKED
    }


def may_be_asked(row: Pathway, circle: Circle, occasions: Collection[Occasion], now: datetime) -> list[queries.Asked]:
    """People who came to the circle and were not asked yet on at least one of these occasions."""
    keys_by_occasion = [already_asked(row.id, occasion, now) for occasion in occasions]
    return [
        person
        for person in queries.people_to_ask(row, circle)
        if any(person.key not in keys for keys in keys_by_occasion)
    ]


def _make(uow: UnitOfWork, row: Pathway, circle: Circle, who: queries.Asked, occasion: Occasion, language: str) -> Link:
    code = new_code()
    column = "participant_id" if who.key.startswith("party") else "supporter_id"
    made = uow.add(
        Questionnaire(
            **new_values(uow, row, circle, occasion),
            answerer=who.answerer,
            language=language,
            token_digest=token_digest(code),
            **{column: who.id},
        )
    )
    uow.record(made, "questionnaire.made", occasion=occasion.value)
    return Link(made.id, code)


def new_values(uow: UnitOfWork, row: Pathway, circle: Circle, occasion: Occasion) -> dict[str, object]:
    """The columns that every new questionnaire of a circle shares."""
    held_meeting = next((meeting for meeting in circle.meetings if meeting.happened), None)
    return {
        "pathway_id": row.id,
        "case_id": row.case_id,
        "school_id": row.school_id,
        "meeting_id": held_meeting.id if held_meeting else None,
        "occasion": occasion,
        "made_at": uow.now,
        "made_by_id": uow.actor.user_id,
        "expires_at": _expiry(uow.now),
    }


def _expiry(now: datetime) -> datetime:
    return now + timedelta(days=LINK_DAYS.on(today_at(None, now)))


def renew(actor: Actor, questionnaire_id: int, now: datetime, request_key: str | None = None) -> Link | None:
    """Replace the link of a questionnaire; the old one stops working at once. None when the form was sent twice.

    Raises Refused when it was answered or withdrawn.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return None
        row = uow.load(Questionnaire, questionnaire_id, Permission.CASE_WORK)
        refuse_keepers_own(row)
        state = queries.state_of(row, now)
        if state is not LinkState.OPEN and not queries.may_become(state, LinkState.OPEN):
            raise Refused("", _("This questionnaire was answered or withdrawn."))
        code = new_code()
        row.token_digest, row.expires_at = token_digest(code), _expiry(now)
        uow.record(row, "questionnaire.renewed")
        uow.answer = row.id
        return Link(row.id, code)


def refuse_keepers_own(row: Questionnaire) -> None:
    """Raise NotFound for a keeper's own questionnaire, which has no link."""
    if row.keeper_user_id is not None:
        raise NotFound
