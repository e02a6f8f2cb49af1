"""Who is invited to a meeting, and who came, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.circle.states import Presence, SupporterRelation
from wss_cases.pathways.circles.meeting.rules import Attendance, Guest
from wss_cases.pathways.circles.outside.queries import named_outside
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.common.forms import number
from wss_cases.training.records.queries import names_of

People = Sequence[tuple[str, Mapping[int, str], Any]]


def invited_by_role(circle: Circle, helpers: Mapping[int, str]) -> People:
    """Return the people whose attendance is recorded after a meeting: parties, their supporters, the keepers, and who
    helps to keep it without an account (`helpers`)."""
    names = circle.names
    supporters = {
        one.id: _("%(name)s, with %(party)s", name=one.name, party=names.get(one.participant_id, ""))
        for one in circle.supporters
        if one.ended_at is None
    }
    return (
        ("party", names, _("Party")),
        ("supporter", supporters, _("Supporter")),
        ("keeper", circle.keeper_names, _("Keeper")),
        ("helper", helpers, _("Keeper without an account")),
    )


def attendance_in(form: BaseForm, people: People) -> Attendance:
    """Return the attendance that a form holds."""
    parties, supporters, keepers, helpers = (
        {key: Presence(form[f"{role}_{key}"].data) for key in names} for role, names, _words in people
    )
    return Attendance(parties=parties, supporters=supporters, keepers=keepers, helpers=helpers)


def guest_in(form: BaseForm) -> Guest | None:
    """Return who came without having been invited, as a form holds it; None where nobody did."""
    name = (form["guest"].data or "").strip()
    relation = form["guest_relation"].data
    if not name:
        return None
    return Guest(name, SupporterRelation(relation) if relation else None, number(form["guest_beside"].data) or 0)


def came_by_role(meeting: CircleMeeting, circle: Circle) -> list[dict[str, str]]:
    """Return who came to a meeting that was answered, as the rows of a summary."""
    supporters = {one.id: one.name for one in circle.supporters}
    keepers_came = {line.keeper_user_id for line in meeting.attendance if line.keeper_user_id is not None}
    former = keepers_came - circle.keeper_names.keys()
    keepers = circle.keeper_names | (names_of(former) if former else {})
    helpers = named_outside(line.outside_keeper_id for line in meeting.attendance)
    rows = []
    for line in meeting.attendance:
        name = (
            circle.names.get(line.participant_id or 0)
            or supporters.get(line.supporter_id or 0)
            or keepers.get(line.keeper_user_id or 0)
            or helpers.get(line.outside_keeper_id or 0)
        )
        presence = Presence.ABSENT if not line.attended else Presence.CAME
        presence = Presence.LEFT_EARLY if line.left_early else presence
        rows.append({"label": name or _("Someone else"), "value": str(Presence(presence).label)})
    return rows
