"""The bare page that every page is told by: it is served, finds its rows, and saves one."""

from __future__ import annotations

import http.client
from pathlib import Path

from sqlalchemy import create_engine, func, select

from tests.bench.figures.floor import ROWS, bare, floor_of
from tests.bench.person import Person, over_the_network
from tests.support.databases import Databases


def test_the_bare_page_finds_and_saves(databases: Databases, tmp_path: Path) -> None:
    database = databases.empty("sqlite")
    with bare(database, tmp_path) as port:
        nobody = Person.stranger(over_the_network(port))
        page = floor_of(7, saves=False)(nobody)
        assert page.status == http.client.OK and page.body.count(b"<li>") == 7
        assert floor_of(3, saves=True)(nobody).status == http.client.SEE_OTHER
    with create_engine(database.url).connect() as connection:
        assert connection.scalar(select(func.count()).select_from(ROWS)) == 201
