"""The demo district's people, for tests that walk the whole site."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin

from flask import Flask
from sqlalchemy import select

from tests.support.applications import make_app, people_client
from tests.support.databases import Databases
from tests.support.depth import full_cross
from tests.support.once import once
from tests.support.pages.client import PageClient
from tests.support.pages.crawl import SAMPLES, Visit, kinds_of, shape_of, walk
from tests.support.pages.reading import Form
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db

ROLES = ("administrator", "dean", "coordinator", "district", "sysadmin", "reporter", "partner", "auditor")
"""The person who sees most first."""


def client_of(app: Flask, role: str) -> PageClient:
    """Return a client signed in as the demo person of a role."""
    with app.app_context():
        email = f"{role}@demo.example"
        user = db.session.execute(select(UserAccount).where(UserAccount.email == email)).scalar_one()
    return people_client(app, user)


def visits_of(databases: Databases, kind: str) -> dict[str, list[Visit]]:
    """Return every page of the demo district that links lead to, by role, looked at once in a run; a client that finds
    a page unsound fails here. But for the full cross it is PostgreSQL's, which takes fewer liberties, for both: the ids
    are the same; and of most kinds there is one page, of a sixth of them two as the person who sees most, and the
    others see a sixth of what somebody before them saw."""
    kind = kind if full_cross() else "postgresql"

    def look() -> dict[str, list[Visit]]:
        copy = databases.copy(databases.demo(kind))
        with tempfile.TemporaryDirectory() as folder:
            app = make_app(copy.url, Path(folder))
            one, known = SAMPLES if full_cross() else 1, set[str]()
            seen = {}
            for role in ROLES:
                samples = SAMPLES if role == ROLES[0] else one
                seen[role] = walk(app, client_of(app, role), samples=samples, known=frozenset(known))
                known |= {kind for visit in seen[role] for kind in kinds_of(visit.address)}
            return seen

    looked_at = once(f"visits-{kind}", look)
    gc.freeze()  # a million small objects that stay: whoever collects garbage would go over them each time
    return looked_at


def forms_that_post(visits: Mapping[str, Sequence[Visit]]) -> list[tuple[str, str, Form]]:
    """Return (role, address, form) of every form that posts, each kind once; signing out is left alone."""
    found: dict[tuple[str, frozenset[str]], tuple[str, str, Form]] = {}
    for role, seen in visits.items():
        for visit in seen:
            for form in visit.forms:
                target = shape_of(urljoin(visit.address, form.action or visit.address))
                if form.method == "post" and "sign-out" not in target and "/account" not in target:
                    found.setdefault((target, frozenset(form.names)), (role, visit.address, form))
    return list(found.values())
