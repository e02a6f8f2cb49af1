"""Roles from a CSV file: each error by row and column, a preview, all rows or none, two persons where it must be."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import UserFactory, acting, make_user
from tests.factories.roster import SchoolFactory
from tests.roster.oneroster.bundles import NOW
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.people.pages import give_role
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.role_files import RoleFile, RowsRefused, carry_out, upload_file

HEAD = "email,role,school,change\n"


@pytest.fixture
def scene(session: Any, at: Callable[..., Any]) -> dict[str, Any]:
    at("2026-11-24 10:00")
    school, other = SchoolFactory(name="Willow", identifier="610001"), SchoolFactory(name="Elm", identifier="610002")
    SchoolFactory(name="Elm", identifier="610003")
    return {
        "school": school, "other": other, "boss": make_user(Role.SYSADMIN), "second": make_user(Role.SYSADMIN),
        "dean": make_user(Role.DEAN, school, email="dean@district.example"),
        "new": UserFactory(email="new@district.example"),
    }  # fmt: skip


def sent(by: Any, text: str) -> int:
    return upload_file(Invocation(acting(by), NOW), "roles.csv", text.encode())


def held(session: Any, user: Any) -> set[tuple[Role, int | None]]:
    live = select(RoleGrant.role, RoleGrant.school_id).where(
        RoleGrant.user_id == user.id, RoleGrant.ends_on.is_(None) | (RoleGrant.ends_on > NOW.date())
    )
    return {(row[0], row[1]) for row in session.execute(live)}


def test_every_error_names_its_row_and_column_and_nothing_is_kept(session: Any, scene: dict[str, Any]) -> None:
    rows = (
        "new@district.example,reporter,610001,give\n"
        "\n"
        "nobody@district.example,reporter,610001,give\n"
        "new@district.example,wizard,610001,give\n"
        "new@district.example,dean,,give\n"
        "new@district.example,dean,Elm,give\n"
        "new@district.example,auditor,610001,give\n"
        "new@district.example,dean,willow,sometimes\n"
        "dean@district.example,dean,610001,give\n"
        "new@district.example,dean,610001,end\n"
        "NEW@district.example,reporter,Willow,give\n"
        f"{scene['boss'].email},auditor,,give\n"
    )
    with pytest.raises(RowsRefused) as refused:
        sent(scene["boss"], HEAD + rows)
    assert [(one.row, one.column) for one in refused.value.wrong] == [
        (4, "email"), (5, "role"), (6, "school"), (7, "school"), (8, "school"), (9, "change"), (10, "role"),
        (11, "role"), (12, "email"), (13, "email"),
    ]  # fmt: skip
    with pytest.raises(RowsRefused) as refused:
        sent(scene["boss"], "email,role\nnew@district.example,dean\n")
    assert [(one.row, one.column) for one in refused.value.wrong] == [(1, "school"), (1, "change")]
    with pytest.raises(RowsRefused):
        sent(scene["boss"], HEAD)
    with pytest.raises(Refused, match="CSV"):
        upload_file(Invocation(acting(scene["boss"]), NOW), "roles.xlsx", b"PK\x03\x04\xff\xfe")
    assert session.scalar(select(func.count()).select_from(RoleFile)) == 0
    assert held(session, scene["new"]) == set()


def test_a_file_is_carried_out_whole_or_not_at_all(session: Any, scene: dict[str, Any]) -> None:
    school, boss, new, dean = (scene[name] for name in ("school", "boss", "new", "dean"))
    rows = "new@district.example,reporter,610001,give\ndean@district.example,dean,Willow,end\n"
    file_id = sent(boss, HEAD + rows)
    assert held(session, new) == set(), "an upload changes nothing"
    give_role(acting(boss), new.id, Role.REPORTER, school.id, today_at(None, NOW), None, NOW)
    with pytest.raises(RowsRefused):
        carry_out(Invocation(acting(boss), NOW), file_id)
    assert held(session, dean) == {(Role.DEAN, school.id)}, "the other row waits with it"
    second_id = sent(boss, HEAD + rows.replace("reporter", "coordinator"))
    carry_out(Invocation(acting(boss), NOW), second_id)
    assert (Role.COORDINATOR, school.id) in held(session, new) and held(session, dean) == set()
    with pytest.raises(Refused, match="already"):
        carry_out(Invocation(acting(boss), NOW), second_id)


def test_what_two_agree_to_is_confirmed_by_another_person(session: Any, scene: dict[str, Any]) -> None:
    boss, second, new = (scene[name] for name in ("boss", "second", "new"))
    file_id = sent(boss, HEAD + "new@district.example,administrator,610001,give\n")
    with pytest.raises(Refused, match="second person"):
        carry_out(Invocation(acting(boss), NOW), file_id)
    assert held(session, new) == set()
    own_id = sent(boss, HEAD + f"{second.email},auditor,,give\n")
    with pytest.raises(RowsRefused):
        carry_out(Invocation(acting(second), NOW), own_id)
    carry_out(Invocation(acting(second), NOW), file_id)
    assert held(session, new) == {(Role.ADMINISTRATOR, scene["school"].id)}


def test_the_pages_show_what_is_wrong_and_what_changes(
    session: Any, scene: dict[str, Any], client_as: Callable[[Any], Any]
) -> None:
    page = client_as(scene["boss"])

    def post(text: str) -> Any:
        data = {"csrf_token": page.csrf_token("/people/role-files"), "file": (io.BytesIO(text.encode()), "roles.csv")}
        return page.post("/people/role-files", data=data, content_type="multipart/form-data")

    refused = post(HEAD + "new@district.example,wizard,610001,give\n")
    assert refused.status_code == 400 and "Row 2, column role: wizard is not a role." in refused.text
    kept = post(HEAD + "new@district.example,reporter,610001,give\n")
    assert kept.status_code == 303
    shown = page.page(kept.location).find_all("main")[0].text
    assert scene["new"].name in shown and "Reporter (any staff) · Willow" in shown
    assert page.submit(kept.location, {}).status_code == 303
    assert held(session, scene["new"]) == {(Role.REPORTER, scene["school"].id)}
