"""The school's legal duties, page by page and filtered, those that are each adult's own, and raising one by hand.

Mandated-reporter duties (abuse or neglect) are seen by the adult whose they are and the school's administrator alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, might
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.contacts import police_lines, sergeants_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, MomentField, NotBlank, PlainForm, choices, pick, radio
from wss_cases.foundation.i18n import _, _l, dotted, in_language
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import local_date, moment_words, zone_of
from wss_cases.incidents.deputies import ASKED as DEPUTY_ASKED
from wss_cases.incidents.deputies import ask_deputy
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.lists import students_in as lists_students_in
from wss_cases.journal.acts import Act, Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.telling import calling
from wss_cases.safeguards.duties.duty import pages as steps
from wss_cases.safeguards.duties.duty import queries
from wss_cases.safeguards.duties.duty.models import (
    CHANNEL_LABELS,
    DUTY_LABELS,
    OPEN_DUTY,
    PERSONAL,
    DutyState,
    LegalDuty,
    StepOutcome,
    StepWhom,
    refuse_future,
    refuse_source,
)
from wss_cases.safeguards.duties.duty.raising import ByHand, open_by_hand, record_act, responsible, tell_responsible


@dataclass(frozen=True)
class Side:
    """Whose duties a set of pages is about: where its pages are and what names a duty there, how one is read, and who
    may see one, work on it, and review as a second person that it does not apply."""

    pages: Pages
    key: str
    read: Callable[[Actor, int], queries.DutyRow]
    see: Permission
    work: Permission
    look: Permission

    def address(self, page: str, duty_id: int, **more: Any) -> str:
        named: dict[str, Any] = {self.key: duty_id, **more}
        return url_for(f"{self.pages.name}.{page}", **named)

    def act(
        self, rule: str, form: type[PlainForm], body: Callable[..., int | None], name: str, title: Any, button: Any,
        **shown: Any,
    ) -> Act:  # fmt: skip
        """Declare an act on a duty of this side, at `rule` below its page."""
        declare = self.pages.act(
            f"/<int:{self.key}>{rule}", Subject(LegalDuty, self.find, row=attrgetter("row.duty")), form, self.work,
            endpoint=name, title=title, button=button,
            trail=self._trail, lede=_what, then=lambda on, _id: self.address("duty", on.row.duty.id),
            **shown,
        )  # fmt: skip
        return declare(body)

    def find(self, actor: Actor, duty_id: int, position: int | None = None) -> OnDuty:
        """Return a duty, with one of its steps where the address names it. Raises NotFound."""
        row = self.read(actor, duty_id)
        if position is None:
            return OnDuty(row)
        return OnDuty(
            row, existing(next((step for step in queries.steps_of(row.duty) if step.step.position == position), None))
        )

    def _trail(self, on: OnDuty) -> list[tuple[Any, str]]:
        return [
            (_("Legal duties"), url_for(f"{self.pages.name}.duties")),
            (on.row.reference, self.address("duty", on.row.duty.id)),
        ]


@dataclass(frozen=True)
class OnDuty:
    """A duty that an act is about, and the step of it that the address names."""

    row: queries.DutyRow
    step: queries.StepRow | None = None


def _what(on: OnDuty) -> Any:
    return DUTY_LABELS.get(on.row.duty.code, on.row.duty.code)


class VerifyForm(PlainForm):
    """How the facts of a duty were verified."""

    how = LongText(_l("How it was verified"), [NotBlank(_l("Write how it was verified."))])


def _verify(uow: UnitOfWork, duty: LegalDuty, form: VerifyForm) -> None:
    """Say that the facts of a duty were verified and it is due now. Its clock has run since somebody became aware."""
    if duty.state is not DutyState.VERIFY_FIRST:
        raise Refused("", _("This duty does not need verification."))
    duty.state, duty.was_due = DutyState.DUE, True
    duty.verified_by_id, duty.verified_at, duty.verified_how = uow.actor.user_id, uow.now, form.how.data
    record_act(uow, duty, "duty.verified")
    tell_responsible(uow, duty)


def _since(on: OnDuty, _form: VerifyForm) -> dict[str, Any]:
    aware = moment_words(on.row.duty.aware_at, zone_of(on.row.duty.school_id))
    return {"intro": _("Its clock started when someone became aware: %(moment)s.", moment=aware)}


def _record_step(uow: UnitOfWork, duty: LegalDuty, form: steps.StepForm) -> None:
    """Record one step of an open duty: who was told, how and when, or with a note alone why it does not apply."""
    steps.refuse_closed(duty)
    step = next((step for step in steps.steps_left(uow, duty) if str(step.id) == str(form.step_id.data)), None)
    if step is None:
        raise Refused("", _("This step is already recorded, or belongs to another duty."))
    is_done = form.outcome.data == StepOutcome.DONE.value
    report = replace(form.told(), note=form.note.data) if is_done else steps.Told(note=form.note.data)
    steps.add_step(uow, duty, step, report)
    steps.tell_of_police(uow, duty, [step], report)


def _discharge(uow: UnitOfWork, duty: LegalDuty, form: steps.DischargeForm) -> None:
    """Record that a duty was carried out: what, when, by whom. The last step left open is recorded with it."""
    left, report = steps.steps_left(uow, duty), form.told()
    steps.carry_out(uow, duty, form.what_was_done.data, report)
    steps.tell_of_police(uow, duty, left, report)


def _now(on: OnDuty) -> dict[str, Any]:
    at = steps.wall_minute(clock.now(), zone_of(on.row.duty.school_id))
    return {"done_at": at} | ({"step_id": on.step.step.id} if on.step is not None else {})


def _whom_to_call(on: OnDuty, form: steps.TellingForm) -> dict[str, Any]:
    """The police for a step that tells them, a family for one that tells a family, nobody for the others."""
    duty = on.row.duty
    if form.whom is StepWhom.POLICE:
        counts = _(
            "A call to the police counts as a police notification, no matter who made it or where it is recorded."
        )
        return {"police": police_lines(sergeants_of(duty.school_id)), "facts": [counts]}
    is_family = form.whom is StepWhom.FAMILY
    return {"calling_below": calling(queries.students_in(duty.incident_id)) if is_family else None}


def _what_is_left(on: OnDuty, form: steps.DischargeForm) -> dict[str, Any]:
    left = [in_language(row.step, "whom") for row in queries.steps_of(on.row.duty) if row.record is None]
    first = _("First record each step on the duty’s page. Still open: %(steps)s.", steps="; ".join(left))
    kind = on.row.kind
    return _whom_to_call(on, form) | {
        "warning": first if len(left) > 1 else "",
        "intro": dotted(_("Notify: %(whom)s", whom=in_language(kind, "tell")), in_language(kind, "clock")),
    }


class NotApplicableForm(PlainForm):
    """Why a duty does not apply."""

    reason = LongText(_l("Why it does not apply"), [NotBlank(_l("Explain why it does not apply."))])


def _propose(uow: UnitOfWork, duty: LegalDuty, form: NotApplicableForm) -> None:
    """Propose, with a reason, that a duty does not apply; until a second person has looked it stands as it is.

    One that was carried out may turn out not to have applied: what the police were told then counts as avoidable.
    """
    steps.refuse_not_applicable(duty)
    if duty.proposed_by_id is not None:
        raise Refused("", _("Someone has already proposed this; it is waiting for second review."))
    duty.proposed_by_id, duty.proposed_at, duty.proposed_reason = uow.actor.user_id, uow.now, form.reason.data
    record_act(uow, duty, "duty.not_applicable_proposed")
    for user_id in sorted(responsible(duty, uow.now) - {uow.actor.user_id or 0}):
        uow.notify(user_id, "duty_second_look", duty, f"duty-look:{duty.id}:{duty.version}:{user_id}")
    if ask_deputy(uow, duty):
        record_act(uow, duty, DEPUTY_ASKED)


def _what_follows(on: OnDuty, _form: NotApplicableForm) -> dict[str, Any]:
    still_open = _(
        "A second person reviews your reason. Until they agree, the duty stays open and its clock keeps running."
    )
    avoidable = _(
        "A second person reviews your reason. If they agree, a police notification made for this duty counts as "
        "avoidable."
    )
    return {"intro": still_open if on.row.duty.state in OPEN_DUTY else avoidable}


def _declare(side: Side) -> dict[str, Act]:
    """Put the page of one duty and its acts below a side's address; return the acts by their endpoints."""

    def add(rule: str, name: str, permission: Permission, page: Callable[..., Page | Response], method: str) -> None:
        @gate(permission)
        def view(**ids: int) -> Page | Response:
            return page(side, ids[side.key])

        side.pages.add_url_rule(f"/<int:{side.key}>{rule}", name, view, methods=[method])

    add("", "duty", side.see, show, "GET")
    add("/second-look", "second_look", side.look, second_review, "POST")
    step, record_it = (lambda on: in_language(on.step.step, "whom")), _l("Record it")
    verified, due, no, propose = (
        _l("Verified: it is due now"),
        _l("It is due now"),
        _l("Not applicable"),
        _l("Propose it"),
    )
    return {
        "verify": side.act("/verify", VerifyForm, _verify, "verify", verified, due, more=_since),
        "step": side.act(
            "/steps/<int:position>", steps.StepForm, _record_step, "step", step, record_it,
            start=_now, more=_whom_to_call,
        ),
        "discharge": side.act(
            "/discharge", steps.DischargeForm, _discharge, "discharge", _l("Record what was done"), record_it,
            start=_now, more=_what_is_left,
        ),
        "not_applicable": side.act(
            "/not-applicable", NotApplicableForm, _propose, "not_applicable", no, propose, more=_what_follows
        ),
    }  # fmt: skip


def show(side: Side, duty_id: int) -> Page:
    """One duty: what it asks, how long is left, what was done or proposed."""
    actor, now = current_actor(), clock.now()
    row = side.read(actor, duty_id)
    zone = zone_of(row.duty.school_id)
    is_open = row.duty.state in OPEN_DUTY
    shown = [steps.step_words(step, zone) for step in queries.steps_of(row.duty) if is_open or step.record is not None]
    return render_template(
        "safeguards/duties/pages/acts/duty.html",
        side=side,
        duty=steps.duty_words(row, now, zone),
        record=row.duty,
        steps=shown,
        left=sum(1 for step in shown if not step["recorded"]),
        waits_for=queries.notice_waits_for(row.duty),
        may_act=can(actor, side.work, row.duty),
        may_look=can(actor, side.look, row.duty),
        own_proposal=row.duty.proposed_by_id == actor.user_id,
        proposed_by=queries.user_name(row.duty.proposed_by_id),
        verified_by=queries.user_name(row.duty.verified_by_id),
        verified=moment_words(row.duty.verified_at, zone) if row.duty.verified_at else "",
        closed_by=queries.user_name(row.duty.closed_by_id),
        closed=moment_words(row.duty.closed_at, zone),
        channel=CHANNEL_LABELS.get(row.duty.channel, row.duty.channel),
        request_key=BaseForm(formdata=None).request_key.data,
    )


def second_review(side: Side, duty_id: int) -> Response:
    """Agree that a duty does not apply, or let it stand, as a second person."""
    form = BaseForm()
    steps.take_second_review(submitted(form), duty_id, agrees=request.form.get("agrees") == "1", permission=side.look)
    return redirect(side.address("duty", duty_id), 303)


pages = Pages("safeguards", __name__, url_prefix="/duties")
own_duties = Pages("own_duties", __name__, url_prefix="/duties/own")
WORK = Permission.DUTY_DISCHARGE
OWN = (Permission.OWN_DUTY_READ, Permission.OWN_DUTY_WORK, Permission.OWN_DUTY_LOOK)
SCHOOL_ACTS = _declare(Side(pages, "duty_id", queries.get_duty, Permission.DUTY_READ, WORK, WORK))
OWN_ACTS = _declare(Side(own_duties, "own_duty_id", queries.get_mandated_duty, *OWN))


@pages.get("")
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
    whom = lists_students_in({row.duty.incident_id for row in rows[: queries.PAGE]})
    return render_template(
        "safeguards/duties/pages/list.html",
        rows=[
            steps.duty_words(row, now, zones[row.duty.school_id], whom_words(whom.get(row.duty.incident_id, []), actor))
            for row in rows[: queries.PAGE]
        ],
        count=queries.duties_count(actor, wanted, now),
        wanted=wanted,
        states=list(DutyState.labels().items()),
        states_words=DutyState(wanted.state).label if wanted.state else None,
        first=url_for("safeguards.duties", **filters) if request.args.get("after") else None,
        more=url_for("safeguards.duties", after=rows[queries.PAGE - 1].duty.id, **filters)
        if len(rows) > queries.PAGE
        else None,
        own=queries.mandated_duties_waiting(actor),
        may_read_table=might(actor, Permission.DUTY_TABLE_READ),
    )


@own_duties.get("", endpoint="duties")
@gate(Permission.OWN_DUTY_READ)
def mandated() -> Page:
    """One's mandated-reporter duties to report abuse or neglect; for an administrator those of the school too."""
    now = clock.now()
    rows = [steps.duty_words(row, now, zone_of(row.duty.school_id)) for row in queries.mandated_duties(current_actor())]
    return render_template("safeguards/duties/pages/own.html", rows=rows)


duty_raising = Pages(
    "duty_raising", __name__, url_prefix="/incidents/<int:incident_id>/duties",
    trail=lambda incident: [(incident.reference, url_for("incidents.incident", incident_id=incident.id))],
)  # fmt: skip

MANDATED_CODE = "child_abuse_or_neglect"


class RaiseOwnForm(PlainForm):
    """One's mandated-reporter duty to report abuse or neglect: neither which duty is asked, nor whether it is due."""

    because = LongText(_l("What made you think so"), [NotBlank(_l("Write what made you think so."))], rows=4)
    aware_at = MomentField(_l("When did you learn of it"), _l("Enter when you learned of it."))

    def fit(self, incident: Incident) -> None:
        """Read the time on the school's clock."""
        self.aware_at.zone = zone_of(incident.school_id)


class RaiseForm(PlainForm):
    """A duty that somebody sees in a report."""

    code = pick(_l("Which duty"), {}, _l("Choose the duty."))
    because = LongText(_l("What made you think so"), [NotBlank(_l("Write what made you think so."))], rows=4)
    source_how, source_name = steps.source_fields()
    aware_at = MomentField(_l("When did you learn of it"), _l("Enter when you learned of it."))
    facts = radio(
        _l("Are the facts clear?"),
        {"due": _l("Yes, it is due now"), "verify_first": _l("No, verify them first")},
        _l("Answer whether the facts are clear."),
    )

    def fit(self, incident: Incident) -> None:
        """Offer the duties of the table that are in force, and read the time on the school's clock."""
        self.aware_at.zone = zone_of(incident.school_id)
        kinds = queries.kinds_in_force(None, local_date(clock.now(), zone_of(incident.school_id)))
        labels = [(code, label) for code, label in DUTY_LABELS.items() if code in kinds.keys() - PERSONAL]
        self.code.choices = choices([("", _("Choose one")), *labels])


def _aware_now(incident: Incident) -> dict[str, Any]:
    return {"aware_at": steps.wall_minute(clock.now(), zone_of(incident.school_id)), "code": request.args.get("code")}


RAISE, RAISE_OWN = Permission.DUTY_RAISE, Permission.DUTY_RAISE_OWN


@duty_raising.act(
    "/new", Subject(Incident, lambda actor, incident_id: get_incident(actor, incident_id, RAISE)), RaiseForm, RAISE,
    adds=True, endpoint="new", title=_l("Raise a legal duty"), button=_l("Raise a legal duty"), start=_aware_now,
    lede=_l("Its clock starts when you learned of it. Those who must act are notified right away, at any hour."),
    then=lambda _incident, duty_id: url_for("safeguards.duty", duty_id=duty_id),
)  # fmt: skip
def raise_by_hand(uow: UnitOfWork, incident: Incident, form: RaiseForm) -> int:
    """Raise a duty that somebody sees in a report."""
    how, who = form.source_how.data, form.source_name.data
    refuse_future("aware_at", form.aware_at.at, uow.now)
    refuse_source(how, who)
    verify_first = form.facts.data == "verify_first"
    given = ByHand(form.code.data, form.because.data, form.aware_at.at, verify_first, how, who)
    return open_by_hand(uow, incident, given, None).id


def _call_first(_incident: Incident, _form: RaiseOwnForm) -> dict[str, Any]:
    words = _(
        "Call first. Only you and the school’s administrator can see that you recorded it here. It is never shown to a "
        "family."
    )
    return {"warning": words}


@duty_raising.act(
    "/own", Subject(Incident, lambda actor, incident_id: get_incident(actor, incident_id, RAISE_OWN)), RaiseOwnForm,
    RAISE_OWN, adds=True, endpoint="own", title=_l("Your mandated-reporter duty"), button=_l("Record it"),
    lede=_l("Suspected abuse or neglect: anyone with reasonable cause calls the DCFS hotline themselves, right away."),
    start=_aware_now, more=_call_first,
    then=lambda _incident, duty_id: url_for("own_duties.duty", own_duty_id=duty_id),
)  # fmt: skip
def raise_own(uow: UnitOfWork, incident: Incident, form: RaiseOwnForm) -> int:
    """Take up one's mandated-reporter duty to report abuse or neglect that one sees in this report."""
    refuse_future("aware_at", form.aware_at.at, uow.now)
    given = ByHand(MANDATED_CODE, form.because.data, form.aware_at.at)
    return open_by_hand(uow, incident, given, uow.actor.user_id).id


ROOM = Room(pages=(pages, own_duties, duty_raising))
