"""Wires the rooms together; decides nothing."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from flask import Flask

import config
from wss_cases.access.gate import init_gate
from wss_cases.access.policy import configure
from wss_cases.accounts.account.extension_points import fill_slots as fill_account_slots
from wss_cases.accounts.sign_in.sessions.request_hooks import init_kept, init_sessions
from wss_cases.accounts.sign_in.sessions.signed_in import init_second_factor
from wss_cases.casework.access.clean_slate.exemptions import KEEPERS
from wss_cases.foundation import clock
from wss_cases.foundation.db import init_db
from wss_cases.foundation.ids import IdConverter
from wss_cases.foundation.operations import failpoints
from wss_cases.foundation.operations.logs import init_logs
from wss_cases.foundation.sign_in.login import init_sign_in
from wss_cases.foundation.sign_in.sso import init_sign_on
from wss_cases.incidents.pages.extension_points import fill_slots as fill_incident_slots
from wss_cases.journal.timeline import register_sentences
from wss_cases.mail.common.message_kinds import register_messages
from wss_cases.permission_map import PERMISSION_MAP
from wss_cases.roster.directory.extension_points import fill_slots
from wss_cases.routing.replay.extension_points import fill_minimums
from wss_cases.web.errors import init_errors
from wss_cases.web.headers import init_headers
from wss_cases.web.layout import init_layout
from wss_cases.web.reading.audited import init_reads
from wss_cases.web.schema_check import init_schema_check
from wss_cases.web.static_files import init_static_files
from wss_cases.workday.caseload.weights import read_weights

ROOT = Path(__file__).resolve().parent.parent

PAGES = (
    "web.views",
    "web.views_system",
    "web.views_metrics",
    "web.views_audit",
    "casework.views_my_day",
    "casework.views",
    "casework.views_acts",
    "casework.views_pathways",
    "casework.views_ending",
    "casework.views_print",
    "casework.views_desk",
    "casework.views_handover",
    "casework.views_cover",
    "casework.views_move",
    "casework.views_calendar",
    "casework.views_safety",
    "casework.views_feed",
    "casework.views_one_case",
    "casework.views_past",
    "casework.views_access",
    "pathways.circles.views",
    "pathways.circles.views_parties",
    "pathways.circles.views_screening",
    "pathways.circles.views_training",
    "pathways.circles.agreements.views",
    "pathways.circles.views_keepers",
    "pathways.circles.notes.views",
    "pathways.circles.notes.views_privilege",
    "pathways.circles.agreements.views_paper",
    "pathways.circles.questionnaires.views",
    "pathways.circles.questionnaires.views_link",
    "pathways.circles.questionnaires.views_follow_up",
    "pathways.conversations.views",
    "pathways.mentoring.views",
    "pathways.mentoring.views_card",
    "pathways.mentoring.views_sessions",
    "pathways.mentoring.views_mentors",
    "pathways.referrals.views",
    "pathways.referrals.views_consent",
    "pathways.referrals.views_service",
    "pathways.referrals.views_partner",
    "pathways.referrals.views_partners",
    "pathways.reengagement.views",
    "pathways.reengagement.views_returns",
    "pathways.common.views",
    "followups.views",
    "followups.views_replan",
    "followups.views_snooze",
    "followups.views_templates",
    "followups.views_template_acts",
    "notices.views_texts",
    "notices.views_mails",
    "notices.views_trouble",
    "records.views",
    "records.views_release",
    "records.views_release_acts",
    "records.views_retention",
    "records.views_deletion_retention",
    "records.views_hold_retention",
    "outcomes.views",
    "intake.views_details",
    "intake.views_review",
    "intake.views_review_acts",
    "safeguards.views",
    "safeguards.views_own",
    "safeguards.views_questioning",
    "safeguards.views_raise",
    "safeguards.views_discipline",
    "safeguards.views_table",
    "safeguards.views_police",
    "safeguards.views_police_review",
    "safeguards.views_police_record",
    "safeguards.views_police_settings",
    "safeguards.views_appeals",
    "safeguards.views_restraint",
    "incidents.views",
    "incidents.views_care",
    "roster.views",
    "accounts.views",
    "accounts.views_feed",
    "accounts.views_factor",
    "accounts.views_sessions",
    "accounts.views_sign_on",
    "accounts.views_sight",
    "routing.views",
    "routing.views_replay",
    "accounts.views_people",
)
"""Modules with a `blueprint`, upper rooms first."""

ROOMS_WITH_TABLES = (
    "journal", "accounts", "roster", "notices", "incidents", "routing", "cases", "followups",
    "pathways.common", "pathways.circles", "pathways.circles.agreements", "pathways.circles.notes",
    "pathways.circles.questionnaires", "pathways.mentoring", "pathways.referrals",
    "pathways.reengagement", "safeguards", "casework", "records", "outcomes",
)  # fmt: skip
"""Packages whose `models` module has tables."""

JOBS: tuple[str, ...] = ("scheduler",)
"""Modules of `jobs` with a `group` each: processes that run until they are stopped."""

MESSAGES: tuple[str, ...] = (
    "notices.notices",
    "notices.notices_account",
    "followups.notices",
    "casework.notices",
    "casework.notices_one_case",
    "outcomes.notices",
    "incidents.notices",
    "safeguards.notices",
    "safeguards.notices_discipline",
    "safeguards.notices_police",
    "intake.notices",
    "pathways.referrals.notices",
    "pathways.circles.notices_keepers",
    "pathways.circles.notices_invitations",
    "records.notices_release",
)
"""Modules (each a room's `notices`) whose MESSAGES say what a mail of some kind says and whether it is still due."""

SENTENCES: tuple[str, ...] = (
    "accounts.states",
    "routing.states",
    "routing.states_replay",
    "cases.states",
    "roster.states",
    "incidents.states",
    "followups.states",
    "notices.states",
    "pathways.common.states",
    "pathways.circles.states",
    "pathways.circles.agreements.states",
    "pathways.circles.notes.states",
    "pathways.circles.questionnaires.states",
    "pathways.mentoring.states",
    "pathways.referrals.states",
    "pathways.reengagement.states",
    "safeguards.states",
    "safeguards.states_discipline",
    "safeguards.states_questioning",
    "safeguards.states_police",
    "intake.states",
    "records.states",
    "records.states_retention",
    "outcomes.states",
    "outcomes.states_equity",
)
"""Modules (each a room's `states`) whose SENTENCES turn timeline kinds into words."""

RECENT_STUDENTS = ("incidents.incident.queries:recent_students",)
"""Who comes first in a search for students: (actor, school) to ids."""

STUDENT_PANELS = (
    "casework.panels.student:panel",
    "pathways.reengagement.returns.views:student_panel",
    "safeguards.panels.discipline:student_panel",
    "records.disclosures.views:student_panel",
    "records.family_copies.draft.views:student_panel",
    "records.retention.schedule.views:student_panel",
)
"""What rooms above the roster add to a student's page: (actor, student) to a template and its values."""

INCIDENT_PANELS = (
    "casework.panels.incident:panel",
    "safeguards.panels.discipline:incident_panel",
    "safeguards.duties.pages.raising:panel",
)
"""What rooms above the incidents add to a report's page: (actor, incident) to a template and its values."""

ACCOUNT_PANELS = ("mail.bounces.views:own_panel", "mail.preferences.views:panel")
"""What rooms above the accounts add to one's own account's page: (actor) to a template and its values."""

PEOPLE_PANELS = ("mail.bounces.views:people_panel",)
"""The same above the list of people."""

MINIMUMS = "outcomes.equity.queries:minimums_of"
"""Below what size the replay of rules shows no group of students."""

LOADERS: dict[str, str] = {
    "routing_rule_set": "routing.rule_sets.queries:load_rule_set",
    "case_record": "cases.case.queries:load_case",
    "pathway": "pathways.common.queries:load_pathway",
    "incident": "incidents.incident.queries:load_incident",
    "care_record": "incidents.incident.queries:load_care_record",
    "safety_plan": "cases.safety_plans.queries:load_plan",
    "referral": "pathways.referrals.referral.queries:load_referral",
    "legal_duty": "safeguards.duties.duty.queries:load_duty",
    "discipline_action": "safeguards.discipline.removals.queries:load_action",
    "questioning": "safeguards.questioning.queries:load_questioning",
    "police_review": "safeguards.police.review.queries:load_review",
    "restraint_record": "safeguards.restraint.queries:load_restraint",
    "family_release": "records.family_copies.copy.queries:load_release",
    "follow_up": "followups.core.queries:load_follow_up",
}
"""Object type (table name) to 'module:function' that loads one record by id."""


def create_app(overrides: dict[str, object] | None = None) -> Flask:
    """Return the application; touches neither database nor network."""
    instance = Path(os.environ.get("WSS_INSTANCE", ROOT / "instance"))
    app = Flask(
        __name__,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(instance.resolve()),
    )
    app.config.from_mapping(config.from_environment(os.environ, instance))
    app.config.update(overrides or {})
    init_logs()
    app.url_map.converters["int"] = IdConverter
    clock.configure(app.config["WSS_CLOCK_FILE"])
    failpoints.configure(app.config["WSS_FAILPOINT"])
    for room in ROOMS_WITH_TABLES:
        import_module(f"wss_cases.{room}.models")
    init_headers(app)
    init_db(app)
    app.config["CASELOAD_WEIGHTS"] = read_weights(app.config["CASELOAD_WEIGHTS"])
    init_sign_in(app)
    init_sign_on(app)
    init_sessions()
    init_schema_check(app)
    init_layout(app)
    init_errors(app)
    init_reads(app)
    _register(app)
    configure(PERMISSION_MAP, {name: _function(path) for name, path in LOADERS.items()}, KEEPERS)
    fill_slots([_function(path) for path in RECENT_STUDENTS], [_function(path) for path in STUDENT_PANELS])
    fill_minimums(_function(MINIMUMS))
    fill_incident_slots([_function(path) for path in INCIDENT_PANELS])
    fill_account_slots(
        [_function(path) for path in ACCOUNT_PANELS], [_function(path) for path in PEOPLE_PANELS]
    )
    init_gate(app)
    init_second_factor(app)
    init_kept(app)
    init_static_files(app)
    return app


def _register(app: Flask) -> None:
    """Let each room bring its pages, commands, sentences and mails."""
    for page in PAGES:
        app.register_blueprint(import_module(f"wss_cases.{page}").blueprint)
    for name in iter_modules(import_module("wss_cases.cli").__path__, "wss_cases.cli."):
        if group := getattr(import_module(name.name), "group", None):
            app.cli.add_command(group)
    for job in JOBS:
        app.cli.add_command(import_module(f"wss_cases.jobs.{job}").group)
    for room in SENTENCES:
        register_sentences(import_module(f"wss_cases.{room}").SENTENCES)
    for room in MESSAGES:
        register_messages(import_module(f"wss_cases.{room}").MESSAGES)


def _function(path: str) -> Callable[..., Any]:
    module, name = path.split(":")
    found: Callable[..., Any] = getattr(import_module(f"wss_cases.{module}"), name)
    return found
