"""An address may name several servers: each is found, by itself."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from wss_cases.foundation.connecting import each_host

pytestmark = pytest.mark.any_database("it reads addresses, and asks no database")
BEGIN = "postgresql+psycopg://wss:word@"


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("db1:5433/wss?sslmode=require", ["db1:5433/wss?sslmode=require"]),
        (
            "/wss?host=db1:5433&host=db2&target_session_attrs=read-write&sslmode=require",
            ["db1:5433/wss?sslmode=require", "db2/wss?sslmode=require"],
        ),
        ("/wss?host=db1,db2&port=5433,5434", ["db1:5433/wss", "db2:5434/wss"]),
        ("/wss?host=db1,db2&port=5433", ["db1:5433/wss", "db2:5433/wss"]),
        ("/wss?hostaddr=10.1.2.3", ["10.1.2.3/wss"]),
        ("/wss?host=/run/postgresql", ["/wss?host=%2Frun%2Fpostgresql"]),
        ("/wss", ["/wss"]),
    ],
)
def test_each_server_of_an_address_is_found(address: str, hosts: list[str]) -> None:
    found = [one.url.render_as_string(hide_password=False) for one in each_host(make_url(BEGIN + address))]
    assert found == [BEGIN + host for host in hosts]


@pytest.mark.parametrize("query", ["host=db1,db2", "host=/run/postgresql", "hostaddr=10.0.0.5"])
def test_a_host_that_the_driver_would_pass_over_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match=f"names localhost and {query.partition('=')[0]}= too"):
        each_host(make_url(f"{BEGIN}localhost/wss?{query}"))
