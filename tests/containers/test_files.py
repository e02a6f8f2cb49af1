"""The image holds what runs and nothing else, nobody in it is root, and only the proxy is reached from outside."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from config import from_environment
from tests.containers.files import Step, compose, sources, stages, steps
from tests.support.databases import ROOT
from wss_cases.foundation.settings import SECRETS
from wss_cases.web.limits import ATTACHED, ROSTER, largest_body

OURS = "wss-cases"
NO_APPLICATION = {"tests", "docs", ".ci", ".venv"}


def image_problems(found: list[Step]) -> list[str]:
    """Return what is wrong with how the image is made."""
    image, problems = stages(found)[-1], []
    users = [step.rest for step in image if step.word == "USER"]
    if not users or users[-1] in ("root", "0"):
        problems.append("it runs as root")
    problems += [f"takes in {name}" for name in sources(found) if name.split("/")[0] in NO_APPLICATION or name == "."]
    problems += [f"{name} is not there" for name in sources(found) if not (ROOT / name).exists()]
    problems += [
        f"not pinned by hash: {step.rest}"
        for step in found
        if "pip install" in step.rest and "--require-hashes" not in step.rest
    ]
    problems += [f"{step.rest}: an address" for step in found if step.word == "FROM" and "/" in step.rest]
    return problems


def service_problems(found: dict[str, object]) -> list[str]:
    """Return which service may do more than it needs."""
    problems = []
    for name, service in found["services"].items():  # type: ignore[attr-defined]
        if service["image"] == OURS:
            tight = (
                service["read_only"],
                service["cap_drop"] == ["ALL"],
                "no-new-privileges:true" in service["security_opt"],
            )
            problems += [] if all(tight) else [f"{name} may do more than it needs"]
        if "ports" in service and name != "proxy":
            problems.append(f"{name} is reached beside the proxy")
    return problems


def test_the_image_is_what_runs_and_not_as_root() -> None:
    assert image_problems(steps()) == []
    needed = {"wss_cases", "templates", "static", "migrations", "config.py", "wsgi.py", "requirements.lock"}
    assert set(sources(steps())) == needed


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        ("USER root", "root"),
        ("COPY tests tests", "takes in tests"),
        ("COPY . .", "takes in ."),
        ("COPY no_such_thing here", "is not there"),
        ("RUN pip install flask", "not pinned"),
        ("FROM registry.example/debian", "an address"),
    ],
)
def test_a_planted_fault_of_the_image_is_seen(planted: str, words: str) -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert any(words in problem for problem in image_problems(steps(f"{text}\n{planted}\n")))


def test_only_the_proxy_is_reached_and_nothing_may_more_than_it_needs() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert service_problems(compose()) == []
    assert service_problems(compose(text.replace("  cap_drop: [ALL]\n", "  cap_drop: []\n")))
    assert service_problems(
        compose(text.replace('ports: ["443:443"]', "").replace("  web:\n", '  web:\n    ports: ["80:8000"]\n'))
    )


def test_every_setting_is_one_that_is_read() -> None:
    reads = (ROOT / "config.py").read_text(encoding="utf-8")
    known = set(re.findall(r'"([A-Z_]{4,})"', reads)) | {f"{name}_FILE" for name in SECRETS}
    assert (
        from_environment.__name__ in reads
        and set(compose()["x-wss"]["environment"]) - known - {"WSS_INSTANCE"} == set()
    )


def test_the_proxy_buffers_as_the_deployment_page_says() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    proxy = compose()["configs"]["proxy"]["content"]
    for required in (
        "proxy_request_buffering on;",
        "proxy_buffering on;",
        "access_log off;",
        "client_body_timeout 15s;",
    ):
        assert required in page and required in proxy


def test_the_proxy_takes_in_what_is_attached_and_uploaded(app: Flask) -> None:
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for text in (page, compose()["configs"]["proxy"]["content"].replace("$$", "$")):
        shape, megabytes = re.findall(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m;", text)[0]
        assert int(megabytes) * 1024**2 >= largest_body(app), "a page of the proxy's own would lose what was typed"
        taking = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in {*ATTACHED, ROSTER}]
        assert len(taking) == 7
        assert [address for address in taking if not re.search(shape, address)] == []
