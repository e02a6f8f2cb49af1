"""Pages of votes: record one at a meeting, confirm the council's count, correct one."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.plans.voices.meetings.models import SchoolMeeting
from wss_cases.plans.voices.meetings.presenters import meeting_title
from wss_cases.plans.voices.meetings.queries import get_meeting
from wss_cases.plans.voices.meetings.rules import COUNCIL_QUORUM
from wss_cases.plans.voices.votes import actions
from wss_cases.plans.voices.votes.forms import CorrectionForm, VoteForm
from wss_cases.plans.voices.votes.presenters import plan_words, vote_rows
from wss_cases.plans.voices.votes.queries import get_vote, plans_to_vote_on
from wss_cases.plans.voices.votes.states import VotingBody

blueprint = Blueprint("votes", __name__, url_prefix="/meetings")
FORM = "plans/voices/votes/form.html"


@blueprint.route("/<int:school_meeting_id>/vote", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def record(school_meeting_id: int) -> Page:
    """Record a vote on a plan at a meeting."""
    meeting = get_meeting(current_actor(), school_meeting_id)
    form = VoteForm(quorum=meeting.quorum or COUNCIL_QUORUM.on(meeting.held_on))
    form.plan.choices = choices([(str(one.id), plan_words(one)) for one in plans_to_vote_on(meeting.school_id)])
    return act_form(
        form,
        lambda call: actions.record_vote(
            call, existing(id_in(form.plan.data)), meeting.id, VotingBody(form.body.data), form.cast
        ),
        _back(meeting),
        _words(_("Record a vote"), meeting),
        FORM,
    )


@blueprint.route("/votes/<int:vote_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def correct(vote_id: int) -> Page:
    """Correct the numbers of a vote; the ones before stay."""
    vote = get_vote(current_actor(), vote_id)
    meeting = get_meeting(current_actor(), vote.meeting_id)
    form = CorrectionForm(obj=vote, reason="")
    return act_form(
        form,
        lambda call: actions.correct_vote(call, vote.id, form.cast, form.reason.data, bool(form.anyway.data)),
        _back(meeting),
        _words(_("Correct a vote"), meeting),
        FORM,
    )


@blueprint.route("/votes/<int:vote_id>/confirm", methods=["GET", "POST"])
@gate(Permission.PLAN_VOTE_CONFIRM)
def confirm(vote_id: int) -> Page:
    """Confirm, as a second person, the count of the council's vote."""
    vote = get_vote(current_actor(), vote_id)
    meeting = get_meeting(current_actor(), vote.meeting_id)
    words = _words(_("Confirm the count"), meeting)
    return act_form(
        BaseForm(version=vote.version),
        lambda call: actions.confirm_vote(call, vote.id),
        with_flash(_("Confirmed. The vote counts now."), _back(meeting)),
        words | {"go_words": _("Confirm this count"), "lede": meeting_title(meeting), "votes": vote_rows([vote])},
        "plans/voices/votes/confirm.html",
    )


def _back(meeting: SchoolMeeting) -> str:
    return url_for("meetings.meeting", school_meeting_id=meeting.id)


def _words(title: str, meeting: SchoolMeeting) -> dict[str, object]:
    crumbs = [(_("Meetings"), url_for("meetings.meetings")), (meeting_title(meeting), _back(meeting)), (title, None)]
    return {"title": title, "go_words": _("Save"), "crumbs": crumbs, "back_href": _back(meeting)}
