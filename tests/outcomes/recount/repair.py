"""The second count of what was done: the funnel, agreements, contact, follow-ups, removals, police."""

from __future__ import annotations

from tests.outcomes.recount.plain import HARMED, Plain, local, number, pairs, table
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


TIME = (10, 10, 15, 20, 20, 40)
"""The school days after an incident that each step may take."""
OF_IT = "select 1 from case_incident u join case_record r on r.id = u.case_id where u.incident_id = i.id"
UNFOUNDED = (
    f"(i.outcome_reason = 'unfounded' or (exists ({OF_IT} and r.result = 'unfounded') "
    f"and not exists ({OF_IT} and coalesce(r.result, '') <> 'unfounded')))"
)


def _came(plain: Plain, place: int, pathway: str | None, more: str) -> int:
    """Incidents of which a pathway (None: any) came to a step, or a conversation without a case did; -1: all."""
    so_far = " and ".join(f"({one})" for one in REACHED[: place + 1])
    named = "1 = 1" if pathway is None else f"w.pathway = '{pathway}'"
    found = [
        "exists (select 1 from case_incident ci join pathway w on w.case_id = ci.case_id "
        f"where ci.incident_id = i.id and {named} and {so_far})"
    ]
    if pathway in (None, "restorative_conversation") and place < 4:
        found += [f"({TALKED})", *([f"({ASKED})"] if place == 0 else [])]
    came = " or ".join(found) if place >= 0 else "1 = 1"
    where = f"{plain.incidents} and not {UNFOUNDED} and {more}"
    return int(number(f"select count(*) from incident i where {where} and ({came})"))


def _steps(plain: Plain, pathway: str | None) -> list[tuple[int, int, int]]:
    """Each step of a pathway: came so far, of those at the step before that had its time, and those too young."""
    steps = []
    for place, days in enumerate(TIME):
        old = plain.had_time("i.local_date", days)
        came, of = (_came(plain, one, pathway, old) for one in (place, place - 1))
        steps.append((came, of, _came(plain, place - 1, pathway, f"not {old}")))
    return steps


def funnel(seen: Shown) -> None:
    """Each pathway's steps in the report, and the page's for a circle and for any."""
    names = {row[0] for row in table("select distinct pathway from pathway")} | {"restorative_conversation"}
    same("incidents", seen.document("funnel")["incidents"], seen.document("core")["incidents"])
    for name in (None, *sorted(names)):
        steps = _steps(seen.plain, name)
        document = seen.document("funnel")
        for place, what in enumerate(("pathways", "of", "too_recent")):
            if (name or "any") not in document[what]:
                assert not any(step[0] for step in steps), name
                continue
            counted: dict[str, int | None] = {step: row[place] for step, row in zip(STEPS, steps, strict=True)}
            if name not in (None, "circle"):  # these make no agreement, and have no figure for one
                assert not steps[4][0] and not steps[5][0]
                counted |= dict.fromkeys(("agreement", "kept"))
            same(f"{name or 'any'}, {what}", document[what][name or "any"], counted)
        if name in (None, "circle"):
            page = list(rows(seen.client.page(f"/outcomes/repair?pathway={name or ''}"), "Step").values())[1:]
            steps[4] = _steps(seen.plain, "circle")[4]
            for cells, (came, of, too_recent) in zip(page, steps, strict=True):
                words = [cells[0], *([f"{100 * came / of:.0f}%: {came} of {of}"] if of else [])]
                assert words == [str(came), *([cells[1].split(" with ")[0].split(" · ")[0]] if of else [])], cells
                assert (f"Too recent to tell: {too_recent}" in cells[1]) is bool(too_recent), (cells, too_recent)
    last = _steps(seen.plain, None)
    assert (last[5][0] > 0 and min(step[2] for step in last) > 0) or seen.code, last


def offers_of(plain: Plain) -> dict[str, int]:
    """Incidents with an offer by today, of those that had its time; the younger ones; and reports that need none."""
    offer = (
        "exists (select 1 from case_incident ci join pathway w on w.case_id = ci.case_id "
        f"where ci.incident_id = i.id and w.offered_on <= '{plain.today}')"
    )
    talks = "select 1 from follow_up f where f.incident_id = i.id and f.kind = 'conversation' and f.state = 'done'"
    told = f"exists ({talks} and f.closed_on <= '{plain.today}')"
    decided = f"(i.reviewed_at is null or {local('i.reviewed_at', 'date')} <= '{plain.today}')"
    offered = f"({offer} or ({TALKED} and ({told} or (not exists ({talks}) and {decided}))))"
    old, calls = plain.had_time("i.local_date", 10), f"{plain.incidents} and not {UNFOUNDED}"
    reports = f"{plain.of('i', 'local_date')} and i.happened_at_id is null and {old}"
    conditions = {
        "offered": f"{calls} and {old} and {offered}",
        "of": f"{calls} and {old}",
        "too_recent": f"{calls} and not {old}",
        "unfounded": f"{plain.incidents} and {old} and {UNFOUNDED}",
        "withdrawn": f"{reports} and i.outcome_reason = 'withdrawn' and i.state <> 'duplicate'",
        "duplicates": f"{reports} and i.state = 'duplicate'",
    }
    return {name: number(f"select count(*) from incident i where {one}") for name, one in conditions.items()}


def offers(seen: Shown) -> None:
    """The second answer of the first page: with an offer of how many, this year and the same part of the one before,
    what is too recent, and what needs none."""
    now, before = offers_of(seen.plain), offers_of(seen.plain.a_year_before())
    text = seen.client.page("/outcomes").find_all("main")[0].text
    missed, ago = (f"{one['of'] - one['offered']} of {one['of']}" for one in (now, before))
    assert f"Who it does not reach yet: {missed} incidents without an offer to repair; a year ago: {ago}" in text, text
    assert f"Too recent to tell: {now['too_recent']}" in text, now
    reports = sum(now[name] for name in ("of", "unfounded", "withdrawn", "duplicates"))
    parts = (f"{now[name]} ({100 * now[name] / reports:.0f}%)" for name in ("unfounded", "withdrawn", "duplicates"))
    words = "Left out, of {} reports: {} unfounded, {} withdrawn, {} duplicate".format(reports, *parts)
    assert words in text, (words, text)
    assert (min(now.values()) > 0 and 0 < before["offered"] < before["of"]) or seen.code, (now, before)


def terms_of(plain: Plain) -> tuple[dict[str, int], int]:
    """Terms kept, late and due, and how many of those kept their own owner marked."""
    owners = (
        "select 1 from case_participant o join incident_person p on p.id = o.incident_person_id "
        "join staff_member m on m.id = p.staff_id where o.id = t.owner_participant_id and m.user_id = t.decided_by_id"
    )
    every = (
        f"from agreement_term t join agreement g on g.id = t.agreement_id where {plain.at('g.school_id')} "
        f"and t.due_on between '{plain.first}' and '{plain.last}' and t.state not in ('changed', 'excused')"
    )
    due = f"{every} and {plain.had_time('t.due_on', 5)}"
    good = f"{due} and {local('t.decided_at', 'date')} <= '{plain.today}' and not exists ({owners}) and t.state"
    counted = {
        "kept": number(f"select count(*) {good} in ('kept', 'late')"),
        "late": number(f"select count(*) {good} = 'late'"),
        "due": number(f"select count(*) {due}"),
        "too_recent": number(f"select count(*) {every} and not {plain.had_time('t.due_on', 5)}"),
    }
    return counted, number(f"select count(*) {due} and exists ({owners}) and t.state in ('kept', 'late')")


def agreements(seen: Shown) -> None:
    """Terms due, kept and late; one that its own owner marked is not kept."""
    counted, own = terms_of(seen.plain)
    same("report", seen.document("funnel")["agreement_terms"], counted)
    value, words = large(seen.overview, "Agreements kept")
    same("page", value, percent(counted["kept"], counted["due"]))
    same("page, due", whole(words), counted["due"])
    assert (f"Too recent to tell: {counted['too_recent']}" in words) is (counted["too_recent"] > 0), words
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
    gone = f"case when {plain.had_time('i.local_date', 1)} then 1 else 0 end"
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
    assert (f"Too recent to tell: {waiting}" in words) is (waiting > 0), words
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
        f"and f.plan_step_id is null and f.due_on < '{plain.today}' "
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
    "offers": offers,
    "agreements": agreements,
    "contact": contact,
    "follow_ups": follow_ups,
    "removals": removals,
    "police": police,
    "avoidable": avoidable,
}
