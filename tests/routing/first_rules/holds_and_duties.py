"""The first rule set: the youngest grades, holds, nobody left without, duties and follow-ups."""

from typing import Any, Final

from tests.routing.first_rules.hold_and_duty_reasons import CLOCKS, UNTIL
from tests.routing.first_rules.notation import (
    ADULT,
    AGAIN,
    STUDENT_OR_STAFF,
    TITLE_IX,
    YOUNG,
    Json,
    all_of,
    any_of,
    includes,
    is_in,
    item,
    missing,
    no,
    row,
    rule,
    true,
)
from wss_cases.routing.engine.vocabulary import FACE_TO_FACE, Duty, FollowUpKind, Kind, Person

_CAUSED_OR_BOTH: Final = ["caused_harm", "both"]
_DUE: Final = {"yes": "due", "unknown": "due", "no": "due"}
_DUE_UNLESS_NO: Final = {"yes": "due", "unknown": "due", "no": None}
_DUE_IF_VERIFIED: Final = {"yes": "due", "unknown": "verify_first", "no": None}
_ONLY_VERIFY: Final = {"yes": "verify_first", "unknown": "verify_first", "no": None}

GRADE_LIMIT: Final[list[Json]] = [
    row(
        "P14",
        "grade_limit",
        YOUNG,
        keeps=[
            "conversation",
            "talking_circle",
            "family_support",
            "behavioral_health",
            "housing_basic_needs",
            "academic",
        ],
        items=[
            item(Kind.CONVERSATION, 1, 1, why="P14.conversation"),
            item(Kind.FAMILY_SUPPORT, 2, 5, why="P14.family_support"),
        ],
    )
]


def _hold(row_id: str, applies_to: str, when: Json, removes: list[Json], *items: Json) -> Json:
    return row(
        row_id, "holds", when, applies_to=applies_to, until=dict(UNTIL[row_id]), removes=removes, items=list(items)
    )


_MEETINGS: Final[list[Json]] = [{"kinds": sorted(FACE_TO_FACE)}]
_SHARED: Final[Json] = {"kinds": ["conversation", "healing_circle", "talking_circle"], "for": _CAUSED_OR_BOTH}
_WHAT_AN_ADULT_DID: Final[list[Json]] = [{"for": _CAUSED_OR_BOTH}, {"pathways": ["circle"]}]

HOLDS: Final[list[Json]] = [
    _hold(
        "H1",
        "shared_and_conversation",
        TITLE_IX,
        [*_MEETINGS, _SHARED],
        item(Kind.BEHAVIORAL_HEALTH, 2, 1, person=Person.HARMED, why="H1.behavioral_health"),
    ),
    _hold("H2", "face_to_face", AGAIN, _MEETINGS),
    _hold("H3", "face_to_face", is_in("ready_to_meet", "no"), _MEETINGS),
    _hold("H4", "face_to_face", is_in("harmed_wants_to_meet", "no"), _MEETINGS),
    _hold("H5", "face_to_face", true("imminent_danger"), _MEETINGS),
    _hold("H7", "face_to_face", all_of(true("adult_conduct"), is_in("caused_by", "student")), _MEETINGS),
    _hold(
        "H6",
        "caused_harm_and_circles",
        any_of(ADULT, all_of(true("adult_conduct"), is_in("caused_by", "unknown"))),
        _WHAT_AN_ADULT_DID,
        item(
            Kind.BEHAVIORAL_HEALTH,
            2,
            1,
            person=Person.HARMED,
            when=is_in("harmed", "student"),
            why="H6.behavioral_health",
        ),
    ),
]

_APART: Final = rule("H1")
_HARMED_APART: Final = any_of(rule("H1"), rule("H6"), rule("H7"))

FALLBACK: Final[list[Json]] = [
    row(
        "P15-1",
        "fallback",
        all_of(is_in("caused_by", "student", "unknown"), no(rule("H6")), {"no_item_for": "caused_harm"}),
        cites="P15",
        items=[
            item(Kind.CONVERSATION, 1, 1, when=no(_APART), why="P15.conversation"),
            item(Kind.ONE_TO_ONE, 2, 10, when=all_of(_APART, no(YOUNG)), why="P15.one_to_one"),
            item(Kind.FAMILY_SUPPORT, 2, 5, when=all_of(_APART, YOUNG), why="P15.family_support"),
        ],
    ),
    row(
        "P15-2",
        "fallback",
        all_of(STUDENT_OR_STAFF, {"no_item_for": "harmed"}),
        cites="P15",
        items=[
            item(Kind.CONVERSATION, 1, 1, person=Person.HARMED, when=no(_HARMED_APART), why="P15.harmed"),
            item(Kind.BEHAVIORAL_HEALTH, 2, 1, person=Person.HARMED, when=_HARMED_APART, why="P15.harmed_apart"),
        ],
    ),
]


def _duty(row_id: str, duty: Duty, clock: str, when: Json, verified: Json, section: str = "duties") -> Json:
    fields: dict[str, Any] = {"duty": str(duty), "clock": dict(CLOCKS[clock]), "verified": dict(verified)}
    return row(row_id, section, when, cites=row_id.partition("-")[0], **fields)


_DRUG: Final = is_in("substance", "cannabis", "narcotic_or_meth")
_PASSED_ON: Final = all_of(true("distribution"), is_in("substance", "cannabis", "narcotic_or_meth", "other_drug"))
_IN_SCHOOL: Final = is_in("place", "on_grounds", "vehicle")
_MAYBE_IN_SCHOOL: Final = any_of(missing("place"), is_in("place", "school_event"))
_IN_OR_NEAR_SCHOOL: Final = is_in("place", "on_grounds", "vehicle", "school_event", "travel")
_GUN: Final = any_of(is_in("weapon", "firearm"), true("gun_violence_threat"))
_COMPLAINT: Final = all_of(is_in("harmed", "staff"), true("staff_written_complaint"))
_ADULT_AND_STUDENT: Final = any_of(true("adult_conduct"), all_of(ADULT, is_in("harmed", "student")))
_FAMILY_OF_THE_HARMED: Final = all_of(
    is_in("harmed", "student"), no(any_of(true("abuse_suspected"), is_in("caused_by", "other_adult")))
)
_FOUND_FOR_POLICE: Final[Json] = {"police": ["required_by_law", "emergency"]}

DUTIES: Final[list[Json]] = [
    _duty("D1-1", Duty.FIREARM_OR_GUN_THREAT, "at_once", _GUN, _DUE_UNLESS_NO),
    _duty("D1-2", Duty.FIREARM_OR_GUN_THREAT, "at_once", is_in("weapon", "maybe_firearm"), _DUE_IF_VERIFIED),
    _duty(
        "D1-3", Duty.FIREARM_REPORT_CHICAGO, "24_hours", is_in("weapon", "firearm", "maybe_firearm"), _DUE_IF_VERIFIED
    ),
    _duty("D2-1", Duty.DRUG_INCIDENT, "at_once", all_of(_DRUG, _IN_SCHOOL), _DUE_IF_VERIFIED),
    _duty("D2-2", Duty.DRUG_INCIDENT, "at_once", all_of(_DRUG, _MAYBE_IN_SCHOOL), _ONLY_VERIFY),
    _duty("D2b-1", Duty.DRUG_DELIVERY, "48_hours", all_of(_PASSED_ON, _IN_OR_NEAR_SCHOOL), _DUE_IF_VERIFIED),
    _duty("D2b-2", Duty.DRUG_DELIVERY, "48_hours", all_of(_PASSED_ON, missing("place")), _ONLY_VERIFY),
    _duty("D3", Duty.ATTACK_ON_STAFF, "at_once", _COMPLAINT, _DUE_IF_VERIFIED),
    _duty("D4", Duty.CLEAR_AND_PRESENT_DANGER, "24_hours", true("clear_and_present_danger"), _DUE),
    _duty("D5", Duty.CHILD_ABUSE_OR_NEGLECT, "at_once", true("abuse_suspected"), _DUE),
    _duty("D6", Duty.BULLYING_NOTICE, "24_hours", true("bullying"), _DUE),
    _duty("D7", Duty.TITLE_IX_CONTACT, "at_once", TITLE_IX, _DUE),
    _duty("D11", Duty.ARTICLE_26A_SUPPORT, "same_day", TITLE_IX, _DUE),
    _duty("D8", Duty.CIVIL_RIGHTS_CONTACT, "at_once", true("bias"), _DUE),
    _duty("D9", Duty.ADULT_CONDUCT, "at_once", _ADULT_AND_STUDENT, _DUE),
    _duty(
        "D10",
        Duty.DISABILITY_RECORDS,
        "with_the_report",
        all_of(includes("supports", "iep"), _FOUND_FOR_POLICE),
        _DUE,
        "after_police",
    ),
]


def _plan(supports: str) -> Json:
    return any_of(includes(supports, "iep"), includes(supports, "504"))


def _follow_up(row_id: str, kind: FollowUpKind, when: Json, *days: int) -> Json:
    return row(row_id, "follow_ups", when, follow_up=str(kind), school_days=list(days))


FOLLOW_UPS: Final[list[Json]] = [
    _follow_up("F1", FollowUpKind.GUARDIAN_CONTACT, no(any_of(true("abuse_suspected"), ADULT)), 0),
    _follow_up("F2", FollowUpKind.CONTACT_PERSON_HARMED, STUDENT_OR_STAFF, 1),
    _follow_up("F9", FollowUpKind.GUARDIAN_CONTACT_HARMED, _FAMILY_OF_THE_HARMED, 0),
    _follow_up("F3", FollowUpKind.PRE_MEETINGS, {"item_with_pathway": "circle"}, 3),
    _follow_up("F4", FollowUpKind.SAFE_PASSAGE_CONTACT, is_in("place", "travel"), 1),
    _follow_up("F5", FollowUpKind.CHECK_IN_PERSON_HARMED, is_in("harmed", "student"), 5, 20),
    _follow_up("F6", FollowUpKind.SAFETY_PLAN, AGAIN, 1),
    _follow_up("F7", FollowUpKind.PLAN_CASE_MANAGER, _plan("supports"), 1),
    _follow_up("F7b", FollowUpKind.PLAN_CASE_MANAGER_HARMED, _plan("harmed_supports"), 1),
    _follow_up("F8", FollowUpKind.LIAISON, includes("supports", "housing"), 1),
    _follow_up(
        "F10",
        FollowUpKind.THREAT_TEAM,
        any_of(is_in("weapon", "firearm", "maybe_firearm", "other"), true("gun_violence_threat"), true("fire_or_bomb")),
        0,
    ),
]
