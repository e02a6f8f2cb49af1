"""What each pathway of a case lives, by its family."""

from datetime import datetime

from wss_cases.casework.pathway_page import decline
from wss_cases.demo.cases.case import Path, PathLife
from wss_cases.demo.pathways.circles import circle
from wss_cases.demo.pathways.conversations import conversation
from wss_cases.demo.pathways.mentoring import mentoring
from wss_cases.demo.pathways.referrals import referral
from wss_cases.demo.pathways.returns import come_back
from wss_cases.demo.story.world import Steps, rows
from wss_cases.pathways.common.rules import Pathway, PathwayState
from wss_cases.routing.engine.pages import Pathway as Family

LIVES: dict[str, PathLife] = {
    Family.RESTORATIVE_CONVERSATION: conversation,
    Family.CIRCLE: circle,
    Family.MENTORING: mentoring,
    Family.WRAPAROUND: referral,
    Family.REENGAGEMENT: come_back,
}
DECLINED = {Family.CIRCLE: 0.45, Family.WRAPAROUND: 0.45, Family.MENTORING: 0.25, Family.RESTORATIVE_CONVERSATION: 0.06}
"""How often what is offered is not wished; a return is lived in any case."""


LEFT, LEAST = 0.55, 0.4
"""How much of what would have happened with somebody still happens after such work, and at least: a modest effect."""


def life_of(path: Path, now: datetime) -> Steps:
    """Let a pathway be offered, declined or lived. Returns its last instant."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    chance = DECLINED.get(Family(path.family), 0.0)
    if path.family != Family.REENGAGEMENT:
        now = yield calendar.in_days(now, rng.choice((0, 0, 1, 1, 2)), rng.randrange(9 * 60, 15 * 60))
    if not work.story and rng.random() < chance:
        decline(work.calls(now), path.id)
        work.declined += 1
        if path.family == Family.CIRCLE and work.world.circles[work.id] == "":
            work.world.circles[work.id] = "declined"
        return now
    now = yield from LIVES[path.family](path, now)
    if rows(Pathway.state, where=Pathway.id == path.id)[0][0] is PathwayState.COMPLETED:
        _calm(path)
    return now


def _calm(path: Path) -> None:
    """Let those who caused harm and took part be in fewer reports from now on."""
    for one in path.work.people:
        if one.caused_harm and one.pupil is not None and (path.owner is None or path.owner.id == one.id):
            one.pupil.calm = max(LEAST, one.pupil.calm * LEFT)
