"""From an opened entry to what is filed of it, or to what its writer must mend first."""

from dataclasses import replace
from datetime import datetime

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.invocation import Invocation
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import local_date
from wss_cases.incidents.incident.rules import Capture
from wss_cases.incidents.incident.states import Tile, WhenChoice, WhenPrecision
from wss_cases.intake.offline.actions import Arrived, file_concern, file_practice, file_report, keep_to_mend
from wss_cases.intake.offline.forms import WithoutRoster, as_sent
from wss_cases.intake.offline.queries import own_entry
from wss_cases.intake.offline.rules import Entry, written_at
from wss_cases.intake.offline.states import EntryKind
from wss_cases.journal.queries import already_done
from wss_cases.practice.log.pages import new_form
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school

NO_TOKEN = {"csrf": False}
"""The request that brings an entry is protected by its own token; what was written before it has none."""


def take(actor: Actor, entry: Entry, now: datetime) -> None:
    """File an entry, or keep it for its writer to mend: either way once, however often it is sent.

    What its page's own form brought already is done.
    """
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
    """Return the school an entry is for. Raises Refused where its writer has no role there any more."""
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
        # danger waits for no time that can be read, and for no name: both are asked for in the report
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
