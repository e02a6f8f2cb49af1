"""Every table of the database, whose it is, and what takes its rows away. A table that is not here fails the tests.

A table about a student names its `owners`: columns whose row, when it goes, takes this one with it. `lets_go` are
columns that are emptied instead. `told_of` are a type and a number that name a row of any table.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Table, literal, or_, select
from sqlalchemy.orm import Session

from wss_cases.foundation.db import Base


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


Rows = dict[str, set[int]]
ABOUT_STUDENTS = [name for name, entry in TABLES.items() if entry.whose is Whose.STUDENT]
PERMANENT = "identity"
HELPED = "circle_outside_keeper"
"""Students who helped to keep a circle: the case is about others, and goes or stays with them."""


def table(name: str) -> Table:
    return Base.metadata.tables[name]


def students_in(rows: Rows) -> Any:
    part, present = table("case_participant"), table("incident_person")
    in_cases = select(part.c.student_id).where(part.c.case_id.in_(rows.get("case_record", set())))
    return in_cases.union(select(present.c.student_id).where(present.c.incident_id.in_(rows.get("incident", set()))))


def goes_to(column: Column[Any]) -> str | None:
    """Return the table whose row this column names; None for a column that names none."""
    for key in column.foreign_keys:
        if key.column.name == "id":
            return key.column.table.name
    return None


@dataclass
class Reach:
    """`gone`: ids of rows that go, by table. `stays`: rows of shared records that stay. `circles`: shared ones."""

    gone: Rows = field(default_factory=dict)
    stays: Rows = field(default_factory=dict)
    circles: set[int] = field(default_factory=set)


class Reader:
    """Reads, inside the transaction that deletes, what hangs on one student."""

    def __init__(self, session: Session, student_id: int) -> None:
        self.session = session
        self.student_id = student_id

    def ids(self, statement: Any) -> set[int]:
        return {row[0] for row in self.session.execute(statement) if row[0] is not None}

    def reach(self, permanent: bool) -> Reach:
        """Return everything that the deletion of this student's record reaches."""
        incidents, shared_incidents = self._split("incident_id")
        cases, shared_cases = self._split("case_id")
        cases |= self._cases_without_students(incidents)
        reached = Reach()
        seeds: Rows = {"student": {self.student_id}, "incident": incidents, "case_record": cases}
        self._shared_parts(seeds, shared_incidents, shared_cases, reached)
        reached.gone = self.below(seeds, permanent=permanent)
        shared: Rows = {"incident": shared_incidents, "case_record": (shared_cases | self._helped()) - cases}
        below = self.below(shared, permanent=False)
        reached.stays = {name: rows - reached.gone.get(name, set()) for name, rows in below.items()}
        reached.stays["family_release"] = self._requests_beside(reached.stays)
        self.told(reached)
        if permanent:
            self._family(reached)
        else:
            # who the student is stays: the record of the school, not of what happened
            reached.gone.pop("student")
        reached.gone = {name: rows for name, rows in reached.gone.items() if rows}
        reached.stays = {name: rows for name, rows in reached.stays.items() if rows}
        return reached

    def _helped(self) -> set[int]:
        """Cases in whose circles the student helped: their texts may name the student."""
        helped = table(HELPED)
        return self.ids(select(helped.c.case_id).where(helped.c.student_id == self.student_id))

    def _requests_beside(self, stays: Rows) -> set[int]:
        """Other families' requests for a copy: they list by hand which names do not go out with it."""
        release = table("family_release")
        theirs = release.c.student_id.in_(students_in(stays)) & (release.c.student_id != self.student_id)
        return self.ids(select(release.c.id).where(theirs))

    def _split(self, column: str) -> tuple[set[int], set[int]]:
        """Return the incidents or cases of this student alone, and those that are another student's too."""
        tied = [
            table(name)
            for name in ABOUT_STUDENTS
            if "student_id" in table(name).c and column in table(name).c and name not in ("legal_hold", HELPED)
        ]
        mine: set[int] = set()
        for one in tied:
            mine |= self.ids(select(one.c[column]).where(one.c.student_id == self.student_id))
        if column == "incident_id":
            mine |= self.ids(self._notified().where(table("notified_student").c.student_id == self.student_id))
        shared: set[int] = set()
        for one in tied:
            others = one.c.student_id.is_not(None) & (one.c.student_id != self.student_id)
            shared |= self.ids(select(one.c[column]).where(one.c[column].in_(mine), others))
        if column == "incident_id":
            someone = table("notified_student").c.student_id != self.student_id
            shared |= self.ids(self._notified().where(table("police_notification").c.incident_id.in_(mine), someone))
        return mine - shared, shared

    def _notified(self) -> Any:
        made, whom = table("police_notification"), table("notified_student")
        return select(made.c.incident_id).join(whom, whom.c.notification_id == made.c.id)

    def _cases_without_students(self, incidents: set[int]) -> set[int]:
        """Cases that only these incidents lead to, in which no student is a participant."""
        link, person = table("case_incident"), table("case_participant")
        case_ids = self.ids(select(link.c.case_id).where(link.c.incident_id.in_(incidents)))
        others = select(link.c.case_id).where(link.c.case_id.in_(case_ids), link.c.incident_id.not_in(incidents))
        known = select(person.c.case_id).where(person.c.case_id.in_(case_ids), person.c.student_id.is_not(None))
        return case_ids - self.ids(others) - self.ids(known)

    def _shared_parts(self, seeds: Rows, incidents: set[int], cases: set[int], reached: Reach) -> None:
        """What in shared records is this student's alone: their pathways, and notifications about nobody else."""
        person, pathway = table("case_participant"), table("pathway")
        mine = self.ids(
            select(person.c.id).where(
                person.c.student_id == self.student_id, person.c.case_id.in_(cases | seeds["case_record"])
            )
        )
        own = self.ids(select(pathway.c.id).where(pathway.c.participant_id.in_(mine), pathway.c.case_id.in_(cases)))
        joint: set[int] = set()
        for name in ABOUT_STUDENTS:
            one = table(name)
            if {"pathway_id", "participant_id"} <= set(one.c.keys()):
                joint |= self.ids(
                    select(one.c.pathway_id).where(one.c.pathway_id.in_(own), one.c.participant_id.not_in(mine))
                )
                at_my_side = select(one.c.pathway_id).where(one.c.participant_id.in_(mine))
                reached.circles |= self.ids(at_my_side)
        seeds["pathway"] = own - joint
        reached.circles |= joint
        reached.circles -= self.ids(
            select(pathway.c.id).where(pathway.c.id.in_(reached.circles), pathway.c.case_id.in_(seeds["case_record"]))
        ) | (own - joint)
        seeds["circle_note"] = self.ids(
            select(table("circle_note").c.id).where(table("circle_note").c.pathway_id.in_(reached.circles))
        )
        seeds["police_review"] = self.ids(self._told_police_of_nobody_else(incidents))

    def _told_police_of_nobody_else(self, incidents: set[int]) -> Any:
        made, whom = table("police_notification"), table("notified_student")
        named = select(whom.c.id).where(whom.c.notification_id == made.c.id)
        return select(made.c.review_id).where(
            made.c.incident_id.in_(incidents),
            named.where(whom.c.student_id == self.student_id).exists(),
            ~named.where(whom.c.student_id != self.student_id).exists(),
        )

    def below(self, seeds: Rows, permanent: bool) -> Rows:
        """Return the seeds and all rows that they own, by the declared owners; tables come parents first."""
        below: Rows = {name: set(rows) for name, rows in seeds.items()}
        for one in Base.metadata.sorted_tables:
            entry = TABLES[one.name]
            if entry.whose is not Whose.STUDENT or (entry.kind == PERMANENT and not permanent):
                continue
            owned = [
                one.c[name].in_(below[owner])
                for name in entry.owners
                if (owner := goes_to(one.c[name])) is not None and below.get(owner)
            ]
            if owned:
                below[one.name] = below.get(one.name, set()) | self.ids(select(one.c.id).where(or_(*owned)))
        return below

    def told(self, reached: Reach) -> None:
        """Add what is told of rows that go or stay: histories, moves by the calendar, mails, disclosures."""
        for name, entry in TABLES.items():
            if entry.told_of is None:
                continue
            one = table(name)
            kind, number = (one.c[column] for column in entry.told_of)
            for rows in (reached.gone, reached.stays):
                mentions: set[int] = set()
                for subject, numbers in list(rows.items()):
                    mentions |= self.ids(select(one.c.id).where(kind == subject, number.in_(numbers)))
                if "case_id" in one.c:
                    mentions |= self.ids(select(one.c.id).where(one.c.case_id.in_(rows.get("case_record", set()))))
                rows[name] = rows.get(name, set()) | mentions
            reached.stays[name] -= reached.gone[name]

    def _family(self, reached: Reach) -> None:
        """Add guardians of nobody else, what hangs on them, and what imports remember of them and the student."""
        tie, adult, person = table("student_guardian"), table("guardian"), table("student")
        mine = self.ids(select(tie.c.guardian_id).where(tie.c.student_id == self.student_id))
        others = self.ids(
            select(tie.c.guardian_id).where(tie.c.guardian_id.in_(mine), tie.c.student_id != self.student_id)
        )
        for name, rows in self.below({"guardian": mine - others}, permanent=True).items():
            reached.gone[name] = reached.gone.get(name, set()) | rows
        known = [
            *self.session.execute(select(person.c.source, person.c.sourced_id).where(person.c.id == self.student_id)),
            *self.session.execute(select(adult.c.source, adult.c.sourced_id).where(adult.c.id.in_(mine - others))),
        ]
        reached.gone["imported_row"] = self._remembered((row[0], row[1]) for row in known)

    def _remembered(self, known: Iterable[tuple[str, str]]) -> set[int]:
        row = table("imported_row")
        guardian_ids: set[int] = set()
        for source, key in known:
            wrapped = (literal("|") + row.c.sourced_id + literal("|")).contains(f"|{key}|", autoescape=True)
            guardian_ids |= self.ids(select(row.c.id).where(row.c.source == source, wrapped))
        return guardian_ids
