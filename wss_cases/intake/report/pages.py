"""The capture page with its draft and questions, the receipts, a second witness's account, and concerns.

A second witness adds an account to an existing report without reading it. The account stays their own report, joined to
the other: they read theirs, the dean reads both.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, session, url_for
from sqlalchemy.orm.attributes import flag_modified
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Invocation, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import holders
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import _, _l, locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, typed_in_header
from wss_cases.foundation.school_time import moment_words, time_words, today_at, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.incidents.changes import discard_draft, join_report, save_draft
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import create_incident, drop_draft, open_to
from wss_cases.incidents.incident.queries import (
    get_care_record,
    get_incident,
    likely_duplicates,
    newest_draft,
    own_care_record,
)
from wss_cases.incidents.incident.rules import LONG_AGO_DAYS, Capture, CapturedPerson, number_given
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS, UNDECIDED, HurtBySomebody, PersonKind, Tile
from wss_cases.incidents.pages import HurtForm, place_names
from wss_cases.intake.report.actions import (
    answer_heard_from,
    answer_hurt,
    open_care_record,
    route_incident,
    signed,
    submit_incident,
)
from wss_cases.intake.report.forms import (
    DRAFT_FIELDS,
    WORD_ANSWERS,
    CaptureForm,
    captured_person,
    draft_values,
    is_on_list,
    people_items,
    search_items,
)
from wss_cases.intake.report.rules import SKIPPED, answered, joined, to_ask
from wss_cases.journal.queries import already_done
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.mail.push.pages import offer
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import get_school, schools_by_id
from wss_cases.routing.rule_sets import signs_on

worry_blueprint = Blueprint("worry", __name__)


@worry_blueprint.get("/worries/<int:record_id>")
@gate(Permission.INCIDENT_REPORT)
def receipt(record_id: int) -> str:
    """The reporter's receipt: when, about whom, and who was told. What was done about it is not shown."""
    record = own_care_record(current_actor(), record_id)
    school = get_school(record.school_id)
    day = today_at(record.school_id, record.opened_at)
    team = {n for role in (Role.COORDINATOR, Role.ADMINISTRATOR) for _id, n in holders(role, record.school_id, day)}
    student = db.session.get(Student, record.student_id) if record.student_id else None
    return render_template(
        "intake/concern/saved.html",
        team=sorted(team),
        school=school,
        record=record,
        when=moment_words(record.opened_at, zone_of(record.school_id)),
        student=student.shown_name if student else _("Not identified yet"),
        place=place_names().get(record.location_code, ""),
    )


@worry_blueprint.route("/care/<int:record_id>/hurt", methods=["POST"])
@gate(Permission.CARE_WORK)
def hurt(record_id: int) -> Page:
    """Save whether someone is hurting the student; on yes, a report is opened too, and the page goes to it."""
    record = get_care_record(current_actor(), record_id)
    back = redirect(url_for("care.record", record_id=record.id), 303)
    form = HurtForm()
    if not form.validate():
        flash(_("Enter whether someone is hurting the student."), "error")
        return back
    answer = HurtBySomebody(form.hurt.data)
    answer_hurt(submitted(form), record.id, answer)
    if answer is HurtBySomebody.YES:
        flash(_("A report was opened too. Call the hotline yourself now: each adult has their own duty to call."))
    return back


capture_blueprint = Blueprint("capture", __name__)


@capture_blueprint.get("/incidents/new")
@gate(Permission.INCIDENT_REPORT)
def capture() -> Page:
    """The capture page with the actor's own draft."""
    actor = current_actor()
    draft = newest_draft(actor, "capture", g.get("kept_at"))
    school_id = g.get("kept_fields", {}).get("school_id") if draft is None else str(draft.school_id)
    begun_at = school_id if actor.covers(id_in(school_id), *STAFF) else None
    school = school_for(actor, request.args.get("school_id") or begun_at)
    if draft is None:
        return _show(CaptureForm(), actor, school)
    form = CaptureForm(formdata=draft_values(draft.payload))
    return _show(form, actor, school, draft_at=draft.updated_at)


@capture_blueprint.post("/incidents/new")
@gate(Permission.INCIDENT_REPORT)
def save() -> Page:
    """Save the report, ask about a likely mistake, search a name, or change the language."""
    actor, now = current_actor(), clock.now()
    school = school_for(actor, request.form.get("school_id"))
    form = CaptureForm()
    if "switch_language" in request.form:
        _save_draft(actor, school, now)
        switch_language(request.form["switch_language"])
        return redirect(url_for("capture.capture"), 303)
    if "switch_school" in request.form:
        return _switch_school(actor, school_for(actor, request.form["switch_school"]), now)
    if "find" in request.form:
        words = form.people_q.data or ""
        return _show(form, actor, school, matches=search_items(actor, school.id, words), searched=words)
    sound = form.validate()
    typed = (form.people_q.data or "").strip()
    if typed and not is_on_list(search_items(actor, school.id, typed)):
        form.take_typed_name()
    sound = form.check_people() and sound
    moment = form.moment(now, school.time_zone) if not form.when.errors else None
    if not sound or moment is None:
        return _show(form, actor, school), 400
    report = form.capture(school.id, moment)
    try:
        return _submit(actor, school, form, report, now)
    except Refused as refusal:
        apply_refusal(form, refusal)
        return _show(form, actor, school), 400


@capture_blueprint.get("/incidents/new/people")
@gate(Permission.ROSTER_SEARCH)
def people() -> Response:
    """Search field: at most ten students and staff of the school."""
    actor = current_actor()
    school = school_for(actor, request.args.get("school_id"))
    return jsonify(items=search_items(actor, school.id, typed_in_header()))


@capture_blueprint.post("/incidents/new/draft")
@gate(Permission.INCIDENT_REPORT)
def draft() -> Response | tuple[Response, int]:
    """Save the draft; the JSON answer has the time."""
    actor, now = current_actor(), clock.now()
    school = school_for(actor, request.form.get("school_id"))
    return saved_as_json(lambda: _save_draft(actor, school, now), now, school.time_zone)


def saved_as_json(save: Callable[[], None], now: datetime, zone: str) -> Response | tuple[Response, int]:
    """Save a draft; the JSON answer has the time, or the reason why it cannot be saved."""
    try:
        save()
    except Refused as refusal:
        return jsonify(error=refusal.message), 400
    return jsonify(saved_at=time_words(now, zone))


@capture_blueprint.post("/incidents/new/discard")
@gate(Permission.INCIDENT_REPORT)
def discard() -> Response:
    """Discard the draft and start over."""
    discard_draft(current_actor(), "capture", clock.now())
    return redirect(url_for("capture.capture"), 303)


def _submit(actor: Actor, school: School, form: CaptureForm, report: Capture, now: datetime) -> Page:
    key = form.request_key.data
    if report.tile is Tile.WORRIED:
        record_id = open_care_record(Invocation(actor, now, key), report)
        return redirect(url_for("worry.receipt", record_id=record_id), 303)
    asked_before = already_done(actor.user_id, key)
    if not asked_before and (page := _word_question(actor, school, form, report, now)):
        return page
    if "confirmed" not in request.form and not asked_before and (page := _question(actor, school, form, report, now)):
        return page
    return redirect(url_for("capture.saved", incident_id=submit_incident(Invocation(actor, now, key), report)), 303)


def _word_question(actor: Actor, school: School, form: CaptureForm, report: Capture, now: datetime) -> str | None:
    """Ask the reporter about a word of the text; None if there is none left to ask about."""
    matches = signs_on(today_at(school.id, now)).matches(report.narrative)
    questions = to_ask(report.tile, answered(report.tile, report.card).facts, matches, form.words_answered)
    if not questions:
        return None
    _save_draft(actor, school, now, form)
    match = questions[0]
    hidden = [*form.answers(), ("request_key", form.request_key.data or "")]
    return render_template(
        "intake/report/question.html",
        question=_(
            "You wrote “%(word)s”. %(question)s", word=match.words, question=(match.sign.question or {})[locale_code()]
        ),
        hidden=[*hidden, *([("confirmed", "1")] if "confirmed" in request.form else [])],
        answers=[(f"{match.sign.id}:{value}", words) for value, words in WORD_ANSWERS.items()],
        skip=f"{SKIPPED}:",
    )


def _question(actor: Actor, school: School, form: CaptureForm, report: Capture, now: datetime) -> str | None:
    likely = likely_duplicates(report, actor)
    long_ago = now - report.occurred_at > timedelta(days=LONG_AGO_DAYS)
    if not (likely or long_ago):
        return None
    _save_draft(actor, school, now, form)
    team = actor.covers(school.id, *CASE_TEAM)
    readable = [row for row in likely if team or row.reporter_id == actor.user_id]
    facts = [_likely_words(row, school, readable=row in readable) for row in likely]
    if long_ago:
        facts.append(_("It happened on %(when)s.", when=moment_words(report.occurred_at, school.time_zone)))
    question = _("Has this been reported already?") if likely else _("Did it happen that long ago?")
    hidden = [*form.answers(), ("request_key", form.request_key.data or ""), ("confirmed", "1")]
    return render_template(
        "intake/report/question.html",
        question=question,
        facts=facts,
        hidden=hidden,
        likely=likely,
        readable=readable,
        joinable=[(row.id, row.reference) for row in likely if row.state in UNDECIDED],
    )


def _likely_words(report: Incident, school: School, *, readable: bool) -> str:
    """Text about a possible duplicate; people who may not read it learn only that it exists."""
    if not readable:
        return _("%(reference)s is about the same time, and the same place or person.", reference=report.reference)
    return _(
        "%(reference)s: %(what)s, %(when)s.",
        reference=report.reference,
        what=Tile(report.tile).label,
        when=moment_words(report.occurred_at, school.time_zone),
    )


def _show(
    form: CaptureForm,
    actor: Actor,
    school: School,
    *,
    matches: list[dict[str, str]] | None = None,
    searched: str = "",
    draft_at: datetime | None = None,
) -> str:
    form.school_id.data = str(school.id)
    people = [person for value in form.people.data or [] if (person := captured_person(value))]
    return render_template(
        "intake/report/report.html",
        form=form,
        school=school,
        others=_others(actor, school),
        chosen=people_items(school.id, people),
        matches=matches,
        searched=searched or form.people_q.data or "",
        saved_at=time_words(draft_at, school.time_zone) if draft_at else None,
    )


def _others(actor: Actor, school: School) -> list[School]:
    """The actor's other schools by name."""
    schools = schools_by_id(sorted(actor.school_ids(*STAFF) - {school.id}))
    return sorted(schools.values(), key=lambda one: one.name)


def school_for(actor: Actor, wanted: str | None) -> School:
    """The school named in a form, or the one in use. Raises NotFound for a school that is not the actor's."""
    school_id = id_in(wanted)
    if wanted and school_id is None:
        raise NotFound
    school = get_school(school_id or chosen_school_id(actor, *STAFF) or 0)
    require(actor, Permission.INCIDENT_REPORT, school)
    assert school is not None
    return school


def _switch_school(actor: Actor, school: School, now: datetime) -> Response:
    """Continue with the typed text at another of the actor's schools, which becomes the one in use."""
    _save_draft(actor, school, now)
    session["school_id"] = school.id
    answer: Response = redirect(url_for("capture.capture", school_id=school.id), 303)
    return answer


def _save_draft(actor: Actor, school: School, now: datetime, form: CaptureForm | None = None) -> None:
    typed = {name: values for name in DRAFT_FIELDS if (values := request.form.getlist(name))}
    if form is not None and form.people.data:
        typed["people"] = form.people.data
    key = request.form.get("request_key")
    save_draft(actor, "capture", typed, now, school_id=school.id, request_key=key)


def switch_language(wanted: str) -> None:
    """Show this and later pages in a language if it is supported."""
    if wanted in setting("LANGUAGES"):
        session["locale"] = wanted


def joinable(capture: Capture, actor: Actor) -> list[Incident]:
    """Undecided reports of the same event, to which a second witness may add an account. After a decision an account
    stays separate, or no dean would read it."""
    return [row for row in likely_duplicates(capture, actor) if row.state in UNDECIDED]


def beside(incident: Incident, actor: Actor) -> list[Incident]:
    """The same for a saved report that is undecided."""
    if incident.state not in UNDECIDED or incident.happened_at_id is not None:
        return []
    return [row for row in joinable(capture_of(incident), actor) if row.id != incident.id]


def capture_of(incident: Incident) -> Capture:
    """A saved report as a capture, for comparing it with others."""
    people = (CapturedPerson(PersonKind.STUDENT, one.student_id) for one in incident.people if one.student_id)
    return Capture(
        school_id=incident.school_id,
        danger_now=incident.danger_now,
        tile=Tile(incident.tile),
        location_code=incident.location_code,
        occurred_at=incident.occurred_at,
        people=tuple(people),
    )


@use_case
def add_account(uow: UnitOfWork, capture: Capture, target_id: int) -> int:
    """Save a second witness's report joined to one of the same event; returns its own id. Raises NotFound for a
    report of another event, or a decided one."""
    if target_id not in {row.id for row in joinable(capture, uow.actor)}:
        raise NotFound
    incident = create_incident(uow, signed(uow, capture))
    _join(uow, incident, target_id)
    drop_draft(uow, "capture")
    return incident.id


@use_case
def join_own(uow: UnitOfWork, incident_id: int, target_id: int) -> int:
    """Join one's own waiting report to a report of the same event; returns one's own id. Raises Refused for another
    person's report, and equally for another event or no report; Stale if one's own is decided."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    if incident.state not in UNDECIDED:
        raise Stale
    own = incident.reporter_id == uow.actor.user_id
    if not own or target_id not in {row.id for row in beside(incident, uow.actor)}:
        raise Refused("", _("Choose another report."))
    _join(uow, incident, target_id)
    return incident.id


def _join(uow: UnitOfWork, incident: Incident, target_id: int) -> None:
    """Join a report to another one, adding missing people and danger; it is routed again, and anyone who has it open
    sees that it changed."""
    target = uow.session.get_one(Incident, target_id, with_for_update=True, populate_existing=True)
    if target.state not in UNDECIDED:
        raise Stale
    uow.record(incident, "incident.account_added")
    join_report(uow, incident, target)
    # Joining reports is not a review.
    incident.reviewed_at = incident.reviewer_id = None
    target.danger_now = target.danger_now or incident.danger_now
    target.facts, target.signs = joined(target.facts, incident.facts), [*target.signs, *incident.signs]
    flag_modified(target, "facts")
    uow.record(target, "incident.second_account")
    route_incident(uow, target)


witness_blueprint = Blueprint("witness", __name__)


@capture_blueprint.get("/incidents/<int:incident_id>/saved")
@gate(Permission.INCIDENT_READ)
def saved(incident_id: int) -> str:
    """Confirmation: reference, who was told, what happens next; and the question how the reporter knows."""
    actor = current_actor()
    incident = get_incident(actor, incident_id)
    day, now = today_at(incident.school_id, incident.submitted_at), clock.now()
    school = get_school(incident.school_id)
    own = incident.reporter_id == actor.user_id and incident.state in UNDECIDED
    return render_template(
        "intake/report/saved.html",
        incident=incident,
        deans=list(open_to(incident, dict(holders(Role.DEAN, incident.school_id, day)), now).values()),
        heads=list(open_to(incident, dict(holders(Role.ADMINISTRATOR, incident.school_id, day)), now).values()),
        office=school.phone if school else "",
        number_given=number_given(incident.people) is not None,
        push_offer=offer(actor, wanted=incident.danger_now),
        joined=incident.duplicate_of_id is not None,
        same=[(row.id, row.reference) for row in beside(incident, actor)] if own else [],
        heard=HEARD_FROM_LABELS if own else {},
        private=incident.tile == Tile.PRIVATE,
        request_key=BaseForm(formdata=None).request_key.data,
    )


@witness_blueprint.post("/incidents/new/same/<int:other_id>")
@gate(Permission.INCIDENT_REPORT)
def add(other_id: int) -> Page:
    """Save the capture page as a second witness's account of an existing report."""
    actor, now, form = current_actor(), clock.now(), CaptureForm()
    school = school_for(actor, request.form.get("school_id"))
    sound = form.validate() and form.check_people()
    moment = form.moment(now, school.time_zone) if sound else None
    if moment is None or form.what.data == Tile.WORRIED:
        flash(_("Something is missing. Nothing was saved yet."), "warning")
        return redirect(url_for("capture.capture"), 303)
    call = Invocation(actor, now, form.request_key.data)
    own_id = add_account(call, form.capture(school.id, moment), other_id)
    return redirect(url_for("capture.saved", incident_id=own_id), 303)


@witness_blueprint.post("/incidents/<int:incident_id>/same/<int:other_id>")
@gate(Permission.INCIDENT_COMPLETE)
def join(incident_id: int, other_id: int) -> Response:
    """Join one's own report to the report of the same event."""
    report = _own(incident_id)
    join_own(submitted(BaseForm()), report.id, other_id)
    return redirect(url_for("capture.saved", incident_id=report.id), 303)


@witness_blueprint.post("/incidents/<int:incident_id>/heard-from")
@gate(Permission.INCIDENT_COMPLETE)
def heard_from(incident_id: int) -> Response:
    """Say with one tap how one knows of what one reported."""
    report = _own(incident_id)
    answer_heard_from(submitted(BaseForm()), report.id, request.form.get("heard_from", ""))
    return redirect(url_for("capture.saved", incident_id=report.id), 303)


def _own(incident_id: int) -> Incident:
    return get_incident(current_actor(), incident_id, Permission.INCIDENT_COMPLETE)


ROOM = Room(
    pages=(worry_blueprint, witness_blueprint),
    sentences={
        "incident.account_added": _l("A second witness added it to the report of the same event"),
        "incident.second_account": _l("A second witness added what they saw"),
    },
)
