"""The second count of what was done: the funnel, agreements, contact, follow-ups, removals, police."""

from __future__ import annotations

from datetime import date, timedelta

from tests.outcomes.recount.plain import HARMED, Plain, number, pairs, table
from tests.outcomes.recount.shown import Shown, large, percent, rounded, rows, same, whole

STEPS = ("proposed", "offered", "accepted", "held", "agreement", "kept")
ALONE = "not exists (select 1 from case_incident x where x.incident_id = i.id)"
TALKED = f"i.state = 'closed' and i.outcome_reason in ('repair_agreed', 'understood', 'no_understanding') and {ALONE}"
ASKED = (
    f"{ALONE} and exists (select 1 from follow_up f where f.incident_id = i.id and f.kind = 'conversation' "
    "and f.state <> 'cancelled')"
)
MET = "case when w.pathway in ('circle', 'restorative_conversation') then w.held_on else w.started_on end is not null"
TERM = "exists (select 1 from agreement_term t join agreement g on g.id = t.agreement_id where g.pathway_id = w.id"
REACHED = (
    "1 = 1", "w.offered_on is not null", "w.accepted_on is not null", MET,
    "exists (select 1 from agreement g where g.pathway_id = w.id)",
    f"{TERM} and t.state in ('kept', 'late')) and not {TERM} and t.state in ('open', 'not_kept'))",
)  # fmt: skip


def _came(plain: Plain, place: int, pathway: str | None) -> int:
    """Incidents of which a pathway (None: any) came to a step, or a conversation without a case did."""
    so_far = " and ".join(f"({one})" for one in REACHED[: place + 1])
    named = "1 = 1" if pathway is None else f"w.pathway = '{pathway}'"
    found = [
        "exists (select 1 from case_incident ci join pathway w on w.case_id = ci.case_id "
        f"where ci.incident_id = i.id and {named} and {so_far})"
    ]
    if pathway in (None, "restorative_conversation") and place < 4:
        found += [f"({TALKED})", *([f"({ASKED})"] if place == 0 else [])]
    return int(number(f"select count(*) from incident i where {plain.incidents} and ({' or '.join(found)})"))


def funnel(seen: Shown) -> None:
    """Each pathway's steps in the report, and the page's for a circle and for any."""
    names = {row[0] for row in table("select distinct pathway from pathway")} | {"restorative_conversation"}
    same("incidents", seen.document("funnel")["incidents"], seen.document("core")["incidents"])
    for name in (None, *sorted(names)):
        counted = {step: _came(seen.plain, place, name) for place, step in enumerate(STEPS)}
        shown = seen.document("funnel")["pathways"].get(name or "any", dict.fromkeys(STEPS, 0))
        if name not in (None, "circle"):  # these make no agreement, and have no figure for one
            assert not counted["agreement"] and not counted["kept"]
            none = dict.fromkeys(("agreement", "kept"))
            counted, shown = counted | none, shown | none if name not in seen.document("funnel")["pathways"] else shown
        same(name or "any", shown, counted)
        if name in (None, "circle"):
            page = rows(seen.client.page(f"/outcomes/repair?pathway={name or ''}"), "Step")
            same(f"{name} on the page", [whole(cells[0]) for cells in page.values()][1:], [*counted.values()])
    assert _came(seen.plain, 5, None) > 0 or seen.code


def terms_of(plain: Plain) -> tuple[dict[str, int], int]:
    """Terms kept, late and due, and how many of those kept their own owner marked."""
    owners = (
        "select 1 from case_participant o join incident_person p on p.id = o.incident_person_id "
        "join staff_member m on m.id = p.staff_id where o.id = t.owner_participant_id and m.user_id = t.decided_by_id"
    )
    due = (
        f"from agreement_term t join agreement g on g.id = t.agreement_id where {plain.at('g.school_id')} "
        f"and t.due_on between '{plain.first}' and '{plain.last}' "
        "and t.state not in ('changed', 'excused') "
        f"and (t.state <> 'open' or t.due_on < '{plain.today}')"
    )
    good = f"{due} and not exists ({owners}) and t.state"
    counted = {
        "kept": number(f"select count(*) {good} in ('kept', 'late')"),
        "late": number(f"select count(*) {good} = 'late'"),
        "due": number(f"select count(*) {due}"),
    }
    return counted, number(f"select count(*) {due} and exists ({owners}) and t.state in ('kept', 'late')")


def agreements(seen: Shown) -> None:
    """Terms due, kept and late; one that its own owner marked is not kept."""
    counted, own = terms_of(seen.plain)
    same("report", seen.document("funnel")["agreement_terms"], counted)
    value, words = large(seen.overview, "Agreements kept")
    same("page", value, percent(counted["kept"], counted["due"]))
    same("page, due", whole(words), counted["due"])
    assert own > 0 or seen.code
    assert number("select count(*) from agreement_term where state = 'changed'") > 0


def reached_of(plain: Plain) -> tuple[str, tuple[int, int, int, int]]:
    """Each person harmed as a query, and of them: within a school day, reached at all, waiting, everyone."""
    met = (
        "from circle_preparation c join case_participant q on q.id = c.participant_id join case_incident ci "
        "on ci.case_id = q.case_id where ci.incident_id = i.id and (q.incident_person_id = p.id "
        "or q.student_id = p.student_id)"
    )
    first = (
        "select min(x.d) from (select f.closed_on d from follow_up f where f.incident_person_id = p.id "
        "and f.state = 'done' and f.kind = 'contact_person_harmed' and f.outcome in ('reached', 'contact_declined') "
        f"union all select c.support_offered_on {met} and c.support_offered_on >= i.local_date "
        f"union all select c.pre_met_on {met} and c.pre_met_on >= i.local_date) x"
    )
    days = plain.days("i.local_date", f"({first})")
    yesterday = date.fromisoformat(plain.today) - timedelta(days=1)
    gone = plain.days("i.local_date", f"'{yesterday}'")
    each = (
        f"select ({first}) reached, {days} waited, {gone} gone from incident i join incident_person p "
        f"on p.incident_id = i.id and p.role in {HARMED} where {plain.incidents}"
    )
    counted = table(
        "select sum(case when gone > 0 and reached is not null and waited <= 1 then 1 else 0 end), "
        "sum(case when gone > 0 and reached is not null then 1 else 0 end), "
        f"sum(case when gone = 0 then 1 else 0 end), count(*) from ({each}) x"
    )[0]
    within, reached, waiting, everyone = (int(one or 0) for one in counted)
    return each, (within, reached, waiting, everyone)


def contact(seen: Shown) -> None:
    """People harmed: within a school day, of all whose first school day is over; and the bars of the page."""
    each, (within, reached, waiting, everyone) = reached_of(seen.plain)
    of_all = everyone - waiting
    counted = {"within_1_school_day": within, "people_harmed": of_all, "waiting": waiting}
    same("report", seen.document("followups")["first_contact"], counted)
    value, words = large(seen.overview, "Reached within 1 school day")
    same("page", (value, whole(words)), (percent(within, of_all), of_all))
    bars = [whole(cells[0]) for cells in rows(seen.overview, "Reached").values()]
    limits = ("= 0", "= 1", "= 2", "between 3 and 5", "> 5")
    by_days = [
        number(f"select count(*) from ({each}) x where gone > 0 and reached is not null and waited {one}")
        for one in limits
    ]
    same("bars", bars, [*by_days, of_all - reached])
    assert 0 < within < of_all or seen.code


def follow_ups(seen: Shown) -> None:
    """On time of due, by kind, in the report and on the page; nothing that tells of a need for housing support."""
    plain = seen.plain
    due = (
        f"select f.kind, count(*) from follow_up f where {plain.of('f', 'due_on')} and f.state <> 'cancelled' "
        f"and f.plan_step_id is null and (f.state = 'done' or f.due_on < '{plain.today}') "
        "and f.kind not in ('contact_person_harmed', 'liaison') and not exists (select 1 from pathway p "
        "where p.id = f.pathway_id and p.kind = 'housing_basic_needs')"
    )
    every = pairs(f"{due} group by f.kind")
    good = pairs(f"{due} and f.state = 'done' and f.closed_on <= f.due_on group by f.kind")
    shown = {row["kind"]: (row["on_time"], row["due"]) for row in seen.document("followups")["kinds"]}
    same("report", shown, {kind: (good.get(kind, 0), of) for kind, of in every.items()})
    bars = rows(seen.overview, "Follow-up")
    same("page", sorted(cells[1] for cells in bars.values()), sorted(f"{a} of {b}" for a, b in shown.values()))
    share = percent(sum(good.values()), sum(every.values()))
    assert f"Follow-ups on time: {share}" in seen.overview.text, share
    assert 0 < sum(good.values()) < sum(every.values()) or seen.code


def removals(seen: Shown) -> None:
    """Instances and students by kind, and suspensions and expulsions per 100 students."""
    plain = seen.plain
    began = f"discipline_action a where {plain.of('a', 'starts_on')} and a.state = 'standing'"
    found = {
        kind: (instances, students)
        for kind, instances, students in table(
            f"select a.kind, count(*), count(distinct a.student_id) from {began} group by a.kind"
        )
    }
    shown = {
        kind: (one["instances"], one["students"]) for kind, one in seen.document("notifications")["removals"].items()
    }
    same("report", shown, {kind: found.get(kind, (0, 0)) for kind in shown})
    page = list(rows(seen.overview, "What", "Instances").values())[: len(shown)]
    same("page", [(whole(cells[0]), whole(cells[1])) for cells in page], list(shown.values()))
    kinds = ("('in_school_suspension', 'out_of_school_suspension')", "('expulsion')")
    rates = [number(f"select count(*) from {began} and a.kind in {one}") for one in kinds]
    students = plain.students(plain.last)
    value = " · ".join(rounded(100 * one / students) for one in rates)
    words = "suspension" if rates[0] == 1 else "suspensions"
    same("rates", large(seen.overview, "Suspensions · expulsions"), (value, f"per 100 students, {rates[0]} {words}"))
    assert found or seen.code
    assert number("select count(*) from discipline_action where state = 'reversed'") > 0


UNCONFIRMED = (
    "r.id = n.review_id and r.door = 'emergency' and r.review_due_on is not null and r.second_approves = false"
)
IN_VAIN = (
    "exists (select 1 from police_review r, legal_duty d where r.id = n.review_id and r.door = 'required_by_law' "
    "and d.id = r.duty_id and (d.state = 'not_applicable' or (r.review_due_on is not null "
    "and r.second_approves = false)) and d.code {} in ('firearm_or_gun_threat', 'firearm_report_chicago'))"
)
"""Told as a law asks that did not apply after all; with "not" put in, any law but those on firearms and gun threats."""
BY_LAW_LINE = "required by law, not confirmed (firearm or gun threat)"


def police(seen: Shown) -> None:
    """Notifications by door, the students in them, and per 1,000 students."""
    plain = seen.plain
    made = f"police_notification n where {plain.of('n', 'local_date')}"
    unconfirmed = f"exists (select 1 from police_review r where {UNCONFIRMED})"
    by_law = IN_VAIN.format("")
    doors = pairs(f"select n.door, count(*) from {made} and not {unconfirmed} and not {by_law} group by n.door")
    alone, guns = (number(f"select count(*) from {made} and {line}") for line in (unconfirmed, by_law))
    students = number(
        "select count(distinct s.student_id) from notified_student s where s.notification_id in "
        f"(select n.id from {made})"
    )
    shown = seen.document("notifications")
    same("doors", {door: one for door, one in shown["by_door"].items() if one}, doors)
    everyone = plain.students(plain.last)
    instances = sum(doors.values()) + alone + guns
    same("not confirmed", shown["emergency_not_confirmed"], alone)
    same("by law, not confirmed", shown["required_by_law_not_confirmed"], guns)
    same("all", (shown["notifications"], shown["students"]), (instances, students))
    same("per 1,000", shown["per_1000_students"], round(1000 * instances / everyone, 2))
    same("enrolled", shown["enrolled"], everyone)
    page = rows(seen.overview, "What", "Instances")["Police notifications, all"]
    same("page", [whole(one) for one in page], [instances, students])
    for label, one in (("emergency not confirmed", alone), (BY_LAW_LINE, guns)):
        line = rows(seen.overview, "What", "Instances")[f"Police notification: {label}"]
        same(label, whole(line[0]), one)
    beside = f"Not confirmed, separate: {alone} emergency, {guns} required by law"
    assert beside in large(seen.overview, "Avoidable police notifications")[1]
    rate = rounded(1000 * instances / everyone)
    assert f"Police notifications per 1,000 students: {rate}" in seen.overview.text


def avoidable_of(plain: Plain) -> tuple[int, int]:
    """Notifications that were neither an emergency nor required by law, and incidents that could have led there."""
    made = number(
        f"select count(*) from police_notification n where {plain.of('n', 'local_date')} "
        f"and (n.door not in ('emergency', 'required_by_law') or {IN_VAIN.format('not')})"
    )
    serious = number(
        f"select count(*) from incident i where {plain.incidents} and (i.behavior_group >= 4 "
        "or i.weapon in ('lookalike', 'maybe_firearm', 'other', 'firearm') or i.injury in ('minor', 'needed_care') "
        "or i.substance in ('tobacco_vape', 'alcohol', 'cannabis', 'narcotic_or_meth', 'other_drug'))"
    )
    return made, serious


def avoidable(seen: Shown) -> None:
    """Neither emergency nor required by law, beside what could have led there, and the reviews refused."""
    plain = seen.plain
    made, serious = avoidable_of(plain)
    refused = number(
        "select count(*) from police_review r join incident i on i.id = r.incident_id "
        f"where r.state = 'refused' and {plain.of('i', 'local_date')}"
    )
    shown = seen.document("notifications")
    same("report", shown["avoidable"], {"notifications": made, "incidents": serious})
    same("refused", shown["reviews_refused"], refused)
    value, words = large(seen.overview, "Avoidable police notifications")
    same("page", (whole(value), whole(words)), (made, serious))
    assert f"{refused} review" in words
    assert made > 0 < refused or seen.code


COUNTS = {
    "funnel": funnel,
    "agreements": agreements,
    "contact": contact,
    "follow_ups": follow_ups,
    "removals": removals,
    "police": police,
    "avoidable": avoidable,
}
