"""The crawl reaches what links reach, in one order, and of many alike only some."""

from __future__ import annotations

from flask import Flask, redirect
from werkzeug.wrappers import Response

from tests.same_pages.crawling import crawl


def site() -> Flask:
    """Return a site of a list with filters, records, a form that searches, one that changes, and a redirect."""
    app = Flask(__name__)

    @app.get("/")
    def home() -> Response:
        return redirect("/cases")

    @app.get("/cases")
    def cases() -> str:
        records = "".join(f'<a href="/cases/{number}">x</a>' for number in range(1, 6))
        filters = "".join(f'<a href="?state={state}&grade=1">x</a>' for state in "abc")
        forms = '<form action="/search"></form><form method="post" action="/close"></form>'
        return f'<html>{records}{filters}{forms}<a href="https://example.org/">out</a></html>'

    @app.get("/cases/<int:number>")
    def case(number: int) -> str:
        return f'<html><a href="/cases">back</a><a href="/nowhere/{number}#part">lost</a></html>'

    @app.get("/search")
    def search() -> str:
        return "<html></html>"

    return app


def addresses(per_route: int, per_filter: int) -> list[str]:
    app = site()
    client = app.test_client()
    return [address for address, _answer in crawl(client.get, app.url_map.bind(""), per_route, per_filter)]


def test_level_by_level_in_order() -> None:
    assert addresses(9, 9) == [
        "/", "/cases",
        *(f"/cases/{number}" for number in range(1, 6)),
        *(f"/cases?state={state}&grade=1" for state in "abc"),
        "/search",
        *(f"/nowhere/{number}" for number in range(1, 6)),
    ]  # fmt: skip


def test_of_many_alike_only_some() -> None:
    assert addresses(2, 1) == [
        "/", "/cases", "/cases/1", "/cases/2", "/cases?state=a&grade=1", "/search", "/nowhere/1", "/nowhere/2",
    ]  # fmt: skip
