"""The demo district's people, for tests that walk the whole site."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from tests.support.applications import people_client
from tests.support.pages.client import PageClient
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
