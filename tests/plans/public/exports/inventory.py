"""Every export, and whether the attack holds it: a new one needs a line here."""

from __future__ import annotations

from typing import Final

FILES: Final = {
    "equity": "attacked by `tests.suppression`, month by month, with the totals of each school known",
    "history": "published already; what is suppressed there never came into the system",
    "mission": "incidents by what followed: whole totals, of no group; repeats and wishes hidden as on the page",
    "core": "incidents by month and kind: known to the attack",
    "funnel": "incidents by step: whole totals, of no group and of no student",
    "harms": "closed cases by result: whole totals; the page counts students, whom no total of cases bounds",
    "notifications": "instances are known to the attack; its numbers of students are for who answers for the school",
    "followups": "work of adults",
    "practice": "what adults held; it names no one and counts no one's record",
    "crdc": "whole by law, the district's alone, for handing in; who publishes from it must suppress again",
    "state": "whole by law, the district's alone, for handing in; who publishes from it must suppress again",
}
"""Outcome files: of totals and of what the law wants whole, in which nothing is hidden from who may take them; and the
one of groups."""

LISTS: Final = {
    "outcome_schools": "incidents, removals and notifications by school: known to the attack",
    "outcome_networks": "the same by network: sums of these",
    "plans": "states of plans, and counts of steps, trainings and answers due: of adults",
    "funding": "amounts of money",
    "plan-resources": "amounts of money, and positions of adults",
    **dict.fromkeys(("trainings_due", "trainings_on_record", "trainings_by_school", "training_sessions"), "of adults"),
    **dict.fromkeys(("people", "school_sergeants", "safe_passage_routes"), "of adults and places"),
    **dict.fromkeys(
        ("caseload", "cases", "follow_ups", "own_follow_ups", "own_reports", "queue", "reports"),
        "a row is a record, for who may open each of them: the exact view itself",
    ),
}
"""Lists that can be taken as a file."""

ROUTES: Final = {
    "public_pages.school": "attacked: every page, withdrawn ones too",
    "public_pages.all_schools": "attacked: the sums of every month",
    "board_reports.file": "attacked: totals of every school and month are known, however small",
    "outcomes.files.file": "FILES says of each",
    "outcomes.files.practice": "FILES, practice",
    "outcomes.list_files.file": "LISTS says of each",
    "outcomes.list_files.nameless": "LISTS says of each",
    "outcomes.replay_file.file": "not covered: decision 17 says so; for who changes rules",
    "plan_papers.file": "totals of the school, as on board reports; a baseline of few is hidden in it",
    "attachments.file": "a record",
    "circles.calendar": "an appointment of who asks for it",
    "calendar_feed.read": "dates of the person whose address it is",
    "api.described": "no figures",
    "api.schools": "names of schools",
    "api.counts": "the totals of FILES, to a system with a token",
    "api.cases": "times and states of cases, to a system with a token: no group and no student",
}
"""Addresses that give a file, data, or a page without an account."""
