"""The frame of every page: language, navigation by role, school switcher, banners."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, has_request_context, redirect, request, session, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.rules import SEEN_EVERY
from wss_cases.accounts.sealed_boxes import owner_names
from wss_cases.accounts.sign_in.sessions.actions import touch_session
from wss_cases.accounts.sign_in.sessions.pages import safe_next
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, init_i18n, locale_code
from wss_cases.foundation.school_time import district, district_zone, moment_words, today_at
from wss_cases.foundation.settings import setting
from wss_cases.foundation.sign_in import current_user
from wss_cases.foundation.tables.figures import FOR_TEMPLATES
from wss_cases.mail.monitoring import standing_on_page
from wss_cases.mail.push.pages import key_to_ask_with
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.setup.look import look_on


def banners(now: datetime) -> list[str]:
    """The texts above the page at this instant."""
    found = standing_on_page(now)
    texts = []
    if found.paused_since is not None:
        since = moment_words(found.paused_since, district_zone())
        texts.append(
            _(
                "Email has been paused since %(since)s: no reminders are sent, not even about danger or a legal "
                "duty. Tell people yourself.",
                since=since,
            )
        )
    if found.scheduler in ("silent", "failing"):
        texts.append(_("Reminders are not being sent right now. The people who run the system can see this too."))
    if found.alone_since is not None:
        since = moment_words(found.alone_since, district_zone())
        texts.append(
            _(
                "Since %(since)s, what you save is kept on one machine only, because the database’s second machine "
                "does not answer. Keep working. The people who run the system have been told.",
                since=since,
            )
        )
    return texts


AT_A_SCHOOL = Permission.DISCIPLINE_RECORD
"""Held by those who decide at a school. The district's office seldom has a report to review: its menu has the queue."""
NAVIGATION: tuple[tuple[str, Any, Permission], ...] = (
    ("my_day.page", _l("My day"), Permission.FOLLOWUP_READ),
    ("desk.page", _l("Caseload"), Permission.CASE_WORK),
    ("capture.capture", _l("Log an incident"), Permission.INCIDENT_REPORT),
    ("queue.page", _l("Review"), AT_A_SCHOOL),
    ("casework.cases", _l("Cases"), Permission.CASE_READ),
    ("incidents.incidents", _l("Incidents"), Permission.INCIDENT_READ),
    ("safeguards.duties", _l("Legal duties"), Permission.DUTY_READ),
    ("circles.circles", _l("Circles"), Permission.CASE_WORK),
    ("mentors.mentors", _l("Mentors"), Permission.MENTOR_MANAGE),
    ("partner.home", _l("Referrals"), Permission.REFERRAL_ANSWER),
    ("outcomes.overview", _l("Outcomes"), Permission.OUTCOMES_READ),
    ("partners.partners", _l("Partners"), Permission.PARTNER_EDIT),
    ("calendar.home", _l("School calendar"), Permission.RULES_EDIT),
    ("one_case.choose", _l("One case"), Permission.CASE_OPEN_ONE),
    ("routing.rule_sets", _l("Rules"), Permission.RULES_EDIT),
    ("follow_up_templates.templates", _l("Follow-up templates"), Permission.FOLLOWUP_TEMPLATE_EDIT),
    ("texts.texts", _l("Family texts"), Permission.FAMILY_TEXT_EDIT),
    ("people.people", _l("People"), Permission.ACCOUNT_MANAGE),
    ("networks.schools", _l("Schools"), Permission.NETWORK_EDIT),
    ("audit.entries", _l("Audit"), Permission.AUDIT_READ),
    ("disclosures.everyone", _l("Disclosures"), Permission.AUDIT_READ),
    ("deletions.every", _l("Deletions"), Permission.AUDIT_READ),
    ("retention.reviews", _l("Records"), Permission.RECORD_REVIEW),
    ("checklist.page", _l("Setup"), Permission.SETUP_READ),
    ("system.health", _l("System"), Permission.SYSTEM_HEALTH),
)

PHONE_BAR: tuple[tuple[str, Any, str, Permission], ...] = (
    ("my_day.page", _l("My day"), "sun", Permission.FOLLOWUP_READ),
    ("capture.capture", _l("Log"), "plus", Permission.INCIDENT_REPORT),
    ("queue.page", _l("Review"), "list", AT_A_SCHOOL),
    ("desk.page", _l("Caseload"), "people", Permission.CASE_WORK),
    ("outcomes.overview", _l("Outcomes"), "file", Permission.OUTCOMES_READ),
    ("plans.plans", _l("Plans"), "school", Permission.PLANS_LIST),
    ("people.people", _l("People"), "people", Permission.ACCOUNT_MANAGE),
    ("system.health", _l("System"), "info", Permission.SYSTEM_HEALTH),
    ("audit.entries", _l("Audit"), "list", Permission.AUDIT_READ),
    ("partner.home", _l("Referrals"), "flag", Permission.REFERRAL_ANSWER),
)
"""What stands at the bottom of a phone, with its picture, before Find and More: the first three that are allowed."""

MENU_ONLY: tuple[tuple[str, Any, Permission], ...] = (
    ("queue.page", _l("Review"), Permission.INCIDENT_REVIEW),
    ("practice.entries_page", _l("Practice log"), Permission.PRACTICE_LOG),
    ("plans.plans", _l("School safety plans"), Permission.PLANS_LIST),
    ("meetings.meetings", _l("Meetings"), Permission.PLANS_LIST),
    ("day_grid.page", _l("Check-in/check-out today"), Permission.MENTOR_MANAGE),
    ("circle_requests.requests", _l("Requests for a circle"), Permission.CIRCLE_REQUEST_WORK),
    ("surveys.rounds", _l("School surveys"), Permission.SURVEY_READ),
    ("returns.returns", _l("Returning students"), Permission.CASE_WORK),
    ("discipline.actions", _l("Discipline actions"), Permission.DISCIPLINE_READ),
    ("police_reviews.page", _l("Police-notification reviews"), Permission.POLICE_REVIEW_READ),
    ("deputies.page", _l("Second reviews for schools"), Permission.DEPUTY_LOOK),
    ("contacts.page", _l("Contacts of the school"), Permission.CONTACT_READ),
    ("networks.schools", _l("Schools"), Permission.SCHOOL_MANAGE),
    ("office.phone", _l("Phone of the office"), Permission.SCHOOL_MANAGE),
    ("police_settings.approver_list", _l("Second approvals"), Permission.POLICE_APPROVER_EDIT),
    ("restraints.restraints", _l("Restraint and time-out"), Permission.DISCIPLINE_READ),
    ("partners.partners", _l("Partners"), Permission.PARTNER_READ),
    ("calendar.home", _l("School calendar"), Permission.SCHOOL_MANAGE),
    ("district_settings.page", _l("Settings"), Permission.SETTINGS_EDIT),
    ("past_years.openings", _l("Who viewed past years"), Permission.PAST_READ),
    ("clean_slate.settings", _l("Clean slate"), Permission.SIGHT_EDIT),
    ("duty_table.table", _l("The table of legal duties"), Permission.DUTY_TABLE_EDIT),
    ("trainings.school", _l("Trainings"), Permission.TRAINING_MANAGE),
    ("own_trainings.page", _l("My trainings"), Permission.TRAINING_OWN),
    ("follow_up_templates.templates", _l("Follow-up templates"), Permission.FOLLOWUP_TEMPLATE_OWN),
    ("disclosures.everyone", _l("Disclosures"), Permission.DISCLOSURE_READ),
    ("family_copies.waiting", _l("Copies for families"), Permission.FAMILY_COPY_PREPARE),
    ("holds.every", _l("Records on hold"), Permission.HOLD_MANAGE),
    ("deletions.every", _l("Deletions"), Permission.RECORD_DELETE_READ),
    ("retention.schedule", _l("Records retention schedule"), Permission.RETENTION_READ),
)
"""What stands in a phone's menu besides; at a desk a page of the bar leads there."""

LOOKS_LIKE_THE_DISTRICT = ("accounts.sign_in",)
"""Pages of nobody that ask the database for the district's name anyway; an error page asks nothing more."""
UNATTENDED = frozenset({None, "static", "bootstrap.static", "installable.worker", "offline.device"})
"""What a browser asks for by itself: nobody is at work, so a session ends in its time all the same."""
MOST_LISTED = 12
"""Schools that the switcher lists; where there are more, a page of its own finds one."""


def init_layout(app: Flask) -> None:
    """Attach language choice and the context of every template."""
    init_i18n(app, choose_locale)
    app.before_request(_keep_session)
    app.context_processor(_context)
    app.jinja_env.globals |= FOR_TEMPLATES
    app.jinja_env.globals["might"] = lambda name: might(current_actor(), Permission(name))


def _keep_session() -> None:
    if not current_user.is_authenticated or request.endpoint in UNATTENDED:
        return
    if clock.now() - current_user.row.last_seen_at > SEEN_EVERY:
        touch_session(current_actor(), current_user.row.session_id, clock.now())


def choose_locale() -> str:
    """The language of this answer: chosen in this browser, else the account's, else the browser's."""
    if not has_request_context():
        return "en"
    languages = setting("LANGUAGES")
    chosen = session.get("locale")
    if chosen in languages:
        return str(chosen)
    if current_user.is_authenticated:
        return current_user.actor.locale if current_user.actor.locale in languages else "en"
    return request.accept_languages.best_match(languages) or "en"


def my_schools(
    actor: Actor, limit: int | None = None, text: str = "", school_id: int | None = None
) -> list[tuple[int, str]]:
    """(id, name) of the schools this person can switch between, by name; those with `text` in it, or one."""
    statement = select(School.id, School.name).where(School.is_active).order_by(School.name, School.id)
    if text.strip():
        statement = statement.where(School.name.icontains(text.strip(), autoescape=True))
    if school_id is not None:
        statement = statement.where(School.id == school_id)
    if limit is not None:
        statement = statement.limit(limit)
    if not actor.everywhere(Role.DISTRICT):
        statement = statement.where(School.id.in_(sorted(actor.school_ids(*STAFF, Role.DISTRICT))))
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def current_school(actor: Actor, schools: list[tuple[int, str]]) -> tuple[int, str] | None:
    """The chosen school: the switcher's choice, else the only or first own one; None is all schools."""
    chosen = session.get("school_id")
    for school in schools:
        if school[0] == chosen:
            return school
    if isinstance(chosen, int) and len(schools) > MOST_LISTED:
        named = my_schools(actor, school_id=chosen)
        if named:
            return named[0]
    if actor.everywhere(Role.DISTRICT) or not schools:
        return None
    return schools[0]


def go_back(without: Collection[str] = ()) -> Response:
    """Redirect to the page in the form's `next`, if it is one of ours, without some of its parameters."""
    parts = urlsplit(safe_next(request.form.get("next")) or url_for("web.home"))
    given = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in given if name not in without]
    query = parts.query if kept == given else urlencode(kept)
    answer: Response = redirect(parts._replace(query=query).geturl(), 303)
    return answer


def _context() -> dict[str, Any]:
    actor = current_actor()
    locale = locale_code()
    nobody = dict.fromkeys(("nav", "nav_menu", "phone_bar", "schools", "banners"), ())
    shown: dict[str, Any] = {**nobody, "actor": None, "current_school": None, "all_schools": False}
    if actor.user_id is not None or (has_request_context() and request.endpoint in LOOKS_LIKE_THE_DISTRICT):
        shown["look"] = look_on(today_at(None, clock.now()))
    if actor.user_id is not None:
        schools = _switchable(actor)
        bar, menu = _navigation(actor)
        shown |= {
            "actor": actor,
            "nav": bar,
            "nav_menu": menu,
            "phone_bar": _phone_bar(actor),
            "schools": schools,
            "current_school": current_school(actor, schools),
            "district_name": district().name,
            "all_schools": actor.everywhere(Role.DISTRICT),
            "banners": banners(clock.now()),
            "session_ends": current_user.row.expires_at.isoformat(),
            "session_now": clock.now().isoformat(),
            "session_last": current_user.at_last_end,
            "push_key": key_to_ask_with(actor),
            "device_owner": owner_names(actor.user_id)[0],
        }
    return {**shown, "locale": locale, "other_locale": "en" if locale == "es" else "es", "page_now": clock.now()}


def _switchable(actor: Actor) -> list[tuple[int, str]]:
    """The schools of the switcher, one more than it lists; a person's few own schools are already loaded."""
    ids = actor.school_ids(*STAFF, Role.DISTRICT)
    if actor.everywhere(Role.DISTRICT) or len(ids) > MOST_LISTED:
        return my_schools(actor, MOST_LISTED + 1)
    schools = [school for school in schools_by_id(ids).values() if school.is_active]
    return [(school.id, school.name) for school in sorted(schools, key=lambda each: (each.name, each.id))]


def _navigation(actor: Actor) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The entries of the bar, and of a phone's menu."""
    return _marked(_allowed(actor, NAVIGATION)), _marked(pages_of(actor))


def _phone_bar(actor: Actor) -> list[dict[str, Any]]:
    """The entries at the bottom of a phone, which has room for three pages beside Find and More."""
    allowed = [(url_for(endpoint), label, icon) for endpoint, label, icon, needed in PHONE_BAR if might(actor, needed)]
    shown = [*allowed[:3], (url_for("search.page"), _("Find"), "search")]
    marked = _marked({url: label for url, label, _icon in shown})
    return [item | {"icon": icon} for item, (_url, _label, icon) in zip(marked, shown, strict=True)]


def pages_of(actor: Actor) -> dict[str, Any]:
    """Every page of a person's menu: address to label."""
    return _allowed(actor, NAVIGATION) | _allowed(actor, MENU_ONLY)


def _allowed(actor: Actor, pages: tuple[tuple[str, Any, Permission], ...]) -> dict[str, Any]:
    return {url_for(endpoint): label for endpoint, label, permission in pages if might(actor, permission)}


def _marked(allowed: dict[str, Any]) -> list[dict[str, Any]]:
    here = [url for url in allowed if f"{request.path}/".startswith(f"{url}/")]
    current = max(here, key=len, default="")
    return [{"url": url, "label": label, "current": url == current} for url, label in allowed.items()]
