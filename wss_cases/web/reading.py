"""A confidential page is answered only after its audit row is committed.

The same commit counts the page, so that no account reads more in an hour than a person can.
"""

from typing import Any

from flask import Flask, current_app, make_response, request
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor
from wss_cases.access.gate import TELLING_PAGES, current_actor, permission_of
from wss_cases.access.permissions import Permission as P
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.sign_in.sessions.actions import SLOWED, tell_administrators
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.settings import setting
from wss_cases.journal.counted import count_and_note, noted
from wss_cases.journal.models import Counter
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.web.errors import page

Read = tuple[str, str, int | None, dict[str, Any]]
"""What the audit row of a page says: the act, the table, the record and more."""


def series_of(user_id: int) -> str:
    """The counter's name for this hour's pages of one person."""
    return f"pages:{user_id}:{clock.now():%Y%m%d%H}"


def noted_alone(actor: Actor, read: Read) -> bool:
    """Whether a page was counted and its audit row written by one statement; otherwise `one_more` must do it."""
    row = noted(actor, clock.now(), *read)
    return count_and_note(series_of(actor.user_id or 0), setting("PAGES_PER_HOUR"), row)


def one_more(uow: UnitOfWork, actor: Actor, read: Read | None = None) -> bool:
    """Step: count a page of records, or a form about one; False when the hour's limit is exceeded.

    `read` is written with the count within the limit. The first page beyond it is audited, and the system's
    administrators get an email.
    """
    assert actor.user_id is not None
    series, most = series_of(actor.user_id), setting("PAGES_PER_HOUR")
    count = uow.next_number(series)
    uow.no_audit()
    if read and count <= most:
        uow.audit(*read)
    if count == 1:
        earlier = Counter.series.startswith(series.rpartition(":")[0] + ":", autoescape=True)
        uow.session.execute(delete(Counter).where(earlier, Counter.series != series))
    if count == most + 1:
        user = uow.session.get_one(UserAccount, actor.user_id)
        tell_administrators(uow, user, SLOWED)
        uow.record(user, SLOWED)
    return bool(count <= most)


def is_over(actor: Actor) -> bool:
    """Whether this hour's limit is reached, before a form is even read."""
    count = select(Counter.value).where(Counter.series == series_of(actor.user_id or 0))
    most: int = setting("PAGES_PER_HOUR")
    return (db.session.scalar(count) or 0) > most


PLAIN = frozenset(
    {
        *(P.PUBLIC, P.SIGNED_IN, P.ACCOUNT_ADDRESS, P.ACCOUNT_MANAGE, P.AUDIT_READ, P.SYSTEM_HEALTH),
        *(P.CODES_EDIT, P.FAMILY_TEXT_EDIT, P.RULES_EDIT, P.RULES_READ, P.SCHOOL_MANAGE, P.COVER_SET),
        *(P.FOLLOWUP_TEMPLATE_EDIT, P.FOLLOWUP_TEMPLATE_OWN, P.FOLLOWUP_TEMPLATE_READ, P.CIRCLE_SETTINGS),
        *(P.PARTNER_EDIT, P.PARTNER_READ, P.OUTCOMES_READ, P.OUTCOMES_EXPORT, P.INCIDENT_REPORT),
        *(P.DUTY_TABLE_EDIT, P.DUTY_TABLE_READ, P.POLICE_APPROVER_EDIT, P.EXPORTS_READ, P.SIGHT_EDIT),
        *(P.PRACTICE_LOG, P.PRACTICE_WORK, P.CIRCLE_REQUEST_LINK, P.API_ACCESS_MAKE, P.API_ACCESS_MANAGE),
        *(P.EQUITY_EDIT, P.SETTINGS_EDIT, P.SETUP_READ, P.ROSTER_IMPORT, P.WEBHOOK_EDIT),
        *(P.CIRCLE_PLAN_READ, P.CIRCLE_PLAN_WRITE, P.MEETING_RECORD, P.SURVEY_OPEN, P.SURVEY_READ),
        *(P.PLANS_LIST, P.PLAN_READ, P.PLAN_START, P.PLAN_WITHDRAW, P.PLAN_WORK, P.PLAN_WRITE),
        P.PLAN_VOTE_CONFIRM,
    }
)
"""Permissions whose pages show no record of a student; the pages of every other one are confidential."""

PLAIN_PAGES = frozenset({"feed.mine", "feed.end", "mails.mine", "day_grid.cell"})
"""One's own settings, and what only answers that a tap was saved, under a permission that also shows records."""

RECORDS = {
    "attachment_id": "attachment",
    "case_id": "case_record",
    "incident_id": "incident",
    "student_id": "student",
    "guardian_link_id": "student_guardian",
    "record_id": "care_record",
    "referral_id": "referral",
    "duty_id": "legal_duty",
    "own_duty_id": "legal_duty",
    "questioning_id": "questioning",
    "action_id": "discipline_action",
    "review_id": "police_review",
    "look_id": "deputy_look",
    "restraint_id": "restraint_record",
    "release_id": "family_release",
    "follow_up_id": "follow_up",
    "meeting_id": "circle_meeting",
    "pathway_id": "pathway",
    "mentor_id": "mentor",
    "group_id": "mentoring_group",
    "period_teacher_id": "period_teacher",
    "report_id": "board_report",
    "plan_pdf_id": "plan_pdf",
    "request_id": "circle_request",
    "circle_plan_id": "circle_plan",
}
"""What an address names, the telling one first, and the table it is in."""
LIST = "page"
"""What stands for the record where a page shows many."""


def init_reads(app: Flask) -> None:
    """Audit every answer that shows a record; must be registered after what finishes an answer, to run before it."""
    app.before_request(_not_too_many)
    app.after_request(_audited)


def is_confidential(app: Flask, endpoint: str | None) -> bool:
    """Whether an endpoint's pages show records of students."""
    if endpoint is None or endpoint in PLAIN_PAGES:
        return False
    return endpoint in TELLING_PAGES or permission_of(app, endpoint) not in PLAIN


def _not_too_many() -> Response | None:
    if request.method != "POST" or not is_confidential(current_app, request.endpoint):
        return None
    actor = current_actor()
    return _slowed() if actor.user_id is not None and is_over(actor) else None


def _slowed() -> Response:
    return make_response(page(429, records=True), 429, {"Retry-After": str(60 * (60 - clock.now().minute))})


def _audited(answer: Response) -> Response:
    arguments = request.view_args or {}
    named = next((name for name in RECORDS if name in arguments), None)
    told = answer.status_code < 300 or answer.status_code in (400, 409)
    done = answer.status_code == 303 and request.method == "POST"
    if not (told or done) or not (
        is_confidential(current_app, request.endpoint) or named in ("case_id", "incident_id")
    ):
        return answer
    actor = current_actor()
    if actor.user_id is None:
        return answer
    kind = RECORDS[named] if named else LIST
    said = {"page": request.endpoint, **{name: arguments[name] for name in RECORDS if name in arguments}}
    read = (f"{kind}.read", kind, arguments[named] if named else None, said)
    try:
        if told and noted_alone(actor, read):
            return answer
        with unit_of_work(actor, clock.now()) as uow:
            shown = one_more(uow, actor, read if told else None) and told
    except SQLAlchemyError as error:
        current_app.logger.error("a reading could not be audited: %s", type(error).__name__)
        # a saved change stays saved: only a page that cannot be audited is withheld
        return answer if done else make_response(page(503), 503, {"Retry-After": "5"})
    return answer if shown or done else _slowed()
