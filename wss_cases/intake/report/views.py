"""The capture page with its draft, the questions before saving, and the people search."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Blueprint, g, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Invocation
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import _, locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, typed_in_header
from wss_cases.foundation.school_time import moment_words, time_words, today_at
from wss_cases.foundation.settings import setting
from wss_cases.incidents.drafts import discard_draft, save_draft
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import likely_duplicates, newest_draft
from wss_cases.incidents.incident.rules import LONG_AGO_DAYS, Capture
from wss_cases.incidents.incident.states import UNDECIDED, Tile
from wss_cases.intake.report.actions import is_on_list, open_care_record, people_items, search_items, submit_incident
from wss_cases.intake.report.forms import DRAFT_FIELDS, WORD_ANSWERS, CaptureForm, captured_person, draft_values
from wss_cases.intake.report.rules import SKIPPED, answered, to_ask
from wss_cases.journal.queries import already_done
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school, schools_by_id
from wss_cases.routing.rule_sets import signs_on

blueprint = Blueprint("capture", __name__)


@blueprint.get("/incidents/new")
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


@blueprint.post("/incidents/new")
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


@blueprint.get("/incidents/new/people")
@gate(Permission.ROSTER_SEARCH)
def people() -> Response:
    """Search field: at most ten students and staff of the school."""
    actor = current_actor()
    school = school_for(actor, request.args.get("school_id"))
    return jsonify(items=search_items(actor, school.id, typed_in_header()))


@blueprint.post("/incidents/new/draft")
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


@blueprint.post("/incidents/new/discard")
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
