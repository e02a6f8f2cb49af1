"""The second count of how cases go: how long they take."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from statistics import median
from typing import Any

from tests.outcomes.recount.pathways import FEWEST, left, too_few
from tests.outcomes.recount.plain import Plain, local, number, pairs, table
from tests.outcomes.recount.shown import Shown, day_words, listed, percent, rows, same, whole


def _timed(plain: Plain) -> str:
    """Each case with its first incident in the period: when it `began`, `met` first and was `closed`."""
    began = (
        "select ci.case_id, min(i.local_date) began from case_incident ci join incident i on i.id = ci.incident_id "
        "where i.state <> 'duplicate' and i.outcome_reason <> 'withdrawn' group by ci.case_id"
    )
    every = (
        "select w.case_id, w.held_on d from pathway w where w.pathway in ('circle', 'restorative_conversation') "
        f"union all select m.case_id, {local('m.starts_at', 'date')} from circle_meeting m where m.happened and "
        "m.kind = 'circle' union all select r.case_id, r.meeting_held_on from reengagement_plan r"
    )
    met = f"select y.case_id, min(y.d) met from ({every}) y group by y.case_id"
    return (
        f"select c.id, c.reference, b.began, t.met, {local('c.closed_at', 'date')} closed, c.state from case_record c "
        f"join ({began}) b on b.case_id = c.id left join ({met}) t on t.case_id = c.id "
        f"where {plain.at('c.school_id')} and b.began between '{plain.first}' and '{plain.last}'"
    )


def _middle(plain: Plain, column: str) -> Any:
    waited = plain.days("z.began", f"z.{column}")
    each = f"select {waited} d from ({_timed(plain)}) z where z.{column} is not null"
    ranked = f"select d, row_number() over (order by d) place, count(*) over () n from ({each}) x"
    found = table(f"select avg(case when place in ((n + 1) / 2, (n + 2) / 2) then d end) from ({ranked}) y")
    return found[0][0]


def days_words(middle: Any) -> str:
    """A median as pages write it."""
    return "–" if middle is None else f"{float(middle):.1f}".removesuffix(".0") + " school days"


def _listed(seen: Shown) -> None:
    """The lists behind: each case with its own days."""
    found: dict[str, list[tuple[str, str]]] = {"first_meetings": [], "closings": []}
    for _id, reference, _began, met, closed, state in table(_timed(seen.plain)):
        waits = "Closed without a meeting" if state == "closed" else "Still waiting"
        found["first_meetings"].append((reference, f"Met {day_words(met)}" if met else waits))
        found["closings"].append((reference, f"Closed {day_words(closed)}" if closed else "Still open"))
    for name, cases in found.items():
        same(name, sorted(listed(seen, f"/outcomes/behind/{name}?year=2026-27")), sorted(cases))


def times(seen: Shown) -> None:
    """School days to the first meeting and to the closing, and the cases that are not in the median."""
    everyone, met, waiting, closed = table(
        "select count(*), count(met), sum(case when met is null and state <> 'closed' then 1 else 0 end), "
        f"sum(case when state = 'closed' then 1 else 0 end) from ({_timed(seen.plain)}) z"
    )[0]
    shown = list(rows(seen.overview, "From the incident to").values())
    same("cases", [whole(cells[1]) for cells in shown], [everyone, everyone])
    without = everyone - met - waiting
    same("meeting", shown[0][2], f"met: {met}; still waiting: {waiting}; closed without one: {without}")
    same("closing", shown[1][2], f"closed: {closed}; still open: {everyone - closed}")
    middles = [_middle(seen.plain, "met"), _middle(seen.plain, "closed")]
    same("medians", [cells[0] for cells in shown], [days_words(one) for one in middles])
    if seen.code is not None:
        _listed(seen)
    counts = (met, waiting, without, closed, everyone - closed)
    assert min(counts) > 0 or seen.code, counts


def windows_of(plain: Plain, length: int) -> str:
    """Each student of an incident of the period: `over` when so many school days attended are, and whether `again`."""
    acts = (
        "select i.id incident_id, i.reference, i.school_id, p.student_id, i.local_date as day from incident i "
        "join incident_person p on p.incident_id = i.id where p.role in ('caused_harm', 'both') "
        "and p.student_id is not null and i.state <> 'duplicate' and i.outcome_reason <> 'withdrawn' "
        f"and {plain.at('i.school_id')} "
        "group by i.id, i.reference, i.school_id, p.student_id, i.local_date"
    )
    # removals that were made are as long as they say; a later day of one is a later school day
    gone_by = (
        f"(select count(*) from calendar_day c where {plain.school_day()} and c.day >= d.starts_on and c.day <= k.day)"
    )
    away = (
        "exists (select 1 from discipline_action d where d.student_id = a.student_id and d.school_id = a.school_id "
        "and d.state = 'standing' and d.starts_on <= k.day and (d.ends_on is null or d.ends_on >= k.day) "
        f"and {gone_by} <= d.days)"
    )
    enrolled = (
        "exists (select 1 from enrolment e where e.student_id = a.student_id and e.school_id = a.school_id "
        "and e.starts_on <= k.day and (e.ends_on is null or e.ends_on >= k.day))"
    )
    there = (
        f"select a.incident_id, a.student_id, k.day, row_number() over (partition by a.incident_id, a.student_id "
        f"order by k.day) place from ({acts}) a join calendar_day k on k.day > a.day and k.day < '{plain.today}' "
        f"where {plain.school_day('k')} and a.day between '{plain.first}' and '{plain.last}' "
        f"and {enrolled} and not {away}"
    )
    again = (
        f"exists (select 1 from ({acts}) o where o.student_id = a.student_id and o.school_id = a.school_id "
        "and o.day > a.day and o.day <= t.day)"
    )
    return (
        f"select a.reference, case when t.day is not null then 1 else 0 end finished, case when {again} then 1 else 0 "
        f"end again, a.school_id from ({acts}) a left join ({there}) t on t.incident_id = a.incident_id "
        f"and t.student_id = a.student_id and t.place = {length} "
        f"where a.day between '{plain.first}' and '{plain.last}'"
    )


def repeats(seen: Shown) -> None:
    """Windows over, of them with another incident, and not over; in the list each by itself."""
    shown, counted = rows(seen.overview, "Within"), {}
    networks = {row[0]: row[1] for row in table("select id, network from school")}
    for length in (30, 60, 90):
        windows = table(windows_of(seen.plain, length))
        over = [again for _reference, finished, again, _school in windows if finished]
        waiting = f"not over yet: {len(windows) - len(over)}"
        at = Counter(school for _reference, finished, _again, school in windows if finished)
        of_network = {} if seen.plain.network else networks
        stays = too_few(left([(of_network.get(one), 0, at[one]) for one in at]))
        few = len(over) < FEWEST or stays
        words = f"shown if at least {FEWEST}" if few else f"with another incident: {sum(over)}"
        words = "not shown: it could identify a few at one school" if len(over) >= FEWEST and stays else words
        share = "–" if few else percent(sum(over), len(over))
        counted[f"{length} school days attended"] = [share, str(len(over)), f"{words}; {waiting}"]
        if seen.code is not None and over:
            found = listed(seen, f"/outcomes/behind/repeats?year=2026-27&choice={length}")
            each = sorted((title, tag.startswith("Another incident")) for title, tag in found)
            same("list", each, sorted((row[0], row[2] == 1) for row in windows if row[1]))
        assert length > 30 or 0 < sum(over) < len(over) < len(windows) or seen.code
    same("page", shown, counted)


def caseload(seen: Shown) -> None:
    """Points of each coordinator's open cases; by name for the school's administrator alone."""
    stage = "case c.state when 'intake' then 2 when 'preparing' then 3 when 'in_process' then 2 else 1 end"
    family = "case w.pathway when 'circle' then 3 when 'reengagement' then 2 else 1 end"
    under_way = "w.case_id = c.id and w.state in ('proposed', 'preparing', 'active')"
    each = (
        f"select c.lead_id, {stage} + (select coalesce(sum({family}), 0) from pathway w where {under_way}) points "
        f"from case_record c where {seen.plain.at('c.school_id')} and c.state <> 'closed'"
    )
    led = table(
        f"select u.name, count(*), sum(x.points) from ({each}) x join user_account u on u.id = x.lead_id "
        "group by u.id, u.name"
    )
    points = sorted(int(row[2]) for row in led)
    nobodys = number(f"select count(*) from ({each}) x where x.lead_id is null")
    for words in (
        f"Median {median(points):g} points, most {points[-1]} points",
        f"{len(led)} coordinators · {sum(row[1] for row in led)} open cases · {nobodys} open cases have no",
    ):
        assert words in seen.overview.text, words
    heads = [table.find_all("th")[0].text for table in seen.overview.find_all("table")]
    if seen.code is None:
        assert "Coordinator" not in heads
        return
    shown = sorted((name, *map(whole, cells)) for name, cells in rows(seen.overview, "Coordinator").items())
    same("names", shown, sorted((row[0], row[1], int(row[2])) for row in led))


CLOSED_AS = {
    "repaired": "'repaired'",
    "partly_repaired": "'partly_repaired'",
    "not_repaired": "'declined', 'not_suitable', 'no_contact'",
    "left_out": "'unfounded', 'transferred'",
}


def harms_of(plain: Plain) -> tuple[dict[str, int], str]:
    """Cases with a person harmed that were closed in the period, or open at its end, by how they ended once they had
    their time; and, as a condition of cases `c`, those that were closed."""
    closed_on = local("c.closed_at", "date")
    closed = f"c.state = 'closed' and {closed_on} between '{plain.first}' and '{plain.last}'"
    still_open = f"c.opened_on <= '{plain.last}' and (c.state <> 'closed' or {closed_on} > '{plain.last}')"
    at_end = replace(plain, today=min(plain.today, str(date.fromisoformat(plain.last) + timedelta(days=1))))
    old, old_at_end = plain.had_time("c.opened_on", 40), at_end.had_time("c.opened_on", 40)
    harmed = (
        f"from case_record c where {plain.at('c.school_id')} and c.id in "
        "(select o.case_id from case_participant o where o.role in ('harmed', 'both'))"
    )
    judged = f"{harmed} and {closed} and {old}"
    counted = {
        name: number(f"select count(*) {judged} and c.result in ({results})") for name, results in CLOSED_AS.items()
    }
    counted["still_open"] = number(f"select count(*) {harmed} and {still_open} and {old_at_end}")
    young = f"({closed} and not {old}) or ({still_open} and not {old_at_end})"
    return counted | {"too_recent": number(f"select count(*) {harmed} and ({young})")}, judged


def harms(seen: Shown) -> None:
    """How closed cases with a person harmed ended, and what that person said then, in the report and on the page."""
    counted, judged = harms_of(seen.plain)
    said = pairs(
        f"select coalesce(c.harmed_says, 'not_recorded'), count(*) {judged} "
        "and c.result not in ('unfounded', 'transferred') group by 1"
    )
    shown = seen.document("harms")
    same("report", {name: shown[name] for name in counted}, counted)
    of = sum(counted.values()) - counted["left_out"] - counted["too_recent"]
    same("said", {name: n for name, n in shown["said_at_closing"].items() if n}, said)
    same("cases", (shown["cases"], sum(said.values())), (of, of - counted["still_open"]))
    bars = ("repaired", "partly_repaired", "not_repaired", "still_open", "left_out")
    page = [whole(cells[0]) for cells in rows(seen.overview, "Closed as").values()]
    same("page", page, [counted[name] for name in bars])
    assert f"Too recent to tell: {counted['too_recent']}" in seen.overview.text
    answers = sorted(whole(cells[0]) for cells in rows(seen.overview, "Answer").values())
    same("answers on the page", answers, sorted(said.values()))
    words = f"Harm repaired: {counted['repaired']} of {of} cases, partly {counted['partly_repaired']}"
    assert words in seen.overview.text, words
    before, _judged = harms_of(seen.plain.a_year_before())
    ago = sum(before.values()) - before["left_out"] - before["too_recent"]
    first = seen.client.page("/outcomes").find_all("main")[0].text
    assert f"{words}; a year ago: {before['repaired']} of {ago}, partly {before['partly_repaired']}" in first, before
    if seen.code is not None:
        found = [tag for _title, tag in listed(seen, "/outcomes/behind/harms?year=2026-27")]
        same("list", (len(found), found.count("Still open")), (of + counted["left_out"], counted["still_open"]))
    assert min(counted.values()) > 0 or seen.code, counted


COUNTS = {"harms": harms, "times": times, "repeats": repeats, "caseload": caseload}
