"""The page of one duty and what may be done about it: for the school's duties and for those that are an adult's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.contacts import police_lines, sergeants_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import zone_of
from wss_cases.roster.telling import calling
from wss_cases.safeguards.duties.duty import actions
from wss_cases.safeguards.duties.duty.family_notice import notice_waits_for
from wss_cases.safeguards.duties.duty.forms import DischargeForm, NotApplicableForm, StepForm, VerifyForm, wall_minute
from wss_cases.safeguards.duties.duty.models import LegalDutyKindStep
from wss_cases.safeguards.duties.duty.presenters import duty_words, step_words
from wss_cases.safeguards.duties.duty.queries import DutyRow, steps_of, students_in, students_who_caused_harm, user_name
from wss_cases.safeguards.duties.duty.raising import verify
from wss_cases.safeguards.duties.duty.rules import whom_of
from wss_cases.safeguards.duties.duty.states import CHANNEL_LABELS, OPEN_DUTY, StepOutcome, StepWhom


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
        return actions.record_step(call, duty_id, step.step.id, form.told(zone), side.work)

    shown = step_words(step, zone_of(row.duty.school_id))
    return _telling(side, row, "step", StepForm, step.step, act, shown_step=shown)


def discharge_page(side: Side, duty_id: int) -> Page:
    """Record that a duty was carried out."""
    row = _loaded(side, duty_id)
    zone = zone_of(row.duty.school_id)
    open_steps = [step for step in steps_of(row.duty) if step.record is None]
    last = open_steps[0].step if len(open_steps) == 1 else None

    def act(call: Invocation, form: DischargeForm, zone: str) -> int:
        return actions.discharge(call, duty_id, form.what_was_done.data, form.told(zone), side.work)

    left = [step_words(step, zone) for step in open_steps]
    return _telling(side, row, "discharge", DischargeForm, last, act, left=left)


def not_applicable_page(side: Side, duty_id: int) -> Page:
    """Propose that a duty does not apply."""

    def act(call: Invocation, form: NotApplicableForm, _zone: str) -> int:
        return actions.propose_not_applicable(call, duty_id, form.reason.data, side.work)

    row = _loaded(side, duty_id)
    return _act(side, row, "not_applicable", NotApplicableForm(version=row.duty.version), act)


def second_review(side: Side, duty_id: int) -> Response:
    """Agree that a duty does not apply, or let it stand, as a second person."""
    form = BaseForm()
    actions.take_second_review(submitted(form), duty_id, agrees=request.form.get("agrees") == "1", permission=side.look)
    return redirect(side.address("duty", duty_id), 303)
