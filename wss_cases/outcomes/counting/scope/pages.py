"""What every outcomes page starts from: the reader, the school and the school year."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import request, url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.counting.scope.queries import READERS, first_year_counted, may_list, networks_of
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of, years_between
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school

ANY_KEY: Final = "0any0key0"
PLAIN_KEY: Final = re.compile("[A-Za-z0-9_-]+")
"""Keys that an address holds without escaping."""


@dataclass(frozen=True)
class Shown:
    """The reader, the school chosen in the switcher (None: all schools of the reader) and the school year counted."""

    actor: Actor
    school: School | None
    scope: Scope

    @property
    def school_words(self) -> str:
        """The school's or network's name, or "All schools"."""
        return self.school.name if self.school else self.scope.network or _("All schools")

    @property
    def year_words(self) -> str:
        return self.scope.year.replace("-", "–")

    @property
    def leads(self) -> bool:
        """Whether the reader is the administrator of this school. Only administrators see who reported and who carries
        which work."""
        school_id = self.scope.school_id
        return school_id is not None and school_id in self.actor.school_ids(Role.ADMINISTRATOR)

    def incidents(self, **filters: Any) -> str | None:
        """The address of the incidents behind a number; None when the reader may not see the list."""
        if not may_list(self.actor, self.scope.school_id):
            return None
        here: dict[str, Any] = {"school": self.scope.school_id, "year": self.scope.year, "state": "counted"}
        return url_for("incidents.incidents", **here, **filters)

    def at(self, name: str, **more: Any) -> str:
        return url_for(f"outcomes.sections.{name}", year=self.scope.year, network=self.scope.network, **more)

    def schools(self, sort: str | None = None) -> str | None:
        """The address of the page that compares schools; None for the reader of a single school."""
        if self.school is not None:
            return None
        here: dict[str, Any] = {"year": self.scope.year, "network": self.scope.network}
        return url_for("outcomes.core.schools", **here, sort=sort)

    def behind(self, name: str, **choice: Any) -> str | None:
        """The address of another list behind a number; None when the reader may not see it."""
        if not may_list(self.actor, self.scope.school_id):
            return None
        return url_for("outcomes.behind.rows", name=name, year=self.scope.year, **choice)


def shown(school: str | None = None, *, of_network: bool = False) -> Shown:
    """The subject of this request: the school with this id, otherwise the switcher's. With `of_network` a reader of all
    schools gets no single school.

    Raises NotFound for a school whose outcomes the reader may not see, and for a school year that is malformed or has
    not begun.
    """
    actor = current_actor()
    if school is None:
        is_of_all = of_network and actor.everywhere(*READERS)
        school_id = None if is_of_all else chosen_school_id(actor, *READERS)
    else:
        school_id = existing(id_in(school))
        if not actor.covers(school_id, *READERS):
            raise NotFound
    of_school = get_school(school_id) if school_id is not None else None
    if school is not None:
        existing(of_school)
    today = today_at(school_id, clock.now())
    year = request.args.get("year") or clock.school_year(today)
    return Shown(actor, of_school, existing(scope_of(school_id, year, today)))


def shown_by_network() -> Shown:
    """`shown()`, limited to the network that the address names. Raises NotFound for a network without schools, and
    where the page is about a single school."""
    network = request.args.get("network") or None
    page = shown(of_network=network is not None)
    if network is None:
        return page
    if page.school is not None or network not in networks_of(page.actor):
        raise NotFound
    return replace(page, scope=replace(page.scope, network=network))


def address_by_key(part: str, link: Callable[..., str | None]) -> Callable[[str], str | None]:
    """A function that gives the address of each key of a breakdown. It builds the address once and replaces the key."""
    pattern = link(**{part: ANY_KEY})

    def address(key: str) -> str | None:
        if pattern is None or not PLAIN_KEY.fullmatch(key):
            return link(**{part: key})
        return pattern.replace(f"{part}={ANY_KEY}", f"{part}={key}")

    return address


def years_of(page: Shown) -> list[str]:
    """The school years with anything to see, the newest first."""
    first = first_year_counted(page.actor, page.scope.school_id)
    current = clock.school_year(page.scope.today)
    begun = min(clock.school_year(first), current) if first else current
    return years_between(min(begun, page.scope.year), current)[::-1]
