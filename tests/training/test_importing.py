"""Trainings from a CSV file: seen first, each error by row and column, nothing twice, and nobody who has left."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.architecture.test_migrations import engine
from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory, StaffMemberFactory
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.asked import asked
from tests.training.conftest import NOW, Scene
from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.records.retention.schedule import clean
from wss_cases.training import importing
from wss_cases.training.importing import (
    MOST_WAITING,
    RowsRefused,
    TrainingFile,
    carry_out,
    digest_of,
    discard_file,
    lines_of,
    upload_file,
)
from wss_cases.training.records.models import TrainingRecord

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
HEAD = "Staff,topic,date,hours,certificate\n"


def uploaded(scene: Scene, text: str, by: Any = None) -> int:
    return upload_file(scene.call(by or scene.head), scene.school.id, "trainings.csv", text.encode())


def sent(scene: Scene, text: str, by: Any = None) -> int:
    """Upload a file and confirm it as it is shown; returns how many rows went on record."""
    call, file = scene.call(by or scene.head), db.session.get_one(TrainingFile, uploaded(scene, text, by))
    carry_out(call, file.id, shown(call, file.id))
    return len(fresh(file).landed)


def shown(call: Invocation, number: int) -> str:
    """What the page of a file carries of the rows that it shows."""
    return digest_of(lines_of(call.actor, db.session.get_one(TrainingFile, number), call.now)[0])


def wrong_in(scene: Scene, text: str, by: Any = None) -> list[tuple[int, str, str]]:
    with pytest.raises(RowsRefused) as refused:
        uploaded(scene, text, by)
    assert db.session.scalars(select(TrainingFile)).all() == []
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


WRONG = (
    "tom@district.example,De-escalation,2026-09-01,1.5,No. 7\n"
    "gone@district.example,De-escalation,2026-09-01,1,\n"
    "nobody@district.example,De-escalation,2026-09-01,1,\n"
    "tom@district.example,Juggling,2026-09-01,1,\n"
    "tom@district.example,De-escalation,2099-01-01,1,\n"
    "tom@district.example,De-escalation,2026-11-25,1,\n"
    "tom@district.example,De-escalation,09/01/2026,1,\n"
    "tom@district.example,De-escalation,2026-09-02,-1,\n"
    f"tom@district.example,De-escalation,2026-09-03,1,{'x' * 121}\n"
    "tom@district.example,De-escalation,2026-09-01,3,\n"
    "tom@district.example,De-escalation,2026-09-04,3,a,b\n"
)
"""One sound row, and one for each thing that can be wrong."""


def upload(client: Any, text: str) -> Any:
    """Send a file by the form."""
    page = "/training/import"
    hidden = {name: held[0] for name, held in client.form(page).values().items() if held}
    data = hidden | {"file": (io.BytesIO(text.encode()), "trainings.csv")}
    return client.post(page, data=data, content_type="multipart/form-data")


def on_record() -> list[tuple[int, date, int | None]]:
    found = db.session.scalars(select(TrainingRecord).order_by(TrainingRecord.id))
    return [(one.user_id, one.completed_on, one.minutes) for one in found]


def sound_row(scene: Scene) -> tuple[int, date, int | None]:
    return scene.teacher.id, date(2026, 9, 1), 90


def test_a_file_is_seen_first_with_each_error_by_row_and_column(scene: Scene, client_as: Any) -> None:
    left(scene)
    client = client_as(scene.head)
    first = upload(client, HEAD + WRONG)
    assert first.status_code == 303
    shown = client.page(first.location).text
    assert "Tom Teacher" in shown and "No. 7" in shown and "Import 1 row" in shown
    named = [(3, "staff"), (4, "staff"), (5, "topic"), (6, "date"), (7, "date"), (8, "date"), (9, "hours")]
    for row, column in [*named, (10, "certificate"), (11, "staff"), (12, "certificate")]:
        assert f"Row {row}, column {column}:" in shown
    for words in ("has left", "No one who works here", "has not come yet", "A row above", "more cells"):
        assert words in shown
    assert on_record() == [], "looking writes nothing"


def test_sound_rows_go_on_record_once_and_of_the_others_the_errors_stay(scene: Scene, client_as: Any) -> None:
    client = client_as(scene.head)
    first = upload(client, HEAD + WRONG)
    assert client.submit(first.location, {}, holding="shown").status_code == 303
    done = client.page(first.location).text
    assert on_record() == [sound_row(scene)] and "Row 9, column hours:" in done and "Row 2," not in done
    file = db.session.get_one(TrainingFile, int(first.location.rsplit("/", 1)[1]))
    assert [number for number, cells in enumerate(file.rows, 1) if not cells] == file.landed == [2], "kept no more"
    again = upload(client, HEAD + WRONG)
    assert again.status_code == 400 and "already on record" in again.text and on_record() == [sound_row(scene)]


def test_a_file_that_was_mended_brings_what_was_wrong_before_and_nothing_twice(scene: Scene, client_as: Any) -> None:
    client = client_as(scene.head)
    client.submit(upload(client, HEAD + WRONG).location, {}, holding="shown")
    mended = upload(client, HEAD + WRONG.replace(",-1,", ",1,")).location
    twice = "Row 2, column staff: This training of this person is already on record."
    assert twice in client.page(mended).text
    assert client.submit(mended, {"shown": ""}, holding="shown").status_code == 400, "not before it is seen"
    assert on_record() == [sound_row(scene)]
    client.submit(mended, {}, holding="shown")
    assert on_record() == [sound_row(scene), (scene.teacher.id, date(2026, 9, 2), 60)]


def test_every_row_of_a_file_can_be_seen(scene: Scene, client_as: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PREVIEWED", 1)
    number = uploaded(scene, HEAD + "".join(f"tom@district.example,bias,2026-09-0{day},1,\n" for day in (1, 2)))
    client, page = client_as(scene.head), f"/training/import/{number}"
    one, other = client.get(page).text, client.get(f"{page}?after=2").text
    assert ("Row 2 ·" in one, "Row 3 ·" in one, f"{page}?after=2" in one) == (True, False, True)
    assert ("Row 2 ·" in other, "Row 3 ·" in other, "?after=3" in other) == (False, True, False)
    refused = client.submit(f"{page}?after=2", {"shown": "x"}, holding="shown")
    assert refused.status_code == 400 and shown(scene.call(scene.head), number) in refused.text, "to be confirmed now"
    assert client.submit(f"{page}?after=2", {}, holding="shown").status_code == 303
    assert len(db.session.scalars(select(TrainingRecord.id)).all()) == 2


def test_a_person_has_five_files_waiting_at_most_and_discards_one(scene: Scene, client_as: Any) -> None:
    client, text = client_as(scene.head), f"{HEAD}tom@district.example,bias,2026-09-01,1,\n"
    numbers = [uploaded(scene, text) for _number in range(MOST_WAITING)]
    with pytest.raises(Refused, match="5 of your files are waiting"):
        uploaded(scene, text)
    page = f"/training/import/{numbers[0]}"
    for stranger in (scene.district, scene.stranger):
        with pytest.raises(NotFound):
            discard_file(scene.call(stranger), numbers[0])
    assert client.submit(page, {}, action=f"{page}/discard").status_code == 303
    assert client.get(page).status_code == 404 and db.session.get(TrainingFile, numbers[0]) is None
    last = uploaded(scene, text)
    carry_out(scene.call(scene.head), last, shown(scene.call(scene.head), last))
    assert "What is wrong" not in client.page(f"/training/import/{last}").text, "each row of it is on record"
    with pytest.raises(Refused, match="already imported"):
        discard_file(scene.call(scene.head), last)
    assert "training_file" not in clean(NOW + timedelta(days=399))
    assert clean(NOW + timedelta(days=401))["training_file"] == MOST_WAITING, "carried out or not"


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


def test_of_two_files_with_the_same_rows_one_goes_on_record_and_by_who_uploaded_it_alone(scene: Scene) -> None:
    text = f"{HEAD}tom@district.example,bias,2026-09-01,1,\n"
    first, second = uploaded(scene, text), uploaded(scene, text)
    seen, other = shown(scene.call(scene.head), first), uploaded(scene, text.replace(",1,", ",2,"))
    with pytest.raises(Refused, match="has changed"):  # as many rows, and not the same
        carry_out(scene.call(scene.head), first, shown(scene.call(scene.head), other))
    for stranger in (scene.district, scene.stranger, scene.teacher):
        with pytest.raises(NotFound):
            carry_out(scene.call(stranger), first, seen)
    carry_out(scene.call(scene.head), first, seen)
    for number, words in ((first, "already imported"), (second, "has changed")):
        with pytest.raises(Refused, match=words):
            carry_out(scene.call(scene.head), number, seen)
    assert len(db.session.scalars(select(TrainingRecord)).all()) == 1


def test_what_is_no_file_of_trainings(scene: Scene) -> None:
    assert [one[:2] for one in wrong_in(scene, "staff,topic,topic\n")] == [(1, "date"), (1, "hours"), (1, "topic")]
    assert wrong_in(scene, HEAD)[0][:2] == (1, "staff")
    with asked() as statements:
        assert [one[:2] for one in wrong_in(scene, HEAD + "x\n" * 5_001)] == [(5_002, "staff")]
    assert not any("FROM staff_member" in one for one in statements), "a file that is too long asks for no one"
    with pytest.raises(Refused):
        upload_file(scene.call(scene.head), scene.school.id, "trainings.csv", b"\xff\xfe\x00")
    with pytest.raises(NotFound):
        sent(scene, HEAD, scene.teacher)


@pytest.mark.both_databases
def test_the_same_rows_sent_at_once_go_on_record_once(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)

    def confirm(actor: Actor, number: int) -> str:
        with app.app_context():
            try:
                carry_out(Invocation(actor, NOW), number, seen)
            except Refused as refused:
                return refused.message
            return ""

    with app.app_context():
        school = SchoolFactory()
        teacher = make_user(Role.REPORTER, school, email="tom@district.example")
        actor = acting(make_user(Role.ADMINISTRATOR, school))
        db.session.commit()
        rows = f"{HEAD}tom@district.example,bias,2026-09-01,1,\n".encode()
        files = [upload_file(Invocation(actor, NOW), school.id, "a.csv", rows) for _number in range(2)]
        teacher_id, seen = teacher.id, shown(Invocation(actor, NOW), files[0])
    looking = engine(database).execution_options(isolation_level="AUTOCOMMIT")
    with ThreadPoolExecutor(2) as pool, engine(database).connect() as holder, looking.connect() as looker:
        if holder.dialect.name == "postgresql":
            holder.execute(select(UserAccount.id).where(UserAccount.id == teacher_id).with_for_update())
        asked = [pool.submit(confirm, actor, number) for number in files]
        while holder.dialect.name == "postgresql" and looker.scalar(WAITING) != len(files):
            if any(one.done() for one in asked):
                holder.rollback()
                pytest.fail("neither goes on before who holds the person lets go")
        holder.rollback()
        said = [one.result(timeout=120) for one in asked]
    with app.app_context():
        assert sorted(bool(words) for words in said) == [False, True], said
        assert len(db.session.scalars(select(TrainingRecord.id)).all()) == 1
