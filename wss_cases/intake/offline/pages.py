"""Pages that open offline with their forms, what a device gets while online, and how it sends its entries."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.access.actor import STAFF, Actor, Invocation
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, might
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.sealed_boxes import SealingKey, box_in, key_for, newest_key, opened, owner_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, Unavailable
from wss_cases.foundation.forms import BaseForm, LongText, choices
from wss_cases.foundation.i18n import _, _l, dotted, force_locale, locale_code, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import local_date, moment_words, today_at, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.foundation.sign_in import current_user, generate_csrf
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import Capture, CapturedPerson, is_unknown
from wss_cases.incidents.incident.states import UNDECIDED, PersonKind, Tile, WhenChoice, WhenPrecision
from wss_cases.intake.offline import models
from wss_cases.intake.offline.models import (
    Arrived,
    Entry,
    EntryKind,
    EntryState,
    Fields,
    OfflineEntry,
    ToMend,
    count_to_mend,
    discard_entry,
    entry_in,
    file_concern,
    file_practice,
    file_report,
    finish_mended,
    keep_to_mend,
    of_incident,
    one_to_mend,
    own_entry,
    to_mend,
    waits_to_be_mended,
    written_at,
)
from wss_cases.intake.report.forms import WORD_ANSWERS, CaptureForm
from wss_cases.intake.report.rules import FIGURE, MOST_WORDS, QUESTIONS, SKIPPED, STATED_BY, TILES_OF, stated
from wss_cases.journal.queries import already_done
from wss_cases.journal.rooms import Panel, Place, Room, Shown
from wss_cases.practice.log import PracticeForm, group_value, group_words, new_form
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school, schools_by_id
from wss_cases.routing.rule_sets import signs_on
from wss_cases.routing.signs import SignKind

LONGEST_NAME = 200
MOST_NAMES = 30
GRADES = range(-1, 13)


class WithoutRoster(CaptureForm):
    """The capture form offline: names are typed, and matched with the roster after sending."""

    class Meta(CaptureForm.Meta):
        """No token of its own: the form may be old when it is sent, and the request that sends it is protected."""

        csrf = False

    names = LongText(
        _l("Who was involved?"),
        description=_l("One name per line. After it is sent, you match the names with the roster."),
    )

    @property
    def typed_names(self) -> list[str]:
        """Names typed here, or into the search field of a page that lost its connection."""
        lines = f"{self.names.data or ''}\n{self.people_q.data or ''}".splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def check_names(self) -> bool:
        """Whether someone is named or marked as unknown, within the limits; otherwise the field gets an error."""
        names = self.typed_names
        if len(names) > MOST_NAMES or any(len(name) > LONGEST_NAME for name in names):
            self.names.errors = [_("Type at most %(number)d names, one per line.", number=MOST_NAMES)]
        elif not names and not self.people.data and not self.unknown_person.data:
            self.names.errors = [_("Enter who was involved, or check “I don’t know who yet”.")]
        return not self.names.errors

    @property
    def named(self) -> tuple[CapturedPerson, ...]:
        """The typed names, as people who are not identified."""
        names = [name[:LONGEST_NAME] for name in self.typed_names[:MOST_NAMES]]
        return tuple(CapturedPerson(PersonKind.NOT_IDENTIFIED, description=name) for name in names)


class AnyGroup(PracticeForm):
    """The practice log offline: all grades are offered, and the writer led it."""

    class Meta(PracticeForm.Meta):
        """No token of its own, as in `WithoutRoster`."""

        csrf = False

    held_on = DateField(_l("Day"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grades = [(group_value(grade, ""), group_words(grade, "")) for grade in GRADES]
        self.group.choices = choices([*grades, (group_value(None, ""), _("Several grades, or adults"))])
        self.led_by.choices = []


def as_sent(fields: Fields) -> MultiDict[str, str]:
    """Form data from stored answers; of repeated fields the first counts, as for a browser's form."""
    return MultiDict(fields)


def unsent_form(kind: str) -> BaseForm:
    return WithoutRoster(formdata=None) if kind == "report" else AnyGroup(formdata=None, adults=1, minutes="20")


NO_TOKEN = {"csrf": False}
"""Entries are protected by the sending request's token and have none of their own."""


def take(actor: Actor, entry: Entry, now: datetime) -> None:
    """File an entry, or store it for its writer to fix; only once, however often it is sent. An entry that its page
    submitted already is skipped."""
    if own_entry(actor, entry.name) is not None or already_done(actor.user_id, entry.name):
        return
    arrived = Arrived(entry, written_at(entry.clock, now))
    try:
        school = _school(actor, entry.school_id)
        file = _file_report if entry.kind is EntryKind.REPORT else _file_practice
        problems = file(Invocation(actor, now, entry.name), arrived, school)
    except Refused as refusal:
        problems = [refusal.message]
    except NotFound:
        problems = [_("You have no role at this school now, so it could not be filed.")]
    if problems:
        keep_to_mend(actor, arrived, problems, now)


def _school(actor: Actor, wanted: int | None) -> School:
    """The school of an entry. Raises Refused if its writer has no role there any more."""
    school = get_school(wanted or chosen_school_id(actor, *STAFF) or 0)
    if school is None:
        raise NotFound
    if not actor.covers(school.id, *STAFF):
        words = _("You have no role at %(school)s now, so it could not be filed there.", school=school.name)
        more = _("Call the office: %(number)s", number=school.phone) if school.phone else _("Call the office.")
        raise Refused("", f"{words} {more}")
    return school


def _file_report(call: Invocation, arrived: Arrived, school: School) -> list[str]:
    form = WithoutRoster(formdata=as_sent(arrived.entry.fields))
    form.validate()
    form.check_names()
    by = call.now if form.when.data == WhenChoice.OTHER else arrived.written.at
    moment = form.moment(by, school.time_zone) if not form.when.errors else None
    if form.danger.data == "yes":
        # Danger does not wait for a readable time or a name; the report's page asks for both.
        moment = moment or (arrived.written.at, WhenPrecision.DAY)
        form.occurred.errors = form.names.errors = []
    if form.errors or moment is None:
        return _problems(form)
    capture: Capture = form.capture(school.id, moment)
    capture = replace(capture, people=(*capture.people, *form.named))
    file = file_concern if capture.tile is Tile.WORRIED else file_report
    file(call, arrived, capture)
    return []


def _file_practice(call: Invocation, arrived: Arrived, school: School) -> list[str]:
    given = [(name, value) for name, value in arrived.entry.fields if value]
    day = local_date(arrived.written.at, school.time_zone).isoformat()
    names = {name for name, _value in given}
    own = [("held_on", day)] if "held_on" not in names else []
    own += [("led_by", str(call.actor.user_id))] if "led_by" not in names else []
    form = new_form(call.actor, school.id, call.now, formdata=as_sent([*own, *given]), meta=NO_TOKEN)
    if not form.validate():
        return _problems(form)
    file_practice(call, arrived, school.id, form.held)
    return []


def _problems(form: BaseForm) -> list[str]:
    return [f"{field.label.text}: {message}" for field in form for message in field.errors]


PAGES = ("home", "report", "practice")
"""These pages hold no personal data, in each language, so browsers may store them."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAMES = ("names", "people_q")
"""Fields with typed names that no list has confirmed."""


def shell_page(kind: str, locale: str) -> str:
    """One of these pages in a language."""
    with force_locale(locale):
        form = unsent_form(kind) if kind != "home" else None
        words = {"asking": json.dumps(asking(locale)), "skipped": SKIPPED, "word_answers": WORD_ANSWERS}
        more = words if kind == "report" else {}
        return render_template(f"intake/offline/{kind}.html", form=form, page=f"offline.{kind}", **more)


def asking(locale: str) -> dict[str, Any]:
    """Word lists and questions with which a device, like the page online, asks about words in a text."""
    try:
        signs = signs_on(today_at(None, clock.now())).of_kind(SignKind.WORD)
    except Unavailable:
        signs = ()
    return {
        "signs": [
            {
                "id": sign.id,
                "facts": sign.facts,
                "pattern": sign.pattern,
                "exception": sign.exception,
                "question": (sign.question or {}).get(locale, ""),
            }
            for sign in signs
        ],
        "tiles": {tile.value: sorted(facts) for tile, facts in STATED_BY.items()},
        "cards": {
            name: {
                "tiles": [tile.value for tile in TILES_OF[name]],
                "answers": {value: stated(answer.facts) for value, answer in question.answers.items()},
            }
            for name, question in QUESTIONS.items()
        },
        "most": MOST_WORDS,
        "skipped": SKIPPED,
        "figure": FIGURE,
        "never": Tile.WORRIED.value,
    }


def shell_pages() -> dict[str, dict[str, str]]:
    """Addresses of these pages by kind and language."""
    return {kind: {code: url_for(f"offline.{kind}", lang=code) for code in setting("LANGUAGES")} for kind in PAGES}


def forms_at() -> dict[str, str]:
    """Which of these pages replaces which address while offline."""
    own = {url_for(f"offline.{kind}"): kind for kind in PAGES}
    return {url_for("capture.capture"): "report", url_for("practice.new"): "practice", **own}


def answer_to_device(actor: Actor, row: OfflineEntry | None) -> dict[str, str]:
    """What a device shows of an entry on the server: text, link, and what is left to do."""
    if row is None:
        return {"status": "sent", "words": _("Already received. It is saved once.")}
    if row.state is EntryState.TO_MEND:
        words = _("Received, but it needs an answer from you before it can be filed.")
        return {"status": "mend", "words": words, "href": url_for("offline.waiting")}
    if row.state is EntryState.ERASED:
        return {"status": "sent", "words": _("Deleted: it was never filed. If it still matters, write it again.")}
    return {"status": "sent", **_filed(actor, row)}


def _filed(actor: Actor, row: OfflineEntry) -> dict[str, str]:
    if row.incident_id is not None:
        report = get_incident(actor, row.incident_id)
        words = _("Saved: report %(reference)s.", reference=report.reference)
        tasks = [*clock_words(row), *([_("Match the names you typed.")] if typed_names(report) else [])]
        return {"words": " ".join([words, *tasks]), "href": url_for("capture.saved", incident_id=report.id)}
    if row.care_record_id is not None:
        href = url_for("worry.receipt", record_id=row.care_record_id)
        return {"words": _("Saved: your concern about a student."), "href": href}
    if row.practice_entry_id is not None:
        href = url_for("practice.entry", practice_id=row.practice_entry_id)
        return {"words": " ".join([_("Saved in the practice log."), *clock_words(row)]), "href": href}
    return {"words": _("Already received. It is saved once.")}


def typed_names(report: Incident) -> list[str]:
    """Names in a report that are not matched with the roster yet."""
    return [one.description for one in report.people if is_unknown(one) and one.description]


def clock_words(row: OfflineEntry) -> list[str]:
    """Notes on the device’s clock; empty if it was right."""
    if row.clock_doubtful:
        return [_("The device’s clock was changed before this was sent. Check when it happened.")]
    if row.clock_ahead:
        how_far = _length(timedelta(seconds=abs(row.clock_ahead)))
        if row.clock_ahead > 0:
            words = _("The device’s clock was %(length)s ahead. The time was corrected.", length=how_far)
        else:
            words = _("The device’s clock was %(length)s behind. The time was corrected.", length=how_far)
        return [f"{words} {_('Check when it happened.')}"]
    return []


def _length(off: timedelta) -> str:
    if off >= DAY - HOUR:
        return ngettext("%(num)s day", "%(num)s days", round(off / DAY))
    if off >= HOUR - MINUTE:
        return ngettext("%(num)s hour", "%(num)s hours", round(off / HOUR))
    return ngettext("%(num)s minute", "%(num)s minutes", round(off / MINUTE))


def panel(actor: Actor, report: Incident) -> Shown | None:
    """Panel on a report written offline: when, and what is still to be matched or checked."""
    row = of_incident(report.id)
    if row is None:
        return None
    zone = zone_of(report.school_id)
    may_match = report.state in UNDECIDED and can(actor, Permission.INCIDENT_COMPLETE, report)
    return "intake/offline/_panel.html", {
        "written": moment_words(row.written_at, zone),
        "arrived": moment_words(row.arrived_at, zone),
        "clock": clock_words(row),
        "names": typed_names(report),
        "match_href": url_for("capture.details", incident_id=report.id, _anchor="who") if may_match else None,
        "correct_href": url_for("corrections.facts", incident_id=report.id) if may_match and clock_words(row) else None,
    }


def shown_to_mend(actor: Actor, entry: ToMend) -> dict[str, Any]:
    """One entry to fix: its content, the problems, and where to continue."""
    row, given = entry.row, dict(entry.fields)
    is_report = row.kind is EntryKind.REPORT
    may = might(actor, Permission.INCIDENT_REPORT if is_report else Permission.PRACTICE_LOG)
    tile = given.get("what", "")
    return {
        "id": row.id,
        "title": dotted(row.kind.label, Tile(tile).label if is_report and tile in list(Tile) else ""),
        "written": moment_words(row.written_at, zone_of(entry.school_id)),
        "danger": given.get("danger") == "yes",
        "names": names_in(entry.fields),
        "text": given.get("narrative", ""),
        "problems": [*entry.problems, *clock_words(row)],
        "href": url_for("capture.capture" if is_report else "practice.new", unsent=row.id) if may else None,
    }


def names_in(fields: Fields) -> list[str]:
    """Typed names, one per line or in the search field."""
    return [line.strip() for name, value in fields if name in NAMES for line in value.splitlines() if line.strip()]


def refilled(entry: ToMend) -> Fields:
    """Fields that fill the page's own form again; typed names go into the text."""
    names = names_in(entry.fields)
    fields = [(name, value) for name, value in entry.fields if name not in (*NAMES, "narrative")]
    text = next((value for name, value in entry.fields if name == "narrative"), "")
    typed = _("Names typed: %(names)s", names=", ".join(names)) if names else ""
    return [*fields, ("narrative", "\n".join(part for part in (text, typed) if part)), ("request_key", entry.row.name)]


blueprint = Blueprint("offline", __name__, url_prefix="/offline")

ASKING = frozenset({"capture.capture", "practice.new"})
"""Pages whose form can be filled from an entry to fix."""
SAVING = frozenset({"capture.save", "practice.new"})


def _language() -> str:
    wanted = request.args.get("lang", "")
    return wanted if wanted in setting("LANGUAGES") else locale_code()


@blueprint.get("")
@gate(Permission.PUBLIC)
def home() -> str:
    return shell_page("home", _language())


@blueprint.get("/report")
@gate(Permission.PUBLIC)
def report() -> str:
    return shell_page("report", _language())


@blueprint.get("/practice")
@gate(Permission.PUBLIC)
def practice() -> str:
    return shell_page("practice", _language())


@blueprint.get("/device")
@gate(Permission.SIGNED_IN)
def device() -> Response:
    """What a signed-in device needs to seal and send: public key, the schools, a token. Without a key of this month
    it gets an address that makes one; this request changes nothing."""
    actor, now = current_actor(), clock.now()
    assert actor.user_id is not None
    schools = schools_by_id(sorted(actor.school_ids(*STAFF)))
    sealing_key = newest_key(actor.user_id, now) if schools else None
    owners = owner_names(actor.user_id)
    return jsonify(
        owner=owners[0],
        owners=owners,
        key=_told(sealing_key) if sealing_key else None,
        key_at=url_for("offline.key") if schools and not sealing_key else None,
        school=chosen_school_id(actor, *STAFF),
        schools=[
            {"id": one.id, "name": one.name, "phone": one.phone, "low": one.low_grade, "high": one.high_grade}
            for one in sorted(schools.values(), key=lambda each: (each.name, each.id))
        ],
        locale=locale_code(),
        waiting=count_to_mend(actor),
        csrf=generate_csrf(),
        now=now.isoformat(),
    )


def _told(key: SealingKey) -> dict[str, str]:
    return {"name": key.name, "point": b64encode(key.public_point).decode()}


@blueprint.post("/key")
@gate(Permission.INCIDENT_REPORT)
def key() -> Response:
    """Make this month's key if there is none, and return its public point."""
    return jsonify(_told(key_for(current_actor(), clock.now())))


@blueprint.post("/send")
@gate(Permission.SIGNED_IN)
def send() -> Response | tuple[Response, int]:
    """Take one sealed entry of the signed-in person; other people's are not opened, and repeated ones are only
    confirmed."""
    actor, now = current_actor(), clock.now()
    sent = request.get_json(silent=True)
    try:
        if not isinstance(sent, dict):
            raise ValueError("no object")
        box = box_in(sent.get("box"))
        entry = entry_in(box.name, opened(actor.user_id, box), sent.get("sent"))
    except ValueError:
        return jsonify(status="refused"), 422
    take(actor, entry, now)
    return jsonify(answer_to_device(actor, own_entry(actor, entry.name)))


@blueprint.get("/waiting")
@gate(Permission.SIGNED_IN)
def waiting() -> Page:
    """The actor's entries that must be fixed before they can be filed."""
    actor = current_actor()
    entries = [shown_to_mend(actor, entry) for entry in to_mend(actor)]
    return render_template("intake/offline/waiting.html", entries=entries)


@blueprint.post("/waiting/<int:entry_id>/discard")
@gate(Permission.SIGNED_IN)
def discard(entry_id: int) -> Page:
    actor = current_actor()
    discard_entry(Invocation(actor, clock.now()), one_to_mend(actor, entry_id).row.id)
    flash(_("Deleted."))
    return redirect(url_for("offline.waiting"), 303)


@blueprint.before_app_request
def _fill_again() -> None:
    wanted = id_in(request.args.get("unsent"))
    if wanted is None or request.endpoint not in ASKING or request.method != "GET" or not current_user.is_authenticated:
        return
    g.kept_fields, g.kept_at = MultiDict(refilled(one_to_mend(current_actor(), wanted))), clock.now()


@blueprint.after_app_request
def _finish(answer: Response) -> Response:
    # Only after a redirect: an oversized form was never read, so its fields cannot be asked for.
    taken = answer.status_code == 303 and request.method == "POST" and request.endpoint in SAVING
    key = request.form.get("request_key", "") if taken else ""
    if key and current_user.is_authenticated and current_user.row.has_to_mend:
        actor = current_actor()
        if waits_to_be_mended(actor, key) and already_done(actor.user_id, key):
            finish_mended(actor, key, clock.now())
    return answer


ROOM = Room(pages=(blueprint,), panels=(Panel(Place.INCIDENT, 3, panel),), messages=models.MESSAGES)
