"""The page of one duty and what may be done about it: for the school's duties and for those that are an adult's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, zone_of
from wss_cases.safeguards.duties.duty import actions
from wss_cases.safeguards.duties.duty.forms import DischargeForm, NotApplicableForm, StepForm, VerifyForm, wall_minute
from wss_cases.safeguards.duties.duty.presenters import duty_words, step_words
from wss_cases.safeguards.duties.duty.queries import DutyRow, steps_of, user_name
from wss_cases.safeguards.duties.duty.raising import verify
from wss_cases.safeguards.duties.duty.states import CHANNEL_LABELS, OPEN_DUTY


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


def _loaded(side: Side, duty_id: int) -> tuple[DutyRow, str]:
    actor = current_actor()
    row = side.read(actor, duty_id)
    require(actor, side.work, row.duty)
    return row, zone_of(row.duty.school_id)


def verify_page(side: Side, duty_id: int) -> Page:
    """Say that the facts were verified and the duty is due now."""
    (row, zone), now = _loaded(side, duty_id), clock.now()
    form = VerifyForm(version=row.duty.version)

    def act() -> int:
        return verify(submitted(form), duty_id, form.how.data or "", side.work)

    done = side.address("duty", duty_id)
    return form_page(form, act, done, "safeguards/duties/pages/acts/verify.html", duty=duty_words(row, now, zone))


def step_page(side: Side, duty_id: int, position: int) -> Page:
    """Record one step: who was told, how and when, or why it does not apply."""
    (row, zone), now = _loaded(side, duty_id), clock.now()
    step = existing(next((step for step in steps_of(row.duty) if step.step.position == position), None))
    local_now = wall_minute(now, zone)
    form = StepForm(version=row.duty.version, done_at=local_now, outcome="done")

    def act() -> int:
        return actions.record_step(submitted(form), duty_id, step.step.id, form.told(zone), side.work)

    return form_page(
        form,
        act,
        side.address("duty", duty_id),
        "safeguards/duties/pages/acts/step.html",
        duty=duty_words(row, now, zone),
        step=step_words(step, zone),
    )


def discharge_page(side: Side, duty_id: int) -> Page:
    """Record that a duty was carried out."""
    (row, zone), now = _loaded(side, duty_id), clock.now()
    left = [step_words(step, zone) for step in steps_of(row.duty) if step.record is None]
    local_now = wall_minute(now, zone)
    form = DischargeForm(version=row.duty.version, done_at=local_now)

    def act() -> int:
        return actions.discharge(
            submitted(form),
            duty_id,
            what_was_done=form.what_was_done.data or "",
            done_at=at_wall(form.done_at.data, zone),
            told_whom=form.told_whom.data or "",
            channel=form.channel.data or "",
            reference=form.reference.data or "",
            permission=side.work,
        )

    return form_page(
        form,
        act,
        side.address("duty", duty_id),
        "safeguards/duties/pages/acts/discharge.html",
        duty=duty_words(row, now, zone),
        left=left,
    )


def not_applicable_page(side: Side, duty_id: int) -> Page:
    """Propose that a duty does not apply."""
    (row, zone), now = _loaded(side, duty_id), clock.now()
    form = NotApplicableForm(version=row.duty.version)

    def act() -> int:
        return actions.propose_not_applicable(submitted(form), duty_id, form.reason.data or "", side.work)

    done = side.address("duty", duty_id)
    return form_page(
        form, act, done, "safeguards/duties/pages/acts/not_applicable.html", duty=duty_words(row, now, zone)
    )


def second_review(side: Side, duty_id: int) -> Response:
    """Agree that a duty does not apply, or let it stand, as a second person."""
    form = BaseForm()
    actions.take_second_review(submitted(form), duty_id, agrees=request.form.get("agrees") == "1", permission=side.look)
    return redirect(side.address("duty", duty_id), 303)
