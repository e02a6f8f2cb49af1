"""Every table of the database, whose it is, and what takes its rows away. A table that is not here fails the tests.

A table about a student names its `owners`: columns whose row, when it goes, takes this one with it. `lets_go` are
columns that are emptied instead. `told_of` are a type and a number that name a row of any table.
"""

import enum
from dataclasses import dataclass


class Whose(enum.StrEnum):
    """Whom or what a table is about."""

    STUDENT = "student"
    STAFF = "staff"
    SETTING = "setting"
    AUDIT = "audit"
    AGGREGATE = "aggregate"
    RUNNING = "running"


@dataclass(frozen=True)
class Kept:
    """`kind` is the row of the schedule that says for how long; '' for what the schedule does not touch."""

    whose: Whose
    kind: str = ""
    owners: tuple[str, ...] = ()
    lets_go: tuple[str, ...] = ()
    told_of: tuple[str, str] | None = None


def _of(kind: str, *owners: str, lets_go: tuple[str, ...] = (), told_of: tuple[str, str] | None = None) -> Kept:
    return Kept(Whose.STUDENT, kind, owners, lets_go, told_of)


STAFF, SETTING, AUDIT = Kept(Whose.STAFF), Kept(Whose.SETTING), Kept(Whose.AUDIT)
AGGREGATE = Kept(Whose.AGGREGATE)
_CIRCLE = ("pathway_id", "case_id")
_PARTY = (*_CIRCLE, "participant_id")


def _running(kind: str, told_of: tuple[str, str] | None = None) -> Kept:
    return Kept(Whose.RUNNING, kind, told_of=told_of)


def _each(entry: Kept, names: str) -> dict[str, Kept]:
    return dict.fromkeys(names.split(), entry)


TABLES: dict[str, Kept] = {
    # who the student is: the permanent record
    "student": _of("identity"),
    "enrolment": _of("identity", "student_id"),
    "student_guardian": _of("identity", "student_id", "guardian_id"),
    "guardian": _of("identity"),
    "guardian_limit": _of("identity", "student_id", "guardian_id"),
    "imported_row": _of("identity"),
    # what a family said about surveys, and the links of one that runs: they go with it
    "survey_opt_out": _of("identity", "student_id"),
    "survey_link": _of("identity", "guardian_id"),
    "survey_mail": _of("identity", "link_id"),
    # reports and what was decided about them
    "incident": _of("incident", lets_go=("duplicate_of_id", "part_of_id")),
    "incident_person": _of("incident", "incident_id", "student_id"),
    "incident_addendum": _of("incident", "incident_id"),
    "incident_draft": _of("incident", "incident_id"),
    "offline_entry": _of("incident", "incident_id", "care_record_id"),
    "search_entry": _of("incident", "incident_id", "case_id"),
    "fact_answer": _of("incident", "incident_id"),
    "incident_assignment": _of("incident", "incident_id"),
    "incident_told_apart": _of("incident", "lower_id", "higher_id"),
    "guardian_contact": _of("incident", "incident_id", "incident_person_id", lets_go=("guardian_id",)),
    "routing_answer": _of("incident", "incident_id", "incident_person_id"),
    "taking_out": _of("incident", "incident_id", "incident_person_id"),
    "deputy_look": _of("incident", "incident_id"),
    "rule_replay_change": _of("incident", "incident_id"),
    "care_record": _of("care", "student_id"),
    # cases
    "case_record": _of("case", lets_go=("continued_from_id",)),
    "case_incident": _of("case", "case_id", "incident_id"),
    "case_participant": _of("case", "case_id", "student_id", lets_go=("incident_person_id",)),
    "case_note": _of("case", "case_id"),
    "case_opening": _of("case", "case_id"),
    "safety_plan": _of("case", "case_id", "participant_id"),
    "safety_plan_review": _of("case", "case_id", "safety_plan_id"),
    "student_move": _of("case", "case_id", "participant_id", lets_go=("follow_up_id", "continued_as_id")),
    "follow_up": _of("case", "incident_id", "case_id", "pathway_id", "incident_person_id", "participant_id"),
    "follow_up_act": _of("case", "follow_up_id"),
    "legal_hold": _of("case", "student_id", "case_id", "pathway_id"),
    # pathways
    "pathway": _of("case", "case_id", lets_go=("participant_id",)),
    "circle_consent": _of("case", *_PARTY),
    "circle_preparation": _of("case", *_PARTY),
    "circle_screen": _of("case", *_CIRCLE),
    "circle_supporter": _of("case", *_PARTY),
    "circle_keeper": _of("case", *_CIRCLE),
    "circle_outside_keeper": _of("case", *_CIRCLE, "student_id"),
    "circle_hold_lift": _of("case", *_CIRCLE),
    "circle_meeting": _of("case", *_CIRCLE),
    "meeting_invitation": _of("case", *_CIRCLE, "meeting_id"),
    "circle_plan": _of("case", *_CIRCLE),
    "circle_attendance": _of("case", "meeting_id", "participant_id", "supporter_id", "outside_keeper_id"),
    "circle_note": _of("case", "pathway_id"),
    "circle_note_opening": _of("case", "pathway_id", "keeper_id", "waiver_id"),
    "circle_note_grant": _of("case", "pathway_id", "keeper_id", "waiver_id", "opening_id"),
    "circle_note_share": _of("case", "note_id", "keeper_id", lets_go=("grant_id",)),
    "circle_note_shredding": _of("case", "pathway_id"),
    "privilege_waiver": _of("case", "pathway_id", "participant_id"),
    "privilege_exception": _of("case", "pathway_id"),
    "agreement": _of("case", *_CIRCLE),
    "agreement_term": _of("case", "agreement_id", lets_go=("owner_participant_id", "follow_up_id", "replaces_id")),
    "agreement_term_consent": _of("case", "term_id", "participant_id"),
    "agreement_signature": _of("case", "agreement_id", "participant_id", "supporter_id"),
    "questionnaire": _of("questionnaire", *_PARTY, "meeting_id", "supporter_id"),
    "questionnaire_answer": _of("questionnaire", "questionnaire_id"),
    "mentoring_plan": _of("case", *_CIRCLE),
    "mentoring_session": _of("case", *_CIRCLE),
    "mentoring_review": _of("case", *_CIRCLE),
    "period_teacher": _of("case", *_CIRCLE),
    "support_start": _of("case", "case_id", lets_go=("guardian_id",)),
    "daily_card": _of("case", *_CIRCLE),
    "daily_card_day": _of("case", "card_id"),
    "reengagement_plan": _of("case", *_CIRCLE, "student_id"),
    "reengagement_review": _of("case", *_CIRCLE),
    "referral": _of("case", *_CIRCLE, "student_id"),
    "referral_consent": _of("case", "referral_id", "case_id", lets_go=("replaces_id",)),
    "referral_service_date": _of("case", "referral_id"),
    "attachment": _of(
        "incident",
        "incident_id",
        "circle_consent_id",
        "referral_consent_id",
        "agreement_id",
        "discipline_action_id",
        "family_release_id",
    ),
    # safeguards
    "legal_duty": _of("duty", "incident_id"),
    "legal_duty_step": _of("duty", "duty_id"),
    "police_review": _of("police", "incident_id", "duty_id"),
    "police_notification": _of("police", "incident_id", "review_id"),
    "notified_student": _of("police", "notification_id", "student_id"),
    "questioning": _of("police", "incident_id", "student_id", "duty_id"),
    "questioning_notice": _of("police", "questioning_id"),
    "discipline_action": _of("discipline", "student_id", "incident_id"),
    "minor_consequence": _of("incident", "incident_id", "incident_person_id"),
    "discipline_appeal": _of("discipline", "action_id"),
    "discipline_version": _of("discipline", "action_id"),
    "edfi_record": _of("incident", "incident_id", "action_id"),
    "edfi_pushed": _of("incident", "incident_id", "action_id"),
    "restraint_record": _of("restraint", "student_id", "incident_id"),
    # what was told of any of these
    "disclosure": _of("disclosure", "student_id", told_of=("object_type", "object_id")),
    "record_review": _of("disclosure", "student_id"),
    "family_release": _of("disclosure", "student_id", lets_go=("guardian_id", "follow_up_id")),
    "family_release_copy": _of("disclosure", "release_id", "student_id"),
    "past_opening": _of("disclosure", "student_id"),
    "timeline_entry": _of("case", told_of=("subject_type", "subject_id")),
    "calendar_move": _of("case", told_of=("subject_type", "subject_id")),
    # what cleans itself by age
    "outbox_message": _running("mail", told_of=("object_type", "object_id")),
    "webhook_delivery": _running("mail", told_of=("object_type", "object_id")),
    "push_delivery": _running("mail"),
    "push_device": _running("session"),
    "kept_form": _running("draft"),
    "request_key": _running("request_key"),
    "sign_in_attempt": _running("sign_in"),
    "questionnaire_guess": _running("sign_in"),
    "user_session": _running("session"),
    "saml_answer": _running("session"),
    "invitation": _running("link"),
    "import_run": _running("import"),
    "roster_upload": _running("import"),
    "roster_upload_part": _running("import"),
    "training_file": _running("import"),
    "export_record": _running("export"),
    "board_report": _running("board_report"),
    "plan_pdf": _running("board_report"),
    # people who work here
    **_each(
        STAFF,
        "user_account role_grant second_factor recovery_code sealing_key sign_on person_confirmation held_change "
        "calendar_feed cover mail_choice saved_view board_subscription mail_trouble staff_member staff_post "
        "training_record mentor mentoring_group plan_member",
    ),
    # settings, code lists, directories, and what the machinery remembers of itself
    **_each(
        SETTING,
        "setting api_token logo_picture network account_rule account_wave role_file school bell_time calendar_day "
        "calendar_draft behavior_code location_code detail_questions legal_duty_kind "
        "legal_duty_kind_step routing_rule_set follow_up_template family_text partner circle_setting police_approver "
        "rule_set_withdrawal circle_request_link school_period "
        "training_topic training_requirement training_session "
        "threat_team safe_passage_route "
        "school_sergeant retention_rule sight_setting equity_minimum counter heartbeat delivery_pause standby_lapse "
        "standby_watch "
        "plan_template plan_question "
        "survey_question survey_wall survey_mail_stop "
        "digest_day figure_state counting_round backup_run webhook webhook_secret",
    ),
    # who did what: numbers, never names; certificates of deletion
    **_each(AUDIT, "audit_entry audit_seal record_deletion record_deletion_item"),
    # counts, and plans of a school, without a child
    "practice_entry": Kept(Whose.AGGREGATE, lets_go=("plan_id",)),
    **_each(
        AGGREGATE,
        "published_school published_year removed_figure rule_replay daily_figure district_figure kept_count "
        "filtered_count account_tally circle_request board_comment school_plan plan_answer plan_goal plan_strategy "
        "plan_step plan_baseline survey_value plan_review plan_review_goal "
        "survey_round survey_tally survey_sent_form survey_result "
        "funding funding_change plan_resource resource_entry money_file "
        "meeting meeting_heard plan_vote plan_publication",
    ),
}
