"""What is searched for and which lists are opened, by whom, in which orders and narrowed by what."""

from __future__ import annotations

from wss_cases.accounts.people.people_list import PEOPLE
from wss_cases.casework.case_list import CASES
from wss_cases.followups.pages.open_list import FOLLOW_UPS, OWN_FOLLOW_UPS
from wss_cases.incidents.report_list import OWN_REPORTS, REPORTS
from wss_cases.intake.queue import QUEUE
from wss_cases.journal.rooms import ListKind
from wss_cases.plans.money.funding.pages import FUNDING
from wss_cases.plans.money.resources.presenters import RESOURCES
from wss_cases.plans.overview import PLANS
from wss_cases.training.school import DUE, RECORDS
from wss_cases.training.school import SCHOOLS as TRAINED
from wss_cases.training.sessions import SESSIONS
from wss_cases.workday.caseload.pages import CASELOAD

WIDE = 20
"""At how many schools whoever works at several does so: more than anyone will, who holds each by name."""
SEVERAL = "several"
TEAM = ("dean", "coordinator", "administrator", SEVERAL)
SEARCHERS = ("reporter", *TEAM, "district", "sysadmin", "auditor", "partner")
SOUGHT = {
    "two letters": "ma",
    "a first name that thousands have": "Ximena",
    "first and family name": "adrian nunez",
    "with accents": "Núñez",
    "in Cyrillic": "Шевчук",
    "misspelled": "Ximmena Nunjez",
    "a rare name": "Tallulah Whitecloud",
    "the beginning of a student's number": "0012",
    "a report's number": "INC-2026-000012",
    "a word that a fifth of all reports have": "fight",
    "two words of texts": "pushed hallway",
    "the beginning of many words": "th",
    "eight letters, each of many words": "a b c d e f g h",
    "an address": "dean0.s",
    "a page": "circle",
    "nothing": "zzyzx",
    "a sign, no letter": "%",
    "10,000 letters": "l" * 10_000,
}
YEAR = "2026-27"

LISTS: tuple[tuple[ListKind, str, str, tuple[str, ...]], ...] = (
    (REPORTS, "administrator", "/incidents?", (
        "state=todo", "state=submitted", "state=done", "state=counted", f"year={YEAR}", "from=2026-10-01",
        "to=2026-10-01", "behavior=fight", "group=1-2", "place=hallway", "tile=fight", "grade=5", "hour=11",
        "weekday=2", "month=2026-10",
    )),
    (REPORTS, "dean", "/incidents?", ("state=done", f"year={YEAR}", "place=hallway", "behavior=fight")),
    (OWN_REPORTS, "reporter", "/incidents?", ("state=done", f"year={YEAR}")),
    (CASES.kind, "coordinator", "/cases?", (
        "whose=mine", "state=all", "state=closed", "state=all&q=12", "state=all&whose=mine",
    )),
    (CASES.kind, "coordinator", "/cases?state=all&", ()),
    (FOLLOW_UPS, "coordinator", "/follow-ups?whose=school&", ()),
    (FOLLOW_UPS, "administrator", "/follow-ups?whose=given&", ()),
    (OWN_FOLLOW_UPS, "coordinator", "/follow-ups?", ()),
    (QUEUE, "dean", "/review?", (
        "whose=mine", "whose=unassigned", "first=danger", "first=duty", "kind=fight", "place=hallway", "days=5",
    )),
    (PEOPLE, "sysadmin", "/people?", (
        "q=maria", "q=dean0", "role=dean", "school=1", "standing=never", "standing=failing", "standing=ended",
        "q=nobody+of+that+name", "q=a&role=reporter&standing=ended",
    )),
    (PEOPLE, "administrator", "/people?", ("q=a", "standing=ended", "standing=failing")),
    (CASELOAD, "coordinator", "/desk?", ("group=overdue", "group=today", "whose=school")),
    (PLANS, "district", "/safety-plans/all?", ()),
    (RESOURCES.kind, "district", "/safety-plans/resources?", ()),
    (FUNDING.kind, "district", "/safety-plans/funding?", ()),
    (DUE, "administrator", "/training?", ()),
    (RECORDS, "administrator", "/training/on-record?", ()),
    (TRAINED, "district", "/training/schools?", ()),
    (SESSIONS, "administrator", "/training/sessions?", ()),
)  # fmt: skip
"""Each list with who opens it, its address, and what narrows it; in its orders it is opened all the same."""

PLAIN = {
    "reporter": ("/my-day", "/practice", "/training/mine"),
    "dean": ("/my-day", "/duties", "/discipline", "/restraints", "/police-reviews", "/returns"),
    "coordinator": (
        "/my-day", "/circles", "/circles/week", "/circle-requests", "/circle-plans", "/practice", "/mentoring",
        "/mentoring/today", "/mentors", "/care", "/partners", "/students", "/contacts", "/meetings",
    ),
    "administrator": ("/records/deletions", "/records/reviews", "/meetings"),
    "district": ("/schools", "/district/schools", "/meetings", "/safety-plans/evidence"),
    "sysadmin": ("/people/roster", "/people/role-files"),
    "auditor": ("/audit", "/disclosures", "/records/deletions", "/records/schedule"),
    "partner": ("/partner",),
}  # fmt: skip
"""Lists without columns to sort by, and who opens them."""
VISITORS = tuple(dict.fromkeys([*SEARCHERS, *PLAIN, *(who for _kind, who, _address, _filters in LISTS)]))
