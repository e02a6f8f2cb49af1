"""The second count of restorative, police, or neither."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from tests.outcomes.recount.cases import windows_of
from tests.outcomes.recount.pathways import FEWEST, left, too_few
from tests.outcomes.recount.plain import ACTED, HARMED, Plain, is_postgresql, local, table
from tests.outcomes.recount.repair import IN_VAIN, MET, TALKED, UNFOUNDED
from tests.outcomes.recount.shown import Shown, listed, rows, same, whole

INSIDE = ("restorative", "both", "police", "neither")
POLICE_DUTIES = (
    "('firearm_or_gun_threat', 'firearm_report_chicago', 'drug_incident', 'drug_delivery', 'attack_on_staff')"
)
OF_CASE = "select 1 from case_incident ci join {} where ci.incident_id = i.id and "


def fact(row: str, name: str, of: str = "facts") -> str:
    """A fact as text; true is 'true' or '1'."""
    return f"({row}.{of} ->> '{name}')" if is_postgresql() else f"json_extract({row}.{of}, '$.{name}')"


def _true(row: str, name: str) -> str:
    return f"coalesce(cast({fact(row, name)} as varchar), '') in ('true', '1')"


def _apart(row: str) -> str:
    """Sexual harm, people who date or dated, an adult's act: known or sent on."""
    sent = " or ".join(
        f"coalesce(cast({fact(row, 'sent_on')} as varchar), '') like '%{name}%'"
        for name in ("sexual", "intimate_partner", "adult_conduct")
    )
    sexual = f"coalesce({fact(row, 'sexual')}, '') in ('harassment', 'contact', 'image')"
    return f"({sexual} or {_true(row, 'intimate_partner')} or {_true(row, 'adult_conduct')} or {sent})"


def _chosen() -> str:
    return (
        "(i.behavior_group >= 4 or i.weapon in ('lookalike', 'maybe_firearm', 'other', 'firearm') or "
        "i.substance in ('tobacco_vape', 'alcohol', 'cannabis', 'narcotic_or_meth', 'other_drug') or "
        "i.injury = 'needed_care' or exists (select 1 from legal_duty d where d.incident_id = i.id "
        f"and d.code in {POLICE_DUTIES} and (d.state <> 'not_applicable' or d.was_due)))"
    )


def _flags(plain: Plain, as_of: str) -> dict[str, str]:
    """What is known of an incident `i`, each as a condition, up to a day."""
    meeting = (
        f"w.pathway in ('circle', 'restorative_conversation') and w.offered_on is not null and w.accepted_on is not "
        f"null and {MET} and w.held_on >= i.local_date and w.held_on <= '{as_of}'"
    )
    support = (
        "w.pathway in ('mentoring', 'wraparound') and w.state = 'completed' and w.outcome <> 'service_not_available' "
        "and w.kind <> 'housing_basic_needs' and w.started_on >= i.local_date "
        f"and {local('w.ended_at', 'date')} <= '{as_of}'"
    )
    pathway = OF_CASE.format("pathway w on w.case_id = ci.case_id")
    talked = f"({TALKED}) and (i.reviewed_at is null or {local('i.reviewed_at', 'date')} <= '{as_of}')"
    adult = f"p.role in {ACTED} and p.kind in ('staff', 'other_adult', 'community')"
    made = "select 1 from police_notification n where n.incident_id = i.id and"
    no = OF_CASE.format("case_participant o on o.case_id = ci.case_id join circle_consent k on k.participant_id = o.id")
    return {
        "chosen": _chosen(),
        "law": (
            f"(exists (select 1 from legal_duty d where d.incident_id = i.id and d.code in {POLICE_DUTIES} and d.state "
            f"in ('due', 'discharged')) or exists ({made} n.door = 'required_by_law' "
            f"and not {IN_VAIN.format('not')}))"
        ),
        "apart": (
            f"({_apart('i')} or exists (select 1 from incident_person p where p.incident_id = i.id "
            f"and (({adult}) or {_apart('p')})))"
        ),
        "young": f"{plain.days('i.local_date', _yesterday(as_of))} < 20",
        "held": f"(exists ({pathway} w.for_whom <> 'harmed' and (({meeting}) or ({support}))) or ({talked}))",
        "told": f"exists ({made} n.local_date <= '{as_of}')",
        "unfounded": UNFOUNDED,
        "no": f"exists ({no} o.role in {HARMED} and k.consented = false and k.replaced_at is null)",
        "removed": (
            "exists (select 1 from discipline_action a where a.incident_id = i.id and a.state = 'standing' "
            f"and a.starts_on <= '{as_of}')"
        ),
    }


def _yesterday(day: str) -> str:
    return f"(cast('{day}' as date) - 1)" if is_postgresql() else f"date('{day}', '-1 day')"


def _way(row: dict[str, int]) -> str:
    """The way of one incident, told from its flags."""
    if not row["chosen"]:
        return "lowered"
    for flag, way in (("law", "by_law"), ("apart", "may_not_meet"), ("young", "recent")):
        if row[flag]:
            return way
    if row["held"]:
        return "both" if row["told"] else "restorative"
    if row["told"]:
        return "police"
    return "unfounded" if row["unfounded"] else "not_wished" if row["no"] else "neither"


def counted(plain: Plain, as_of: str) -> list[tuple[str, str, int, str | None]]:
    """(reference, way, whether somebody was removed, what was said at the last closing) of each incident that is taken
    or once was."""
    flags = _flags(plain, as_of)
    was = (
        "exists (select 1 from routing_answer r where r.incident_id = i.id and "
        f"(cast({fact('r', 'group')} as integer) >= 4 or {fact('r', 'weapon')} in ('lookalike', 'maybe_firearm', "
        f"'other', 'firearm') or {fact('r', 'substance')} not in ('none', 'unknown') "
        f"or {fact('r', 'injury')} = 'needed_care'))"
    )
    said = (
        "(select coalesce(c.harmed_says, '') from case_incident ci join case_record c on c.id = ci.case_id where "
        "ci.incident_id = i.id and c.state = 'closed' and c.result not in ('unfounded', 'transferred') "
        f"and {local('c.closed_at', 'date')} <= '{as_of}' and exists (select 1 from case_participant o "
        f"where o.case_id = c.id and o.role in {HARMED}) order by c.closed_at desc, c.id desc limit 1)"
    )
    kept = "1 = 1" if plain.school_id is None else "i.kept_from is null"
    columns = ", ".join(f"case when {flag} then 1 else 0 end {name}_" for name, flag in flags.items())
    found = table(
        f"select i.reference, {said} said_, {columns} from incident i "
        f"where {plain.incidents} and {kept} and ({flags['chosen']} or {was})"
    )
    names = list(flags)
    each = []
    for reference, answer, *numbers in found:
        row = dict(zip(names, numbers, strict=True))
        each.append((reference, _way(row), row["removed"], answer))
    return each


def share_of(plain: Plain) -> tuple[int, int]:
    """Restorative only, of all four ways, as it stood on the last day."""
    ways = Counter(way for _reference, way, _removed, _said in counted(plain, plain.last))
    return ways["restorative"], sum(ways[way] for way in INSIDE)


def _merged(way: str) -> str:
    return "neither_or_not_wished" if way in ("neither", "not_wished") else way


def mission(seen: Shown) -> None:
    """The four ways and what stands beside them, both years, in the report and on the page; each in its list."""
    earlier = seen.plain.a_year_before()
    years = {"this_year": counted(seen.plain, seen.plain.today), "a_year_ago": counted(earlier, earlier.last)}
    command = seen.document("mission")
    for name, each in years.items():
        ways = Counter(row[1] for row in each)
        removed = Counter(row[1] for row in each if row[2])
        closed = Counter(row[1] for row in each if row[3] is not None)
        repaired = Counter(row[1] for row in each if row[3] == "repaired")
        for way, figures in command[name].items():
            same(f"{name}, {way}", figures["incidents"], ways[way])
            if way in INSIDE:
                shown = (figures["with_a_removal"], figures["closed"], figures["said_repaired"])
                same(f"{name}, {way}, beside", shown, (removed[way], closed[way], repaired[way]))
        _again(
            seen, replace(seen.plain if name == "this_year" else earlier, today=seen.plain.today), each, command[name]
        )
    _on_the_page(seen, years["this_year"], years["a_year_ago"])
    if seen.code is not None:
        for way in {_merged(row[1]) for row in years["this_year"]}:
            found = listed(seen, f"/outcomes/behind/mission?year=2026-27&choice={way}")
            every = sorted(row[0] for row in years["this_year"] if _merged(row[1]) == way)
            same(f"list of {way}", sorted(title for title, _tag in found), every)
    every_way = Counter(row[1] for row in years["this_year"])
    assert len(every_way) == 10 or seen.code, every_way


def _on_the_page(seen: Shown, now: list[Any], ago: list[Any]) -> None:
    tells = seen.code is None
    ways = [Counter(row[1] if tells else _merged(row[1]) for row in each) for each in (now, ago)]
    page = seen.client.page("/outcomes").find_all("main")[0]
    names = (*INSIDE[:3], "neither" if tells else "neither_or_not_wished")
    shown = [[whole(cell) for cell in cells[:2]] for cells in rows(page, "What followed").values()]
    same("page", shown, [[each[name] for each in ways] for name in names])


def _again(seen: Shown, plain: Plain, each: list[Any], shown: dict[str, Any]) -> None:
    """Windows of 90 days with another incident, of finished ones; none where few would remain."""
    of, networks = {row[0]: row[1] for row in each}, dict(table("select id, network from school"))
    windows = [row for row in table(windows_of(plain, 90)) if row[1]]
    tells = seen.code is None
    counted = {}
    for way in (*INSIDE[:3], "neither" if tells else "neither_or_not_wished"):
        mine = [row for row in windows if (of.get(row[0]) if tells else _merged(of.get(row[0], ""))) == way]
        at = Counter(row[3] for row in mine)
        if len(mine) >= FEWEST and not too_few(left([(networks[school], 0, at[school]) for school in at])):
            counted[way] = (len(mine), sum(row[2] for row in mine))
    while counted and too_few(len(windows) - sum(whole_ for whole_, _part in counted.values())):
        del counted[min(counted, key=lambda way: (counted[way][0], way))]
    found = {
        way: (figures["again_of"], figures["again"])
        for way, figures in shown.items()
        if figures.get("again_of") is not None
    }
    same("another incident", found, counted)


COUNTS = {"mission": mission}
