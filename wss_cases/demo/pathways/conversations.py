"""A restorative conversation: held within some days, sometimes with a promise to repair."""

from datetime import datetime

from wss_cases.demo.cases.case import Path
from wss_cases.demo.story.world import Steps
from wss_cases.pathways.conversations.pages import log_conversation

OUTCOMES = (("repair_agreed", "understood", "no_understanding"), (6, 4, 1))
REPAIRS = ("Repairs what was broken, together with the engineer.", "Writes a letter and reads it out.")


def conversation(path: Path, now: datetime) -> Steps:
    """Let the conversation be held and logged in one act. Returns that instant."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    if work.story == "fresh":
        now = yield calendar.never
    now = yield calendar.in_days(now, rng.randrange(3), rng.randrange(9 * 60, 15 * 60))
    outcome = rng.choices(*OUTCOMES)[0]
    owes = outcome == "repair_agreed" and rng.random() < 0.4 and path.owner is not None and path.owner.caused_harm
    today = work.world.day(now)
    log_conversation(
        work.calls(now),
        path.id,
        held_on=today,
        outcome=outcome,
        note="",
        repair=rng.choice(REPAIRS) if owes else "",
        repair_on=calendar.school_days.add(today, rng.choice((3, 5))) if owes else None,
    )
    return now
