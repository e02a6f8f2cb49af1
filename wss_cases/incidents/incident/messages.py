"""Emails about reports: what kind of thing happened and a link, never a name, number or text."""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.i18n import _l
from wss_cases.incidents.incident.queries import load_care_record, load_incident, was_opened
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.message_kinds import MessageKind, PushWords, leads_to
from wss_cases.journal.models import OutboxMessage


def _may_read(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.INCIDENT_READ, load_incident(message.object_id))


def _still_asked(message: OutboxMessage, actor: Actor) -> bool:
    incident = load_incident(message.object_id)
    waits = incident is not None and incident.state is IncidentState.RETURNED
    return waits and _may_read(message, actor)


def _unscreened(message: OutboxMessage, actor: Actor) -> bool:
    record = load_care_record(message.object_id)
    return record is not None and record.screened_at is None and can(actor, Permission.CARE_WORK, record)


def _unopened(message: OutboxMessage, actor: Actor) -> bool:
    record = load_care_record(message.object_id)
    return record is not None and _unscreened(message, actor) and not was_opened(record)


DANGER = leads_to(
    "/incidents/{id}",
    _l("Danger now reported at your school"),
    _l("A report says that someone is hurt or in danger now. Open it, and call if no one has called."),
)
ALARM = leads_to(
    "/incidents/{id}",
    _l("Read this report now"),
    _l("A report at your school should be read now. Call 911 if you believe someone is in danger or has a gun."),
)
RETURNED = leads_to(
    "/incidents/{id}",
    _l("A question about your report"),
    _l("Your report came back with a question. Please answer it."),
)
OUTCOME = leads_to(
    "/incidents/{id}", _l("Update on your report"), _l("A report you made has an outcome. Open it to see the outcome.")
)
CONCERN = leads_to(
    "/care/{id}",
    _l("A student needs to be seen today"),
    _l("A concern about a student was recorded. A clinician screens the student the same day."),
)
UNOPENED = leads_to(
    "/care/{id}",
    _l("Act now: no one has opened a concern about a student"),
    _l(
        "It may be about suicide, and no clinician has opened it. Call 988 or 911; do not leave the student alone."
        " Open it now."
    ),
)
PUSHED_DANGER = PushWords(
    _l("Danger reported at your school"), _l("Open the report. Call 911 if no one has called yet.")
)
PUSHED_ALARM = PushWords(_l("Read this report now"), _l("Call 911 if you believe someone is in danger or has a gun."))
PUSHED_CONCERN = PushWords(_l("A student needs to be seen today"), _l("Open the concern about a student now."))
PUSHED_UNOPENED = PushWords(
    _l("Act now: no one has opened a concern about a student"),
    _l("It may be about suicide. Call 988 or 911; do not leave the student alone."),
)
MESSAGES = (
    MessageKind("incident.danger", DANGER, _may_read, push=PUSHED_DANGER),
    MessageKind("incident.alarm", ALARM, _may_read, push=PUSHED_ALARM),
    MessageKind("incident.returned", RETURNED, _still_asked),
    MessageKind("incident.outcome", OUTCOME, _may_read),
    MessageKind("care.opened", CONCERN, _unscreened, push=PUSHED_CONCERN),
    MessageKind("care.unopened", UNOPENED, _unopened, push=PUSHED_UNOPENED),
)
