"""Trainings from a CSV file: each error by row and column, all rows or none, and nobody who has left."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.roster import StaffMemberFactory
from tests.training.conftest import TODAY, Scene
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.training.importing.actions import RowsRefused, import_trainings
from wss_cases.training.records.models import TrainingRecord

HEAD = "Staff,topic,date,hours,certificate\n"


def sent(scene: Scene, text: str, by: Any = None) -> int:
    return import_trainings(scene.call(by or scene.head), scene.school.id, text.encode())


def wrong_in(scene: Scene, text: str, by: Any = None) -> list[tuple[int, str, str]]:
    with pytest.raises(RowsRefused) as refused:
        sent(scene, text, by)
    assert db.session.scalars(select(TrainingRecord)).all() == []
    return [(one.row, one.column, one.words) for one in refused.value.wrong]


def left(scene: Scene) -> Any:
    user = make_user(Role.REPORTER, scene.school, email="gone@district.example")
    for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)):
        grant.ends_on = date(2026, 6, 30)
    db.session.commit()
    return user


def test_a_sound_file_goes_on_record(scene: Scene) -> None:
    StaffMemberFactory(sourced_id="T-100", school_id=scene.school.id, user_id=scene.coordinator.id)
    rows = "TOM@district.example,De-escalation,2026-09-01,1.5,No. 7\n\nT-100,facilitar círculos,2026-09-02,6,\n"
    assert sent(scene, HEAD + rows) == 2
    kept = {
        (one.user_id, one.topic, one.completed_on, one.minutes, one.certificate, one.school_id)
        for one in db.session.scalars(select(TrainingRecord))
    }
    assert kept == {
        (scene.teacher.id, "de_escalation", date(2026, 9, 1), 90, "No. 7", scene.school.id),
        (scene.coordinator.id, "circle_keeping", date(2026, 9, 2), 360, "", scene.school.id),
    }


def test_every_error_names_its_row_and_column_and_nothing_goes_on_record(scene: Scene) -> None:
    left(scene)
    rows = (
        "tom@district.example,De-escalation,2026-09-01,1.5,\n"
        "gone@district.example,De-escalation,2026-09-01,1,\n"
        "nobody@district.example,De-escalation,2026-09-01,1,\n"
        "tom@district.example,Juggling,2026-09-01,1,\n"
        "tom@district.example,De-escalation,2099-01-01,1,\n"
        "tom@district.example,De-escalation,2026-11-25,1,\n"
        "tom@district.example,De-escalation,09/01/2026,1,\n"
        "tom@district.example,De-escalation,2026-09-02,-1,\n"
        f"tom@district.example,De-escalation,2026-09-03,1,{'x' * 121}\n"
        "tom@district.example,De-escalation,2026-09-01,3,\n"
    )
    wrong = wrong_in(scene, HEAD + rows)
    assert [(row, column) for row, column, _words in wrong] == [
        (3, "staff"), (4, "staff"), (5, "topic"), (6, "date"), (7, "date"), (8, "date"), (9, "hours"),
        (10, "certificate"), (11, "staff"),
    ]  # fmt: skip
    words = [one for _row, _column, one in wrong]
    assert "has left" in words[0] and "gone@district.example" in words[0]
    assert "No one who works here" in words[1]
    assert "has not come yet" in words[4]
    assert "already on record" in words[8]


def test_who_left_another_school_is_nobody_here(scene: Scene) -> None:
    left(scene)
    [(row, column, words)] = wrong_in(scene, f"{HEAD}gone@district.example,bias,2026-09-01,1,\n", scene.stranger)
    assert (row, column) == (2, "staff") and "has left" not in words


def test_who_works_at_another_school_is_nobody_here_but_the_district_knows_them(scene: Scene) -> None:
    make_user(Role.REPORTER, scene.other, email="elm@district.example")
    text = f"{HEAD}elm@district.example,bias,2026-09-01,1,\n"
    assert wrong_in(scene, text)[0][:2] == (2, "staff")
    assert sent(scene, text, scene.district) == 1
    assert db.session.scalars(select(TrainingRecord.school_id)).one() == scene.other.id


def test_what_is_on_record_is_not_recorded_twice(scene: Scene) -> None:
    text = f"{HEAD}tom@district.example,bias,2026-09-01,1,\n"
    sent(scene, text)
    with pytest.raises(RowsRefused):
        sent(scene, text)
    assert len(db.session.scalars(select(TrainingRecord)).all()) == 1


def test_what_is_no_file_of_trainings(scene: Scene) -> None:
    assert [one[:2] for one in wrong_in(scene, "staff,topic\n")] == [(1, "date"), (1, "hours")]
    assert wrong_in(scene, HEAD)[0][:2] == (1, "staff")
    with pytest.raises(Refused):
        import_trainings(scene.call(scene.head), scene.school.id, b"\xff\xfe\x00")
    with pytest.raises(NotFound):
        sent(scene, HEAD, scene.teacher)


def test_the_page_takes_a_file_and_says_what_is_wrong_in_it(scene: Scene, client_as: Any) -> None:
    client = client_as(scene.head)
    page = client.page("/training/import")
    fields = {one.get("name"): one.get("value") or "" for one in page.find_all("input") if one.get("type") == "hidden"}

    def upload(text: str) -> Any:
        data = fields | {"file": (io.BytesIO(text.encode()), "trainings.csv")}
        return client.post("/training/import", data=data, content_type="multipart/form-data")

    answer = upload(f"{HEAD}tom@district.example,bias,2026-09-01,-2,\n")
    assert answer.status_code == 400 and "Row 2, column hours" in answer.text
    assert upload(f"{HEAD}tom@district.example,bias,2026-09-01,2,\n").status_code == 303
    row = db.session.scalars(select(TrainingRecord)).one()
    assert (row.user_id, row.minutes, row.recorded_at.date()) == (scene.teacher.id, 120, TODAY)
