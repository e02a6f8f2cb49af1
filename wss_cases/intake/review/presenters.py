"""The page of a reviewed report in words: the recommendation, all texts written, and the police.

It never says that the report is no police matter.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import select

from wss_cases.accounts.teams import user_names
from wss_cases.followups.core.states import KINDS
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted, locale_code, ngettext
from wss_cases.foundation.school_time import moment_words
from wss_cases.incidents.incident.models import Addendum, GuardianContact, Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CAUSED, SUFFERED, person_words
from wss_cases.incidents.incident.states import (
    INJURY_LABELS,
    MANNER_LABELS,
    RESULT_LABELS,
    TOLD_BY_LABELS,
    PersonKind,
    PersonRole,
    Tile,
)
from wss_cases.incidents.pages import place_names
from wss_cases.intake.corrections.changes import Changes, key_of
from wss_cases.intake.decision import Added, is_held
from wss_cases.intake.recommendation import Plan, PlanFollowUp, PlanItem, PoliceFinding, Situation
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.timeline import author, sentence
from wss_cases.routing.engine.explain import said
from wss_cases.routing.engine.vocabulary import AppliesTo, Duty, FollowUpKind, HoldState, Kind, Person, Police

ARMS = frozenset({Duty.FIREARM_OR_GUN_THREAT.value, Duty.FIREARM_REPORT_CHICAGO.value})
MAY_BE_ARMED = frozenset({"imminent_danger", "weapon", "gun_violence_threat", "fire_or_bomb"})


def police_words(
    finding: PoliceFinding, grounds: Sequence[Any], asked: Collection[str] = (), duties: Collection[str] = (),
    sexual: Any = None,
) -> dict[str, Any]:  # fmt: skip
    """Text about the police: urgent and plain lines, the call, what to find out, and whether to ask again.

    `grounds`: labels of recorded notifications; with one, the law is not mentioned. `asked`: facts asked on the page
    itself; `duties`: codes of open duties. 911 is named only for danger, guns and bombs. `sexual`: that fact if known.
    """
    urgent = [_("The police have been notified (%(ground)s).", ground=ground) for ground in dict.fromkeys(grounds)]
    lines = []
    if finding.police is Police.NOT_INDICATED:
        lines += [] if grounds else [_("No law requires a call to the police for what is known.")]
    elif finding.police is not Police.VERIFY or not grounds:
        urgent.append(_finding_words(finding))
    if sexual in ("contact", "image"):
        lines.append(
            _("The student who was harmed and the family may report it to the police; help them if they wish.")
        )
    emergency, verify = finding.police is Police.EMERGENCY, finding.police is Police.VERIFY
    questions = []
    if finding.ask_danger and not emergency and "imminent_danger" not in asked:
        questions.append(_("Is anyone in danger that staff cannot calm?"))
    if finding.ask_verified and verify:
        questions.append(_("Is it verified? Who saw it, and what was found?"))
    armed = finding.ask_danger or bool(MAY_BE_ARMED & set(asked)) or (verify and bool(ARMS & set(duties)))
    call = _("If you believe someone is in danger or has a gun, call 911 now.") if armed else ""
    return {
        "urgent": urgent,
        "lines": lines,
        "call": _("Danger now. Call first. This page does not alert anyone.") if emergency else call,
        "questions": questions,
        "ask_verified": finding.ask_verified and verify,
        "ask_again": emergency,
    }


def _finding_words(finding: PoliceFinding) -> str:
    match finding.police:
        case Police.EMERGENCY:
            return _("Danger now: call first, record it within the hour.")
        case Police.REQUIRED_BY_LAW:
            return _("The law requires a notification. A restorative pathway opens anyway.")
    return _("Whether the police must be notified is not decided yet. First find out what is asked above.")


Text = dict[str, Any]
OWN_ACCOUNT = "incident.account_added"
"""History entry on a report to which a second witness added an account."""

SAID_WHY = ("review.reopened", "incident.withdrawal_asked", "incident.corrected", "incident.part_corrected")
"""History entries with a reason that someone wrote."""


@dataclass(frozen=True)
class _Said:
    at: datetime
    what: str
    who: str
    text: str


def evidence_of(incident: Incident, zone: str) -> list[Text]:
    """The texts of a report and of reports merged into it, as timeline entries, oldest first."""
    merged = select(Incident).where(Incident.duplicate_of_id == incident.id).order_by(Incident.id)
    reports = [incident, *db.session.scalars(merged)]
    ids = [report.id for report in reports]
    added = _rows(Addendum, Addendum.incident_id, ids)
    contacts = _rows(GuardianContact, GuardianContact.incident_id, ids)
    acts = _acts(ids)
    names = user_names(
        [one for r in reports for one in (r.reporter_id, r.reviewer_id)]
        + [one.author_id for one in (*added, *contacts)]
    )
    accounts = {act.subject_id for act in acts if act.kind == OWN_ACCOUNT}
    places = place_names() if len(reports) > 1 else {}
    texts = [
        text
        for report in reports
        for text in _of_report(report, names, _title(report, incident, accounts), _told(report, zone, places))
    ]
    texts += [_Said(one.at, _("Added later"), names.get(one.author_id, ""), one.text) for one in added]
    texts += [_Said(one.at, _call_words(one), names.get(one.author_id, ""), one.note) for one in contacts]
    texts += [_Said(act.at, sentence(act), author(act), act.data.get("why") or "") for act in acts]
    written = [one for one in texts if one.text.strip()]
    written.sort(key=lambda one: one.at)
    return [{"what": one.what, "when": moment_words(one.at, zone), "who": one.who, "note": one.text} for one in written]


def _rows(model: Any, column: Any, ids: Collection[int]) -> Sequence[Any]:
    return db.session.scalars(select(model).where(column.in_(ids)).order_by(model.id)).all()


def _acts(ids: Collection[int]) -> Sequence[TimelineEntry]:
    statement = select(TimelineEntry).where(
        TimelineEntry.subject_type == "incident",
        TimelineEntry.subject_id.in_(ids),
        TimelineEntry.kind.in_((*SAID_WHY, OWN_ACCOUNT)),
    )
    return db.session.scalars(statement.order_by(TimelineEntry.id)).all()


def _title(report: Incident, incident: Incident, accounts: Collection[int]) -> str:
    if report is incident:
        return _("The report")
    if report.id in accounts:
        return _("A second witness, %(reference)s", reference=report.reference)
    return _("Report %(reference)s, merged with this one", reference=report.reference)


def _told(report: Incident, zone: str, places: Mapping[str, str]) -> str:
    """What, where, when and who of a merged report, beside its text."""
    what = Tile(report.tile).label if report.tile in set(Tile) else report.tile
    place, when = places.get(report.location_code, ""), moment_words(report.occurred_at, zone)
    return dotted(str(what), place, when, ", ".join(person_words(person) for person in report.people))


def _of_report(report: Incident, names: dict[int, str], title: str, told: str) -> list[_Said]:
    """A report's own texts: narrative, immediate action, injury, text for families, and reason of closing."""
    who, at = names.get(report.reporter_id or 0, ""), report.submitted_at
    action = _Said(at, _("Immediate action taken"), who, report.immediate_action)
    texts = [_Said(at, title, who, report.narrative), action]
    if report.duplicate_of_id is not None:
        texts[0] = _Said(at, title, who, "\n".join(part for part in (told, report.narrative) if part))
        texts.append(_Said(at, _("Injury"), who, str(INJURY_LABELS.get(report.injury or "", ""))))
    later = report.details_completed_at or at
    texts += [
        _Said(later, _("What the family of %(name)s may read", name=person_words(person)), "", person.family_text)
        for person in report.people
    ]
    reviewer = names.get(report.reviewer_id or 0, "")
    texts.append(_Said(report.reviewed_at or at, _("Note of the review"), reviewer, report.closing_note))
    return texts


def _call_words(contact: GuardianContact) -> str:
    return dotted(_("Contact with a guardian"), MANNER_LABELS[contact.manner], RESULT_LABELS[contact.result])


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
        "not_coded": now.plan.not_coded and any(lacks_code(person) for person in now.people),
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


def lacks_code(person: IncidentPerson) -> bool:
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
