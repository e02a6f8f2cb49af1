"""Kinds of follow-ups, the outcomes that close each, where they are recorded, and reasons to move or pause."""

from typing import Any

from wss_cases.foundation.i18n import _l

LIAISON = "liaison"
"""The kind about a need for housing support, which deans do not see."""

NEW_TEXT = "new_text"
"""The kind about text that was added to a decided report and contains a sign."""

PLAN_STEP = "plan_step"
"""The kind of a step of a school's plan. It concerns no student, and stays part of the plan's record."""

KINDS: dict[str, Any] = {
    "guardian_contact": _l("Contact with a guardian"),
    "guardian_contact_harmed": _l("Contact with the family of the student who was harmed"),
    "contact_person_harmed": _l("First contact with the person harmed"),
    "pre_meetings": _l("Pre-meetings for a circle"),
    "safe_passage_contact": _l("Contact with Safe Passage"),
    "check_in_person_harmed": _l("Check-in with the person harmed"),
    "safety_plan": _l("Safety plan"),
    "plan_case_manager": _l("Contact with the plan's case manager"),
    "plan_case_manager_harmed": _l("Contact with the case manager of the student who was harmed"),
    "threat_team": _l("Meeting of the threat assessment team"),
    "counselor_harmed": _l("Counselor for the student who was harmed"),
    "liaison": _l("Contact with the students-in-temporary-living liaison"),
    "agreement_term": _l("Term of an agreement"),
    "agreement_check_in": _l("Check-in on an agreement"),
    "conversation": _l("Hold restorative conversation"),
    "circle": _l("Hold circle"),
    "care_screen": _l("Screening by a clinician"),
    "repair_step": _l("Repair step"),
    "case_review": _l("Review of a case"),
    "safety_plan_review": _l("Review of a safety plan"),
    "plan_meeting": _l("New day for a meeting"),
    "after_walk_out": _l("Check-in after a meeting that ended early"),
    "after_no_show": _l("Contact after someone did not come"),
    "completion_meeting": _l("Agreement completion meeting"),
    "questionnaire": _l("Questionnaire to give out"),
    "mentoring_missed": _l("Contact after a missed mentoring session"),
    "mentoring_review": _l("Review of mentoring"),
    "referral_answer": _l("Answer of a partner"),
    "referral_first_service": _l("First service of a partner"),
    "referral_consent_ends": _l("Consent to a referral expires"),
    "reentry_plan": _l("Plan for a return"),
    "reentry_meeting": _l("Re-entry meeting"),
    "reengagement_review": _l("Review after a return"),
    "work_missed": _l("Work missed while away"),
    "interpreter": _l("Interpreter for a family"),
    "student_moved": _l("A student of a case changed school"),
    "manifestation_review": _l("Manifestation review"),
    "disability_day_ten": _l("Tenth day away of a student with a disability"),
    "removal_decision": _l("Decide about a removal"),
    "student_hearing": _l("Hear a student who was removed"),
    "restraint_review": _l("Review of a restraint or time-out"),
    "correction": _l("Correction to those who were told about a student named in error"),
    "family_copy": _l("Copy of a record for a family"),
    NEW_TEXT: _l("Read what came in"),
    PLAN_STEP: _l("Step of the school’s plan"),
    "other": _l("Follow-up"),
}
"""The kind of a follow-up in words that name no one."""

CHECK_INS = frozenset({"check_in_person_harmed", "agreement_check_in", "after_walk_out", "reengagement_review"})
"""Kinds that return to a student later, and must be done before the student leaves for the summer."""

FAMILY = frozenset(
    {"guardian_contact", "guardian_contact_harmed", "interpreter", "referral_consent_ends", "family_copy"}
)
"""Kinds that call a family. Their pages show whom to call, at which number, in which language."""

GUARDIAN_CALLS = ("guardian_contact", "guardian_contact_harmed")

OTHERS_WAIT = frozenset(
    {"guardian_contact", "guardian_contact_harmed", "contact_person_harmed", "check_in_person_harmed", "after_walk_out"}
)
"""Kinds for which a person or family waits. Closing a case does not cancel them."""

# no label says who declined: a follow-up names the person it is about, and their refusal to meet must not be read from
# it
OUTCOME_LABELS: dict[str, Any] = {
    "kept": _l("Done"),
    "late": _l("Done late"),
    "not_kept": _l("Not done"),
    "changed_by_consent": _l("Changed by consent"),
    "excused": _l("Excused"),
    "reached": _l("Reached and told"),
    "not_reached": _l("Not reached, after several attempts"),
    "not_to_contact": _l("Contact not to be made (as advised)"),
    "contact_declined": _l("Did not want to be contacted"),
    "all_held": _l("All held"),
    "some_held": _l("Held with some"),
    "declined": _l("Offered, not scheduled"),
    "told": _l("Told"),
    "well": _l("Doing well, nothing new happened"),
    "needs_more": _l("Needs more support"),
    "happened_again": _l("Something happened again"),
    "agreed": _l("Agreed and shared with the adults concerned"),
    "works": _l("It is working as is"),
    "changed": _l("It needs a change"),
    "settled": _l("Settled"),
    "support_goes_on": _l("Going well with support"),
    "not_back": _l("Not back in class"),
    "not_held": _l("Not held"),
    "caught_up": _l("Caught up"),
    "goal_reached": _l("Goal reached"),
    "goal_partly_reached": _l("Goal partly reached"),
    "goal_not_reached": _l("Goal not reached"),
    "not_wanted": _l("Offered, not wanted"),
    "keeping": _l("The agreement is being kept"),
    "partly": _l("Partly"),
    "not_keeping": _l("The agreement is not being kept"),
    "held": _l("Held"),
    "planned": _l("Scheduled for a date"),
    "not_suitable": _l("Not suitable now"),
    "screened_support": _l("Screened, support begun"),
    "screened_nothing": _l("Screened, nothing further needed"),
    "continued": _l("The case continues at the new school"),
    "stays": _l("Nothing needs to be transferred"),
    "done": _l("Done"),
    "reviewed": _l("Read, and the next review has a date"),
    "still_wishes": _l("Still wants to meet"),
    "understood": _l("The family understood"),
    "not_done": _l("Not done"),
    "not_possible": _l("Could not be done"),
    "partner_accepted": _l("The partner accepted"),
    "partner_declined": _l("The partner cannot accept it"),
    "partner_waitlisted": _l("On the partner’s waiting list"),
    "first_seen": _l("Seen for the first time"),
    "tied": _l("Related to the disability: the student comes back, and the plan is reviewed"),
    "not_tied": _l("Not related to the disability"),
    "no_removal": _l("Decided: no removal"),
    "renewed": _l("Renewed by the family"),
    "not_renewed": _l("Not renewed"),
}

HAPPENED_AGAIN = "happened_again"
"""An outcome that never simply closes: its own page opens a report."""

_CHECK_IN = ("well", "needs_more", HAPPENED_AGAIN, "not_reached")
OUTCOMES: dict[str, tuple[str, ...]] = {
    "correction": ("told", "not_reached"),
    "guardian_contact": ("reached", "not_reached", "not_to_contact"),
    "guardian_contact_harmed": ("reached", "not_reached", "not_to_contact"),
    "contact_person_harmed": ("reached", "contact_declined", "not_reached"),
    "pre_meetings": ("all_held", "some_held", "declined", "not_possible"),
    "safe_passage_contact": ("told", "not_reached"),
    "check_in_person_harmed": _CHECK_IN,
    "safety_plan": ("not_wanted", "not_possible"),
    "plan_case_manager": ("told", "not_reached"),
    "plan_case_manager_harmed": ("told", "not_reached"),
    "liaison": ("told", "not_reached"),
    "agreement_check_in": ("keeping", "partly", "not_keeping", "not_reached"),
    "circle": ("held", "planned", "declined", "not_suitable"),
    "care_screen": ("screened_support", "screened_nothing", "not_possible"),
    "repair_step": ("done", "partly", "not_done"),
    "mentoring_missed": ("reached", "planned", "needs_more", "not_reached"),
    "mentoring_review": ("goal_reached", "goal_partly_reached", "goal_not_reached"),
    "work_missed": ("caught_up", "partly", "not_done"),
    "referral_answer": ("partner_accepted", "partner_declined", "partner_waitlisted"),
    "referral_first_service": ("first_seen",),
    "referral_consent_ends": ("renewed", "not_renewed"),
    "student_moved": ("continued", "stays"),
    "agreement_term": ("kept", "late", "not_kept", "changed_by_consent", "excused"),
    "conversation": ("held", "declined", "not_possible"),
    "threat_team": ("held", "not_possible"),
    "counselor_harmed": ("screened_support", "screened_nothing", "not_possible"),
    "case_review": ("reviewed", "needs_more"),
    "safety_plan_review": ("works", "changed"),
    "plan_meeting": ("planned", "declined", "not_suitable"),
    "after_walk_out": ("well", "needs_more", "not_reached"),
    "after_no_show": ("still_wishes", "declined", "not_reached"),
    "completion_meeting": ("held", "declined", "not_held"),
    "questionnaire": ("done",),
    "reentry_plan": ("planned",),
    "reentry_meeting": ("held", "not_held"),
    "reengagement_review": ("settled", "support_goes_on", "not_back"),
    "interpreter": ("understood", "needs_more", "not_possible"),
    "manifestation_review": ("tied", "not_tied", "not_possible"),
    "disability_day_ten": ("done", "not_possible"),
    "removal_decision": ("no_removal",),
    "student_hearing": ("done",),
    "restraint_review": ("done", "not_possible"),
    "family_copy": ("done", "not_possible"),
    NEW_TEXT: ("done",),
    PLAN_STEP: ("done", "partly", "not_done"),
    "other": ("done", "partly", "not_possible"),
}
"""The outcomes of every kind. Kinds that are recorded elsewhere close with what was recorded there."""

NEEDS_NOTE = frozenset(
    {
        "stays",
        "not_reached",
        "not_to_contact",
        "some_held",
        "needs_more",
        "happened_again",
        "partly",
        "not_keeping",
        "not_done",
        "not_possible",
        "not_suitable",
        "no_removal",
    }
)
"""Outcomes that need a sentence."""

CLOSED_BY_HAND = "followup.closed_by_hand"
"""The event for higher packages when someone closed a follow-up by hand."""

CONVERSATION = "conversation"
"""The kind of a restorative conversation of a report without a case."""

RECORDED_ELSEWHERE: dict[str, Any] = {
    "agreement_term": _l("Update the term on the agreement's page; this follow-up then closes automatically."),
    "conversation": _l("Record the conversation on the report; this follow-up then closes automatically."),
    "mentoring_review": _l("Record the review on the pathway's page; this follow-up then closes automatically."),
    "referral_answer": _l("Record the partner's answer on the referral; this follow-up then closes automatically."),
    "referral_first_service": _l("Log the first service on the referral; this follow-up then closes automatically."),
    "safety_plan_review": _l("Record the review on the safety plan; this follow-up then closes automatically."),
    "reentry_plan": _l("Plan the return with the student; this follow-up then closes automatically."),
    "reentry_meeting": _l("Record whether the meeting took place; this follow-up then closes automatically."),
    "reengagement_review": _l("Record the review of the return; this follow-up then closes automatically."),
    "completion_meeting": _l(
        "Record on the circle's page whether the meeting took place; this then closes automatically."
    ),
    "questionnaire": _l("Make the links on the circle's page; this follow-up then closes automatically."),
    "student_hearing": _l(
        "Record what the student said on the removal's page; this follow-up then closes automatically."
    ),
    PLAN_STEP: _l("Record on the plan’s page what was done; this follow-up then closes automatically."),
}
"""Kinds that close when the event itself is recorded, and where that is done."""

RECORD_PAGES: dict[str, str] = {
    "agreement_term": "circles.term_of",
    "completion_meeting": "circle_follow_ups.agreement",
    "questionnaire": "circle_follow_ups.questionnaires",
    "safety_plan": "safety.of_follow_up",
    "safety_plan_review": "safety.of_follow_up",
    "mentoring_review": "mentoring_sessions.review_of",
    "referral_answer": "referral_service.of_follow_up",
    "referral_first_service": "referral_service.of_follow_up",
    "referral_consent_ends": "referral_service.of_follow_up",
    "reentry_plan": "reengagement.of_follow_up",
    "reentry_meeting": "reengagement.of_follow_up",
    "reengagement_review": "reengagement.of_follow_up",
    PLAN_STEP: "plan_steps.done",
}
"""Kinds that are recorded on another page: its endpoint, which takes `follow_up_id`."""

MOVE_REASONS: dict[str, Any] = {
    "not_there": _l("The person was not at school"),
    "asked": _l("They asked for another day"),
    "waiting": _l("Waiting for someone else"),
    "no_time": _l("There was no time"),
    "no_school": _l("There was no school"),
    "other": _l("Another reason"),
}

SNOOZE_REASONS: dict[str, Any] = {
    "waiting": _l("Waiting for someone else"),
    "not_there": _l("The person is not at school"),
    "planned": _l("It is already scheduled"),
    "other": _l("Another reason"),
}
"""Reasons to pause the reminders of a follow-up."""

PLAN_REFERENCE = _l("School plan")
"""Shown in place of a case or report number."""
