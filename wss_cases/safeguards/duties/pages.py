"""The school's legal duties, page by page and filtered, those that are each adult's own, and raising one by hand.

Mandated-reporter duties (abuse or neglect) are seen by the adult whose they are and the school's administrator alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, might, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.contacts import police_lines, sergeants_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, local_date, zone_of
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.lists import students_in as lists_students_in
from wss_cases.journal.rooms import Room
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.telling import calling
from wss_cases.safeguards.duties.duty import pages, queries
from wss_cases.safeguards.duties.duty.models import (
    CHANNEL_LABELS,
    DUTY_LABELS,
    OPEN_DUTY,
    PERSONAL,
    DutyState,
    LegalDutyKindStep,
    StepOutcome,
    StepWhom,
)
from wss_cases.safeguards.duties.duty.pages import (
    DischargeForm,
    NotApplicableForm,
    RaiseForm,
    RaiseMandatedForm,
    StepForm,
    VerifyForm,
    duty_words,
    step_words,
    wall_minute,
)
from wss_cases.safeguards.duties.duty.queries import (
    PAGE,
    DutyRow,
    notice_waits_for,
    steps_of,
    students_in,
    students_who_caused_harm,
    user_name,
)
from wss_cases.safeguards.duties.duty.raising import ByHand, raise_by_hand, verify
from wss_cases.safeguards.duties.duty.rules import whom_of


@dataclass(frozen=True)
class Side:
    """Whose duties a set of pages is about: where its pages are and what names a duty there, how one is read, and who
    may see one, work on it, and review as a second person that it does not apply."""

    pages: str
    key: str
    read: Callable[[Actor, int], DutyRow]
    see: Permission
    work: Permission
    look: Permission

    def address(self, page: str, duty_id: int, **more: Any) -> str:
        """Return the address of one of its pages."""
        named: dict[str, Any] = {self.key: duty_id, **more}
        return url_for(f"{self.pages}.{page}", **named)


def add_pages(blueprint: Blueprint, side: Side) -> None:
    """Put the page of one duty and its acts below a blueprint's address."""

    def add(rule: str, name: str, permission: Permission, page: Callable[..., Page | Response], *methods: str) -> None:
        @gate(permission)
        def view(**ids: int) -> Page | Response:
            return page(side, ids.pop(side.key), **ids)

        blueprint.add_url_rule(f"/<int:{side.key}>{rule}", name, view, methods=methods)

    add("", "duty", side.see, show, "GET")
    add("/verify", "verify", side.work, verify_page, "GET", "POST")
    add("/steps/<int:position>", "step", side.work, step_page, "GET", "POST")
    add("/discharge", "discharge", side.work, discharge_page, "GET", "POST")
    add("/not-applicable", "not_applicable", side.work, not_applicable_page, "GET", "POST")
    add("/second-look", "second_look", side.look, second_review, "POST")


def show(side: Side, duty_id: int) -> Page:
    """One duty: what it asks, how long is left, what was done or proposed."""
    actor, now = current_actor(), clock.now()
    row = side.read(actor, duty_id)
    zone = zone_of(row.duty.school_id)
    is_open = row.duty.state in OPEN_DUTY
    steps = [step_words(step, zone) for step in steps_of(row.duty) if is_open or step.record is not None]
    return render_template(
        "safeguards/duties/pages/acts/duty.html",
        side=side,
        duty=duty_words(row, now, zone),
        record=row.duty,
        steps=steps,
        left=sum(1 for step in steps if not step["recorded"]),
        waits_for=notice_waits_for(row.duty),
        may_act=can(actor, side.work, row.duty),
        may_look=can(actor, side.look, row.duty),
        own_proposal=row.duty.proposed_by_id == actor.user_id,
        proposed_by=user_name(row.duty.proposed_by_id),
        verified_by=user_name(row.duty.verified_by_id),
        verified=moment_words(row.duty.verified_at, zone) if row.duty.verified_at else "",
        closed_by=user_name(row.duty.closed_by_id),
        closed=moment_words(row.duty.closed_at, zone),
        channel=CHANNEL_LABELS.get(row.duty.channel, row.duty.channel),
        request_key=BaseForm(formdata=None).request_key.data,
    )


def _loaded(side: Side, duty_id: int) -> DutyRow:
    row = side.read(current_actor(), duty_id)
    require(current_actor(), side.work, row.duty)
    return row


def _act(
    side: Side, row: DutyRow, name: str, form: BaseForm, act: Callable[[Invocation, Any, str], int], **more: Any
) -> Page:
    """Show the form of one act on a duty, by the template `name`; `act` takes the call, the form and the zone."""
    now, zone = clock.now(), zone_of(row.duty.school_id)
    return form_page(
        form,
        lambda: act(submitted(form), form, zone),
        side.address("duty", row.duty.id),
        f"safeguards/duties/pages/acts/{name}.html",
        duty=duty_words(row, now, zone),
        **more,
    )


def _telling(
    side: Side,
    row: DutyRow,
    name: str,
    form_of: Callable[..., StepForm | DischargeForm],
    step: LegalDutyKindStep | None,
    act: Callable[[Invocation, Any, str], int],
    **more: Any,
) -> Page:
    """Show the form of an act that says who was told for a step, and beside it whom to call: the police for a step that
    tells them, a family for one that tells a family, nobody for the others."""
    duty = row.duty
    form = form_of(
        version=duty.version, done_at=wall_minute(clock.now(), zone_of(duty.school_id)), outcome=StepOutcome.DONE.value
    )
    whom = StepWhom.OTHERS if step is None or duty.is_personal else whom_of(duty.code, step.whom_en)
    police = whom is StepWhom.POLICE
    students = students_who_caused_harm(duty.incident_id) if police else []
    form.student_ids.choices = choices([(student.id, student.shown_name) for student in students])
    return _act(
        side, row, name, form, act,
        calling=calling(students_in(duty.incident_id)) if whom is StepWhom.FAMILY else None,
        police=police_lines(sergeants_of(duty.school_id)) if police else None,
        students=students,
        **more,
    )  # fmt: skip


def verify_page(side: Side, duty_id: int) -> Page:
    """Say that the facts were verified and the duty is due now."""
    row = _loaded(side, duty_id)
    form = VerifyForm(version=row.duty.version)
    return _act(side, row, "verify", form, lambda call, form, _zone: verify(call, duty_id, form.how.data, side.work))


def step_page(side: Side, duty_id: int, position: int) -> Page:
    """Record one step: who was told, how and when, or why it does not apply."""
    row = _loaded(side, duty_id)
    step = existing(next((step for step in steps_of(row.duty) if step.step.position == position), None))

    def act(call: Invocation, form: StepForm, zone: str) -> int:
        return pages.record_step(call, duty_id, step.step.id, form.told(zone), side.work)

    shown = step_words(step, zone_of(row.duty.school_id))
    return _telling(side, row, "step", StepForm, step.step, act, shown_step=shown)


def discharge_page(side: Side, duty_id: int) -> Page:
    """Record that a duty was carried out."""
    row = _loaded(side, duty_id)
    zone = zone_of(row.duty.school_id)
    open_steps = [step for step in steps_of(row.duty) if step.record is None]
    last = open_steps[0].step if len(open_steps) == 1 else None

    def act(call: Invocation, form: DischargeForm, zone: str) -> int:
        return pages.discharge(call, duty_id, form.what_was_done.data, form.told(zone), side.work)

    left = [step_words(step, zone) for step in open_steps]
    return _telling(side, row, "discharge", DischargeForm, last, act, left=left)


def not_applicable_page(side: Side, duty_id: int) -> Page:
    """Propose that a duty does not apply."""

    def act(call: Invocation, form: NotApplicableForm, _zone: str) -> int:
        return pages.propose_not_applicable(call, duty_id, form.reason.data, side.work)

    row = _loaded(side, duty_id)
    return _act(side, row, "not_applicable", NotApplicableForm(version=row.duty.version), act)


def second_review(side: Side, duty_id: int) -> Response:
    """Agree that a duty does not apply, or let it stand, as a second person."""
    form = BaseForm()
    pages.take_second_review(submitted(form), duty_id, agrees=request.form.get("agrees") == "1", permission=side.look)
    return redirect(side.address("duty", duty_id), 303)


blueprint = Blueprint("safeguards", __name__, url_prefix="/duties")

WORK = Permission.DUTY_DISCHARGE
add_pages(blueprint, Side("safeguards", "duty_id", queries.get_duty, Permission.DUTY_READ, WORK, WORK))

own_duties = Blueprint("own_duties", __name__, url_prefix="/duties/own")
OWN = (Permission.OWN_DUTY_READ, Permission.OWN_DUTY_WORK, Permission.OWN_DUTY_LOOK)
add_pages(own_duties, Side("own_duties", "own_duty_id", queries.get_mandated_duty, *OWN))


@blueprint.get("")
@gate(Permission.DUTY_READ)
def duties() -> Page:
    """The duties of the chosen school, the soonest clock first: the open ones, or those in one state."""
    actor, now = current_actor(), clock.now()
    state = request.args.get("state", "")
    wanted = queries.Wanted(
        chosen_school_id(actor, *CASE_TEAM),
        DutyState(state) if state in set(DutyState) else None,
        request.args.get("overdue") == "1",
    )
    rows = queries.duties_page(actor, wanted, now, id_in(request.args.get("after")))
    filters: dict[str, Any] = {
        "state": wanted.state.value if wanted.state else None,
        "overdue": "1" if wanted.overdue else None,
    }
    zones = {school_id: zone_of(school_id) for school_id in {row.duty.school_id for row in rows}}
    whom = lists_students_in({row.duty.incident_id for row in rows[:PAGE]})
    return render_template(
        "safeguards/duties/pages/list.html",
        rows=[
            duty_words(row, now, zones[row.duty.school_id], whom_words(whom.get(row.duty.incident_id, []), actor))
            for row in rows[:PAGE]
        ],
        count=queries.duties_count(actor, wanted, now),
        wanted=wanted,
        states=list(DutyState.labels().items()),
        states_words=DutyState(wanted.state).label if wanted.state else None,
        first=url_for("safeguards.duties", **filters) if request.args.get("after") else None,
        more=url_for("safeguards.duties", after=rows[PAGE - 1].duty.id, **filters) if len(rows) > PAGE else None,
        own=queries.mandated_duties_waiting(actor),
        may_read_table=might(actor, Permission.DUTY_TABLE_READ),
    )


@own_duties.get("", endpoint="duties")
@gate(Permission.OWN_DUTY_READ)
def mandated() -> Page:
    """One's mandated-reporter duties to report abuse or neglect; for an administrator those of the school too."""
    now = clock.now()
    rows = [duty_words(row, now, zone_of(row.duty.school_id)) for row in queries.mandated_duties(current_actor())]
    return render_template("safeguards/duties/pages/own.html", rows=rows)


duty_raising = Blueprint("duty_raising", __name__, url_prefix="/incidents/<int:incident_id>/duties")

MANDATED_CODE = "child_abuse_or_neglect"


@duty_raising.route("/new", methods=["GET", "POST"])
@gate(Permission.DUTY_RAISE)
def new(incident_id: int) -> Page:
    """Raise a duty of the table that somebody sees in this report."""
    return _raise(incident_id, Permission.DUTY_RAISE, RaiseForm, "safeguards.duty", "duty_id")


@duty_raising.route("/own", methods=["GET", "POST"])
@gate(Permission.DUTY_RAISE_OWN)
def own(incident_id: int) -> Page:
    """Take up one's mandated-reporter duty to report abuse or neglect that one sees in this report."""
    return _raise(incident_id, Permission.DUTY_RAISE_OWN, RaiseMandatedForm, "own_duties.duty", "own_duty_id")


def _raise(incident_id: int, permission: Permission, form_of: type[RaiseForm], page: str, key: str) -> Page:
    incident, now = get_incident(current_actor(), incident_id, permission), clock.now()
    zone = zone_of(incident.school_id)
    form = form_of(aware_at=wall_minute(now, zone), code=request.args.get("code"))
    if "code" in form:
        kinds = queries.kinds_in_force(None, local_date(now, zone))
        labels = [(code, DUTY_LABELS.get(code, code)) for code in DUTY_LABELS if code in kinds.keys() - PERSONAL]
        form.code.choices = choices([("", _("Choose one")), *labels])

    def act() -> int:
        because, aware_at = form.because.data or "", at_wall(form.aware_at.data, zone)
        if "code" in form:
            verify_first = form.facts.data == "verify_first"
            source = (form.source_how.data or "", form.source_name.data or "")
            given = ByHand(form.code.data, because, aware_at, verify_first, *source)
        else:
            given = ByHand(MANDATED_CODE, because, aware_at)
        return raise_by_hand(submitted(form), incident_id, given)

    return form_page(
        form,
        act,
        lambda made: url_for(page, **{key: made}),
        "safeguards/duties/pages/raise.html",
        incident=incident,
        own=permission is Permission.DUTY_RAISE_OWN,
    )


ROOM = Room(pages=(blueprint, own_duties, duty_raising))
