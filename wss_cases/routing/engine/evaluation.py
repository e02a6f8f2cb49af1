"""The routing engine: facts and a decision table in, a recommendation out. No clock, no database.

The order is fixed here: pathways, the limit for the youngest grades, holds, what everyone must get at least, duties,
their meaning for the police, and follow-ups on the final list. Every threshold, tier and day stands in the rows of the
table. A row may be undecided where a fact is unknown. Then a pathway or follow-up does not apply, a hold keeps people
apart until it is known, a duty is possible, the police line says "verify", and the fact is an open question.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final, TypeVar

from wss_cases.routing.engine.conditions import Scene, undecided_facts
from wss_cases.routing.engine.facts import FACTS, MAY_BE_DANGER, Facts, FactType, FactValue
from wss_cases.routing.engine.table import LANGUAGES, DecisionTable, Row, Text
from wss_cases.routing.engine.vocabulary import (
    FACE_TO_FACE,
    PATHWAY_OF,
    POLICE_DUTIES,
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    HoldState,
    Kind,
    Note,
    Pathway,
    Person,
    Police,
    Section,
    Weight,
)


@dataclass(frozen=True)
class OpenQuestion:
    """An unanswered fact that would change the answer; `rules` are those that wait for it."""

    fact: str
    weight: Weight
    rules: tuple[str, ...]
    because: Text


BECAUSE: Final[Mapping[str, Text]] = {
    "harmed": {
        "en": "No one has said yet whether anyone was harmed.",
        "es": "Todavía nadie ha dicho si alguien sufrió un daño.",
    },
    "mutual": {
        "en": "No one has said yet whether both sides caused harm or one protected themself.",
        "es": "Todavía nadie ha dicho si ambas partes causaron daño o si una se protegió.",
    },
    "injury": {
        "en": "No one has said yet whether anyone was injured.",
        "es": "Todavía nadie ha dicho si alguien resultó herido.",
    },
    "weapon": {
        "en": "The report may be about a weapon, and no one has said whether there was one.",
        "es": "El reporte puede tratar de un arma, y nadie ha dicho si la hubo.",
    },
    "gun_violence_threat": {
        "en": "The report may be about a threat with a gun, and no one has said whether there was one.",
        "es": "El reporte puede tratar de una amenaza con un arma de fuego, y nadie ha dicho si la hubo.",
    },
    "fire_or_bomb": {
        "en": "The report may be about a fire or a bomb, and no one has said whether there was one.",
        "es": "El reporte puede tratar de un incendio o una bomba, y nadie ha dicho si lo hubo.",
    },
    "imminent_danger": {
        "en": "There may be danger, and no one has said whether staff can calm it.",
        "es": "Puede haber peligro, y nadie ha dicho si el personal puede calmarlo.",
    },
    "substance": {
        "en": "The report may be about a substance, and no one has said which.",
        "es": "El reporte puede tratar de una sustancia, y nadie ha dicho cuál.",
    },
    "distribution": {
        "en": "No one has said yet whether a substance was shared or sold.",
        "es": "Todavía nadie ha dicho si se compartió o se vendió una sustancia.",
    },
    "sexual": {
        "en": "Part of this may be sexual, and no one has said whether it was.",
        "es": "Parte de esto puede ser sexual, y nadie ha dicho si lo fue.",
    },
    "adult_conduct": {
        "en": "An adult may have hurt a student, and no one has said whether the report says so.",
        "es": "Una persona adulta pudo lastimar a un estudiante, y nadie ha dicho si el reporte lo dice.",
    },
    "intimate_partner": {
        "en": "This may be between people who date, and no one has said whether it was.",
        "es": "Puede haber pasado entre personas que son pareja, y nadie ha dicho si fue así.",
    },
    "bullying": {
        "en": "This may be bullying, and no one has said whether it was.",
        "es": "Puede tratarse de acoso escolar, y nadie ha dicho si lo fue.",
    },
    "bias": {
        "en": "Someone may have been targeted for who they are or are thought to be, and no one has said so or not.",
        "es": "Tal vez se atacó a alguien por ser quien es o por lo que otros creen que es, y nadie lo ha aclarado.",
    },
    "self_harm": {
        "en": "A student may be hurting themself, and no one has said whether that is so.",
        "es": "Un estudiante tal vez se hace daño, y nadie ha dicho si es así.",
    },
    "abuse_suspected": {
        "en": "A student may be hurt or neglected at home, and no one has said whether the report says so.",
        "es": "Tal vez alguien lastima o descuida a un estudiante en casa, y nadie ha dicho si el reporte lo dice.",
    },
    "repeated_between_same_people": {
        "en": "This may have happened between the same people before, and no one has looked it up.",
        "es": "Puede haber pasado antes entre las mismas personas, y nadie lo ha revisado.",
    },
}
"""Why a fact is asked, by the fact: what is not known, never what is feared."""

SENT_ON: Final[Text] = {
    "en": "It may be so, and it was sent on to the person whose task it is to find out.",
    "es": "Puede ser así, y se pasó a la persona a quien le corresponde averiguarlo.",
}


@dataclass
class _Hanging:
    rules: list[str] = field(default_factory=list)
    stops: bool = False


class Questions:
    """The unknown facts that made rows undecided while a table was evaluated."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._sent_on = frozenset(facts.names("sent_on"))
        self._asked = frozenset(facts.names("asked"))
        self._open: dict[str, _Hanging] = {}

    def hang(self, names: Iterable[str], rule: str | None, *, stops: bool) -> None:
        """Record what makes a row (None: the police line) undecided; `stops`: a decision must wait for it."""
        for name in names:
            entry = self._open.setdefault(name, _Hanging())
            entry.stops = entry.stops or stops
            if rule is not None and rule not in entry.rules:
                entry.rules.append(rule)

    def all_asked(self, names: Iterable[str]) -> bool:
        """Whether each of these facts was asked without an answer, or sent on."""
        return all(name in self._asked or name in self._sent_on for name in names)

    def because(self, names: Iterable[str]) -> Text:
        texts = dict.fromkeys(name for name in FACTS if name in set(names))
        said = [SENT_ON if name in self._sent_on else BECAUSE[name] for name in texts]
        return {language: " ".join(dict.fromkeys(text[language] for text in said)) for language in LANGUAGES}

    def listed(self) -> tuple[OpenQuestion, ...]:
        """The questions: must, may, asked; within each in the order of the facts."""
        found = [
            OpenQuestion(name, self._weight(name), tuple(self._open[name].rules), BECAUSE[name])
            for name in FACTS
            if name in self._open and name not in self._sent_on
        ]
        order = list(Weight)
        return tuple(sorted(found, key=lambda question: order.index(question.weight)))

    def _weight(self, name: str) -> Weight:
        if name in self._asked:
            return Weight.ASKED
        return Weight.MUST if self._open[name].stops or name == "self_harm" else Weight.MAY


_T = TypeVar("_T")

_NO_CLOCK: Text = dict.fromkeys(LANGUAGES, "")
_TALKED_THROUGH = frozenset({Kind.CONVERSATION, Kind.TALKING_CIRCLE, Kind.HEALING_CIRCLE})
_STRONGER = (DutyState.POSSIBLE, DutyState.VERIFY_FIRST, DutyState.DUE)


@dataclass(frozen=True)
class Item:
    """A recommended pathway. `start` counts school days from today."""

    kind: Kind
    person: Person
    tier: int
    start: int
    rules: tuple[str, ...]
    because: Text

    @property
    def pathway(self) -> Pathway:
        return PATHWAY_OF[self.kind]


@dataclass(frozen=True)
class Hold:
    """Something that must wait or never happen, and until when."""

    applies_to: AppliesTo
    until: Text
    rules: tuple[str, ...]
    because: Text
    state: HoldState = HoldState.HOLDS


@dataclass(frozen=True)
class RaisedDuty:
    """A legal duty that runs, that waits until the facts are verified, or that is only possible (no clock)."""

    duty: Duty
    clock: Text
    state: DutyState
    rules: tuple[str, ...]
    because: Text


@dataclass(frozen=True)
class FollowUp:
    """A follow-up within a number of school days."""

    kind: FollowUpKind
    days: int
    rules: tuple[str, ...]
    because: Text


@dataclass(frozen=True)
class Recommendation:
    """The whole answer, with the name and version of its table."""

    ruleset_name: str
    ruleset_version: int
    items: tuple[Item, ...]
    holds: tuple[Hold, ...]
    duties: tuple[RaisedDuty, ...]
    police: Police
    follow_ups: tuple[FollowUp, ...]
    notes: tuple[Note, ...]
    open_questions: tuple[OpenQuestion, ...] = ()


@dataclass(frozen=True)
class Run:
    """An answer and its reasons: ids of the rows that matched, and (row id, place) of the items added."""

    answer: Recommendation
    matched: frozenset[str]
    added: frozenset[tuple[str, int]]


@dataclass
class _Entry:
    tier: int
    start: int
    rules: list[str] = field(default_factory=list)
    reasons: list[Text] = field(default_factory=list)


class _Board:
    """The list of items during evaluation."""

    def __init__(self, facts: Facts) -> None:
        self.entries: dict[tuple[Kind, Person], _Entry] = {}
        self.scene = Scene(facts, on_list=lambda: set(self.entries))
        self.questions = Questions(facts)
        self.matched: set[str] = set()
        self.until_known: set[str] = set()
        self.police_settled = False
        self.added: set[tuple[str, int]] = set()

    def meets(self, row: Row) -> bool | None:
        """Whether a row matches, which is recorded; None: undecided."""
        met = row.is_met(self.scene)
        if met:
            self.scene.matched.add(row.rule)
            self.matched.add(row.id)
        return met

    def applies(self, row: Row) -> bool:
        """Whether a row of pathways or follow-ups matches; when undecided, its unknown facts are recorded."""
        met = self.meets(row)
        if met is None:
            stops = any(effect.tier > 1 and effect.is_met(self.scene) is not False for effect in row.effects)
            self.questions.hang(self.hangs_on(row), row.rule, stops=stops)
        return bool(met)

    def hangs_on(self, row: Row) -> set[str]:
        return set(undecided_facts(row.when, self.scene))

    def add(self, row: Row) -> None:
        """Add the items of a matched row: highest tier, soonest start, every rule cited."""
        for place, effect in enumerate(row.effects):
            if not effect.is_met(self.scene):
                continue
            self.added.add((row.id, place))
            new = _Entry(effect.tier, effect.start)
            entry = self.entries.setdefault((effect.kind, effect.person), new)
            entry.tier = max(entry.tier, effect.tier)
            entry.start = min(entry.start, effect.start)
            _append_new(entry.rules, row.rule)
            for reason in (row.because, effect.because):
                if reason is not None:
                    _append_new(entry.reasons, reason)

    def limit_to(self, row: Row) -> None:
        """Keep only the kinds that a row allows for the person who caused harm; add its items if one was removed."""
        removed = [
            (kind, person) for kind, person in self.entries if person is not Person.HARMED and kind not in row.keeps
        ]
        for key in removed:
            del self.entries[key]
        if removed:
            self.add(row)

    def hold_back(self, row: Row) -> None:
        """Remove from the list what a hold removes, then add what it adds."""
        for kind, person in list(self.entries):
            if any(removal.matches(kind, person) for removal in row.removals):
                del self.entries[kind, person]
        self.add(row)

    def hold_until_known(self, row: Row) -> None:
        """Keep people apart while a hold is undecided: remove only what brings them together, and add nothing."""
        self.until_known.add(row.rule)
        talk = _TALKED_THROUGH if row.applies_to is AppliesTo.SHARED_AND_CONVERSATION else frozenset()
        for kind, person in list(self.entries):
            apart = kind in FACE_TO_FACE or (kind in talk and person is not Person.HARMED)
            if apart and any(removal.matches(kind, person) for removal in row.removals):
                del self.entries[kind, person]

    def items(self) -> tuple[Item, ...]:
        return tuple(
            Item(kind, person, entry.tier, entry.start, tuple(entry.rules), _joined(entry.reasons))
            for (kind, person), entry in self.entries.items()
        )


def recommend(table: DecisionTable, facts: Facts) -> Recommendation:
    """Recommend pathways, holds, duties and follow-ups for one person's part in an incident."""
    return run(table, facts).answer


def run(table: DecisionTable, facts: Facts) -> Run:
    """Recommend, and also return which rows matched, for the check of a draft."""
    board, holds, duties = _decided(table, facts)
    answer = Recommendation(
        ruleset_name=table.name,
        ruleset_version=table.version,
        items=board.items(),
        holds=holds,
        duties=duties,
        police=board.scene.police,
        follow_ups=_follow_ups(table, board),
        notes=() if facts.present("group") else (Note.NOT_CODED_YET,),
        open_questions=board.questions.listed(),
    )
    return Run(answer, frozenset(board.matched), frozenset(board.added))


def decided_facts(table: DecisionTable, facts: Facts) -> tuple[tuple[Hold, ...], tuple[RaisedDuty, ...], Police]:
    """Only the holds, duties and police line of a recommendation, in two thirds of the time."""
    board, holds, duties = _decided(table, facts)
    return holds, duties, board.scene.police


def duties_and_police(table: DecisionTable, facts: Facts) -> tuple[tuple[RaisedDuty, ...], Police]:
    """Only the duties and police line of a recommendation, in two thirds of the time."""
    return decided_facts(table, facts)[1:]


def _decided(table: DecisionTable, facts: Facts) -> tuple[_Board, tuple[Hold, ...], tuple[RaisedDuty, ...]]:
    board = _Board(facts)
    for row in table.section(Section.PATHWAYS):
        if board.applies(row):
            board.add(row)
    for row in table.section(Section.GRADE_LIMIT):
        if board.applies(row):
            board.limit_to(row)
    holds = _holds(table, board)
    _leave_no_one_without(table, board)
    duties: dict[Duty, RaisedDuty] = {}
    _raise_duties(table.section(Section.DUTIES), board, duties)
    board.scene.police = _police(board, duties)
    _raise_duties(table.section(Section.AFTER_POLICE), board, duties)
    return board, holds, tuple(duties.values())


def _holds(table: DecisionTable, board: _Board) -> tuple[Hold, ...]:
    holds = []
    for row in table.section(Section.HOLDS):
        met = board.meets(row)
        if met is False or row.applies_to is None or row.until is None:
            continue
        state, because = HoldState.HOLDS, row.because or {}
        if met:
            board.hold_back(row)
        else:
            names = board.hangs_on(row)
            board.questions.hang(names, row.rule, stops=True)
            board.hold_until_known(row)
            state, because = HoldState.UNTIL_KNOWN, board.questions.because(names)
        holds.append(Hold(row.applies_to, row.until, (row.rule,), because, state))
    return tuple(holds)


def _leave_no_one_without(table: DecisionTable, board: _Board) -> None:
    """Run the fallback, which counts an undecided hold as matched; later rows read only what is certain."""
    only_maybe = board.until_known - board.scene.matched
    board.scene.matched |= only_maybe
    for row in table.section(Section.FALLBACK):
        if board.applies(row):
            board.add(row)
    board.scene.matched -= only_maybe


def _raise_duties(rows: tuple[Row, ...], board: _Board, duties: dict[Duty, RaisedDuty]) -> None:
    verified = str(board.scene.facts.value("verified"))
    for row in rows:
        met = board.meets(row)
        if met is False or row.duty is None or row.states is None or row.clock is None:
            continue
        state = row.states[verified]
        if state is None:
            continue
        raised = RaisedDuty(row.duty, row.clock, state, (row.rule,), row.because or {})
        if not met:
            raised = _maybe(board, row, raised)
        elif row.duty in POLICE_DUTIES:
            board.police_settled = True
        before = duties.get(row.duty)
        duties[row.duty] = _joined_duty(before, raised) if before else raised


def _maybe(board: _Board, row: Row, raised: RaisedDuty) -> RaisedDuty:
    """The duty of an undecided row.

    Due when its unknown fact was sent on to someone; to be verified, with the clock as the time to find out, when all
    of them were asked without an answer; otherwise possible.
    """
    names = board.hangs_on(row)
    board.questions.hang(names, row.rule, stops=True)
    because = board.questions.because(names)
    if _met_if_sent_on_is_so(row, board.scene):
        return replace(raised, because=because)
    if board.questions.all_asked(names):
        return replace(raised, state=DutyState.VERIFY_FIRST, because=because)
    return replace(raised, state=DutyState.POSSIBLE, clock=_NO_CLOCK, because=because)


def _met_if_sent_on_is_so(row: Row, scene: Scene) -> bool:
    """Whether a row matches if what was sent on turns out to be true."""
    facts = scene.facts
    sent = [name for name in facts.names("sent_on") if facts.is_unknown(name)]
    answers: list[tuple[FactValue, ...]] = [
        (True,) if FACTS[name].type is FactType.FLAG else FACTS[name].choices[1:] for name in sent
    ]
    return any(
        row.is_met(replace(scene, facts=Facts({**facts.given, **dict(zip(sent, so, strict=True))}))) is True
        for so in product(*answers)
    )


def _joined_duty(before: RaisedDuty, raised: RaisedDuty) -> RaisedDuty:
    rules = tuple(dict.fromkeys((*before.rules, *raised.rules)))
    stronger = raised if _STRONGER.index(raised.state) > _STRONGER.index(before.state) else before
    return replace(stronger, rules=rules)


def _police(board: _Board, duties: Mapping[Duty, RaisedDuty]) -> Police:
    """The police line. Only danger or one of five duties in any state leads to it; no row of a table can."""
    facts = board.scene.facts
    asks = facts.asks_about_danger()
    if asks:
        board.questions.hang(("imminent_danger",), None, stops=True)
    if facts.is_true("imminent_danger"):
        return Police.EMERGENCY
    states = {raised.state for duty, raised in duties.items() if duty in POLICE_DUTIES}
    if DutyState.DUE in states:
        return Police.REQUIRED_BY_LAW
    if not board.police_settled and asks is None:
        board.questions.hang(filter(facts.is_unknown, ("weapon", *MAY_BE_DANGER)), None, stops=True)
    return Police.VERIFY if states or asks is not False else Police.NOT_INDICATED


def _follow_ups(table: DecisionTable, board: _Board) -> tuple[FollowUp, ...]:
    follow_ups = []
    for row in table.section(Section.FOLLOW_UPS):
        if board.applies(row) and row.follow_up is not None:
            kind = row.follow_up
            follow_ups += [FollowUp(kind, days, (row.rule,), row.because or {}) for days in row.days]
    return tuple(follow_ups)


def _append_new(values: list[_T], value: _T) -> None:
    if value not in values:
        values.append(value)


def _joined(reasons: list[Text]) -> Text:
    return {language: " ".join(reason.get(language, reason["en"]) for reason in reasons) for language in LANGUAGES}
