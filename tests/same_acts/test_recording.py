"""A recorded post says what was answered and written; a handler that leaves something out is seen by comparing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from flask import Flask

from tests.factories.accounts import make_user
from tests.same_acts.__main__ import main
from tests.same_acts.filling import read_form
from tests.same_acts.finding import posting_forms
from tests.same_acts.requests import Handler, Post, load, save
from tests.same_acts.rows import without_tokens
from tests.same_acts.sending import FROM_PAGE, Browser, file_of, recorded
from tests.same_pages.checkouts import Stage
from tests.support.applications import make_app
from tests.support.databases import Databases
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import UnitOfWork

ADDRESS = "/training/topics/new"


@dataclass
class Scene:
    """An application on a database of its own, and a person of the district."""

    app: Flask
    stage: Stage

    def closed(self) -> Path:
        with self.app.app_context():
            db.engine.dispose()
        return self.stage.copy

    def filled(self) -> Post:
        answer = Browser(self.app, self.stage, "district").get(ADDRESS)
        form, action = next((form, to) for form, to in posting_forms(answer, ADDRESS) if to == ADDRESS)
        return Post("district", ADDRESS, action, read_form(form, action, lambda *_asked: []).fields({}, True, None))

    def text(self, post: Post, before: Sequence[Post] = ()) -> str:
        """Send a post, after those that make its record, and return the text of its recording."""
        return recorded(self.app, self.stage, before, post, ADDRESS)


@pytest.fixture
def scene(databases: Databases, tmp_path: Path, at: Callable[[str], None]) -> Scene:
    """A migrated database with an account, at ten in the morning."""
    at("2026-12-02 10:00")
    stage = Stage(tmp_path, tmp_path, tmp_path, clock.now())
    copy = databases.copy(databases.template("sqlite"))
    copyfile(copy.url.removeprefix("sqlite:///"), stage.copy)
    databases.drop(copy)
    app = make_app(f"sqlite:///{stage.copy}", tmp_path)
    with app.app_context():
        make_user(Role.DISTRICT, email="district@demo.example")
        db.session.commit()
    return Scene(app, stage)


def test_a_good_post_is_written_down_with_its_rows(scene: Scene) -> None:
    lines = scene.text(scene.filled()).splitlines()
    assert lines[:2] == [f"POST {ADDRESS} as district", "303 text/html"]
    assert [line.split()[1] for line in lines if line.startswith("inserted")] == [
        "audit_entry", "timeline_entry", "training_topic",
    ]  # fmt: skip
    assert "  audit_entry.action: 'training_topic.added'" in lines


def test_a_refused_post_names_the_field(scene: Scene) -> None:
    text = scene.text(scene.filled().with_fields({"name_en": ""}))
    assert "400 text/html" in text
    assert "refused: name_en: " in text
    assert "inserted training_topic" not in text


def test_a_person_who_may_not_is_answered_as_if_nothing_were_there(scene: Scene) -> None:
    assert scene.text(Post("visitor", "", ADDRESS)).splitlines()[1:3] == ["303 text/html", "Location: /sign-in"]


def test_a_post_to_a_removed_handler_is_not_found(scene: Scene) -> None:
    # a field that a page carries anew: the page went with the handler
    assert scene.text(removed("signed")) == f"POST {ADDRESS} as district\n404 text/html\n"


def test_a_post_after_that_of_a_removed_handler_names_the_removed(scene: Scene) -> None:
    good = scene.filled()
    before = [good.with_fields({"name_en": "Another"}), removed("name"), removed("reason")]
    assert scene.text(good, before) == f"POST {ADDRESS} as district\nbefore it, POST /removed/name as district: 404\n"


def removed(field: str) -> Post:
    return Post("district", f"/removed/{field}", f"/removed/{field}", [[field, FROM_PAGE]])


def audit_nothing(plant: pytest.MonkeyPatch) -> None:
    """Let no act leave its audit row."""
    plant.setattr(UnitOfWork, "audit", lambda *_what, **_more: None)


def forget_the_change(plant: pytest.MonkeyPatch) -> None:
    """Let the timeline say nothing of what was changed."""
    record = UnitOfWork.record
    plant.setattr(UnitOfWork, "record", lambda unit, subject, kind, **_data: record(unit, subject, kind))


@pytest.mark.parametrize(
    ("planted", "missing"),
    [(audit_nothing, "-inserted audit_entry "), (forget_the_change, '-  timeline_entry.data: {"topic"')],
)
def test_a_handler_that_leaves_something_out_is_seen(
    scene: Scene,
    planted: Callable[[pytest.MonkeyPatch], None],
    missing: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folders = [tmp_path / name for name in ("first", "second", "planted")]
    start = scene.closed().read_bytes()
    for folder in folders:
        scene.closed().write_bytes(start)
        if folder is folders[2]:
            planted(monkeypatch)
        path = file_of(folder, "good", "training_topics.add")
        path.parent.mkdir(parents=True)
        path.write_text(scene.text(scene.filled()), encoding="utf-8")
    assert main(["compare", str(folders[0]), str(folders[1])]) == 0
    assert main(["compare", str(folders[0]), str(folders[2])]) == 1
    assert missing in capsys.readouterr().out


def test_requests_are_read_as_they_were_saved(tmp_path: Path) -> None:
    post = Post("dean", "/a", "/b", [["name", "é"]], {"paper": ["a.pdf", "application/pdf", ""]}, {"key": [1]})
    handlers = {"b.c": Handler("b.c", "/b", [post], {"good": post})}
    save(handlers, tmp_path / "requests.json")
    assert load(tmp_path / "requests.json") == handlers


@pytest.mark.parametrize(
    "token",
    ["0123456789abcdef01234567", "Zk3_aB9dLq-0xTyUvW2nPq", "BEW0UFBeLGbJkFNmjabcdEFGH1234/+zFiPlZfNxw73/abcdefgh+ij="],
)
def test_what_is_new_each_time_is_left_out(token: str) -> None:
    assert without_tokens(f"key {token}") == "key …"


@pytest.mark.parametrize(
    "words",
    ["training_requirement.added", "2026-12-02T17:30:00+00:00", "/cases/38/pathways/89/parties/117/supporters/1/end"],
)
def test_words_are_no_tokens(words: str) -> None:
    assert without_tokens(words) == words
