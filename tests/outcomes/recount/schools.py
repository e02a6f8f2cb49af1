"""The second count of schools beside each other, and of the staff who reported."""

from __future__ import annotations

from dataclasses import replace

from tests.outcomes.recount.cases import harms_of
from tests.outcomes.recount.incidents import rate, total
from tests.outcomes.recount.plain import Plain, number, table
from tests.outcomes.recount.repair import offers_of
from tests.outcomes.recount.shown import Shown, large, percent, rounded, rows, same

SILENT_ONES = 5
"""So many schools are counted whatever they report."""


def reporting(seen: Shown) -> None:
    """Of one school on its page, of every school beside the others."""

    def of(plain: Plain) -> tuple[int, int]:
        reporters = f"select count(distinct i.reporter_id) from incident i where {plain.incidents}"
        staff = f"select count(*) from staff_member m where {plain.at('m.school_id')} and m.is_active"
        return number(reporters), number(staff)

    if seen.plain.school_id is not None:
        who, staff = of(seen.plain)
        shown = large(seen.report(), "Staff who reported, per 100")
        same("per 100", shown[0], rounded(100 * who / staff))
        same("of how many", shown[1], f"{who} of {staff}")
        return
    listed = _every_school(seen)
    schools = table("select id, name from school where is_active order by id")
    same("schools", sorted(listed), sorted(row[1] for row in schools))
    schools = [one for one in schools if listed[one[1]][1] != "0"] + schools[:SILENT_ONES]
    days = seen.plain.school_days()
    began = number("select min(i.local_date) from incident i where i.state <> 'duplicate'")
    known, a_year_ago = str(began) < "2025-09-30", Plain().a_year_before()
    for school_id, name in schools:
        plain = Plain(school_id)
        who, staff = of(plain)
        earlier = number(
            f"select count(*) from incident i where i.school_id = {school_id} and i.state <> 'duplicate' "
            f"and i.outcome_reason <> 'withdrawn' and i.local_date <= '{a_year_ago.last}'"
        )
        students = number(
            "select count(*) from enrolment e where e.starts_on <= '2026-11-24' and "
            f"(e.ends_on is null or e.ends_on >= '2026-11-24') and e.school_id = {school_id}"
        )
        per_day = rounded(rate(total(plain), students, days))
        before = str(total(replace(a_year_ago, school_id=school_id))) if known and earlier else "not recorded"
        counted = [str(total(plain)), before, per_day, rounded(100 * who / staff if staff else None)]
        same(name, listed[name][1:], [*counted, *_repaired(replace(plain, by_district=True), students)])


def _every_school(seen: Shown) -> dict[str, list[str]]:
    """The rows of the list of schools, through all of its pages."""
    found: dict[str, list[str]] = {}
    address = "/outcomes/incidents/schools"
    while address:
        page = seen.client.page(address)
        found |= rows(page, "School")
        address = next((link.get("href") for link in page.find_all("a") if link.get("rel") == "next"), "")
    return found


def _repaired(plain: Plain, students: int) -> list[str]:
    """Of one school in the list of all: incidents with an offer, harm repaired, removals and police notifications."""
    offers, (harms, _judged) = offers_of(plain), harms_of(plain)
    of = sum(harms[name] for name in ("repaired", "partly_repaired", "not_repaired", "still_open"))
    shares = [
        " · ".join(
            [
                f"{percent(part, whole)} ({part} of {whole})" if whole else "–",
                *([f"Too recent to tell: {too_recent}"] if too_recent else []),
            ]
        )
        for part, whole, too_recent in (
            (offers["offered"], offers["of"], offers["too_recent"]),
            (harms["repaired"], of, harms["too_recent"]),
        )
    ]
    gone = number(
        f"select count(*) from discipline_action a where {plain.of('a', 'starts_on')} and a.state = 'standing'"
    )
    told = number(f"select count(*) from police_notification n where {plain.of('n', 'local_date')}")
    return [*shares, *(rounded(base * n / students if students else None) for n, base in ((gone, 100), (told, 1000)))]


COUNTS = {"reporting": reporting}
