"""The second count of the published years and of those that continue them."""

from __future__ import annotations

from tests.outcomes.recount.plain import Plain, number, table
from tests.outcomes.recount.shown import Shown, rows, same

FIGURES = (
    "misconducts", "group_1_2", "group_3_4", "group_5_6", "iss", "oss", "police_notifications", "students_notified",
    "expelled",
)  # fmt: skip
PUBLISHED = ("2022-23", "2023-24", "2024-25")
LIVE = {"2025-26": ("2025-08-01", "2026-07-31"), "2026-27": ("2026-08-01", "2026-11-24")}


def _live(plain: Plain) -> list[int]:
    """A year that is counted here."""
    groups = ("1, 2", "3, 4", "5, 6")
    began = f"from discipline_action a where {plain.of('a', 'starts_on')} and a.state = 'standing' and a.kind ="
    made = f"police_notification n where {plain.of('n', 'local_date')}"
    counts = [
        f"select count(*) from incident i where {plain.incidents}",
        *(f"select count(*) from incident i where {plain.incidents} and i.behavior_group in ({one})" for one in groups),
        f"select count(*) {began} 'in_school_suspension'",
        f"select count(*) {began} 'out_of_school_suspension'",
        f"select count(*) from {made}",
        f"select count(distinct s.student_id) from notified_student s join {made.replace(' where ', ' on ')} "
        "and n.id = s.notification_id",
        f"select count(distinct a.student_id) {began} 'expulsion'",
    ]
    return [int(number(one)) for one in counts]


def history(seen: Shown) -> None:
    """The district's sums and each school's figures in the report, and every year on the page."""
    own = seen.plain.school_id is not None
    code = "and s.identifier = '7001'" if own else ""
    sums = ", ".join(f"sum(y.{name})" for name in FIGURES)
    whole = f"published_year y join published_school s on s.id = y.published_school_id where y.period = 'EOY' {code}"
    page = seen.client.page("/outcomes/history")
    if own:
        link = next(one for one in page.find_all("a") if one.text == "Alder HS").get("href")
        page = seen.client.page(link)
    shown = rows(page, "School year", "Incidents (published as misconducts)", "Groups 1–2")
    for year in PUBLISHED:
        counted = [int(one) for one in table(f"select {sums} from {whole} and y.school_year = '{year}'")[0]]
        same(f"{year} on the page", shown[year.replace("-", "–")][:9], [f"{one:,}" for one in counted])
        if own:
            continue
        document = seen.document("history", year)
        same(year, [document["district"][name] for name in FIGURES], counted)
        schools = {
            row[0]: list(row[1:])
            for row in table(
                f"select s.identifier, {', '.join(f'y.{name}' for name in FIGURES)} from {whole} "
                f"and y.school_year = '{year}'"
            )
        }
        found = {one["school_id"]: [one[name] for name in FIGURES] for one in document["schools"]}
        same(f"{year}, schools", found, schools)
        hidden = {one["school_id"] for one in document["schools"] if "misconducts" in one["suppressed"]}
        same(f"{year}, suppressed", hidden, {number for number, row in schools.items() if row[0] is None})
        assert "7004" in hidden
    for year, (first, last) in LIVE.items():
        words = [f"{one:,}" for one in _live(Plain(seen.plain.school_id, first, last))]
        same(f"{year}, counted here", shown[year.replace("-", "–")][:9], words)


COUNTS = {"history": history}
