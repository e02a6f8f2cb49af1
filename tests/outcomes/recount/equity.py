"""The second count of equity: different students at a school by group and stage, and what follows from the counts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.outcomes.recount.plain import ACTED, table
from tests.outcomes.recount.shown import Shown, same
from wss_cases.roster.directory.rules import RACE_LABELS, SEX_LABELS

SETTLED = "between '2026-08-01' and '2026-10-31'"
"""The current year is counted to the end of the last month that is over."""
REPORTED = (
    "select p.student_id, i.school_id, i.id, i.location_code, i.local_minute, b.is_subjective from incident i "
    f"join incident_person p on p.incident_id = i.id and p.role in {ACTED} and p.student_id is not null "
    "left join behavior_code b on b.id = p.behavior_code_id "
    f"where i.state <> 'duplicate' and i.outcome_reason <> 'withdrawn' and i.local_date {SETTLED}"
)
OFFERED = (
    f"select a.student_id, a.school_id from ({REPORTED}) a join case_incident ci on ci.incident_id = a.id "
    "join pathway w on w.case_id = ci.case_id left join case_participant o on o.id = w.participant_id "
    "where (o.student_id = a.student_id or (w.participant_id is null and w.for_whom <> 'harmed')) "
    "and w.offered_on is not null"
)
ALONE = (
    f"select a.student_id, a.school_id from ({REPORTED}) a join incident i on i.id = a.id where i.state = 'closed' and "
    "i.outcome_reason in ('repair_agreed', 'understood', 'no_understanding') and not exists "
    "(select 1 from case_incident c where c.incident_id = a.id)"
)
"""Conversations on the incident itself, without a case."""
MET = "case when w.pathway in ('circle', 'restorative_conversation') then w.held_on else w.started_on end is not null"
REMOVED = (
    f"select a.student_id, a.school_id from discipline_action a where a.state = 'standing' and a.starts_on {SETTLED}"
)
SUSPENSIONS = "('in_school_suspension', 'out_of_school_suspension')"
SUBJECTIVE = f"select student_id, school_id from ({REPORTED}) a where is_subjective"
HALVES = {"before noon": "local_minute < 720", "from noon on": "local_minute >= 720"}
PLACES = {
    "In a classroom": "location_code = 'classroom'",
    "In a hallway or on stairs": "location_code = 'hallway'",
    "Elsewhere": "location_code not in ('classroom', 'hallway')",
}
HELD = f"{OFFERED} and w.accepted_on is not null and {MET}"
TERM = "exists (select 1 from agreement g join agreement_term t on t.agreement_id = g.id where g.pathway_id = w.id"
CAME = {
    "Enrolled": None,
    "Reported in an incident": f"select student_id, school_id from ({REPORTED}) a",
    "Offered a restorative pathway": f"{OFFERED} union {ALONE}",
    "Accepted it": f"{OFFERED} and w.accepted_on is not null union {ALONE}",
    "It was held": f"{HELD} union {ALONE}",
    "Agreement made": f"{HELD} and exists (select 1 from agreement g where g.pathway_id = w.id)",
    "Agreement kept": (
        f"{HELD} and {TERM} and t.state in ('kept', 'late')) and not {TERM} and t.state in ('open', 'not_kept'))"
    ),
    "Suspended": f"{REMOVED} and a.kind in {SUSPENSIONS}",
    "Removed in another way": f"{REMOVED} and a.kind not in {SUSPENSIONS}",
    "Police were notified": (
        "select s.student_id, n.school_id from notified_student s join police_notification n "
        f"on n.id = s.notification_id where n.local_date {SETTLED}"
    ),
    "Reported for subjective behaviors": SUBJECTIVE,
    **{
        f"{place}, {half}": f"{SUBJECTIVE} and {where} and {when}"
        for place, where in PLACES.items()
        for half, when in HALVES.items()
    },
}
"""Each stage in the reader's words, and who came to it."""
JUDGED = "Reported for subjective behaviors"
BEFORE = {
    "Reported in an incident": "Enrolled",
    "Accepted it": "Offered a restorative pathway",
    "It was held": "Accepted it",
    "Agreement made": "It was held",
    "Agreement kept": "Agreement made",
    **{stage: JUDGED for stage in CAME if "noon" in stage},
}
"""The stage before, where it is not being reported."""
UNKNOWN = "Not in the roster"
Words = dict[Any, str]
KINDS: dict[str, tuple[str, Words]] = {
    "Race or ethnicity": ("s.race_ethnicity", {**RACE_LABELS, None: UNKNOWN}),
    "Gender": ("s.sex", {**SEX_LABELS, None: UNKNOWN}),
    "English learners": (
        "case when s.is_english_learner then 'y' when not s.is_english_learner then 'n' end",
        {"y": "English learners", "n": "Other students", None: UNKNOWN},
    ),
    "Disability": (
        "case when s.has_iep or s.has_504 then 'y' when not s.has_iep and not s.has_504 then 'n' end",
        {"y": "With an IEP or a 504 plan", "n": "With neither", None: UNKNOWN},
    ),
    "Housing support": (
        "case when s.has_housing_support then 'y' when not s.has_housing_support then 'n' end",
        {"y": "With housing support", "n": "Other students", None: UNKNOWN},
    ),
}
"""Each kind of group: how the roster marks it, and its words."""
Counts = dict[tuple[int, str], int]


def students_at(kind: str, stage: str) -> Counts:
    """Different students of each school and group who came to a stage and, but for those enrolled, were reported."""
    column, words = KINDS[kind]
    enrolled = (
        f"select distinct s.id student_id, e.school_id, {column} mark from student s join enrolment e on "
        "e.student_id = s.id where e.starts_on <= '2026-10-31' and (e.ends_on is null or e.ends_on >= '2026-08-01')"
    )
    came = [CAME[one] for one in dict.fromkeys(("Reported in an incident", stage)) if stage != "Enrolled"]
    joined = " ".join(
        f"join (select distinct student_id, school_id from ({one}) c{place}) x{place} "
        f"on x{place}.student_id = u.student_id and x{place}.school_id = u.school_id"
        for place, one in enumerate(came)
    )
    found = table(f"select u.school_id, u.mark, count(*) from ({enrolled}) u {joined} group by u.school_id, u.mark")
    return {(row[0], str(words[row[1]])): row[2] for row in found}


class Second:
    """The counts of one kind of group, each taken once."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.known: dict[str, Counts] = {}

    def of(self, stage: str, school_id: int | None, group: str) -> tuple[int, int]:
        """How many of a row's groups came to a stage, and how many of all others."""
        if stage not in self.known:
            self.known[stage] = students_at(self.kind, stage)
        names = set(group.removeprefix("Other groups together: ").split(", "))
        sums: dict[bool, int] = defaultdict(int)
        for (school, name), number in self.known[stage].items():
            if school_id in (None, school):
                sums[name in names] += number
        return sums[True], sums[False]


def _two(value: float) -> float:
    return float(f"{value:.2g}")


def equity(seen: Shown) -> None:
    """Every figure that the report shows; how many it may show is proven by tests/suppression."""
    second = {kind: Second(kind) for kind in KINDS}
    shown = 0
    for row in seen.document("equity")["rows"]:
        if row["students"] == "suppressed":
            continue
        stage = row["stage"]
        base = "Enrolled" if row["of"] == "enrolled" else BEFORE.get(stage, "Reported in an incident")
        one = second[row["kind"]]
        came, others = one.of(stage, seen.plain.school_id, row["group"])
        of, all_others = one.of(base, seen.plain.school_id, row["group"])
        rates = came / of, others / all_others
        counted = [came, of, round(100 * rates[0], 1), round(100 * rates[1], 1)]
        counted += [_two(rates[0] / rates[1]), _two(100 * (rates[0] - rates[1]))]
        names = ("students", "base", "percent", "others_percent", "ratio", "difference_points")
        same(f"{row['kind']}, {row['group']}: {stage} of {base}", [row[name] for name in names], counted)
        shown += 1
    assert shown > 20 or seen.code
    page = " ".join(seen.client.page("/outcomes/equity?kind=race").find_all("main")[0].text.split())
    black = second["Race or ethnicity"].of("Reported in an incident", seen.plain.school_id, "Black or African American")
    enrolled = second["Race or ethnicity"].of("Enrolled", seen.plain.school_id, "Black or African American")
    assert f"{black[0]} of {enrolled[0]}" in page or (seen.code and "Too few students" in page), black


def within_schools(seen: Shown, schools: dict[int, str]) -> None:
    """The district's ratio of students of the same school, over the schools whose own report shows the row."""
    own = {
        number: {
            (row["kind"], row["group"], row["stage"], row["of"])
            for row in Shown(seen.plain, seen.client, seen.command, code).document("equity")["rows"]
        }
        for number, code in schools.items()
    }
    checked = 0
    for row in seen.document("equity")["rows"]:
        key = (row["kind"], row["group"], row["stage"], row["of"])
        if row["of"] != "enrolled" or "together" in row["group"] or row["ratio_within_schools"] is None:
            continue
        one, above, below = Second(row["kind"]), 0.0, 0.0
        for number in [number for number, keys in own.items() if key in keys]:
            came, others = one.of(row["stage"], number, row["group"])
            of, all_others = one.of("Enrolled", number, row["group"])
            above += came * all_others / (of + all_others)
            below += others * of / (of + all_others)
        same(f"within schools {key}", row["ratio_within_schools"], _two(above / below))
        checked += 1
    assert checked > 3


COUNTS = {"equity": equity}
