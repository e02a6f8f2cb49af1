"""Pulling the roster from a OneRoster server once a day, as a whole: a half that was pulled changes nothing."""

import tempfile
from datetime import datetime
from pathlib import Path

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import district_zone, local
from wss_cases.foundation.settings.reading import setting
from wss_cases.roster.import_files.report import BundleRefused, Report
from wss_cases.roster.oneroster.actions import import_oneroster
from wss_cases.roster.rest.client import Server
from wss_cases.roster.rest.files import write_files
from wss_cases.roster.runs.actions import keep_refused
from wss_cases.roster.runs.queries import ROSTER, is_due


def pull_roster(now: datetime, server: Server | None = None) -> dict[str, int]:
    """Pull and import the roster where that is due; returns how many were `imported`, `refused`."""
    counts = {"imported": 0, "refused": 0}
    first, last = setting("ROSTER_HOURS")
    url, source = setting("ROSTER_REST_URL"), setting("ROSTER_SOURCE")
    if not url or not first <= local(now, district_zone()).hour < last or not is_due(ROSTER, source, now):
        return counts
    server = server or Server(
        url, setting("ROSTER_TOKEN_URL"), setting("ROSTER_CLIENT_ID"), setting("ROSTER_CLIENT_SECRET"),
        is_signed=setting("ROSTER_AUTH") == "oauth1",
    )  # fmt: skip
    db.session.remove()
    with force_locale("en"), tempfile.TemporaryDirectory() as name:
        try:
            write_files(server, Path(name))
        except BundleRefused as refused:
            keep_refused(SYSTEM, ROSTER, source, Report(source, problems=refused.problems), now)
            return counts | {"refused": 1}
        try:
            import_oneroster(SYSTEM, Path(name), now, source)
        except BundleRefused:
            return counts | {"refused": 1}
    return counts | {"imported": 1}
