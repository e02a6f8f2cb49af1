"""Files of money: seen, confirmed, landed once; rows of funding, of resources and of entries."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.factories.base import fresh
from tests.factories.plan_money import MADE, FundingFactory, make_resource, make_strategy
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.plans.money.conftest import Scene
from tests.support.pages.leafing import leaf
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.plans.money.files import pages as files_pages
from wss_cases.plans.money.files.pages import RowsRefused
from wss_cases.plans.money.files.rules import PAGE, FileKind, MoneyFile, brings, files_of
from wss_cases.plans.money.funding.models import Funding
from wss_cases.plans.money.resources.models import PlanResource, ResourceEntry, ResourceKind

ENTRIES = """school,resource,kind,amount,date,note
609999,Circle keeper training,spent,"$1,234.56",2026-09-01,Invoice 7
Cedar Park High School,circle keeper TRAINING,Committed,200,9/15/2026,
"""
WRONG = """School,Resource,Kind,Amount,Date,Note
609999,Circle keeper training,spent,-5,2026-09-01,
609999,Circle keeper training,spent,five,2026-09-01,
609999,Circle keeper training,spent,0,2026-09-01,
609999,Circle keeper training,spent,5,2099-01-01,
609999,Circle keeper training,spent,5,soon,
609999,Circle keeper training,given,5,2026-09-01,
609999,Nothing planned,spent,5,2026-09-01,
Elsewhere,Circle keeper training,spent,5,2026-09-01,
609999,Circle keeper training,spent,5,2026-09-01,a,b
"""
WRONG_COLUMNS = ["amount", "amount", "amount", "date", "date", "kind", "resource", "school", "note"]


def send(page: Any, text: str, kind: str = "entries", name: str = "money.csv") -> Any:
    """Upload a file on the page."""
    form = page.form("/safety-plans/money-files").values()
    sent = {one: held[0] for one, held in form.items() if held} | {"kind": kind}
    data = sent | {"file": (io.BytesIO(text.encode()), name)}
    return page.post("/safety-plans/money-files", data=data, content_type="multipart/form-data")


def counted(model: Any) -> int:
    """How many rows of a table there are."""
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def test_a_file_is_looked_at_confirmed_and_landed_once(scene: Scene, client_as: Any) -> None:
    resource, page = make_resource(scene.strategy), client_as(scene.principal)
    done = send(page, ENTRIES)
    assert done.status_code == 303
    shown = page.page(done.location).text
    assert "$1,234.56" in shown and "Invoice 7" in shown and "Import 2 rows" in shown
    assert "Save it anyway" not in shown
    assert counted(ResourceEntry) == 0, "looking writes nothing"
    assert page.submit(done.location, {}).status_code == 303
    entries = db.session.scalars(select(ResourceEntry).order_by(ResourceEntry.id)).all()
    assert [(one.resource_id, one.kind.value, one.amount_cents, str(one.on_day)) for one in entries] == [
        (resource.id, "spent", 123_456, "2026-09-01"),
        (resource.id, "committed", 20_000, "2026-09-15"),
    ]
    again = send(page, ENTRIES.replace("\n", "\r\n"))
    assert again.status_code == 400 and "already imported" in again.text
    assert "2 rows are imported" in page.page(done.location).text


def test_each_error_names_its_row_and_column_and_the_sound_rows_land(scene: Scene, client_as: Any) -> None:
    make_resource(scene.strategy)
    page = client_as(scene.principal)
    refused = send(page, WRONG)
    assert refused.status_code == 400 and counted(MoneyFile) == 0
    for row, column in enumerate(WRONG_COLUMNS, 2):
        assert f"Row {row}, column {column}:" in refused.text
    mixed = send(page, WRONG + "609999,Circle keeper training,spent,7.07,2026-09-02,Sound\n")
    shown = page.page(mixed.location).text
    assert "Row 2, column amount:" in shown and "Import 1 row" in shown
    page.submit(mixed.location, {})
    assert [one.amount_cents for one in db.session.scalars(select(ResourceEntry))] == [707]


def test_the_sound_rows_land_together_or_not_at_all(
    scene: Scene, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_resource(scene.strategy)
    call = scene.calls(scene.principal)
    file_id = files_pages.upload_file(call, FileKind.ENTRIES, "money.csv", ENTRIES.encode())
    with pytest.raises(Refused, match="has changed"):
        files_pages.carry_out(call, file_id, 1)
    write, written = files_pages.write_entry, []

    def breaks(uow: Any, resource_id: int, paid: Any) -> Any:
        written.append(paid)
        if len(written) == 2:
            raise Refused("", "broken")
        return write(uow, resource_id, paid)

    with monkeypatch.context() as patch:
        patch.setattr(files_pages, "write_entry", breaks)
        with pytest.raises(Refused, match="broken"):
            files_pages.carry_out(call, file_id, 2)
    assert counted(ResourceEntry) == 0
    files_pages.carry_out(call, file_id, 2)
    with pytest.raises(Refused, match="already imported"):
        files_pages.carry_out(call, file_id, 2)
    assert counted(ResourceEntry) == 2


def test_funding_comes_from_a_file_of_the_district_alone(scene: Scene, client_as: Any) -> None:
    other = SchoolFactory(name="Maple Grove School")
    FundingFactory(school_id=scene.school.id, note="State")
    text = (
        "school,school_year,source,amount,officers_removed,note\n"
        "609999,2026-27,Former school police money,\"$150,000\",2,\n"
        "Maple Grove School,2026-27,grant,50000.50,,City\n"
        "609999,2026-27,district,5,,State\n"
        "609999,2099-00,grant,5,,\n"
        "609999,2026-27,grant,5,3,\n"
        "Maple Grove School,2026-27,grant,7,,City\n"
    )  # fmt: skip
    page = client_as(scene.district)
    done = send(page, text, "funding")
    shown = page.page(done.location).text
    for row, column in ((4, "note"), (5, "school_year"), (6, "officers_removed"), (7, "note")):
        assert f"Row {row}, column {column}:" in shown
    page.submit(done.location, {})
    rows = db.session.scalars(select(Funding).order_by(Funding.id)).all()
    assert [(one.school_id, one.source.value, one.amount_cents, one.officers_removed) for one in rows[1:]] == [
        (scene.school.id, "former_police", 15_000_000, 2),
        (other.id, "grant", 5_000_050, None),
    ]
    with pytest.raises(NotFound):
        files_pages.upload_file(scene.calls(scene.principal), FileKind.FUNDING, "a.csv", text.encode())


def test_a_file_is_read_by_whoever_writes_the_money_of_its_schools(scene: Scene, client_as: Any) -> None:
    make_resource(scene.strategy)
    elsewhere = SchoolFactory()
    stranger = make_user(Role.ADMINISTRATOR, elsewhere)
    make_resource(make_strategy(elsewhere, stranger))
    file_id = files_pages.upload_file(scene.calls(scene.principal), FileKind.ENTRIES, "money.csv", ENTRIES.encode())
    address, page = f"/safety-plans/money-files/{file_id}", client_as(stranger)
    assert page.get(address).status_code == 404
    assert "money.csv" not in page.page("/safety-plans/money-files").text
    assert client_as(scene.district).get(address).status_code == 404, "the district writes no entries"
    assert client_as(make_user(Role.DEAN, scene.school)).get("/safety-plans/money-files").status_code == 404
    with pytest.raises(NotFound):
        files_pages.carry_out(scene.calls(stranger), file_id, 2)
    with pytest.raises(RowsRefused) as refused:
        files_pages.upload_file(scene.calls(stranger), FileKind.ENTRIES, "money.csv", ENTRIES.encode())
    assert {one.column for one in refused.value.wrong} == {"school"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Fix the rows"),
        (b"school,resource\n1,2\n", "Fix the rows"),
        (b"\xff\xfe\x00", "not a CSV file"),
        (b'school,"resource\n', "not a CSV file"),
        (b"a\x00b", "not a CSV file"),
        (b"x" * (2 * 1024**2 + 1), "too large"),
        (ENTRIES.encode() * 1_001, "Fix the rows"),
    ],
    ids=["empty", "columns", "letters", "quote", "nul", "large", "rows"],
)
def test_what_is_no_file_of_money_is_refused_whole(scene: Scene, content: bytes, words: str) -> None:
    make_resource(scene.strategy)
    with pytest.raises(Refused, match=words):
        files_pages.upload_file(scene.calls(scene.principal), FileKind.ENTRIES, "money.csv", content)
    assert counted(MoneyFile) == 0


def test_what_was_uploaded_waits_while_its_resource_is_renamed(scene: Scene) -> None:
    resource, call = make_resource(scene.strategy), scene.calls(scene.principal)
    file_id = files_pages.upload_file(call, FileKind.ENTRIES, "money.csv", ENTRIES.encode())
    fresh(resource).title = "Another training"
    db.session.commit()
    with pytest.raises(Refused, match="has changed"):
        files_pages.carry_out(call, file_id, 2)
    assert counted(ResourceEntry) == 0


@pytest.mark.both_databases
def test_the_files_of_other_schools_neither_show_nor_push_ones_own_out(scene: Scene, client_as: Any) -> None:
    second, foreign = SchoolFactory(), SchoolFactory()
    of_both = make_user(Role.ADMINISTRATOR, scene.school)
    RoleGrantFactory(user_id=of_both.id, role=Role.ADMINISTRATOR, school_id=second.id)

    def file(kind: FileKind, *schools: Any) -> int:
        ids = sorted(one.id for one in schools)
        row = MoneyFile(
            kind=kind, name="money.csv", digest="0" * 64, rows=[["school"]], school_ids=ids,
            school_id=ids[0] if len(ids) == 1 else None, made_by_id=of_both.id, made_at=MADE,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return row.id

    own = [file(FileKind.ENTRIES, scene.school) for _number in range(PAGE + 2)]
    both = file(FileKind.ENTRIES, scene.school, second)
    for _number in range(PAGE):
        file(FileKind.ENTRIES, foreign)
        file(FileKind.ENTRIES, scene.school, foreign)
        file(FileKind.FUNDING, scene.school)
    everyone = [scene.principal, of_both, scene.district, make_user(Role.DEAN, scene.school)]
    for user in everyone:
        actor = acting(user)
        wanted = [row.id for row in db.session.scalars(select(MoneyFile)) if brings(actor, row)]
        assert [row.id for row, _name in files_of(actor, limit=500)] == sorted(wanted, reverse=True)
    assert [row.id for row, _name in files_of(acting(of_both), limit=500)] == sorted([*own, both], reverse=True)
    start = "/safety-plans/money-files"
    pages = leaf(client_as(scene.principal), start, f"{start}/")
    assert [len(page) for page in pages] == [PAGE, 2]


@pytest.mark.parametrize("kind", ["entries", "resources", "funding"])
def test_a_name_in_a_row_is_shown_and_asked_about_and_kept_once_it_is_confirmed(
    scene: Scene, client_as: Any, kind: str
) -> None:
    StudentFactory(school=scene.school, given_name="Zenobia", family_name="Quillfeather")
    StudentFactory(school=SchoolFactory(), given_name="Philomena")
    make_resource(scene.strategy)
    text, model = {
        "entries": (ENTRIES + "609999,Circle keeper training,spent,7,2026-09-03,For zenobia\n", ResourceEntry),
        "resources": (
            "school,strategy,kind,title,planned,job_code,fte,filled_on,vacant_since\n"
            f'609999,"{scene.strategy.if_words}",training,Circles,5,,,,\n'
            f'609999,"{scene.strategy.if_words}",training,Philomena room,5,,,,\n'
            f'609999,"{scene.strategy.if_words}",training,Aide of Zenobia,5,,,,\n',
            PlanResource,
        ),
        "funding": (
            "school,school_year,source,amount,officers_removed,note\n"
            "609999,2026-27,grant,5,,City\n609999,2026-27,grant,6,,Philomena\n609999,2026-27,grant,7,,Zenobia fund\n",
            Funding,
        ),
    }[kind]  # fmt: skip
    page = client_as(scene.district if kind == "funding" else scene.principal)
    done = send(page, text, kind)
    asked, before = "This may name a student: Row 4 · Zenobia. Leave out", counted(model)
    shown = page.page(done.location)
    assert asked in shown.text and "Save it anyway" in shown.text
    refused = page.submit(done.location, {})
    assert refused.status_code == 400 and asked in refused.text and "Save it anyway" in refused.text
    assert counted(model) == before, "nothing of the file is written before"
    assert page.submit(done.location, {"anyway": "y"}).status_code == 303
    assert counted(model) == before + 3


HEAD = "school,strategy,kind,title,planned,job_code,fte,filled_on,vacant_since\n"


def rows(scene: Scene, *lines: str) -> str:
    return HEAD + "".join(f'609999,"{scene.strategy.if_words}",{line}\n' for line in lines)


def test_resources_are_looked_at_confirmed_and_landed_once(scene: Scene, client_as: Any) -> None:
    page = client_as(scene.principal)
    text = rows(scene, 'position,Coordinator,"$60,000",RC-1,0.5,,2026-09-01', "Training,Circle training,500,,,,")
    done = send(page, text, "resources")
    assert done.status_code == 303, done.text
    shown = page.page(done.location).text
    for words in (
        "Coordinator",
        "$60,000",
        "Full-time equivalent 0.5",
        "Vacant since Tue, Sep 1, 2026",
        "Import 2 rows",
    ):
        assert words in shown
    assert counted(PlanResource) == 0, "looking writes nothing"
    assert page.submit(done.location, {}).status_code == 303
    found = db.session.scalars(select(PlanResource).order_by(PlanResource.id)).all()
    assert [(one.kind, one.title, one.planned_cents, one.strategy_id) for one in found] == [
        (ResourceKind.POSITION, "Coordinator", 6_000_000, scene.strategy.id),
        (ResourceKind.TRAINING, "Circle training", 50_000, scene.strategy.id),
    ]
    assert (found[0].job_code, found[0].fte_hundredths, found[0].vacant_since) == ("RC-1", 50, date(2026, 9, 1))
    again = send(page, text + "\n", "resources")
    assert again.status_code == 400 and "already imported" in again.text


def test_each_error_names_its_row_and_column(scene: Scene, client_as: Any) -> None:
    make_resource(scene.strategy, title="Standing")
    lines = {
        "title": "training,standing,5,,,,",
        "planned": "training,A,-5,,,,",
        "kind": "spell,B,5,,,,",
        "fte": "position,C,5,,9x,,2026-09-01",
        "vacant_since": "position,D,5,,1,,2099-01-01",
        "job_code": "training,E,5,X1,,,",
        "filled_on": "position,F,5,,1,soon,",
    }
    page = client_as(scene.principal)
    refused = send(page, rows(scene, *lines.values()) + "609999,Nothing of ours,training,G,5,,,,\n", "resources")
    assert refused.status_code == 400 and counted(MoneyFile) == counted(PlanResource) - 1 == 0
    for row, column in enumerate([*lines, "strategy"], 2):
        assert f"Row {row}, column {column}:" in refused.text, refused.text
    twice = send(page, rows(scene, "training,Twice,5,,,,", "training,twice,5,,,,"), "resources")
    assert "Row 3, column title:" in page.page(twice.location).text


def test_the_district_brings_no_resources(scene: Scene, client_as: Any) -> None:
    refused = send(client_as(scene.district), rows(scene, "training,A,5,,,,"), "resources")
    assert refused.status_code == 400 and counted(MoneyFile) == 0
