"""What a keeper does for a circle they lead, without its case: its plan, and whether it happened."""

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.progress import open_only
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.leading import kept_circle
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.circle.states import MeetingState
from wss_cases.pathways.circles.meeting.actions import settle
from wss_cases.pathways.circles.meeting.rules import Attendance, Guest
from wss_cases.pathways.circles.plans.actions import put_plan
from wss_cases.pathways.circles.plans.rules import PlanContent
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.common.models import Pathway


@use_case
def write_plan(uow: UnitOfWork, pathway_id: int, content: PlanContent, anyway: bool = False) -> int:
    """Write or change the plan of a circle that the actor leads. Returns the plan's id. Raises NotFound for anybody
    else, and what `put_plan` raises.
    """
    return put_plan(uow, _load_led(uow, pathway_id), content, anyway)


@use_case
def answer(
    uow: UnitOfWork, pathway_id: int, state: MeetingState, attendance: Attendance | None, guest: Guest | None = None
) -> int:
    """Say what became of the meeting that waits, and who came (None: everyone invited). Returns the pathway's id.

    Raises NotFound for who does not lead the circle, Refused where no meeting waits or it has not begun, Stale where
    the meeting was moved since.
    """
    row = _load_led(uow, pathway_id)
    waiting = circle_of(row).waiting
    if waiting is None:
        raise Refused("", _("This meeting was already answered."))
    meeting = existing(uow.session.get(CircleMeeting, waiting.id, with_for_update=True, populate_existing=True))
    if uow.version is not None and meeting.version != uow.version:
        raise Stale
    if meeting.starts_at > uow.now:
        raise Refused("", _("This meeting has not started yet."))
    settle(uow, row, meeting, state, attendance, guest)
    return row.id


def _load_led(uow: UnitOfWork, pathway_id: int) -> Pathway:
    row = existing(uow.session.get(Pathway, pathway_id, with_for_update=True, populate_existing=True))
    require(uow.actor, Permission.CIRCLE_LEAD, kept_circle(row.id, today_at(None, uow.now)))
    open_only(row.case)
    return row
