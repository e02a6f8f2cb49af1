"""The second count of incidents: how many, when, where, who, and compared."""

from __future__ import annotations

from tests.outcomes.recount.plain import ACTED, Plain, local, number, pairs, part, table, weekday
from tests.outcomes.recount.shown import Shown, large, rounded, rows, same, whole
from tests.support.pages.reading import Element

MONTH_ENDS = ("2026-08-31", "2026-09-30", "2026-10-31", "2026-11-24")
EXACT = "i.when_precision = 'exact'"
PEOPLE = f"join incident_person p on p.incident_id = i.id and p.role in {ACTED}"


def total(plain: Plain, more: str = "1 = 1") -> int:
    return int(number(f"select count(*) from incident i where {plain.incidents} and {more}"))


def rate(incidents: int, students: int, days: int) -> float | None:
    return incidents * 100 / students / days if students and days else None


def incidents(seen: Shown) -> None:
    """By report, by the page of incidents, by the page of outcomes."""
    counted = total(seen.plain)
    same("report", seen.document("core")["incidents"], counted)
    same("page", whole(large(seen.report(), "Incidents")[0]), counted)
    same("overview", whole(rows(seen.overview, "Step")["Incidents"][0]), counted)
    assert counted > 20
    assert number("select count(*) from care_record") > 0


def rates(seen: Shown) -> None:
    """Month by month, in the report and on both pages; and of the whole period."""
    plain = seen.plain
    page = rows(seen.report(), "Month", "Incidents", "School days")
    overview = rows(seen.overview, "Month", "Incidents", "School days")
    same("months", [one["month"] for one in seen.document("core")["months"]], [end[:7] for end in MONTH_ENDS])
    for row, label, end in zip(seen.document("core")["months"], page, MONTH_ENDS, strict=True):
        month = Plain(plain.school_id, f"{end[:7]}-01", end)
        found = (total(month), month.school_days(), month.students(end))
        same(end, (row["incidents"], row["school_days"], row["students"]), found)
        counted = rate(found[0], found[2], found[1])
        same(end, row["rate"], None if counted is None else round(counted, 4))
        words = [str(one) for one in found]
        same(end, page[label], [*words, rounded(counted)])
        same(end, overview[label], words)
    days = plain.school_days()
    per_day = large(seen.report(), "Per 100 students per school day")[0]
    same("period", per_day, rounded(rate(total(plain), plain.students(plain.last), days)))
    same("per school day", large(seen.report(), "Per school day")[0], rounded(total(plain) / days))


def _by(plain: Plain, key: str, joined: str = "", counted: str = "count(*)") -> dict[str, int]:
    return pairs(f"select {key}, {counted} from incident i {joined} where {plain.incidents} group by {key}")


def _same_part(seen: Shown, name: str, counted: dict[str, int], head: str) -> None:
    """The report has every key, the page its words."""
    shown = {row["key"]: row["incidents"] for row in seen.document("core")[name] if row["incidents"]}
    same(name, shown, counted)
    assert len(counted) > 1
    words = {row["label"]: row["incidents"] for row in seen.document("core")[name]}
    for page in (seen.report(), seen.overview):
        bars = {label: whole(cells[0]) for label, cells in rows(page, head).items()}
        rest = bars.pop("All others", 0)
        same(f"{name} on the page", bars, {label: words[label] for label in bars})
        same(f"{name} on the page, all", sum(bars.values()) + rest, sum(counted.values()))


def breakdowns(seen: Shown) -> None:
    """Group; and behavior and grade of those who are reported to have caused harm, or whose part is open."""
    behavior = f"left {PEOPLE} left join behavior_code b on b.id = p.behavior_code_id"
    different = "count(distinct i.id)"
    _same_part(seen, "group", _by(seen.plain, "i.behavior_group"), "By group")
    _same_part(seen, "behavior", _by(seen.plain, "b.code", behavior, different), "By behavior")
    _same_part(seen, "grade", _by(seen.plain, "p.grade", f"left {PEOPLE}", different), "By grade")


def time(seen: Shown) -> None:
    """Place, weekday and hour: from the instant itself where it is known exactly."""
    hour = f"case when {EXACT} then {local('i.occurred_at', 'hour')} else i.local_minute / 60 end"
    day = f"case when {EXACT} then {local('i.occurred_at', 'date')} else i.local_date end"
    _same_part(seen, "place", _by(seen.plain, "i.location_code"), "By place")
    _same_part(seen, "hour", _by(seen.plain, hour), "By time of day")
    _same_part(seen, "weekday", _by(seen.plain, weekday(f"({day})")), "By weekday")


def _has(condition: str) -> str:
    people = "incident_person p left join behavior_code b on b.id = p.behavior_code_id"
    return f"exists (select 1 from {people} where p.incident_id = i.id and p.role in {ACTED} and {condition})"


def _filters(plain: Plain) -> dict[str, tuple[str, str]]:
    """Each filter: a value that some incident has, and the condition that says the same."""
    found = table(
        "select i.location_code, i.local_minute / 60, i.local_date, i.behavior_group, p.grade, b.code, "
        f"{weekday('i.local_date')} from incident i {PEOPLE} join behavior_code b on b.id = p.behavior_code_id "
        f"where {plain.incidents} and i.local_minute is not null and i.behavior_group is not null "
        "and p.grade is not null order by i.id"
    )
    place, hour, day, group, grade, code, week = found[len(found) // 2]
    month = str(day)[:7]
    of_month = f"{part('year', 'i.local_date')} = {month[:4]} and {part('month', 'i.local_date')} = {int(month[5:])}"
    return {
        "place": (place, f"i.location_code = '{place}'"),
        "hour": (hour, f"i.local_minute / 60 = {hour}"),
        "month": (month, of_month),
        "weekday": (week, f"{weekday('i.local_date')} = {week}"),
        "group": (group, f"i.behavior_group = {group}"),
        "grade": (grade, _has(f"p.grade = {grade}")),
        "behavior": (code, _has(f"b.code = '{code}'")),
        "term": ("1", "i.local_date <= '2027-01-31'"),
    }


COMBINED = (
    ("place",), ("hour",), ("month",), ("weekday",), ("group",), ("grade",), ("behavior",), ("term",),
    ("grade", "behavior"), ("place", "weekday", "term"), ("month", "group", "hour", "grade"),
    ("place", "hour", "month", "weekday", "group", "grade", "behavior", "term"),
)  # fmt: skip


def narrowing(seen: Shown) -> None:
    """Every filter and some combinations; the rate of a grade; half a finished year; a network."""
    filters = _filters(seen.plain)
    for names in COMBINED:
        query = "&".join(f"{name}={filters[name][0]}" for name in names)
        where = " and ".join(filters[name][1] for name in names)
        page = seen.report(query)
        counted = total(seen.plain, where)
        same(query, whole(large(page, "Incidents")[0]), counted)
        assert counted > 0
        _same_behaviors(page, seen.plain, where, query)
    grade = filters["grade"][0]
    students = seen.plain.students(seen.plain.last, f"e.grade = {grade}")
    found = rate(total(seen.plain, filters["grade"][1]), students, seen.plain.school_days())
    shown = large(seen.report(f"grade={grade}"), "Per 100 students per school day")
    same("rate of a grade", shown[0], rounded(found))
    same("students of a grade", whole(shown[1]), students)
    past = Plain(seen.plain.school_id, "2026-02-01", "2026-07-31")
    page = seen.report("year=2025-26&term=2")
    same("second half", whole(large(page, "Incidents")[0]), total(past))
    same("school days of it", whole(large(page, "Per school day")[1]), past.school_days())
    assert total(past) > 0
    if seen.plain.school_id is None:
        for network in ("Network 1", "Network 2"):
            page = seen.report(f"network={network}&place=hallway")
            of_it = total(Plain(network=network), "i.location_code = 'hallway'")
            same(network, whole(large(page, "Incidents")[0]), of_it)
        for school_id, _name in table("select id, name from school order by id limit 2"):
            page = seen.report(f"school={school_id}&place=hallway&year=2026-27")
            of_it = total(Plain(school_id), "i.location_code = 'hallway'")
            same(f"school {school_id}", whole(large(page, "Incidents")[0]), of_it)


def _same_behaviors(page: Element, plain: Plain, where: str, query: str) -> None:
    """Beside a filter, what came with it still shows."""
    counted = pairs(
        f"select b.code, count(distinct i.id) from incident i left {PEOPLE} left join behavior_code b "
        f"on b.id = p.behavior_code_id where {plain.incidents} and {where} group by b.code"
    )
    bars = [whole(cells[0]) for cells in rows(page, "By behavior").values()]
    same(f"behaviors beside {query}", sum(bars), sum(counted.values()))


def bands(seen: Shown) -> None:
    """Students of a school in 0 or 1, 2 to 5, 6 or more of its incidents; the district sees none."""
    if seen.plain.school_id is None:
        assert "Students by how many" not in seen.report().text
        return
    for query, where, of_grade in (
        ("", "1 = 1", "1 = 1"), ("place=hallway", "i.location_code = 'hallway'", "1 = 1"),
        ("grade=10", "p.grade = 10", "e.grade = 10"),
    ):  # fmt: skip
        each = (
            f"select p.student_id, count(distinct i.id) n from incident i {PEOPLE} "
            f"where {seen.plain.incidents} and p.student_id is not null and {where} group by p.student_id"
        )
        several = f"select student_id from ({each}) x where n > 1"
        counted = [
            number(
                f"select count(distinct e.student_id) from enrolment e where {seen.plain.at('e.school_id')} and "
                f"e.starts_on <= '{seen.plain.last}' and (e.ends_on is null or e.ends_on >= '{seen.plain.first}') "
                f"and {of_grade} and e.student_id not in ({several})"
            ),
            number(f"select count(*) from ({each}) x where n between 2 and 5"),
            number(f"select count(*) from ({each}) x where n > 5"),
        ]
        shown = rows(seen.report(query), "Incidents", "Students")
        same(f"bands {query}", [whole(cells[0]) for cells in shown.values()], counted)


COUNTS = {
    "incidents": incidents,
    "rate": rates,
    "breakdowns": breakdowns,
    "time": time,
    "narrowing": narrowing,
    "bands": bands,
}
