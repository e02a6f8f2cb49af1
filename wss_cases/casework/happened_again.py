"""Something happened again: a report joined to the case, the safety plan looked at today, people told, new check-ins.

A check-in in which it came up is closed by this and by nothing less.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, request, url_for
from wtforms import DateField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.actions import person_words, reopen_case
from wss_cases.cases.case.models import OPEN, Case, CaseParticipant, CaseState, ReopenReason
from wss_cases.cases.case.queries import get_case, load_case, participants_of
from wss_cases.cases.progress import join_incident
from wss_cases.casework.safety_plans.acts import look_at_on
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.presenters import outcomes_of
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.followups.core.states import HAPPENED_AGAIN as AGAIN
from wss_cases.followups.making import close_row, make_for_event, open_follow_up
from wss_cases.followups.undo import bring_back
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, filled, radio
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import at_local, today_at, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import create_incident
from wss_cases.incidents.incident.rules import LOCATION_OF_TILE, Capture, CapturedPerson
from wss_cases.incidents.incident.states import MANNER_LABELS, PersonKind, PersonRole, Tile, WhenPrecision, WhereTile
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.pages import number
from wss_cases.pathways.reengagement.opening import case_for
from wss_cases.roster.directory.queries import school_days


class Ground(Labelled):
    """On what ground words that were said to somebody are passed on in a report."""

    AGREED = "agreed", _l("The person agrees to sharing this")
    PREVENT_HARM = "prevent_harm", _l("To prevent harm to someone")
    LAW = "law", _l("Another law requires it")


SENTENCES: dict[str, object] = {
    "incident.passed_on": (_l("Shared because: %(ground)s"), {"ground": Ground.labels()}),
    "case.happened_again": (
        _l("Something happened again: report %(reference)s. Shared because: %(ground)s"),
        {"ground": Ground.labels()},
    ),
}


HAPPENED_AGAIN = "case.happened_again"


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    case = load_case(message.object_id)
    return case is not None and case.state in OPEN and can(actor, Permission.CASE_READ, case)


MESSAGES = (
    MessageKind(
        HAPPENED_AGAIN,
        leads_to(
            "/cases/{id}",
            _l("Something happened again in a case"),
            _l("A report was added to a case. Its safety plan should be reviewed today."),
            go=_l("Open the case"),
        ),
        _still_theirs,
    ),
)


class AgainForm(BaseForm):
    """Danger, what, where, when and by whom; what may be passed on of it, and why; how it became known."""

    danger = radio(
        _l("Is anyone hurt or in danger now?"),
        {"no": _l("No"), "yes": _l("Yes")},
        _l("Answer whether anyone is hurt or in danger now."),
    )
    what = radio(_l("What happened?"), Tile, _l("Choose what happened."))
    where = radio(_l("Where?"), WhereTile, _l("Choose where it happened."))
    on_day = DateField(_l("On which day?"), validators=[InputRequired(_l("Choose a day."))])
    harmed = SelectMultipleField(_l("Who was harmed?"))
    caused = SelectMultipleField(
        _l("Who is reported to have done it?"), description=_l("Leave it blank if no one can say.")
    )
    ground = radio(_l("Why may this be shared?"), Ground, _l("Choose why it may be shared."))
    ground_words = ShortText(
        _l("Which harm, or which law?"), description=_l("Required unless the person agrees."), limit=300
    )
    passed_on = LongText(
        _l("What may be shared?"),
        [NotBlank(_l("Write what may be shared."))],
        limit=4000,
        description=_l(
            "Deans read this. What was said while preparing a circle, in a circle, or after it stays in the sealed "
            "notes."
        ),
    )
    manner = radio(_l("How did you hear about it?"), MANNER_LABELS, _l("Choose how."))

    def ask(self, people: dict[int, str], harmed: int | None, today: date) -> None:
        """Offer the people of the case; it is of today unless said otherwise."""
        named: Any = choices([(str(key), name) for key, name in people.items()])
        self.harmed.choices = self.caused.choices = named
        if not self.is_submitted():
            self.on_day.data = today
            self.harmed.data = [str(harmed)] if harmed in people else []


LONGEST_AGO = timedelta(days=365)
REVIEW_AFTER = 5


@dataclass(frozen=True)
class Again:
    """What is passed on of it: `harmed` and `caused` are people of the case; `manner` is how it became known."""

    danger: bool
    what: Tile
    where: WhereTile
    on_day: date
    harmed: Collection[int]
    caused: Collection[int]
    ground: Ground
    ground_words: str
    passed_on: str
    manner: str


@use_case
def at_check_in(uow: UnitOfWork, follow_up_id: int, again: Again) -> int:
    """Report what came up in a check-in, which closes with it where that is one of its outcomes; returns the case's id.

    Raises NotFound, Stale, Refused naming the field.
    """
    row = open_follow_up(uow, follow_up_id, uow.version)
    case = _case_of(uow, row)
    _report(uow, case, again)
    if AGAIN in outcomes_of(row.kind):
        shown = {"manner": again.manner, "on": today_at(row.school_id, uow.now).isoformat(), "attempts": 1}
        close_row(uow, row, AGAIN, evidence=shown)
    return case.id


@use_case
def in_case(uow: UnitOfWork, case_id: int, again: Again) -> int:
    """Report what happened again in a case, however it became known; returns the case's id. Raises as above."""
    case = uow.load(Case, case_id, Permission.CASE_WORK)
    _report(uow, case, again)
    return case.id


def _case_of(uow: UnitOfWork, row: FollowUp) -> Case:
    if row.case_id is not None:
        return uow.session.get_one(Case, row.case_id, with_for_update=True)
    return case_for(uow, uow.session.get_one(Incident, row.incident_id, with_for_update=True))


def _report(uow: UnitOfWork, case: Case, again: Again) -> None:
    today = today_at(case.school_id, uow.now)
    _check(again, today)
    due_on = school_days(case.school_id).on_or_after(today)
    if case.state is CaseState.CLOSED:
        ended_at = case.closed_at
        reopen_case(uow, case, ReopenReason.HARM_AGAIN, school_days(case.school_id).add(today, REVIEW_AFTER))
        bring_back(uow, case.id, ended_at)
    incident = create_incident(uow, _capture(uow, case, again))
    uow.record(incident, "incident.passed_on", ground=again.ground.value)
    route_incident(uow, incident)
    join_incident(uow, case, incident)
    uow.session.flush()
    uow.record(case, "case.happened_again", reference=incident.reference, ground=again.ground.value)
    harmed: list[CaseParticipant | None] = [person for person in case.participants if person.id in again.harmed]
    for person in harmed or [None]:
        look_at_on(uow, case, person, due_on)
        make_for_event(
            uow, AGAIN, school_id=case.school_id, owner_id=case.lead_id or uow.actor.user_id, from_day=today,
            case_id=case.id, participant_id=person.id if person else None,
            incident_person_id=person.incident_person_id if person else None,
        )  # fmt: skip
    _tell(uow, case, incident, today)


def _check(again: Again, today: date) -> None:
    if not today - LONGEST_AGO <= again.on_day <= today:
        raise Refused("on_day", _("Choose today, or a day of the last twelve months."))
    if again.ground is not Ground.AGREED:
        refuse_blank("ground_words", again.ground_words, _("Write which harm, or which law."))
    if set(again.harmed) & set(again.caused):
        raise Refused("caused", _("Choose each person only once."))


def _capture(uow: UnitOfWork, case: Case, again: Again) -> Capture:
    parts = ((again.harmed, PersonRole.HARMED), (again.caused, PersonRole.CAUSED_HARM))
    people = [_captured(one, role) for ids, role in parts for one in case.participants if one.id in ids]
    if not again.caused:
        people.append(CapturedPerson(PersonKind.NOT_IDENTIFIED, role=PersonRole.CAUSED_HARM))
    today = today_at(case.school_id, uow.now)
    return Capture(
        school_id=case.school_id,
        danger_now=again.danger,
        tile=again.what,
        location_code=LOCATION_OF_TILE[again.where],
        occurred_at=uow.now if again.on_day == today else _noon(case, again.on_day),
        precision=WhenPrecision.EARLIER_TODAY if again.on_day == today else WhenPrecision.DAY,
        people=tuple(people),
        narrative="\n\n".join(filter(None, (again.passed_on.strip(), again.ground_words.strip()))),
    )


def _captured(person: CaseParticipant, role: PersonRole) -> CapturedPerson:
    if person.student_id is not None:
        return CapturedPerson(PersonKind.STUDENT, person.student_id, role=role)
    return CapturedPerson(PersonKind.OTHER_ADULT, description=person.description, role=role)


def _noon(case: Case, day: date) -> datetime:
    return at_local(day, 12, 0, zone_of(case.school_id))


def _tell(uow: UnitOfWork, case: Case, incident: Incident, today: date) -> None:
    """Tell the lead and the school's administrators, all but whoever reports it."""
    people = {user_id for user_id, _name in holders(Role.ADMINISTRATOR, case.school_id, today)}
    for user_id in sorted({*people, case.lead_id or 0} - {0, uow.actor.user_id}):
        uow.notify(user_id, HAPPENED_AGAIN, case, f"{HAPPENED_AGAIN}:{incident.id}:{user_id}")


blueprint = Blueprint("happened_again", __name__)

TEMPLATE = "casework/happened_again/page.html"
HARMED = (PersonRole.HARMED, PersonRole.BOTH)


@blueprint.route("/follow-ups/<int:follow_up_id>/happened-again", methods=["GET", "POST"], endpoint="at_check_in")
@gate(Permission.FOLLOWUP_READ)
def at_check_in_page(follow_up_id: int) -> Page:
    """Something happened again, as it came up in a check-in."""
    actor = current_actor()
    row = get_follow_up(actor, follow_up_id)
    of_team = actor.covers(row.school_id, *CASE_TEAM)
    case = load_case(row.case_id) if row.case_id is not None else None
    people = participants_of(case.id) if case is not None else []
    entry = row.incident_person_id
    about = [one for one in people if entry is not None and one.incident_person_id == entry]
    known = people if of_team else about
    form = _form(row.school_id, known, about[0].id if about else _suggested(known), row.version)
    back = url_for("followups.follow_up", follow_up_id=row.id)
    return act_form(
        form,
        lambda call: at_check_in(call, row.id, _again(form)),
        lambda case_id: url_for("casework.case", case_id=case_id) if of_team else back,
        _words(back),
        TEMPLATE,
    )


@blueprint.route("/cases/<int:case_id>/happened-again", methods=["GET", "POST"], endpoint="in_case")
@gate(Permission.CASE_WORK)
def in_case_page(case_id: int) -> Page:
    """Something happened again in a case, however it became known."""
    case = get_case(current_actor(), case_id)
    people = participants_of(case.id)
    form = _form(case.school_id, people, _suggested(people))
    back = url_for("casework.case", case_id=case.id)
    return act_form(form, lambda call: in_case(call, case.id, _again(form)), back, _words(back, case), TEMPLATE)


def _suggested(people: list[CaseParticipant]) -> int | None:
    asked = number(request.args.get("person"))
    harmed = [person.id for person in people if person.role in HARMED]
    return asked or (harmed[0] if len(harmed) == 1 else None)


def _form(school_id: int, people: list[CaseParticipant], harmed: int | None, version: int | None = None) -> AgainForm:
    form = AgainForm(version=version)
    form.ask({one.id: person_words(one) for one in people}, harmed, today_at(school_id, clock.now()))
    return form


def _again(form: AgainForm) -> Again:
    return filled(
        form,
        Again,
        danger=form.danger.data == "yes",
        what=Tile(form.what.data),
        where=WhereTile(form.where.data),
        ground=Ground(form.ground.data),
        harmed=[int(one) for one in form.harmed.data or ()],
        caused=[int(one) for one in form.caused.data or ()],
    )


def _words(back: str, case: Case | None = None) -> dict[str, Any]:
    return {
        "title": _("Something happened again"),
        "go_words": _("Send the report"),
        "back_href": back,
        "reference": case.reference if case else None,
    }


ROOM = Room(pages=(blueprint,), sentences=SENTENCES, messages=MESSAGES)
