"""The floor of the stack: a bare page with so many statements, served by the same web server from the same database.

What a page takes is told as so many times its floor, because machines differ, and one machine from hour to hour. Each
statement finds one row by its key, put together once; an act that saves also writes one row and commits.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, redirect
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, create_engine, insert, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from tests.bench.figures.measuring import Visit
from tests.support.databases import ROOT, Database, environment
from tests.support.postgres import free_port
from tests.support.servers.live_system import wait_until
from wss_cases.jobs.supervisor import HOST, MALLOC, answers
from wss_cases.web.serving import WARM

PAGE = """<!doctype html><html lang="en"><head><title>Floor</title></head><body><h1>Floor</h1>
<ul>{% for row in rows %}<li>{{ row.value }}</li>{% endfor %}</ul></body></html>"""
ROWS = Table("bench_floor", MetaData(), Column("id", Integer, primary_key=True), Column("value", Integer))
ONE = select(ROWS.c.value).where(ROWS.c.id == bindparam("number"))


def make() -> Flask:
    """Return the application of bare pages on the database that the environment names."""
    app = Flask(__name__)
    app.extensions[WARM] = True  # it has nothing of what the product's own pages are given before processes are forked
    app.config["ROSTER_UPLOAD_MB"] = 1
    engine = create_engine(os.environ["DATABASE_URL"], pool_size=8)
    template = app.jinja_env.from_string(PAGE)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/floor/<int:statements>")
    def page(statements: int) -> str:
        with Session(engine) as session:
            rows = [session.execute(ONE, {"number": number}).one() for number in range(1, statements + 1)]
        return template.render(rows=rows)

    @app.get("/floor/<int:statements>/saved")
    def saved(statements: int) -> Response:
        with Session(engine) as session:
            for number in range(1, statements):
                session.execute(ONE, {"number": number}).one()
            session.execute(insert(ROWS).values(value=statements))
            session.commit()
        return redirect("/healthz", 303)

    return app


@contextmanager
def bare(database: Database, folder: Path) -> Iterator[int]:
    """Serve bare pages as the product's are served; gives the port. Their rows stand in a table of their own."""
    engine = create_engine(database.url)
    ROWS.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(ROWS), [{"value": number} for number in range(200)])
    engine.dispose()
    port = free_port()
    with (folder / "floor.log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "-c", "python:wss_cases.web.serving",
                "tests.bench.figures.floor:make()", "--bind", f"{HOST}:{port}",
            ],
            cwd=ROOT, env=environment(database.url, **MALLOC), stdin=subprocess.DEVNULL, stdout=log,
            stderr=log,
        )  # fmt: skip
    try:
        wait_until(lambda: answers(port), 60, "the bare page answers")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def floor_of(statements: int, saves: bool) -> Visit:
    address = f"/floor/{statements}{'/saved' if saves else ''}"
    return lambda person: person.get(address)
