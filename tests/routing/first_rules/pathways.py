"""The first rule set: which pathways are recommended (P0-P13 and P16)."""

from typing import Final

from tests.routing.first_rules.notation import (
    AGAIN,
    LOW_GROUP,
    STUDENT_OR_STAFF,
    Json,
    all_of,
    any_of,
    at_least,
    at_most,
    includes,
    is_in,
    item,
    known_and_not_none,
    no,
    pathway,
    rule,
    true,
)
from wss_cases.routing.engine.vocabulary import Kind, Person

SERIOUS: Final = any_of(at_least("group", 3), is_in("injury", "needed_care"))

PATHWAYS: Final[list[Json]] = [
    pathway("P0", true("attendance"), item(Kind.FAMILY_SUPPORT, 2, 5)),
    pathway("P1", all_of(LOW_GROUP, at_most("priors_90d", 2), no(rule("P0"))), item(Kind.CONVERSATION, 1, 1)),
    pathway(
        "P2",
        all_of(LOW_GROUP, at_least("priors_90d", 3), no(rule("P0"))),
        item(Kind.CONVERSATION, 1, 1, why="P2.conversation"),
        item(Kind.CHECK_IN_CHECK_OUT, 2, 5, why="P2.check_in_check_out"),
    ),
    pathway(
        "P3",
        all_of(
            true("mutual"),
            is_in("harmed", "student"),
            at_most("group", 3),
            no(is_in("injury", "needed_care")),
            no(true("bullying")),
            no(true("repeated_between_same_people")),
        ),
        item(Kind.PEER_CONFERENCE, 2, 5),
    ),
    pathway(
        "P4",
        all_of(STUDENT_OR_STAFF, SERIOUS, no(rule("P3"))),
        item(Kind.PEACE_CIRCLE, 2, 10),
        item(Kind.PEACE_CIRCLE, 3, 10, when=at_least("group", 5), why="P4.group"),
        item(Kind.PEACE_CIRCLE, 3, 10, when=is_in("injury", "needed_care"), why="P4.care"),
    ),
    pathway(
        "P5",
        any_of(is_in("harmed", "community"), true("bias")),
        item(Kind.HEALING_CIRCLE, 2, 10, when=is_in("harmed", "community"), why="P5.community"),
        item(Kind.HEALING_CIRCLE, 2, 10, when=true("bias"), why="P5.bias"),
    ),
    pathway(
        "P6",
        all_of(
            any_of(at_least("priors_365d", 5), all_of(at_least("group", 4), at_least("priors_90d", 1))), no(rule("P0"))
        ),
        item(Kind.ONE_TO_ONE, 3, 10),
    ),
    pathway(
        "P7",
        known_and_not_none("substance"),
        item(Kind.SUBSTANCE_USE, 2, 5),
        item(Kind.SUBSTANCE_USE, 3, 5, when=true("distribution"), why="P7.distribution"),
        item(Kind.SUBSTANCE_USE, 3, 5, when=at_least("priors_365d", 1), why="P7.priors"),
    ),
    pathway(
        "P8",
        any_of(true("self_harm"), true("abuse_suspected"), is_in("returning_from", "hospital")),
        item(Kind.BEHAVIORAL_HEALTH, 3, 0),
    ),
    pathway(
        "P9",
        any_of(is_in("weapon", "firearm", "maybe_firearm", "other"), true("gun_violence_threat")),
        item(Kind.VIOLENCE_INTERVENTION, 3, 2, why="P9.violence_intervention"),
        item(Kind.ONE_TO_ONE, 3, 2, why="P9.one_to_one"),
    ),
    pathway(
        "P9b",
        all_of(is_in("weapon", "lookalike"), no(true("gun_violence_threat"))),
        item(Kind.CONVERSATION, 1, 1, why="P9b.conversation"),
        item(Kind.FAMILY_SUPPORT, 2, 5, why="P9b.family_support"),
    ),
    pathway(
        "P10",
        all_of(includes("supports", "housing"), no(true("housing_support_open"))),
        item(Kind.HOUSING_BASIC_NEEDS, 2, 5),
    ),
    pathway("P11", is_in("returning_from", "suspension", "absence", "placement"), item(Kind.REENTRY_CIRCLE, 2, 0)),
    pathway(
        "P12",
        AGAIN,
        item(Kind.SUPPORT_CIRCLE, 2, 2, why="P12.support_circle", person=Person.HARMED),
        item(Kind.ONE_TO_ONE, 2, 5, why="P12.one_to_one"),
    ),
    pathway(
        "P13",
        is_in("harmed_wants_to_meet", "no"),
        item(Kind.SUPPORT_CIRCLE, 2, 2, why="P13.support_circle", person=Person.HARMED),
        item(Kind.ONE_TO_ONE, 2, 10, why="P13.one_to_one"),
    ),
    pathway(
        "P16",
        any_of(true("fire_or_bomb"), all_of(at_least("group", 5), is_in("harmed", "none"))),
        item(Kind.ONE_TO_ONE, 3, 2, why="P16.one_to_one"),
        item(Kind.BEHAVIORAL_HEALTH, 3, 2, why="P16.behavioral_health"),
    ),
]
