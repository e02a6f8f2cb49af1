"""Rules of evidence: what must be recorded before a follow-up is done. An outcome alone is not enough. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.followups.core.presenters import needs_note
from wss_cases.followups.core.states import KINDS, NEW_TEXT, PLAN_STEP, RECORDED_ELSEWHERE
from wss_cases.foundation.forms import EARLIEST
from wss_cases.foundation.i18n import _, _l, dotted, either
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.incidents.incident.states import MANNER_LABELS

CALLED = _l(
    "A guardian was reached and told; a voicemail is not contact. Orientation, gender identity, a relationship, or "
    "the basis of a bias is told only if the student agrees."
)

CLOSES_WITH: dict[str, Any] = {
    "guardian_contact": CALLED,
    "guardian_contact_harmed": CALLED,
    "contact_person_harmed": _l("The person harmed was spoken to, and support was offered."),
    "pre_meetings": _l("A separate pre-meeting was held with each party."),
    "safe_passage_contact": _l("The Safe Passage contact was told which route and what time."),
    "check_in_person_harmed": _l("The person harmed was asked how things are, and whether anything happened since."),
    "safety_plan": _l("The plan is agreed, and the adults concerned were told."),
    "correction": _l("Everyone who was told knows that it was not this student."),
    "plan_case_manager": _l("The case manager of the plan was told."),
    "plan_case_manager_harmed": _l("The case manager of the plan was told."),
    "threat_team": _l("The team met: who was there, what it found, and what it decided."),
    "counselor_harmed": _l("A counselor saw the student. No one asks the student what happened."),
    "liaison": _l("The liaison was told."),
    "agreement_term": _l(
        "The term is updated as done, late, or not done by someone other than the person responsible."
    ),
    "agreement_check_in": _l("Both sides were asked how the agreement is going."),
    "conversation": _l("The conversation took place, and how it went is recorded on the report."),
    "circle": _l("The circle took place or has a date, or the reason it will not take place is recorded."),
    "care_screen": _l("A clinician spoke with the student and said what comes next."),
    "repair_step": _l("Someone saw that the repair was done, or the reason it was not is recorded."),
    "case_review": _l("The case was reviewed, and the date of its next review is set."),
    "manifestation_review": _l("The meeting decided whether the behavior is related to the disability."),
    "disability_day_ten": _l("The person told knows about the ten days, and what happens next is agreed."),
    "removal_decision": _l("An administrator of the school recorded a removal, or decided that there is none."),
    "student_hearing": _l("The student was heard, and what they said is recorded on the removal's page."),
    "restraint_review": _l("The cause was reviewed, and what would prevent the next one."),
    "family_copy": _l("The copy was released, or the request ended with a reason."),
    "safety_plan_review": _l("The person it is for was asked whether the plan works."),
    "plan_meeting": _l("A new date is set, or the circle ends with a reason."),
    "after_walk_out": _l("Each party was asked how they are and what they need."),
    "after_no_show": _l("They were asked, and it is known whether they still want to meet."),
    "completion_meeting": _l("The meeting took place, or the reason there was none is recorded."),
    "questionnaire": _l("Each person who came has a link, or declined one."),
    "mentoring_missed": _l("The student was asked, and the next session has a date."),
    "mentoring_review": _l("The goal was reviewed with the student, and whether mentoring continues."),
    "referral_answer": _l("The partner said yes, no, or not yet."),
    "referral_first_service": _l("The partner saw the student for the first time."),
    "referral_consent_ends": _l("The family was asked whether the consent continues."),
    "reentry_plan": _l("The return is planned with the student."),
    "reentry_meeting": _l("The meeting took place, or the reason it did not is recorded."),
    "reengagement_review": _l("The student was asked how the return is going."),
    "work_missed": _l("The teachers confirm what was made up."),
    "interpreter": _l("An interpreter spoke with the family, and the family understood."),
    "student_moved": _l("The case continues at the new school, stays here, or closes."),
    NEW_TEXT: _l("The text was read, and its questions are answered or the report is reopened."),
    PLAN_STEP: _l("What was done, on which day, and what shows it."),
    "other": _l("An outcome, and a sentence that describes what was done."),
}
"""What closes each kind, in its own words. A template may replace them."""

NAMES_WHOM = frozenset(
    {
        "guardian_contact",
        "guardian_contact_harmed",
        "safe_passage_contact",
        "plan_case_manager",
        "plan_case_manager_harmed",
        "liaison",
        "interpreter",
    }
)
"""Kinds closed by contact in which it is not known beforehand who will be reached."""

QUESTIONS: dict[str, Any] = {
    "pre_meetings": _l("Who met, and when? Never what was said."),
    "safety_plan": _l("Who was asked, and what did they answer?"),
    "threat_team": _l("Who met, and what was decided?"),
    "counselor_harmed": _l("Which counselor saw the student, and when? Never what was said."),
    "circle": _l("When was it held, or when will it be, or why not? Never what was said."),
    "repair_step": _l("Who saw it, and what shows it?"),
    "case_review": _l("What was looked at, and what comes next?"),
    "plan_meeting": _l("Which date was set, or why none?"),
    "work_missed": _l("Which teacher confirmed it, and what is left?"),
    "student_moved": _l("Who decided it, and who was consulted?"),
    "manifestation_review": _l("Who met, and what is the answer based on?"),
    "disability_day_ten": _l("Who was told, and what was agreed for the days to come?"),
    "removal_decision": _l("Why is there no removal, and what happens instead?"),
    "restraint_review": _l("Who reviewed it, and what changes?"),
    "family_copy": _l("Who received it, or why does no one?"),
    NEW_TEXT: _l("What does the text change?"),
    "other": _l("What was done, and what shows it?"),
}
"""The question that the sentence answers, for kinds that do not close by contact."""

BY_CONTACT = frozenset(KINDS) - RECORDED_ELSEWHERE.keys() - QUESTIONS.keys()
"""Kinds that close by speaking with someone: the page asks how, when and after how many attempts."""

WITHOUT_CONTACT = frozenset({"not_reached", "not_to_contact"})
"""Outcomes without contact."""

LEAST_ATTEMPTS = 2
"""The least attempts before someone counts as not reached."""

RECORD_ACTS: dict[str, Any] = {
    "guardian_contact": _l("Log call to guardian"),
    "guardian_contact_harmed": _l("Log call to guardian"),
    "contact_person_harmed": _l("Log first contact"),
    "check_in_person_harmed": _l("Log check-in"),
    "agreement_check_in": _l("Log check-in"),
    "after_walk_out": _l("Log check-in"),
}
"""The button's words for kinds where "Record it" would say less."""


MOST_ATTEMPTS = 50


@dataclass(frozen=True)
class Evidence:
    """The evidence: a sentence; for a contact how, when, with whom, in which language, after how many attempts."""

    note: str = ""
    manner: str = ""
    on_day: date | None = None
    who: str = ""
    language: str = ""
    interpreter: bool = False
    attempts: int | None = None

    def stored(self) -> dict[str, Any]:
        values = {
            "manner": self.manner,
            "on": self.on_day.isoformat() if self.on_day else "",
            "who": self.who.strip(),
            "language": self.language.strip(),
            "interpreter": self.interpreter,
            "attempts": self.attempts,
        }
        return {name: value for name, value in values.items() if value}


def missing(
    kind: str, outcome: str, shown: Evidence, today: date, earliest: date = EARLIEST, *, of_circle: bool = False
) -> tuple[str, str] | None:
    """(field, message) of what is missing before this outcome may close this kind; None when nothing is.

    The day must lie between `earliest`, the day of the event behind it, and today. For a part of a circle the day is
    enough, because what was said belongs in the circle's sealed notes.
    """
    is_blank = not of_circle and not shown.note.strip()
    if shown.on_day is not None and not earliest <= shown.on_day <= today:
        words = _("Choose a day between %(first)s and today.", first=day_words_with_year(earliest))
        return "on_day", words
    if of_circle and shown.on_day is None:
        return "on_day", _("Enter the day.")
    if kind not in BY_CONTACT:
        return ("note", _("Describe in a sentence what shows it.")) if is_blank else None
    if lacks := _of_contact(kind, outcome, shown):
        return lacks
    return (
        ("note", _("Describe in a sentence what happened or what still needs to happen."))
        if is_blank and needs_note(outcome)
        else None
    )


def _of_contact(kind: str, outcome: str, shown: Evidence) -> tuple[str, str] | None:
    if outcome == "not_to_contact":
        return None
    if shown.attempts is not None and not 1 <= shown.attempts <= MOST_ATTEMPTS:
        return "attempts", _("Enter a number of attempts from 1 to %(most)d.", most=MOST_ATTEMPTS)
    if shown.manner not in MANNER_LABELS:
        return "manner", _("Choose how.")
    if shown.on_day is None:
        return "on_day", _("Enter the day.")
    if outcome in WITHOUT_CONTACT and (shown.attempts or 0) < LEAST_ATTEMPTS:
        return "attempts", _("Try at least twice before you record that no one could be reached.")
    if kind in NAMES_WHOM and outcome not in WITHOUT_CONTACT and not shown.who.strip():
        return "who", _("Enter who you reached.")
    return None


def closes_with(kind: str, template: FollowUpTemplate | None) -> str:
    """What closes a follow-up: the words of its template, or else of its kind."""
    words = either(template.closes_with_en, template.closes_with_es) if template is not None else ""
    return words or str(CLOSES_WITH.get(kind, CLOSES_WITH["other"]))


def record_words(kind: str) -> str:
    """The button's words for recording a follow-up, such as "Log check-in"."""
    return str(RECORD_ACTS[kind]) if kind in RECORD_ACTS else _("Record it")


def evidence_rows(stored: Mapping[str, Any]) -> list[dict[str, Any]]:
    language = stored.get("language", "")
    if stored.get("interpreter"):
        language = dotted(language, _("with an interpreter"))
    rows = [
        (_("How"), str(MANNER_LABELS.get(stored.get("manner", ""), ""))),
        (_("When"), day_words_with_year(date.fromisoformat(stored["on"])) if stored.get("on") else ""),
        (_("Who was reached"), stored.get("who", "")),
        (_("Language"), language),
        (_("Attempts"), stored.get("attempts") or ""),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]
