"""Pages of a replay: requesting one, its progress, its changes, for which groups, and incident by incident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import _, locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.incidents.incident.queries import behavior_words
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.journal.rooms import Room, SmallestGroups
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.rules import RACE_LABELS, SEX_LABELS
from wss_cases.routing import rule_sets
from wss_cases.routing.drafts.pages import ReplayForm, rule_set_page
from wss_cases.routing.engine.explain import FACT_LABELS, within
from wss_cases.routing.engine.vocabulary import (
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    HoldState,
    Kind,
    Person,
    Police,
)
from wss_cases.routing.replay import actions as replay_actions
from wss_cases.routing.replay import queries as replays
from wss_cases.routing.replay.models import ChangeKind, ReplayState
from wss_cases.routing.replay.queries import shares
from wss_cases.routing.replay.rules import Change, Parts, SchoolTally, Tally, promise_words

_LABELS: Mapping[Any, Any] = {
    **FACT_LABELS,
    **Kind.labels(),
    **AppliesTo.labels(),
    **Duty.labels(),
    **Police.labels(),
    **FollowUpKind.labels(),
}
_STATES: Mapping[Any, Any] = {**DutyState.labels(), **HoldState.labels()}
_PEOPLE: Mapping[Any, Any] = Person.labels()


@dataclass(frozen=True)
class ChangeWords:
    """One change for the page: what it is, the old and the new answer, and their rules."""

    title: str
    before: str
    after: str
    rules: str


def change_words(change: Change) -> ChangeWords:
    sides = [_side(change.kind, side) for side in (change.before, change.after)]
    return ChangeWords(key_words(change.key), sides[0], sides[1], ", ".join(change.rules))


def key_words(key: str) -> str:
    """The counting key of a change, in words."""
    kind, what, person = key.split(":")
    subject = str(_LABELS.get(what, what))
    if person:
        subject = _("%(kind)s, for %(person)s", kind=subject, person=_PEOPLE.get(person, person))
    return _("%(change)s: %(subject)s", change=ChangeKind(kind).label, subject=subject)


def _side(kind: ChangeKind, side: Sequence[Any] | None) -> str:
    if side is None:
        return _("nothing")
    if kind.startswith("pathway_"):
        name, tier, start = side
        return _("%(kind)s, tier %(tier)d, %(within)s", kind=_LABELS.get(name, name), tier=tier, within=within(start))
    if kind.startswith("question_"):
        return _("asked")
    if kind.startswith(("hold_", "duty_")):
        return str(_STATES.get(side[0], side[0]))
    if kind is ChangeKind.NOTIFICATION_REVIEW:
        return str(_LABELS.get(side[0], side[0]))
    return _(" and ").join(within(day) for day in side)


@dataclass(frozen=True)
class ShareWords:
    """The shares of the groups of one criterion: what is shown, and how many groups are withheld."""

    title: str
    rows: list[tuple[str, str]]
    withheld: int


def share_words(title: str, parts: Parts, names: Mapping[str, str], fewest: SmallestGroups) -> ShareWords:
    """Each group with its share, grades in their order, the others by name; '' is unknown."""
    shown = {value: share for value, share in shares(parts, fewest).items() if share is not None}
    rows = [((value == "", _number(value), names.get(value) or value), f"{share}%") for value, share in shown.items()]
    words = [(key[2] or _("Not known"), share) for key, share in sorted(rows)]
    return ShareWords(title, words, len(parts) - len(shown))


def _number(value: str) -> int:
    return int(value) if value.removeprefix("-").isdecimal() else 0


blueprint = Blueprint("replays", __name__, url_prefix="/rules")

PAGE = 20
MOST_SCHOOLS = 100


@blueprint.post("/<int:rule_set_id>/replay")
@gate(Permission.RULES_EDIT)
def ask(rule_set_id: int) -> Page:
    """Ask for a replay of a rule set."""
    actor = current_actor()
    rule_set = rule_sets.get_rule_set(actor, rule_set_id)
    form = ReplayForm()
    if form.validate_on_submit() and form.first_day.data and form.last_day.data:
        try:
            replay_id = replay_actions.ask(
                actor, rule_set_id, form.first_day.data, form.last_day.data, clock.now(), form.request_key.data
            )
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return redirect(url_for("replays.replay", replay_id=replay_id), 303)
    return rule_set_page(rule_set, 400, ask_form=form)


@blueprint.post("/replays/<int:replay_id>/cancel")
@gate(Permission.RULES_EDIT)
def cancel(replay_id: int) -> Page:
    """Stop a replay."""
    actor = current_actor()
    replays.get_replay(actor, replay_id)
    try:
        replay_actions.cancel(actor, replay_id, clock.now())
    except Refused as refusal:
        flash(refusal.message, "warning")
    else:
        flash(_("The replay is canceled."))
    return redirect(url_for("replays.replay", replay_id=replay_id), 303)


@blueprint.get("/replays/<int:replay_id>")
@gate(Permission.RULES_READ)
def replay(replay_id: int) -> Page:
    """A replay's progress and results: in sentences, by school, by group."""
    actor = current_actor()
    row, rule_set = replays.get_replay(actor, replay_id)
    seen = replays.schools_seen(actor)
    tally = Tally.of_json(row.counts)
    total, whole = tally.of(seen), actor.everywhere(Role.DISTRICT)
    return render_template(
        "routing/replay_pages/result.html",
        replay=row,
        rule_set=rule_set,
        running=row.state is ReplayState.RUNNING,
        partial=row.state in (ReplayState.CANCELLED, ReplayState.OVERTAKEN),
        state=ReplayState(row.state).label,
        is_stale=row.rows_digest != replays.digest_of(rule_set),
        may_edit=might(actor, Permission.RULES_EDIT),
        may_take=might(actor, Permission.OUTCOMES_EXPORT),
        first=day_words_with_year(row.starts_on),
        last=day_words_with_year(row.ends_on),
        total=total,
        found=[(key_words(key), number) for key, number in total.changes.most_common()],
        schools=_by_school(tally, seen),
        most=MOST_SCHOOLS,
        groups=_groups(tally, smallest_groups(clock.school_year(replays.reported_until(row)))) if whole else [],
        versions=sorted((name, pair[0]) for name, pair in tally.by.get("version", {}).items()) if whole else [],
    )


def _by_school(tally: Tally, seen: list[int] | None) -> list[tuple[str, SchoolTally]]:
    shown = {int(key): one for key, one in tally.schools.items() if seen is None or int(key) in seen}
    changed = [school_id for school_id, one in shown.items() if one.changed or one.broken]
    rows = [(name, shown[school_id]) for school_id, name in replays.named(changed)]
    return sorted(rows, key=lambda pair: -pair[1].changed)


def _groups(tally: Tally, fewest: SmallestGroups) -> list[ShareWords]:
    """The share of each group that would be routed differently, for readers of the whole district."""
    yes_no = {"yes": _("Yes"), "no": _("No")}
    parts = {name: tally.by.get(name, {}) for name in ("behavior", "grade", *replays.GROUPS)}
    grades = {grade: grade_words(int(grade)) for grade in parts["grade"] if grade}
    codes = behavior_words([code for code in parts["behavior"] if code], locale_code())
    names: dict[str, tuple[str, Any]] = {
        "race_ethnicity": (_("Race and ethnicity"), RACE_LABELS),
        "sex": (_("Sex"), SEX_LABELS),
        "has_iep": (_("Individualized education program"), yes_no),
        "has_504": (_("Section 504 plan"), yes_no),
        "is_english_learner": (_("English learner"), yes_no),
        "grade": (_("Grade"), grades),
        "behavior": (_("Behavior"), codes),
    }
    return [
        share_words(title, parts[name], {value: str(words) for value, words in known.items()}, fewest)
        for name, (title, known) in names.items()
        if parts[name]
    ]


@blueprint.get("/replays/<int:replay_id>/changes")
@gate(Permission.RULES_READ)
def changes(replay_id: int) -> Page:
    """The changes incident by incident; named only for people who may open the report."""
    actor = current_actor()
    row, rule_set = replays.get_replay(actor, replay_id)
    only_broken = request.args.get("only") == "broken"
    after = id_in(request.args.get("after")) or 0
    incidents = replays.incidents_after(actor, replay_id, after, PAGE + 1, only_broken)
    here: dict[str, Any] = {"replay_id": replay_id, **({"only": "broken"} if only_broken else {})}
    return render_template(
        "routing/replay_pages/changes.html",
        replay=row,
        rule_set=rule_set,
        only_broken=only_broken,
        rows=[
            {
                "told": one_incident,
                "changes": [change_words(Change.of_json(one)) for one in one_incident.changes],
                "broken": [promise_words(word) for word in one_incident.broken],
            }
            for one_incident in incidents[:PAGE]
        ],
        later=url_for("replays.changes", after=incidents[PAGE - 1].id, **here) if len(incidents) > PAGE else None,
        first=url_for("replays.changes", **here) if after else None,
    )


ROOM = Room(pages=(blueprint,))
