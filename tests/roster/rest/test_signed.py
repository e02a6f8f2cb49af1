"""OneRoster 1.1 with OAuth 1: a server process that checks each signature; what it refuses is said so that it helps."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

import config
from tests.roster.rest.signed_server import CLIENT, SECRET
from tests.support.databases import ROOT
from tests.support.fixed.day import on_the_machines_clock
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import ImportRun, Student
from wss_cases.roster.rest import Server, pull_roster


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the server listens."""
    command = [sys.executable, "-m", "tests.roster.rest.signed_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/ims/oneroster/v1p1"
        finally:
            process.terminate()


@pytest.fixture(autouse=True)
def _clock_of_the_server() -> Iterator[None]:
    """The other system refuses who comes from another time; its process is on the machine's clock."""
    with on_the_machines_clock():
        yield


@pytest.fixture
def server(address: str, app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """Return the server as the settings name it."""
    settings = {
        "WSS_ROSTER_REST_URL": address, "WSS_ROSTER_SOURCE": "sis", "WSS_ROSTER_AUTH": "oauth1",
        "WSS_ROSTER_CLIENT_ID": CLIENT, "WSS_ROSTER_CLIENT_SECRET": SECRET,
    }  # fmt: skip
    for name, value in config.from_environment(settings, tmp_path).items():
        if name.startswith("ROSTER_"):
            monkeypatch.setitem(app.config, name, value)
    return Server(address, "", CLIENT, SECRET, is_signed=True)


def refused_for() -> str:
    """Return what the one refused run says."""
    [run] = db.session.scalars(select(ImportRun))
    assert not run.landed
    [problem] = run.report["problems"]
    return str(problem["message"])


@pytest.mark.any_database("the process is the other system's server")
def test_every_page_is_signed_and_pulled(server: Server) -> None:
    assert pull_roster(clock.now()) == {"imported": 1, "refused": 0}
    assert len(db.session.scalars(select(Student)).all()) == 3


@pytest.mark.any_database("the process is the other system's server")
@pytest.mark.parametrize("wrong", [{"client_secret": "s&cret"}, {"client_id": "them"}])
def test_a_wrong_secret_or_id_is_said_at_once(server: Server, wrong: dict[str, str]) -> None:
    asked: list[float] = []
    assert pull_roster(clock.now(), replace(server, pause=asked.append, **wrong))["refused"] == 1
    assert refused_for().startswith("The server does not accept the signature. Check the client id and the secret")
    assert asked == [], "asking again would not help"


@pytest.mark.any_database("the process is the other system's server")
def test_a_wrong_clock_is_named(server: Server, at: Any) -> None:
    at("2020-01-06 10:00")
    assert pull_roster(clock.now(), server)["refused"] == 1
    assert "its clock and the clock here are" in refused_for() and "minutes apart" in refused_for()


@pytest.mark.any_database("the process is the other system's server")
def test_what_is_not_signed_gets_nothing(address: str) -> None:
    assert requests.get(f"{address}/orgs", params={"offset": 0}, timeout=5).status_code in (400, 401)


@pytest.mark.any_database("nothing is asked")
def test_an_address_without_tls_is_not_signed_for(server: Server) -> None:
    assert pull_roster(clock.now(), replace(server, url="http://sis.example/v1p1"))["refused"] == 1
    assert refused_for() == "OAuth 1 needs an address that begins with https://."


def test_its_settings_are_checked_at_the_start(tmp_path: Any) -> None:
    signed = {"WSS_ROSTER_REST_URL": "http://x/v1p1", "WSS_ROSTER_SOURCE": "sis", "WSS_ROSTER_AUTH": "oauth1"}
    whole = {**signed, "WSS_ROSTER_CLIENT_ID": "us", "WSS_ROSTER_CLIENT_SECRET": "s"}
    assert config.from_environment(whole, tmp_path)["ROSTER_AUTH"] == "oauth1"
    for wrong, words in (
        (signed, "_CLIENT_ID and _CLIENT_SECRET"),
        ({**whole, "WSS_ROSTER_REST_URL": "http://x/v1p2"}, "OneRoster 1.1"),
        ({**whole, "WSS_ROSTER_TOKEN_URL": "http://x/token"}, "has no WSS_ROSTER_TOKEN_URL"),
        ({**whole, "WSS_ROSTER_AUTH": "kerberos"}, "write one of oauth2, oauth1"),
    ):
        with pytest.raises(RuntimeError, match=words):
            config.from_environment(wrong, tmp_path)
