"""What the demo school's community said of its plan: meetings, answers, a vote, and a page that anyone reads."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from wss_cases.access.invocation import Invocation
from wss_cases.demo.district.schools import Place
from wss_cases.demo.story.world import World
from wss_cases.plans.plan.core.queries import standing_plan
from wss_cases.plans.public.names import adults_named, children_named
from wss_cases.plans.public.publications.pages import Confirmed, WrittenYes, publish
from wss_cases.plans.public.publications.presenters import Summary, contents_of, figures_for, free_text
from wss_cases.plans.public.publications.rules import ON, seals_of
from wss_cases.plans.voices.meetings.acts import answer_heard, record_meeting, write_heard
from wss_cases.plans.voices.meetings.rules import MeetingType, Theme
from wss_cases.plans.voices.votes import VotingBody, record_vote
from wss_cases.setup.settings.catalogue import BY_NAME
from wss_cases.setup.settings.pages import set_setting

HEARD: Final = (
    (Theme.ARRIVAL, "The corner at the bus stop is dark in winter.", "We asked the city for two lamps.", "An adult "
     "stands there until the last bus."),
    (Theme.INFORMED, "Letters come in English only.", "Every letter now comes in both languages.", ""),
    (Theme.REPAIR, "Students want to help lead circles.", "", ""),
    (Theme.POLICE, "Families ask when police are called.", "", ""),
)  # fmt: skip
"""Theme, what was heard, the answer and what changed; '' where the answer is still to come."""
SUMMARY: Final = Summary(
    "Our plan has goals for safe places, for an adult whom everyone trusts, and for repairing harm together.",
    "Nuestro plan tiene metas para lugares seguros, para que cada estudiante tenga una persona adulta de confianza "
    "y para reparar juntos el daño.",
)


def add_voices(world: World, now: datetime) -> None:
    """Let the demo school meet its families, answer them, let its committee vote, and publish its plan."""
    place, today = world.places[0], world.day(now)
    lead, head = world.calls(place.coordinator, now), world.calls(place.head, now)
    days = world.calendar.school_days
    families = record_meeting(lead, place.id, **_held(MeetingType.FAMILIES, days.add(today, -12), families=23))
    for theme, heard, answer, changed in HEARD:
        heard_id = write_heard(lead, families, theme=theme, heard=heard, anyway=True)
        if answer:
            answered = {"theme": theme, "heard": heard, "answer": answer, "changed": changed}
            answer_heard(lead, heard_id, anyway=True, **answered)
    committee = record_meeting(lead, place.id, **_held(MeetingType.COMMITTEE, days.add(today, -5), members=7, quorum=6))
    record_meeting(lead, place.id, **_held(MeetingType.COUNCIL, days.add(today, 8), quorum=7))
    plan = standing_plan(place.id)
    assert plan is not None, "the demo school has a plan in force"
    counted = {"yes": 6, "no": 0, "abstained": 1, "quorum": 6}
    record_vote(head, committee, plan=plan.id, body=VotingBody.COMMITTEE, **counted)
    set_setting(world.calls(world.district, now), BY_NAME["public-plans"], ON, today, None)
    _publish(head, place, plan.id, today)


def _held(kind: MeetingType, day: date, families: int = 0, **more: int) -> dict[str, Any]:
    came = {"families": families, "students": 4, "staff": 5, "community": 2} if families else {}
    notice = {"held_on": day, "notice_on": day - timedelta(days=7)}
    return {"kind": kind, "languages": ["en", "es"], "interpreter": families > 0, **notice, **came, **more}


def _publish(head: Invocation, place: Place, plan_id: int, today: date) -> None:
    """Publish the plan; its texts are the demo's own, so a word of them that is a name, too, names nobody."""
    plan = standing_plan(place.id)
    assert plan is not None and plan.id == plan_id
    contents = contents_of(plan, SUMMARY, figures_for(place.id, today), today)
    text = free_text(contents, SUMMARY)
    nobody = tuple(WrittenYes(words, names_no_one=True) for words in adults_named(plan, text))
    shown, seen = frozenset(children_named(place.id, text)), frozenset(seals_of(contents).values())
    publish(head, plan_id, SUMMARY, Confirmed(True, shown, seen, nobody))
