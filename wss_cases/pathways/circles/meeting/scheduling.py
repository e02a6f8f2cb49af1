"""The page that schedules a circle or records one that was held: safety screen, day, time, length, room, keeper."""

from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, request, url_for
from wtforms import BooleanField, DateField, SelectField, TimeField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, ConfirmField, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_local, day_words, local, local_date, moment_words, today_at, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle.models import MeetingState, ScreenAnswer
from wss_cases.pathways.circles.circle.queries import told_who_said_what
from wss_cases.pathways.circles.circle.rules import as_told, unmet
from wss_cases.pathways.circles.keepers import would_keep
from wss_cases.pathways.circles.meeting import pages
from wss_cases.pathways.circles.meeting.queries import free_times, next_kind, rooms_used
from wss_cases.pathways.circles.requirements.presenters import requirement_row
from wss_cases.pathways.circles.requirements.queries import Circle, get_circle_and_state
from wss_cases.pathways.common.models import Pathway, ids
from wss_cases.pathways.common.pages import act_context, moment_in, number, page_of, people_choices
from wss_cases.roster.directory.queries import school_days

LENGTHS = (30, 45, 60, 90, 120, 180)
"""Lengths that are offered, in minutes."""
OTHER, HELD = "other", "held"
"""Choices beside the free times: another time, or a past time because the circle was held."""
MINUTE = "%Y-%m-%dT%H:%M"


class ScheduleForm(BaseForm):
    """Everything a meeting needs, on one page. The safety screen can be saved alone."""

    screen = radio(_l("Can these people meet safely?"), ScreenAnswer.labels())
    when = radio(_l("When"), [])
    day = DateField(_l("Day"), validators=[Optional()])
    time = TimeField(_l("Time"), validators=[Optional()])
    everyone = BooleanField(_l("Everyone who was invited came"), validators=[Optional()])
    minutes = SelectField(
        _l("Length"),
        choices=choices([(str(length), _l("%(minutes)d minutes", minutes=length)) for length in LENGTHS]),
        validators=[InputRequired(_l("Choose how long it takes."))],
    )
    room = ShortText(_l("Room"), [Optional()], limit=80)
    keeper = SelectField(_l("Circle keeper"), validators=[Optional()])
    again = BooleanField(
        _l("The circle is meeting again; this is not the agreement completion meeting"), validators=[Optional()]
    )
    anyway = ConfirmField(_l("Save it anyway"))

    @property
    def says_when(self) -> bool:
        return bool(self.when.data or self.time.data)

    @property
    def only_screen(self) -> ScreenAnswer | None:
        """The answer of the safety screen when only it is saved: no time was chosen, or it is not safe to meet."""
        chosen = self.screen.data if "screen" in self else None
        screen_answer = next((answer for answer in ScreenAnswer if answer.value == chosen), None)
        return screen_answer if not self.says_when or screen_answer is ScreenAnswer.NOT_NOW else None

    @property
    def was_held(self) -> bool:
        return bool(self.when.data == HELD)

    def starts_at(self, zone: str) -> datetime:
        """The chosen instant at the school."""
        if self.when.data in (None, "", OTHER, HELD):
            return moment_in(self, zone)
        day, _t, at = self.when.data.partition("T")
        begins = time.fromisoformat(at)
        return at_local(date.fromisoformat(day), begins.hour, begins.minute, zone)

    def validate(self, extra_validators: Any = None) -> bool:
        """Require a time, a room and a keeper, unless only the safety screen is saved."""
        sound = super().validate(extra_validators)
        if self.only_screen is not None:
            return sound
        own = self.when.data in (None, "", OTHER, HELD)
        sound = needs(sound, self.when, not self.says_when, _l("Choose when the circle meets."))
        if not self.says_when:
            return sound
        checks = (
            (self.day, own and self.day.data is None, _l("Choose a day.")),
            (self.time, own and self.time.data is None, _l("Choose a time.")),
            (self.room, not (self.room.data or "").strip(), _l("Write the room.")),
            (self.keeper, not self.keeper.data, _l("Choose a keeper of this circle.")),
        )
        for field, missing, words in checks:
            sound = needs(sound, field, missing, words)
        return sound


blueprint = Blueprint("circle_schedule", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@blueprint.route("/meeting", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def meeting(case_id: int, pathway_id: int) -> Page:
    """Schedule the circle, move it, or record one that was held. Unmet requirements appear beside the form."""
    actor = current_actor()
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    now = clock.now()
    today = today_at(row.school_id, now)
    keepers = _keepers(actor, row, circle, today)
    rooms = rooms_used(row.school_id)
    form = _form(row, circle, today, keepers, rooms)
    free, taken = _times(row, circle, form, now)
    answers = actor.user_id in (circle.keepers_on(today) or keepers)
    if not answers or len(circle.invited) == 1:
        del form.screen
    will_keep = not circle.keeper_names and bool(keepers)
    # requirements that this form itself answers are not shown as missing
    here = ({"screen"} if answers else set()) | ({"keeper"} if will_keep else set())
    requirements = as_told(circle.requirements_on(today), told_who_said_what(actor, row.school_id))
    return form_page(
        form,
        lambda: _act(row, form),
        lambda made: _after(row, made, form),
        "pathways/circles/meeting/meeting.html",
        requirements=[
            requirement_row(requirement, circle, row)
            for requirement in unmet(requirements)
            if requirement.code not in here
        ],
        screened=_screened(circle),
        any_free=bool(free),
        taken=taken,
        rooms=rooms,
        will_keep=will_keep,
        ids=ids(row),
        **act_context(row, _title(circle), _("Save the meeting")),
    )


def _title(circle: Circle) -> str:
    if circle.waiting is not None:
        return _("Reschedule the meeting")
    ends = next_kind(circle.was_held, circle.agreement is not None) == "completion"
    return _("Schedule the agreement completion meeting") if ends else _("Schedule the circle")


def _keepers(actor: Actor, row: Pathway, circle: Circle, today: date) -> dict[int, str]:
    """Who may be chosen: the circle's keepers, trained ones first; without any, the lead who would become one."""
    trained = circle.trained_on(today)
    keepers = trained | {key: name for key, name in circle.keeper_names.items() if key not in trained}
    if not keepers and actor.user_id is not None and would_keep(row, actor.user_id, today):
        return {actor.user_id: actor.name}
    return keepers


def _form(row: Pathway, circle: Circle, today: date, keepers: dict[int, str], rooms: list[str]) -> ScheduleForm:
    planned, zone = circle.waiting, zone_of(row.school_id)
    starts = local(planned.starts_at, zone) if planned else None
    form = ScheduleForm(
        when=OTHER if planned else None,
        day=local_date(planned.starts_at, zone) if planned else school_days(row.school_id).add(today, 1),
        time=starts.time() if starts else None,
        minutes=str(planned.minutes if planned else 60),
        room=planned.room if planned else next(iter(rooms), ""),
        again="again" in request.args,
        keeper=str(planned.keeper_id if planned else next(iter(keepers), "")),
    )
    if circle.agreement is None or planned:
        del form.again
    form.keeper.choices = people_choices(keepers)
    if planned and planned.minutes not in LENGTHS:
        form.minutes.choices = [*form.minutes.choices, *choices([(str(planned.minutes), str(planned.minutes))])]
    return form


def _times(row: Pathway, circle: Circle, form: ScheduleForm, now: datetime) -> tuple[list[datetime], list[str]]:
    """Offer the free times in the form. Returns them, and the taken ones in words."""
    zone = zone_of(row.school_id)
    minutes, keeper_id = number(form.minutes.data) or 60, number(form.keeper.data) or 0
    free, taken = free_times(row, circle, now, minutes, form.room.data or "", keeper_id)
    offered = [(local(at, zone).strftime(MINUTE), moment_words(at, zone)) for at in free]
    # a chosen time that was taken since stays chosen, so that the refusal says why
    chosen = form.when.data if form.when.data not in (None, "", OTHER, HELD) else None
    if chosen and chosen not in dict(offered) and _is_minute(chosen):
        offered.append((chosen, chosen.replace("T", " ")))
    form.when.choices = choices([*offered, (OTHER, _("Another day or time")), (HELD, _("It was already held"))])
    return free, [dotted(moment_words(at, zone), words) for at, words in taken]


def _is_minute(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _act(row: Pathway, form: ScheduleForm) -> int:
    if (answer := form.only_screen) is not None:
        pages.record_screen(submitted(form), row.id, answer, today_at(row.school_id, clock.now()))
        return 0
    starts_at = form.starts_at(zone_of(row.school_id))
    if form.was_held and starts_at > clock.now():
        raise Refused("time", _("This time is in the future."))
    return pages.plan_meeting(
        submitted(form),
        row.id,
        starts_at=starts_at,
        minutes=number(form.minutes.data) or 0,
        room=form.room.data,
        keeper_id=number(form.keeper.data) or 0,
        anyway=bool(form.anyway.data) or form.was_held,
        again=bool("again" in form and form.again.data),
        screen=ScreenAnswer(form.screen.data) if "screen" in form and form.screen.data else None,
        everyone_came=form.was_held and bool(form.everyone.data),
    )


def _after(row: Pathway, meeting_id: int, form: ScheduleForm) -> str:
    if not meeting_id or (form.was_held and form.everyone.data):
        return page_of(row)
    if form.was_held:
        return url_for("circles.attendance", meeting_id=meeting_id, state=MeetingState.HELD.value)
    # when the meeting's time has passed, its result is asked at once
    past = form.starts_at(zone_of(row.school_id)) <= clock.now()
    return url_for("circles.answer", meeting_id=meeting_id) if past else page_of(row)


def _screened(circle: Circle) -> list[str]:
    if circle.screen is None:
        return []
    return [dotted(str(ScreenAnswer(circle.screen.answer).label), day_words(circle.screen.screened_on))]


ROOM = Room(pages=(blueprint,))
