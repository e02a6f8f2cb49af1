"""Invitations by email: to families and staff, in their language, in the hours of mail, not to whoever is kept away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from itsdangerous import URLSafeSerializer
from sqlalchemy import select

from tests.architecture.test_migrations import VERSIONS, engine, run
from tests.factories.roster import keep_off
from tests.factories.surveys import begin, school_to_ask
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys import Keys
from wss_cases.foundation.settings import signing_keys
from wss_cases.surveys.links import SurveyLink, SurveyMail, SurveyMailStop
from wss_cases.surveys.mailing import KEPT, address_digests, deliver_invitations, has_stopped, stop_token, stopped_by
from wss_cases.surveys.pages import invite
from wss_cases.surveys.rounds import SurveyGroup

FAMILY = SurveyGroup.FAMILY


@pytest.fixture
def mails(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "SMTP_URL", "")
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path / "mail"))
    return lambda: sorted(path.read_text() for path in (tmp_path / "mail").glob("*.eml"))


@pytest.fixture
def asked(session, at):
    at("2026-11-09 10:00")
    return school_to_ask(students=3)


def test_families_are_invited_once_each_in_their_language_and_the_mail_names_no_student(asked, at, mails, client):
    asked.guardians[0].language = "es"
    db.session.commit()
    round_id = begin(asked)
    invite(asked.call, round_id, group=FAMILY)
    assert deliver_invitations(clock.now())["sent"] == 0
    at("2026-11-16 05:00")
    assert deliver_invitations(clock.now())["sent"] == 0
    at("2026-11-16 09:00")
    assert deliver_invitations(clock.now())["sent"] == 3
    assert deliver_invitations(clock.now())["sent"] == 0
    texts = mails()
    assert len(texts) == 3 and sum("La escuela pregunta" in text or "Encuesta" in text for text in texts) == 1
    assert not [text for text in texts if "Quillan" in text or "Number" in text]
    path = re.search(r"/survey/([a-z0-9-]{24})", texts[0].replace("=\n", ""))
    assert path is not None
    assert client.submit(f"/survey/{path[1]}", {"q_safe": "4"}).status_code == 303
    assert client.get(f"/survey/{path[1]}").status_code == 404
    with pytest.raises(Refused):
        invite(asked.call, round_id, group=FAMILY)


def test_nobody_who_is_kept_away_or_may_not_be_contacted_is_written_to(asked, at, mails):
    first, second = asked.students[:2]
    keep_off(first, asked.guardians[0], restriction=None, restricted_on=None)
    round_id = begin(asked)
    invite(asked.call, round_id, group=FAMILY)
    assert len(db.session.scalars(select(SurveyLink)).all()) == 2
    keep_off(second, asked.guardians[1])
    at("2026-11-16 09:00")
    assert deliver_invitations(clock.now())["sent"] == 1
    assert {mail.state.value for mail in db.session.scalars(select(SurveyMail))} == {"sent", "dropped"}


def test_whoever_stops_invitations_gets_no_more(asked, at, mails, client):
    round_id = begin(asked)
    invite(asked.call, round_id, group=SurveyGroup.STAFF)
    at("2026-11-16 09:00")
    assert deliver_invitations(clock.now())["sent"] == 2
    stop = re.search(r"List-Unsubscribe: <[^>]*?(/survey/stop/[^>]+)>", mails()[0].replace("\n ", ""))
    assert stop is not None
    assert "Stop survey invitations?" in client.page(stop[1]).text
    assert client.post(stop[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.get(f"{stop[1]}x").status_code == 404
    for mail in db.session.scalars(select(SurveyMail)):
        mail.state = "waiting"
    db.session.commit()
    assert deliver_invitations(clock.now())["sent"] == 1


def test_what_is_kept_of_a_stopped_address_is_under_our_keys_and_older_links_and_keys_still_stop(
    asked, at, mails, client, app, monkeypatch
):
    plain = token_digest("someone@mail.example")
    held = address_digests(" Someone@mail.example")
    assert plain not in held and len(held[0]) == KEPT
    assert stopped_by(stop_token("someone@mail.example")) == held[0]
    before = URLSafeSerializer(signing_keys(), salt="survey-mail").dumps(plain)
    assert client.post(f"/survey/stop/{before}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert db.session.scalars(select(SurveyMailStop.digest)).all() == [held[0]]
    keys = app.config["WSS_KEYS"]
    monkeypatch.setitem(app.config, "WSS_KEYS", Keys(("a newer key of the district, long enough", *keys.masters)))
    assert address_digests("someone@mail.example")[0] != held[0]
    assert has_stopped("someone@mail.example") and not has_stopped("another@mail.example")
    monkeypatch.setitem(app.config, "WSS_KEYS", Keys(("a newer key of the district, long enough",)))
    assert not has_stopped("someone@mail.example"), "a stop ends with its key, as operations.md says"


BEFORE = f"{int(next(VERSIONS.glob('*_slips_shown_once.py')).name[:4]) - 1:04d}"
GONE, STAYS = "gone@mail.example", "stays@mail.example"


@pytest.mark.both_databases
@pytest.mark.full_cross_only("tests/surveys/test_invitations.py")
def test_stops_of_before_stand_after_it_up_down_and_up(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", BEFORE)
    with engine(database).begin() as connection:
        plain = {"digest": token_digest(GONE)}
        connection.execute(sa.text("INSERT INTO survey_mail_stop (digest) VALUES (:digest)"), plain)
    for _time in range(2):
        run(app, "upgrade")
        with engine(database).connect() as connection:
            [kept] = connection.scalars(sa.text("SELECT digest FROM survey_mail_stop"))
        assert kept != token_digest(GONE)
        with app.app_context():
            assert has_stopped(GONE) and not has_stopped(STAYS)
        run(app, "downgrade", BEFORE)
