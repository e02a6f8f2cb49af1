"""What every package brings, the lowest first: `app.py` wires these and nothing else."""

from wss_cases import contacts
from wss_cases.accounts import calendar_address as accounts_calendar_address
from wss_cases.accounts import list_columns as accounts_list_columns
from wss_cases.accounts import visibility as accounts_visibility
from wss_cases.accounts.account import pages as accounts_account
from wss_cases.accounts.people import held as accounts_people_held
from wss_cases.accounts.people import pages as accounts_people
from wss_cases.accounts.people import people_list as accounts_people_people_list
from wss_cases.accounts.sign_in import own_account as accounts_sign_in_own_account
from wss_cases.accounts.sign_in import saml as accounts_sign_in_saml
from wss_cases.accounts.sign_in import second_factor as accounts_sign_in_second_factor
from wss_cases.accounts.sign_in import sso as accounts_sign_in_sso
from wss_cases.accounts.sign_in.sessions import pages as accounts_sign_in_sessions
from wss_cases.api import tokens as api_tokens
from wss_cases.api.v1 import pages as api_v1
from wss_cases.attachments import attachment as attachments_attachment
from wss_cases.attachments import handling as attachments_handling
from wss_cases.attachments import pages as attachments
from wss_cases.board import stored_reports as board_stored_reports
from wss_cases.board.report import pages as board_report
from wss_cases.cases import safety_plans as cases_safety_plans
from wss_cases.cases.case import actions as cases_case
from wss_cases.casework import access as casework_access
from wss_cases.casework import case_list as casework_case_list
from wss_cases.casework import happened_again as casework_happened_again
from wss_cases.casework import panels as casework_panels
from wss_cases.casework import pathway_page as casework_pathway_page
from wss_cases.casework.case_page import acts as casework_case_page_acts
from wss_cases.casework.case_page import pages as casework_case_page
from wss_cases.casework.safety_plans import acts as casework_safety_plans_acts
from wss_cases.casework.transfer import pages as casework_transfer
from wss_cases.cli import doctor as cli_doctor
from wss_cases.cli import groups as cli_groups
from wss_cases.cli import imports as cli_imports
from wss_cases.cli import permissions as cli_permissions
from wss_cases.cli import routing as cli_routing
from wss_cases.followups import making as followups_making
from wss_cases.followups.core import presenters as followups_core_presenters
from wss_cases.followups.pages import follow_up as followups_pages_follow_up
from wss_cases.followups.pages import open_list as followups_pages_open_list
from wss_cases.followups.pages import rescheduling as followups_pages_rescheduling
from wss_cases.followups.reminders import sweep as followups_reminders_sweep
from wss_cases.followups.templates import pages as followups_templates
from wss_cases.incidents import catalogue as incidents_catalogue
from wss_cases.incidents import concerns as incidents_concerns
from wss_cases.incidents import deputies as incidents_deputies
from wss_cases.incidents import other_schools as incidents_other_schools
from wss_cases.incidents import pages as incidents
from wss_cases.incidents import report_list as incidents_report_list
from wss_cases.incidents.incident import pages as incidents_incident
from wss_cases.intake import assignment as intake_assignment
from wss_cases.intake import decision as intake_decision
from wss_cases.intake import details as intake_details
from wss_cases.intake import duplicates as intake_duplicates
from wss_cases.intake import other_schools as intake_other_schools
from wss_cases.intake import protection as intake_protection
from wss_cases.intake import questions as intake_questions
from wss_cases.intake import queue as intake_queue
from wss_cases.intake.corrections import facts as intake_corrections_facts
from wss_cases.intake.corrections import people as intake_corrections_people
from wss_cases.intake.corrections import withdrawal as intake_corrections_withdrawal
from wss_cases.intake.offline import pages as intake_offline
from wss_cases.intake.open_questions import pages as intake_open_questions
from wss_cases.intake.report import pages as intake_report
from wss_cases.intake.review import acts as intake_review_acts
from wss_cases.intake.review import pages as intake_review
from wss_cases.intake.review import people as intake_review_people
from wss_cases.jobs import scheduler as jobs_scheduler
from wss_cases.journal.rooms import Room
from wss_cases.mail import account_mails as mail_account_mails
from wss_cases.mail import audit_heads as mail_audit_heads
from wss_cases.mail import bounces as mail_bounces
from wss_cases.mail import family_texts as mail_family_texts
from wss_cases.mail import preferences as mail_preferences
from wss_cases.mail import security_alerts as mail_security_alerts
from wss_cases.mail.common import pages as mail_common
from wss_cases.mail.delivery import queue as mail_delivery_queue
from wss_cases.mail.push import pages as mail_push
from wss_cases.mail.webhooks import pages as mail_webhooks
from wss_cases.outcomes import overview as outcomes_overview
from wss_cases.outcomes.edfi import pushing as outcomes_edfi_pushing
from wss_cases.outcomes.equity import pages as outcomes_equity
from wss_cases.outcomes.exports import export_log as outcomes_exports_export_log
from wss_cases.outcomes.reports import side_by_side as outcomes_reports_side_by_side
from wss_cases.pathways import conversations as pathways_conversations
from wss_cases.pathways import legal_holds as pathways_legal_holds
from wss_cases.pathways.circles import case_page as pathways_circles_case_page
from wss_cases.pathways.circles import invitations as pathways_circles_invitations
from wss_cases.pathways.circles import keepers as pathways_circles_keepers
from wss_cases.pathways.circles import keeping as pathways_circles_keeping
from wss_cases.pathways.circles import outside as pathways_circles_outside
from wss_cases.pathways.circles import privilege as pathways_circles_privilege
from wss_cases.pathways.circles import terms as pathways_circles_terms
from wss_cases.pathways.circles import training as pathways_circles_training
from wss_cases.pathways.circles.agreements import paper as pathways_circles_agreements_paper
from wss_cases.pathways.circles.agreements import term_changes as pathways_circles_agreements_term_changes
from wss_cases.pathways.circles.circle import pages as pathways_circles_circle
from wss_cases.pathways.circles.meeting import pages as pathways_circles_meeting
from wss_cases.pathways.circles.meeting import scheduling as pathways_circles_meeting_scheduling
from wss_cases.pathways.circles.notes import grants as pathways_circles_notes_grants
from wss_cases.pathways.circles.notes import pages as pathways_circles_notes
from wss_cases.pathways.circles.plans import pages as pathways_circles_plans
from wss_cases.pathways.circles.preparation import pages as pathways_circles_preparation
from wss_cases.pathways.circles.questionnaires import link as pathways_circles_questionnaires_link
from wss_cases.pathways.circles.questionnaires import pages as pathways_circles_questionnaires
from wss_cases.pathways.common import pages as pathways_common
from wss_cases.pathways.mentoring import card as pathways_mentoring_card
from wss_cases.pathways.mentoring import course as pathways_mentoring_course
from wss_cases.pathways.mentoring import day_grid as pathways_mentoring_day_grid
from wss_cases.pathways.mentoring import mentors as pathways_mentoring_mentors
from wss_cases.pathways.mentoring import opening as pathways_mentoring_opening
from wss_cases.pathways.mentoring import own_period as pathways_mentoring_own_period
from wss_cases.pathways.mentoring import periods as pathways_mentoring_periods
from wss_cases.pathways.mentoring import sessions as pathways_mentoring_sessions
from wss_cases.pathways.mentoring.plan import rules as pathways_mentoring_plan
from wss_cases.pathways.reengagement import opening as pathways_reengagement_opening
from wss_cases.pathways.reengagement import pages as pathways_reengagement
from wss_cases.pathways.referrals import case_page as pathways_referrals_case_page
from wss_cases.pathways.referrals import consent as pathways_referrals_consent
from wss_cases.pathways.referrals import partner_pages as pathways_referrals_partner_pages
from wss_cases.pathways.referrals import partners as pathways_referrals_partners
from wss_cases.pathways.referrals import service as pathways_referrals_service
from wss_cases.pathways.referrals.referral import pages as pathways_referrals_referral
from wss_cases.plans import evidence as plans_evidence
from wss_cases.plans import overview as plans_overview
from wss_cases.plans import review as plans_review
from wss_cases.plans import steps as plans_steps
from wss_cases.plans import taking_over as plans_taking_over
from wss_cases.plans.baselines import pages as plans_baselines
from wss_cases.plans.money import tab as plans_money_tab
from wss_cases.plans.money.files import pages as plans_money_files
from wss_cases.plans.money.funding import pages as plans_money_funding
from wss_cases.plans.money.resources import pages as plans_money_resources
from wss_cases.plans.plan import answers as plans_plan_answers
from wss_cases.plans.plan import committee as plans_plan_committee
from wss_cases.plans.plan import copying as plans_plan_copying
from wss_cases.plans.plan import home as plans_plan_home
from wss_cases.plans.plan import paper as plans_plan_paper
from wss_cases.plans.plan import templates as plans_plan_templates
from wss_cases.plans.plan.core import pages as plans_plan_core
from wss_cases.plans.plan.goals import pages as plans_plan_goals
from wss_cases.plans.public import pages as plans_public
from wss_cases.plans.public.publications import pages as plans_public_publications
from wss_cases.plans.voices import votes as plans_voices_votes
from wss_cases.plans.voices.meetings import pages as plans_voices_meetings
from wss_cases.practice import link as practice_link
from wss_cases.practice import log as practice_log
from wss_cases.practice.requests import pages as practice_requests
from wss_cases.records import disclosures as records_disclosures
from wss_cases.records.family_copies import draft as records_family_copies_draft
from wss_cases.records.family_copies import release as records_family_copies_release
from wss_cases.records.family_copies.copy import pages as records_family_copies_copy
from wss_cases.records.named_in_error import pages as records_named_in_error
from wss_cases.records.retention import holds as records_retention_holds
from wss_cases.records.retention import schedule as records_retention_schedule
from wss_cases.records.retention.core import pages as records_retention_core
from wss_cases.records.retention.deletion import pages as records_retention_deletion
from wss_cases.roster import guardians as roster_guardians
from wss_cases.roster import networks as roster_networks
from wss_cases.roster import role_files as roster_role_files
from wss_cases.roster import runs as roster_runs
from wss_cases.roster import uploads as roster_uploads
from wss_cases.roster.calendar import days as roster_calendar_days
from wss_cases.roster.directory import pages as roster_directory
from wss_cases.roster.staff_accounts import pages as roster_staff_accounts
from wss_cases.routing import replay_pages as routing_replay_pages
from wss_cases.routing import rule_sets as routing_rule_sets
from wss_cases.routing import sign_editor as routing_sign_editor
from wss_cases.routing.drafts import pages as routing_drafts
from wss_cases.routing.engine import vocabulary as routing_engine_vocabulary
from wss_cases.routing.replay import actions as routing_replay
from wss_cases.routing.row_editor import pages as routing_row_editor
from wss_cases.safeguards import panels as safeguards_panels
from wss_cases.safeguards import restraint as safeguards_restraint
from wss_cases.safeguards import visibility as safeguards_visibility
from wss_cases.safeguards.discipline import appeals as safeguards_discipline_appeals
from wss_cases.safeguards.discipline import consequences as safeguards_discipline_consequences
from wss_cases.safeguards.discipline import messages as safeguards_discipline_messages
from wss_cases.safeguards.discipline.recording import pages as safeguards_discipline_recording
from wss_cases.safeguards.discipline.removals import queries as safeguards_discipline_removals
from wss_cases.safeguards.duties import clocks as safeguards_duties_clocks
from wss_cases.safeguards.duties import pages as safeguards_duties
from wss_cases.safeguards.duties import table as safeguards_duties_table
from wss_cases.safeguards.duties.duty import pages as safeguards_duties_duty
from wss_cases.safeguards.police import asking as safeguards_police_asking
from wss_cases.safeguards.police import notification as safeguards_police_notification
from wss_cases.safeguards.police import second_person as safeguards_police_second_person
from wss_cases.safeguards.police import settings as safeguards_police_settings
from wss_cases.safeguards.police.review import pages as safeguards_police_review
from wss_cases.safeguards.questioning import pages as safeguards_questioning
from wss_cases.setup import backups as setup_backups
from wss_cases.setup import checklist as setup_checklist
from wss_cases.setup import first_start as setup_first_start
from wss_cases.setup import look as setup_look
from wss_cases.setup import standby as setup_standby
from wss_cases.setup import test_letter as setup_test_letter
from wss_cases.setup.settings import pages as setup_settings
from wss_cases.surveys import answering as surveys_answering
from wss_cases.surveys import links as surveys_links
from wss_cases.surveys import mailing as surveys_mailing
from wss_cases.surveys import pages as surveys
from wss_cases.surveys import rounds as surveys_rounds
from wss_cases.training import importing as training_importing
from wss_cases.training import school as training_school
from wss_cases.training import sessions as training_sessions
from wss_cases.training import topics as training_topics
from wss_cases.training.records import pages as training_records
from wss_cases.training.requirements import pages as training_requirements
from wss_cases.web import audit_log as web_audit_log
from wss_cases.web import installable as web_installable
from wss_cases.web import pages as web
from wss_cases.web import system as web_system
from wss_cases.workday import calendar_import as workday_calendar_import
from wss_cases.workday import cover as workday_cover
from wss_cases.workday import feed as workday_feed
from wss_cases.workday import search as workday_search
from wss_cases.workday import visit as workday_visit
from wss_cases.workday.calendar import pages as workday_calendar
from wss_cases.workday.caseload import pages as workday_caseload
from wss_cases.workday.digest import sweep as workday_digest_sweep
from wss_cases.workday.my_day import pages as workday_my_day

ROOMS: tuple[Room, ...] = (
    accounts_account.ROOM, accounts_calendar_address.ROOM, accounts_list_columns.ROOM, accounts_people_held.ROOM,
    accounts_people.ROOM, accounts_people_people_list.ROOM, accounts_sign_in_own_account.ROOM,
    accounts_sign_in_saml.ROOM, accounts_sign_in_second_factor.ROOM,
    accounts_sign_in_sessions.ROOM, accounts_sign_in_sso.ROOM, accounts_visibility.ROOM,
    roster_calendar_days.ROOM, roster_directory.ROOM, roster_guardians.ROOM,
    roster_networks.ROOM, roster_role_files.ROOM, roster_runs.ROOM, roster_staff_accounts.ROOM,
    roster_uploads.ROOM,
    training_importing.ROOM, training_records.ROOM, training_requirements.ROOM,
    training_school.ROOM, training_sessions.ROOM, training_topics.ROOM,
    contacts.ROOM,
    mail_account_mails.ROOM, mail_audit_heads.ROOM, mail_bounces.ROOM, mail_common.ROOM, mail_delivery_queue.ROOM,
    mail_family_texts.ROOM, mail_preferences.ROOM, mail_push.ROOM, mail_security_alerts.ROOM, mail_webhooks.ROOM,
    incidents_catalogue.ROOM, incidents_concerns.ROOM, incidents_deputies.ROOM, incidents_incident.ROOM,
    incidents_other_schools.ROOM, incidents.ROOM, incidents_report_list.ROOM,
    surveys_answering.ROOM, surveys_mailing.ROOM, surveys.ROOM, surveys_links.ROOM,
    surveys_rounds.ROOM,
    routing_drafts.ROOM, routing_engine_vocabulary.ROOM, routing_replay.ROOM, routing_replay_pages.ROOM,
    routing_row_editor.ROOM, routing_rule_sets.ROOM, routing_sign_editor.ROOM,
    cases_case.ROOM, cases_safety_plans.ROOM,
    followups_core_presenters.ROOM, followups_making.ROOM, followups_pages_follow_up.ROOM,
    followups_pages_open_list.ROOM, followups_pages_rescheduling.ROOM, followups_reminders_sweep.ROOM,
    followups_templates.ROOM,
    pathways_circles_agreements_paper.ROOM, pathways_circles_agreements_term_changes.ROOM,
    pathways_circles_case_page.ROOM, pathways_circles_circle.ROOM, pathways_circles_invitations.ROOM,
    pathways_circles_keepers.ROOM, pathways_circles_keeping.ROOM, pathways_circles_meeting.ROOM,
    pathways_circles_meeting_scheduling.ROOM, pathways_circles_notes_grants.ROOM, pathways_circles_notes.ROOM,
    pathways_circles_outside.ROOM, pathways_circles_plans.ROOM, pathways_circles_preparation.ROOM,
    pathways_circles_privilege.ROOM, pathways_circles_questionnaires_link.ROOM, pathways_circles_questionnaires.ROOM,
    pathways_circles_terms.ROOM, pathways_circles_training.ROOM, pathways_common.ROOM, pathways_conversations.ROOM,
    pathways_legal_holds.ROOM, pathways_mentoring_card.ROOM, pathways_mentoring_course.ROOM,
    pathways_mentoring_day_grid.ROOM, pathways_mentoring_mentors.ROOM, pathways_mentoring_opening.ROOM,
    pathways_mentoring_own_period.ROOM, pathways_mentoring_periods.ROOM, pathways_mentoring_plan.ROOM,
    pathways_mentoring_sessions.ROOM, pathways_reengagement.ROOM, pathways_reengagement_opening.ROOM,
    pathways_referrals_case_page.ROOM, pathways_referrals_consent.ROOM, pathways_referrals_partner_pages.ROOM,
    pathways_referrals_partners.ROOM, pathways_referrals_referral.ROOM, pathways_referrals_service.ROOM,
    practice_link.ROOM, practice_log.ROOM, practice_requests.ROOM,
    safeguards_discipline_appeals.ROOM, safeguards_discipline_consequences.ROOM, safeguards_discipline_recording.ROOM,
    safeguards_discipline_removals.ROOM, safeguards_discipline_messages.ROOM, safeguards_duties_clocks.ROOM,
    safeguards_duties_duty.ROOM, safeguards_duties.ROOM, safeguards_duties_table.ROOM, safeguards_panels.ROOM,
    safeguards_police_asking.ROOM, safeguards_police_notification.ROOM, safeguards_police_review.ROOM,
    safeguards_police_second_person.ROOM, safeguards_police_settings.ROOM,
    safeguards_questioning.ROOM, safeguards_restraint.ROOM, safeguards_visibility.ROOM,
    intake_assignment.ROOM, intake_corrections_facts.ROOM, intake_corrections_people.ROOM,
    intake_corrections_withdrawal.ROOM, intake_decision.ROOM, intake_details.ROOM, intake_duplicates.ROOM,
    intake_offline.ROOM, intake_open_questions.ROOM, intake_other_schools.ROOM, intake_protection.ROOM,
    intake_questions.ROOM, intake_queue.ROOM, intake_report.ROOM, intake_review_acts.ROOM, intake_review.ROOM,
    intake_review_people.ROOM,
    casework_access.ROOM, casework_case_list.ROOM,
    casework_case_page_acts.ROOM, casework_case_page.ROOM, casework_panels.ROOM,
    casework_happened_again.ROOM, casework_pathway_page.ROOM, casework_safety_plans_acts.ROOM,
    casework_transfer.ROOM,
    workday_calendar.ROOM, workday_calendar_import.ROOM, workday_caseload.ROOM, workday_cover.ROOM,
    workday_digest_sweep.ROOM, workday_feed.ROOM, workday_my_day.ROOM, workday_search.ROOM,
    workday_visit.ROOM,
    attachments_attachment.ROOM, attachments.ROOM, attachments_handling.ROOM,
    records_disclosures.ROOM, records_family_copies_copy.ROOM, records_family_copies_draft.ROOM,
    records_family_copies_release.ROOM, records_named_in_error.ROOM,
    records_retention_core.ROOM, records_retention_deletion.ROOM, records_retention_holds.ROOM,
    records_retention_schedule.ROOM,
    outcomes_edfi_pushing.ROOM, outcomes_equity.ROOM, outcomes_exports_export_log.ROOM,
    outcomes_overview.ROOM, outcomes_reports_side_by_side.ROOM,
    plans_baselines.ROOM, plans_evidence.ROOM, plans_money_files.ROOM, plans_money_funding.ROOM,
    plans_money_resources.ROOM, plans_money_tab.ROOM, plans_overview.ROOM, plans_plan_answers.ROOM,
    plans_plan_committee.ROOM, plans_plan_copying.ROOM, plans_plan_core.ROOM, plans_plan_goals.ROOM,
    plans_plan_home.ROOM, plans_plan_paper.ROOM, plans_plan_templates.ROOM, plans_public.ROOM,
    plans_public_publications.ROOM, plans_review.ROOM, plans_steps.ROOM, plans_taking_over.ROOM,
    plans_voices_meetings.ROOM, plans_voices_votes.ROOM,
    board_report.ROOM, board_stored_reports.ROOM,
    api_tokens.ROOM, api_v1.ROOM,
    setup_backups.ROOM, setup_checklist.ROOM, setup_first_start.ROOM, setup_look.ROOM, setup_settings.ROOM,
    setup_standby.ROOM, setup_test_letter.ROOM,
    web_audit_log.ROOM, web_installable.ROOM, web.ROOM, web_system.ROOM,
    jobs_scheduler.ROOM,
    cli_doctor.ROOM, cli_groups.ROOM, cli_imports.ROOM, cli_permissions.ROOM, cli_routing.ROOM,
)  # fmt: skip
