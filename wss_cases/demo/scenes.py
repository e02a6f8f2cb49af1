"""Some thirty scenes of school life, and how one is played.

A scene is one kind of incident: what happens, where, to whom, what the reporter knows, and whether a student is
removed. Each school has a deck in which a scene lies as often as its row says. The deck is shuffled under the seed and
dealt until the school has its share of incidents, spread evenly over its school days. `play` lets an incident happen
through the acts that people call: it is reported, completed with details, reviewed and decided; then come the duties
by law and the police. `courses` plays the case that was opened. Where figures need several outcomes, a school takes
them in turn from a short tuple (`Place.take`). TODAY lists what the demo school has open today.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from wss_cases.access.actor import Role
from wss_cases.demo.calendar import Steps, moment
from wss_cases.demo.courses import play_case, protect, work_of
from wss_cases.demo.district import Person, Place, Pupil, World, rows
from wss_cases.demo.duties import (
    APPROVED,
    CONFIRMED,
    CONVERSATIONS,
    NOT_CONFIRMED,
    REFUSED,
    Part,
    Report,
    Scene,
    begin_duties,
    remove,
    tell_police,
)
from wss_cases.foundation.clock import school_year
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import UNKNOWN, Capture, CapturedPerson, Details, PersonDetails, code_set_for
from wss_cases.incidents.incident.states import PersonKind, PersonRole, Tile, WhenPrecision
from wss_cases.intake.decision import Choice, decide, is_light
from wss_cases.intake.duplicates import merge_into
from wss_cases.intake.open_questions.models import HURT, PURPOSE, must_answer
from wss_cases.intake.open_questions.pages import answer_fact
from wss_cases.intake.recommendation import situation
from wss_cases.intake.report.actions import complete_details, submit_incident
from wss_cases.intake.review.acts import ask_reporter, check_facts, take_no_action
from wss_cases.roster.directory.rules import HALF_DAY_BELL, DayKind
from wss_cases.routing.engine.vocabulary import FollowUpKind
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty

HALLS, ROOM, ONLINE = "hallway cafeteria yard way_to_school", "classroom classroom library hallway", "online"
HIDDEN = "restroom outside_other parking_lot"
LETTERS = {
    "C": PersonRole.CAUSED_HARM, "U": PersonRole.CAUSED_HARM, "B": PersonRole.BOTH, "H": PersonRole.HARMED,
    "S": PersonRole.HARMED, "W": PersonRole.WITNESS,
}  # fmt: skip
"""U is somebody whom nobody knows, S an adult of the school; the others are students."""
WORDS_CARD = {"about_who": ("no",), "dating": ("no",)}
CARDS = {"hurtful_words": WORDS_CARD, "bullying": WORDS_CARD, "threat": {"threat_with": ("words",)}}
"""What the card of a tile is answered where the scene does not say."""
BULLYING, MINOR = {"bullying": True}, {"injury": "minor"}
SCENES = (
    Scene(11, "disruption", "disruption", ROOM, "C", "Kept talking across the room while others were working."),
    Scene(2, "disruption", "disruption", ROOM, "CS", "Shouted at the teacher and would not stop."),
    Scene(5, "left_class", "left_class", ROOM, "C", "Left the room without a pass and came back after some time."),
    Scene(5, "device", "other", ROOM, "C", "Used the phone during the lesson and did not put it away."),
    Scene(3, "running_noise", "disruption", HALLS, "C", "Ran and shouted in the hallway after being asked to walk."),
    Scene(10, "hurtful_words", "hurtful_words", HALLS, "CH", "Called another student names in front of others."),
    Scene(2, "hurtful_words", "hurtful_words", ROOM, "CS", "Called the teacher names in front of the class."),
    Scene(5, "argument", "hurtful_words", HALLS, "BB", "Two students shouted at each other until an adult stepped in."),
    Scene(6, "pushing", "pushing", HALLS, "CHW", "Pushed another student in line.", {"injury": "none"}),
    Scene(2, "pushing", "pushing", HALLS, "BB", "Two students pushed each other off the bench.", MINOR),
    Scene(5, "not_following", "disruption", ROOM, "C", "Refused several times to take a seat."),
    Scene(3, "tobacco_vape", "substance", HIDDEN, "C", "Was found with a vape.",
          {"substance": "tobacco_vape"}, {"which_substance": ("tobacco_vape",), "was_shared": ("no",)}),
    Scene(1, "skipped", "left_class", HIDDEN, "C", "Was not in class and was found in the stairwell."),
    Scene(4, "fight", "fight", HALLS, "BB", "Two students fought; staff separated them.", MINOR, out=2),
    Scene(7, "fight", "fight", HALLS, "BBW", "Two students fought; a third one called staff.", {"injury": "none"}),
    Scene(3, "property_damage", "property", HIDDEN, "C", "Wrote on and broke a locker door."),
    Scene(1, "property_damage", "property", HIDDEN, "U", "A mirror was found broken."),
    Scene(4, "took_something", "property", ROOM, "CH", "Took headphones that belong to another student.", held=1),
    Scene(3, "hurtful_online", "hurtful_words", ONLINE, "CHW", "Posted hurtful words in a group chat."),
    Scene(2, "repeated_disruption", "disruption", ROOM, "C", "Stopped the lesson again, the fourth time this week.",
          held=1),
    Scene(2, "threat", "threat", HALLS, "CH", "Told another student they would be hurt after school.", out=2),
    Scene(2, "bullying", "bullying", HALLS, "CH", "Kept a student from sitting with others, day after day.", BULLYING),
    Scene(1, "bullying_race", "bullying", HALLS, "CHW", "Repeated insults about where the family comes from.",
          {"bullying": True, "bias": True}, {"about_who": ("yes",), "dating": ("no",)}),
    Scene(1, "sexual_words", "hurtful_words", ROOM, "CH", "Made unwanted sexual remarks to another student.",
          {"sexual": "harassment"}),
    Scene(2, "hurt_someone", "fight", HALLS, "CH", "Hit another student, who was hurt.", MINOR, out=1),
    Scene(1, "fight_group", "fight", "yard way_to_school", "BBB", "Several fought and did not stop when asked.",
          {"injury": "needed_care"}, out=3),
    Scene(2, "hurt_badly", "fight", HALLS, "CH", "Hurt another student, who needed care from the nurse.",
          {"injury": "needed_care"}, out=3, asks_police=True),
    Scene(1, "weapon_other", "weapon", "classroom restroom", "C", "Had a pocket knife in the bag.",
          {"weapon": "other"}, {"which_weapon": ("knife",)}, out=2),
    Scene(1, "drugs", "substance", HIDDEN, "C", "Was found with something that looked like cannabis.",
          {"substance": "cannabis", "verified": "unknown"}, {"which_substance": ("cannabis",), "was_shared": ("no",)}),
    Scene(1, "took_by_force", "property", "way_to_school bus_stop", "CH", "Took a phone by force.", MINOR, out=1),
    Scene(1, "gave_or_sold", "substance", HIDDEN, "C", "Passed something on to other students in the restroom.",
          {"substance": "tobacco_vape", "distribution": True},
          {"which_substance": ("tobacco_vape",), "was_shared": ("yes",)}, out=3),
    Scene(1, "firearm", "weapon", "hallway restroom", "C", "Something that may be a firearm was seen in a bag.",
          {"weapon": "maybe_firearm", "verified": "unknown", "imminent_danger": True},
          {"which_weapon": ("maybe_gun",)}, out=3),
    Scene(4, "hit_or_pushed", "fight", "classroom yard", "CH", "Hit another child while waiting in line.", MINOR),
    Scene(2, "rough_play", "pushing", "yard gym", "BB", "Rough play at recess that got too rough.", {"injury": "none"}),
    Scene(2, "unkind_words", "hurtful_words", "classroom cafeteria", "CH", "Said unkind words at the table."),
    Scene(3, "upset_lesson", "disruption", ROOM, "C", "Was very upset and threw pencils on the floor."),
)  # fmt: skip
"""About 60 % are of groups 1 and 2, 33 % of groups 3 and 4, 7 % of groups 5 and 6, as published. The last are of the
youngest, whose codes have no groups."""
TODAY = (
    ("fresh", 0, "fight"), ("waiting", 0, "threat"), ("fresh", 1, "tobacco_vape"), ("circle", 7, "fight"),
    ("waiting", 1, "disruption"), ("slow", 6, "fight"), ("returned", 1, "property_damage"), ("circle", 9, "fight"),
    ("waiting", 2, "left_class"), ("walked", 8, "fight"), ("returned", 2, "not_following"), ("slow", 8, "fight"),
    ("waiting", 0, "argument"), ("fresh", 2, "pushing"), (REFUSED, 11, "hurt_badly"), (CONFIRMED, 13, "firearm"),
    (APPROVED, 16, "hurt_badly"), (NOT_CONFIRMED, 19, "firearm"),
)  # fmt: skip
"""What the demo school has open today: story, school days since it was reported, and code. The first matter most.

'waiting' and 'returned' are not decided. Of the others nothing is done yet ('fresh'), follow-ups are overdue ('slow'),
a circle meets today, somebody walked out of a circle yesterday. The last four are closed; they tell of the police.
"""
BEFORE_SCHOOL = 7 * 60 + 5
"""Minute of the day before which nothing happens."""
TWICE = 60
"""One incident in so many is reported by two people. Not one that names staff: that dean could not join the reports."""


def deal(world: World, place: Place) -> Iterator[Steps]:
    """Yield the scenes of a school, evenly spread over its school days; at the demo school those of TODAY, too."""
    calendar, rng, low = world.calendar, place.rng, place.row["low_grade"]
    dated = ((story, calendar.school_days.add(calendar.last_report_day, -ago), code) for story, ago, code in TODAY)
    known = [row for row in dated if row[1] >= calendar.first_day]
    today = known[: place.incidents // 2] if place.is_demo else []
    deck = [scene for scene in SCENES for _ in range(scene.often) if low <= 2 or world.codes[scene.code][1] == "groups"]
    rng.shuffle(deck)
    for story, day, code in today:
        yield play(world, place, day, next(scene for scene in SCENES if scene.code == code), story)
    others, days = place.incidents - len(today), calendar.past
    if today and len(days) > 40:
        days = days[:-10]
    twice = others // TWICE
    for number in range(others - twice):
        day = days[int((number + rng.random()) * len(days) / (others - twice))]
        scene = deck[number % len(deck)]
        story = "twice" if number % 9 == 0 and number < 9 * twice and "S" not in scene.people else ""
        yield play(world, place, day, scene, story)


def play(world: World, place: Place, day: date, scene: Scene, story: str) -> Steps:
    """Let one incident be reported and decided, and begin what follows."""
    calendar, rng, dean = world.calendar, place.rng, place.who(Role.DEAN, story not in ("", "twice"))
    yield moment(day, BEFORE_SCHOOL)
    report = _happen(world, place, day, scene, story)
    now = yield report.at + timedelta(minutes=rng.choice((2, 5, 9)))
    _submit(world, report, now)
    twin = None
    if story == "twice":
        now = yield now + timedelta(minutes=8)
        twin = _again(report)
        _submit(world, twin, now)
    if story not in ("waiting", "returned") or place.take((True, False)):
        now = yield calendar.soon(now, 4 + rng.randrange(9 if report.today else 110))
        _complete(world, report, now)
    begin_duties(world, report, dean, now)
    if story == "waiting":
        return
    if story == "returned":
        now = yield calendar.soon(now, 3)
        ask_reporter(world.calls(dean, now), report.id, question="Who else was there, and was anybody hurt?")
        return
    wait = 0 if report.today else place.take(WAITS)
    soon = calendar.soon(now, 4 + rng.randrange(40))
    now = yield calendar.in_days(now, wait, 540 + rng.randrange(360)) if wait else soon
    if twin is not None:
        merge_into(world.calls(dean, now), twin.id, report.reference)
        now = yield calendar.soon(now, 4)
    now = yield from _review(world, report, dean, now)
    begin_duties(world, report, dean, now)
    _decide(world, report, dean, now)


WAITS = (0, 1, 0, 1, 2, 0, 0, 1, 4, 0)
"""School days until a report is decided."""


def _happen(world: World, place: Place, day: date, scene: Scene, story: str) -> Report:
    rng, calendar = place.rng, world.calendar
    where = rng.choice(scene.where.split())
    first, last = place.row["first_bell"], place.row["last_bell"]
    end = HALF_DAY_BELL if calendar.days[day][0] is DayKind.HALF else last
    begins, ends = first.hour * 60 + first.minute, end.hour * 60 + end.minute
    minute = rng.randrange(begins, ends)
    if where in ("way_to_school", "bus_stop"):
        minute = rng.choice((begins - 20, ends + 15))
    at = min(moment(day, minute), calendar.now - timedelta(minutes=80 + rng.randrange(30)))
    people: list[Part] = []
    for letter in scene.people:
        role = LETTERS[letter]
        pupil = None if letter in "US" else _draw(world, place, day, scene, [part.pupil for part in people])
        staff_id = rng.choice(place.staff_ids) if letter == "S" else None
        if pupil is not None or letter in "US" or not people:
            code_id = _code(world, scene, pupil, day) if letter in "CBU" else None
            people.append(Part(role, pupil, staff_id, code_id))
    reporter = place.who(Role.REPORTER, story == "returned")
    return Report(scene, place, story, day, where, at.replace(second=0, microsecond=0), reporter, people)


UNEVEN = 2.2
"""How unevenly the first person of a scene is drawn; 1 is evenly."""


def _draw(world: World, place: Place, day: date, scene: Scene, taken: list[Pupil | None]) -> Pupil | None:
    """Draw a student of the scene's age who is at school that day; a few begin much of what happens."""
    year, rng, uneven = school_year(day), place.rng, 1.0 if taken else UNEVEN
    youngest = world.codes[scene.code][1] == "prek2"
    pupils = [pupil for pupil in place.pupils if year in pupil.grades and (pupil.grades[year] <= 2) == youngest]
    for _attempt in range(40 if pupils else 0):
        pupil = pupils[int(len(pupils) * rng.random() ** uneven)]
        if pupil.is_there(day) and pupil not in taken:
            return pupil
    return None


def _code(world: World, scene: Scene, pupil: Pupil | None, day: date) -> int | None:
    """The scene's code; before the youngest had codes of their own, the usual code of its tile."""
    wanted = code_set_for(pupil.grades[school_year(day)] if pupil else None, day)
    number, code_set = world.codes[scene.code]
    return number if code_set == wanted else world.codes.get(scene.tile, (None, ""))[0]


def _again(report: Report) -> Report:
    """The same incident as somebody else reports it."""
    others = [person for person in report.place.staff[Role.REPORTER] if person != report.reporter]
    people, reporter = [replace(part) for part in report.people], report.place.rng.choice(others)
    return replace(report, story="", reporter=reporter, people=people, duties=set())


EXACT = (*(WhenPrecision.EXACT,) * 9, WhenPrecision.EARLIER_TODAY)
TOLD = (True, True, True, False)
"""Whether the reporter writes a sentence, too."""


def _submit(world: World, report: Report, now: datetime) -> None:
    place, scene = report.place, report.scene
    people = tuple(
        CapturedPerson(PersonKind.STUDENT, part.pupil.id) if part.pupil
        else CapturedPerson(PersonKind.STAFF, part.staff_id) if part.staff_id
        else CapturedPerson(PersonKind.NOT_IDENTIFIED, None, "A student in a dark hooded jacket")
        for part in report.people
    )  # fmt: skip
    capture = Capture(
        place.id, "imminent_danger" in scene.facts, Tile(scene.tile), report.where, report.at, place.take(EXACT),
        people, scene.what if place.take(TOLD) else "", card=scene.card or CARDS.get(scene.tile, {}),
    )  # fmt: skip
    report.id = submit_incident(world.calls(report.reporter, now), capture)
    report.reference = rows(Incident.reference, where=Incident.id == report.id)[0][0]
    ids = rows(IncidentPerson.id, where=IncidentPerson.incident_id == report.id)
    for part, (number,) in zip(report.people, ids, strict=True):
        part.id = number


MOTIVATIONS = ("peer_attention", "avoid_task", "unknown", None)


def _complete(world: World, report: Report, now: datetime) -> None:
    """Complete the details: what the scene knows, and a no for each fact that is still unknown, since all are asked."""
    facts, place = report.scene.facts, report.place
    people = tuple(
        PersonDetails(part.id, part.role, part.code_id, place.take(MOTIVATIONS) if part.code_id else None)
        for part in report.people
    )
    stored: dict[str, Any] = rows(Incident.facts, where=Incident.id == report.id)[0][0]
    unknown = [name for name, value in stored.items() if value == UNKNOWN]
    noes = {name: "none" if name in ("weapon", "injury", "substance", "sexual") else False for name in unknown}
    details = Details(
        report.where,
        injury=facts.get("injury"),
        weapon=facts.get("weapon"),
        substance=facts.get("substance"),
        bias_basis="unknown" if facts.get("bias") else None,
        property_damage=True if report.scene.tile == "property" else None,
        facts=noes | {name: value for name, value in facts.items() if name != "verified"},
        people=people,
    )
    complete_details(world.calls(report.reporter, now), report.id, details)


ANSWERS = {
    PURPOSE: (f"yes:{HURT}", ""),
    "imminent_danger": ("no", ""),
    "harmed": ("asked", "The students who were there"),
}
"""What the dean answers to a fact that is open: the answer, and whom they asked."""


def _review(world: World, report: Report, dean: Person, now: datetime) -> Steps:
    """Check the facts of a fight or a thing that was seen, then answer what must be known before the decision.

    An answer may bring another question: a gun that may be one asks whether staff can calm the danger.
    """
    verified, is_mutual = report.scene.facts.get("verified"), report.scene.people.startswith("BB")
    is_fight = report.scene.tile in ("fight", "pushing")
    if verified is not None or is_mutual or is_fight:
        mutual = ("yes" if is_mutual and len(report.caused) > 1 else "no") if is_fight or is_mutual else ""
        check_facts(world.calls(dean, now), report.id, verified=verified or "yes", mutual=mutual)
        now = yield world.calendar.soon(now, 6)
    while True:
        stored = rows(Incident.facts, Incident.tile, where=Incident.id == report.id)[0]
        known = situation(report.id)
        facts = must_answer(known.plan, stored, known.people)
        if not facts:
            return now
        answer, whom = ANSWERS.get(facts[0], ("no:saw", ""))
        answer_fact(world.calls(dean, now), report.id, facts[0], answer, whom)
        now = yield world.calendar.soon(now, 6)


NO_ACTION = (*("",) * 17, "settled", *("",) * 17, "unfounded", *("",) * 17, "not_school")
"""Why nothing is done about a report; '' of most, about which something is done."""


def _decide(world: World, report: Report, dean: Person, now: datetime) -> None:
    known, call, place = situation(report.id), world.calls(dean, now), report.place
    duties = len(rows(LegalDuty.id, where=(LegalDuty.incident_id == report.id) & LegalDuty.state.in_(OPEN_DUTY)))
    plain = not report.story and not duties
    if plain and (reason := place.take(NO_ACTION)):
        take_no_action(call, report.id, reason=reason, note="The dean spoke with everyone involved.")
        return
    if is_light(known.plan, duties) and not report.story:
        decide(call, report.id, Choice(conversation=place.take(CONVERSATIONS)))
        return
    if known.plan.waiting and not known.plan.items:
        take_no_action(call, report.id, reason="other", note="Nobody could say who it was.")
        return
    decide(call, report.id, Choice())
    tell_police(world, report, known.plan.police, dean, now)
    remove(world, report, dean, now)
    work = work_of(world, place, report.today, report.id, [part.pupil for part in report.people if part.pupil])
    if work is None:
        return
    for row in known.plan.follow_ups:
        if row.kind is FollowUpKind.SAFETY_PLAN:
            world.agenda.begin(protect(work, row.days, now))
            break
    world.agenda.begin(play_case(work, now))
