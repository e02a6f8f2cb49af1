"""Every question that the details of a report may ask, and the kinds of report that each has a choice of them."""

from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import Tile

ADULTS = "adults"
"""The kind of a report in which no student stands: of an adult, by an adult."""

KINDS: dict[str, Any] = {tile.value: tile.label for tile in Tile if tile is not Tile.WORRIED} | {
    ADULTS: _l("A report without a student")
}
FLAGS: dict[str, Any] = {
    "gun_violence_threat": _l("Words or actions meant to use a gun at school (not play, drawings, or a finger)?"),
    "fire_or_bomb": _l("A fire or a bomb, or a threat of one?"),
    "imminent_danger": _l("Danger that staff could not safely calm?"),
    "clear_and_present_danger": _l("Did an administrator or clinician find a clear and present danger?"),
    "distribution": _l("Was a substance given or sold?"),
    "intimate_partner": _l("Dating relationship?"),
    "bullying": _l("Is it bullying (alleged is enough)?"),
    "repeated_between_same_people": _l("Has it happened before between the same people?"),
    "abuse_suspected": _l("Is abuse or neglect suspected?"),
    "self_harm": _l("Did anyone hurt themselves, or talk about it?"),
    "staff_written_complaint": _l("Did a staff member file a written complaint?"),
}
"""Yes/no questions whose names are the routing facts they answer."""

OF_STUDENTS = ("bullying", "repeated_between_same_people", "abuse_suspected", "self_harm")
"""Facts about students: not asked where none stands in the report."""

OF_PERSON: dict[str, Any] = {
    "behavior": _l("What they are reported to have done"),
    "person_injury": _l("Was this person hurt?"),
    "motivation": _l("Possible motivation"),
    "family_text": _l("What this person’s family may read"),
}
"""Questions asked of each person, by the name under which the table holds them; the part of each is always asked."""

OF_STUDENT_ALONE = ("behavior", "motivation", "family_text")
OF_REPORT: dict[str, Any] = {
    "injury": _l("Was anyone hurt?"),
    "weapon": _l("Weapon"),
    "substance": _l("Substance"),
    "sexual": _l("Anything sexual?"),
    "bias_basis": _l("Because of who someone is (bias)?"),
    "property_damage": _l("Was property damaged or taken?"),
    **FLAGS,
    "verified": _l("Have the facts been checked?"),
    "immediate_action": _l("Immediate action taken"),
    "more": _l("Anything to add about what you saw or heard?"),
}
CHOICE = OF_PERSON | OF_REPORT
FEWEST, MOST = 2, 5
"""How many a kind of report asks beside the part of each person."""

SENTENCES = {
    "detail_questions.changed": _l("Questions changed from %(day)s on: %(code)s"),
    "detail_questions.ended": _l("Questions in force until %(day)s: %(code)s"),
}
