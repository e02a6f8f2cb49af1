"""A recommendation in words: who, what, why, holds, follow-ups, and what it is not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from wss_cases.followups.core.states import KINDS
from wss_cases.foundation.i18n import _, _l, in_language, locale_code, ngettext
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CAUSED, SUFFERED, is_unknown, person_words
from wss_cases.incidents.incident.states import (
    INJURY_LABELS,
    REPORTED_ROLE_LABELS,
    TOLD_BY_LABELS,
    PersonKind,
    PersonRole,
    Tile,
)
from wss_cases.intake.corrections.changes import Changes, key_of
from wss_cases.intake.decision.rules import Added, is_held
from wss_cases.intake.recommendation.queries import Situation
from wss_cases.intake.recommendation.rules import Answered, Plan, PlanFollowUp, PlanItem
from wss_cases.routing.engine.vocabulary import AppliesTo, FollowUpKind, HoldState, Kind, Person
from wss_cases.routing.engine.wording import said

# Until the facts are established a person is reported, not responsible.
SIDE_WORDS = {Person.CAUSED_HARM: _l("reported to have caused harm"), Person.HARMED: _l("reported as harmed")}
BOTH_PARTS_WORDS = _l("reported to have caused and experienced harm")
UNSETTLED_SIDE_WORDS = {Person.CAUSED_HARM: _l("may have caused harm"), Person.HARMED: _l("may have been harmed")}


def tile_words(tile: str) -> str:
    return str(Tile(tile).label) if tile in set(Tile) else tile


def side_of(person: IncidentPerson | None, side: Person) -> str:
    """A person's side in a report: as reported, or not settled yet."""
    if person is not None and person.role is PersonRole.BOTH and side is Person.CAUSED_HARM:
        return str(BOTH_PARTS_WORDS)
    unsettled = person is None or person.role is PersonRole.INVOLVED
    return str((UNSETTLED_SIDE_WORDS if unsettled else SIDE_WORDS)[side])


def name_of(person: IncidentPerson | None) -> str:
    """A person's name on the review page: preferred name, staff name, or description."""
    if person is None:
        return _("Someone not identified yet")
    if person.student is not None:
        return person.student.shown_name
    if person.staff is not None or person.other_school_id is not None:
        return person_words(person)
    return person.description or (
        _("Someone not identified yet") if person.kind is PersonKind.NOT_IDENTIFIED else _("Another adult")
    )


def called(person: IncidentPerson | None, people: Iterable[IncidentPerson]) -> str:
    """A person's name beside the others on the page; students of the same name also have grade and end of number."""
    name = name_of(person)
    if person is None or person.student is None:
        return name
    same = [one for one in people if one.student_id not in (None, person.student_id) and name_of(one) == name]
    if not same:
        return name
    number = person.student.student_number[-4:]
    more = [grade_words(person.grade), _("number ending in %(digits)s", digits=number) if number else ""]
    return f"{name} ({', '.join(one for one in more if one)})"


def grade_words(grade: int | None) -> str:
    """The grade in words (-1 pre-K, 0 kindergarten, 1 to 12), '' if unknown."""
    if grade is None:
        return ""
    if grade < 1:
        return _("pre-K") if grade < 0 else _("kindergarten")
    return _("grade %(grade)s", grade=grade)


def person_rows(people: Sequence[IncidentPerson]) -> list[dict[str, Any]]:
    return [
        {
            "name": called(person, people),
            "part": "" if person.role is PersonRole.INVOLVED else REPORTED_ROLE_LABELS[person.role],
            "grade": grade_words(person.grade),
            "done": in_language(person.behavior, "label") if person.behavior else "",
            "injury": INJURY_LABELS[person.injury] if person.injury else "",
            "asks_injury": person.role not in (PersonRole.WITNESS, PersonRole.SUPPORT),
            "student_id": person.student_id,
        }
        for person in people
    ]


def reported_words(incident: Incident, reporter: str) -> str:
    """Who reported and how they know, '' if unknown."""
    how = str(TOLD_BY_LABELS.get(incident.heard_from or "", ""))
    return ", ".join(part for part in (_("Reported by %(name)s", name=reporter), how) if part) if reporter else how


def start_words(days: int) -> str:
    if days == 0:
        return _("today")
    return ngettext("within %(num)d school day", "within %(num)d school days", days)


def item_words(item: PlanItem, people: Mapping[int, IncidentPerson]) -> dict[str, Any]:
    whom = _("for both sides together")
    if item.for_whom is not Person.BOTH:
        person = people.get(item.person_id) if item.person_id is not None else None
        whom = _("for %(name)s (%(part)s)", name=called(person, people.values()), part=side_of(person, item.for_whom))
    elif item.kind is Kind.HEALING_CIRCLE and _harmed_students(people.values()):
        whom = _("for both sides together, once the student who was harmed has been asked")
    return {
        "key": item.key,
        "kind": Kind(item.kind).label,
        "whom": whom,
        "tier": item.tier,
        "start": start_words(item.start),
        "why": " ".join(dict.fromkeys(said(text, locale_code()) for text in item.because)),
        "rules": ", ".join(item.rules),
    }


def _harmed_students(people: Iterable[IncidentPerson]) -> bool:
    return any(person.kind is PersonKind.STUDENT and person.role in SUFFERED for person in people)


def plan_words(now: Situation) -> dict[str, Any]:
    """The whole plan in words: items, holds, and follow-ups."""
    people = {person.id: person for person in now.people}
    return {
        "pathways": [item_words(item, people) for item in now.plan.items],
        "waiting": [item_words(item, people) for item in now.plan.waiting],
        "holds": hold_words(now.plan, people),
        "follow_ups": follow_up_words(now.plan, people),
        "tier": now.plan.tier,
        "not_coded": now.plan.not_coded and any(_lacks_code(person) for person in now.people),
        "ruleset": ruleset_words(now.answers),
    }


def hold_words(plan: Plan, people: Mapping[int, IncidentPerson]) -> list[dict[str, Any]]:
    """Each hold once, with the people it applies to."""
    rows: dict[tuple[str, tuple[str, ...], HoldState], dict[str, Any]] = {}
    for hold in plan.holds:
        key = (hold.applies_to.value, hold.rules, hold.state)
        row = rows.setdefault(
            key,
            {
                "what": AppliesTo(hold.applies_to).label,
                "because": said(hold.because, locale_code()),
                "until": "" if hold.state is HoldState.UNTIL_KNOWN else said(hold.until, locale_code()),
                "state": HoldState(hold.state).label if hold.state is HoldState.UNTIL_KNOWN else "",
                "rules": ", ".join(hold.rules),
                "names": [],
            },
        )
        person = people.get(hold.person_id) if hold.person_id is not None else None
        row["names"].append(called(person, people.values()))
    return list(rows.values())


def follow_up_words(plan: Plan, people: Mapping[int, IncidentPerson]) -> list[str]:
    return [follow_up_line(wanted, people) for wanted in plan.follow_ups]


def follow_up_line(wanted: PlanFollowUp, people: Mapping[int, IncidentPerson]) -> str:
    """One follow-up: what, for whom, when."""
    what, when = FollowUpKind(wanted.kind).label, start_words(wanted.days)
    person = people.get(wanted.person_id) if wanted.person_id is not None else None
    return f"{what} ({called(person, people.values())}): {when}" if person is not None else f"{what}: {when}"


def change_words(changes: Changes) -> dict[str, Any]:
    """What routing would change for a decided report: (key, words) to add, (words, address) to look at."""
    people = {person.id: person for person in changes.now.people}
    items = [(key_of(one), item_words(one, people)) for one in changes.items]
    named = [(key, f"{row['kind']}, {row['whom']} ({row['start']})") for key, row in items]
    named += [(key_of(one), follow_up_line(one, people)) for one in changes.follow_ups]
    going = [
        (str(Kind(row.kind).label), url_for("pathways.pathway", case_id=row.case_id, pathway_id=row.id))
        for row in changes.pathways
    ]
    going += [
        (str(KINDS.get(row.kind, KINDS["other"])), url_for("followups.follow_up", follow_up_id=row.id))
        for row in changes.open
    ]
    return {"named": named, "going": going}


def ruleset_words(answers: Sequence[Answered]) -> str:
    names = {(a.answer["ruleset"]["name"], a.answer["ruleset"]["version"]) for a in answers}
    return ", ".join(
        _("Rule set %(name)s, version %(version)s", name=name, version=version) for name, version in sorted(names)
    )


def is_not_words(now: Situation) -> str:
    """One sentence on what the recommendation is not."""
    if now.plan.holds:
        return _("This is not a finding of responsibility or a consequence. What is on hold stays on hold.")
    return _("This is not a finding of responsibility or a consequence. You decide.")


def missing_facts(incident: Incident, people: Sequence[IncidentPerson], asked: Collection[str] = ()) -> list[str]:
    """Other missing facts that would improve the recommendation, one per line."""
    lines = []
    if any(person.role.value == "involved" for person in people) and "harmed" not in asked:
        lines.append(_("Who caused harm and who was harmed"))
    if any(is_unknown(person) for person in people):
        lines.append(_("The identity of the people not identified yet"))
    if any(person.kind is PersonKind.STUDENT and _lacks_code(person) for person in people):
        lines.append(_("What each person is reported to have done"))
    if incident.injury is None and "injury" not in asked:
        lines.append(_("Whether anyone was hurt"))
    if incident.place is None:
        lines.append(_("Exactly where it happened"))
    return lines


def _lacks_code(person: IncidentPerson) -> bool:
    """Whether someone may have caused harm and has no behavior code; the early grades' codes have no groups."""
    return person.role in (*CAUSED, PersonRole.INVOLVED) and person.behavior_code_id is None


def waiting_words(submitted_at: datetime, now: datetime) -> str:
    waited: timedelta = now - submitted_at
    minutes = max(0, int(waited.total_seconds() // 60))
    if not minutes:
        return _("just now")
    if minutes < 60:
        return ngettext("waiting %(num)d minute", "waiting %(num)d minutes", minutes)
    if minutes < 48 * 60:
        return ngettext("waiting %(num)d hour", "waiting %(num)d hours", minutes // 60)
    return ngettext("waiting %(num)d day", "waiting %(num)d days", minutes // (24 * 60))


FOR_BOTH = (Kind.PEACE_CIRCLE, Kind.PEER_CONFERENCE, Kind.HEALING_CIRCLE, Kind.FAMILY_GROUP_CONFERENCE)


def addable(now: Situation) -> list[tuple[str, list[tuple[Added, str]]]]:
    """Kinds a reviewer may add, as (for whom, [(kind, its words)]): all except those recommended already. Held kinds
    are included; adding one is refused with the reason."""
    there = {_whose(item) for item in now.plan.items}
    people = {person.id: person for person in now.people}
    groups = [(_("for both sides together"), [Added(kind, Person.BOTH) for kind in FOR_BOTH])]
    for side, ids in ((Person.CAUSED_HARM, now.plan.caused), (Person.HARMED, now.plan.harmed)):
        for person_id in sorted(ids, key=lambda number: number or 0):
            person = people.get(person_id) if person_id is not None else None
            whom = _("for %(name)s (%(part)s)", name=called(person, now.people), part=side_of(person, side))
            groups.append((whom, [Added(kind, side, person_id) for kind in Kind if kind not in FOR_BOTH]))
    return [
        (whom, [(one, str(Kind(one.kind).label)) for one in kinds if _whose(one) not in there])
        for whom, kinds in groups
    ]


def _whose(one: PlanItem | Added) -> tuple[Kind, bool, int | None]:
    """Identity of an addition: one kind once per person, whatever their part."""
    return one.kind, one.for_whom is Person.BOTH, one.person_id


def held_kinds(plan: Plan) -> list[str]:
    """Names of the kinds that holds forbid for the people who caused harm, or for both sides."""
    applied = {hold.applies_to for hold in plan.holds}
    if AppliesTo.CAUSED_HARM_AND_CIRCLES in applied:
        return [_("everything for the adult, and every circle")]
    return [str(Kind(kind).label) for kind in Kind if any(is_held(kind, Person.BOTH, one) for one in applied)]
