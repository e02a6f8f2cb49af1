"""A recommendation in words: the command's JSON document, the stored form, plain text; and today's words for reasons.

A published rule set never changes, and stored answers contain its sentences, so a better wording is applied where a
sentence is shown. Sentences that a district wrote stay as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.routing.engine.evaluation import FollowUp, Hold, Item, OpenQuestion, RaisedDuty, Recommendation
from wss_cases.routing.engine.facts import FACTS
from wss_cases.routing.engine.table import Text
from wss_cases.routing.engine.vocabulary import (
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    HoldState,
    Kind,
    Note,
    Person,
    Police,
    Section,
    Weight,
)

FACT_LABELS: Final = {
    "caused_by": _l("caused by"),
    "grade": _l("grade"),
    "group": _l("behavior group"),
    "behavior": _l("behavior"),
    "attendance": _l("only tardiness or absence"),
    "harmed": _l("harmed"),
    "mutual": _l("mutual harm"),
    "injury": _l("injury"),
    "weapon": _l("weapon"),
    "gun_violence_threat": _l("threat of gun violence"),
    "fire_or_bomb": _l("fire or bomb"),
    "clear_and_present_danger": _l("clear and present danger"),
    "danger_reported": _l("hurt or in danger when it was reported"),
    "imminent_danger": _l("danger that staff cannot safely de-escalate"),
    "substance": _l("substance"),
    "distribution": _l("passed on to others"),
    "place": _l("place"),
    "sexual": _l("sexual"),
    "adult_conduct": _l("an adult is said to have hurt a student"),
    "intimate_partner": _l("between intimate partners"),
    "bullying": _l("bullying"),
    "bias": _l("bias"),
    "self_harm": _l("self-harm"),
    "abuse_suspected": _l("abuse suspected"),
    "staff_written_complaint": _l("written complaint by staff"),
    "repeated_between_same_people": _l("happened before between the same people"),
    "priors_90d": _l("earlier incidents in 90 days"),
    "priors_365d": _l("earlier incidents in 365 days"),
    "returning_from": _l("returning from"),
    "supports": _l("supports"),
    "harmed_supports": _l("supports of the student who was harmed"),
    "housing_support_open": _l("basic needs support already open"),
    "ready_to_meet": _l("ready to meet"),
    "harmed_wants_to_meet": _l("the person harmed wants to meet"),
    "verified": _l("verified"),
    "sent_on": _l("sent on"),
    "asked": _l("asked in vain"),
}

VALUE_LABELS: Final = {
    "student": _l("student"),
    "staff": _l("staff"),
    "other_adult": _l("other adult"),
    "unknown": _l("not known"),
    "none": _l("none"),
    "community": _l("community"),
    "minor": _l("minor"),
    "needed_care": _l("needed care"),
    "lookalike": _l("lookalike"),
    "maybe_firearm": _l("maybe a firearm"),
    "other": _l("other"),
    "firearm": _l("firearm"),
    "tobacco_vape": _l("tobacco or vape"),
    "alcohol": _l("alcohol"),
    "cannabis": _l("cannabis"),
    "narcotic_or_meth": _l("narcotic or methamphetamine"),
    "other_drug": _l("other drug"),
    "on_grounds": _l("on school grounds"),
    "vehicle": _l("school vehicle"),
    "school_event": _l("school event"),
    "travel": _l("on the way to or from school"),
    "off_campus": _l("off campus"),
    "online": _l("online"),
    "harassment": _l("harassment"),
    "contact": _l("contact"),
    "image": _l("image"),
    "suspension": _l("suspension"),
    "absence": _l("absence"),
    "placement": _l("placement"),
    "hospital": _l("hospital"),
    "iep": _l("individualized education program"),
    "504": _l("Section 504 plan"),
    "el": _l("English learner"),
    "housing": _l("housing"),
    "yes": _l("yes"),
    "no": _l("no"),
    **{name: FACT_LABELS[name] for name in dict.fromkeys((*FACTS["sent_on"].choices, *FACTS["asked"].choices))},
}

SECTION_LABELS: Final = {
    Section.PATHWAYS: _l("Pathways"),
    Section.GRADE_LIMIT: _l("The youngest grades"),
    Section.HOLDS: _l("Holds"),
    Section.FALLBACK: _l("No one left without"),
    Section.DUTIES: _l("Legal duties"),
    Section.AFTER_POLICE: _l("Duties that follow what was found about the police"),
    Section.FOLLOW_UPS: _l("Follow-ups"),
}


def as_document(answer: Recommendation, lang: str = "en") -> dict[str, Any]:
    """The answer as the command's document, its sentences in one language ('en' or 'es')."""
    return _document(answer, lambda text: in_language(text, lang))


def as_stored(answer: Recommendation) -> dict[str, Any]:
    """The same document with every sentence in all languages, as an incident stores it."""
    return _document(answer, dict)


def in_language(text: Text, lang: str) -> str:
    """A text in this language, or in English where it is missing."""
    return text.get(lang) or text["en"]


Spoken = Callable[[Text], Any]


def _document(answer: Recommendation, spoken: Spoken) -> dict[str, Any]:
    return {
        "ruleset": {"name": answer.ruleset_name, "version": answer.ruleset_version},
        "pathways": [_item(item, spoken) for item in answer.items],
        "holds": [_hold(hold, spoken) for hold in answer.holds],
        "duties": [_duty(raised, spoken) for raised in answer.duties],
        "police": str(answer.police),
        "follow_ups": [
            {"kind": str(entry.kind), "due_in_school_days": entry.days, "rules": list(entry.rules)}
            for entry in answer.follow_ups
        ],
        "open_questions": [
            {
                "fact": question.fact,
                "weight": str(question.weight),
                "rules": list(question.rules),
                "because": spoken(question.because),
            }
            for question in answer.open_questions
        ],
        "notes": [str(note) for note in answer.notes],
    }


def _item(item: Item, spoken: Spoken) -> dict[str, Any]:
    return {
        "pathway": str(item.pathway),
        "kind": str(item.kind),
        "for": str(item.person),
        "tier": item.tier,
        "start_within_school_days": item.start,
        "rules": list(item.rules),
        "because": spoken(item.because),
    }


def _hold(hold: Hold, spoken: Spoken) -> dict[str, Any]:
    return {
        "applies_to": str(hold.applies_to),
        "until": spoken(hold.until),
        "state": str(hold.state),
        "rules": list(hold.rules),
        "because": spoken(hold.because),
    }


def _duty(raised: RaisedDuty, spoken: Spoken) -> dict[str, Any]:
    return {
        "duty": str(raised.duty),
        "clock": spoken(raised.clock),
        "state": str(raised.state),
        "rules": list(raised.rules),
    }


def in_words(answer: Recommendation, lang: str = "en") -> list[str]:
    """The answer as lines of text in the locale in force."""
    lines = [_("Rule set %(name)s, version %(number)d", name=answer.ruleset_name, number=answer.ruleset_version)]
    for title, entries in (
        (_("Pathways"), [_item_line(item, lang) for item in answer.items]),
        (_("Holds"), [_hold_line(hold, lang) for hold in answer.holds]),
        (_("Duties"), [_duty_line(raised, lang) for raised in answer.duties]),
        (_("Police"), [str(Police(answer.police).label)]),
        (_("Follow-ups"), [_follow_up_line(follow_up) for follow_up in answer.follow_ups]),
        (_("Open questions"), [_question_line(question, lang) for question in answer.open_questions]),
        (_("Notes"), [str(Note(note).label) for note in answer.notes]),
    ):
        if entries:
            lines += ["", title, *(f"- {entry}" for entry in entries)]
    return lines


def within(days: int) -> str:
    if days == 0:
        return _("the same day")
    return ngettext("within %(num)d school day", "within %(num)d school days", days)


def _item_line(item: Item, lang: str) -> str:
    return _(
        "%(kind)s, for %(person)s, tier %(tier)d, %(within)s (%(rules)s). %(because)s",
        kind=Kind(item.kind).label,
        person=Person(item.person).label,
        tier=item.tier,
        within=within(item.start),
        rules=", ".join(item.rules),
        because=in_language(item.because, lang),
    )


def _hold_line(hold: Hold, lang: str) -> str:
    if hold.state is HoldState.UNTIL_KNOWN:
        what, because = AppliesTo(hold.applies_to).label, in_language(hold.because, lang)
        return _(
            "%(what)s, until this is known (%(rules)s). %(because)s",
            what=what,
            rules=", ".join(hold.rules),
            because=because,
        )
    return _(
        "%(what)s, until: %(until)s (%(rules)s). %(because)s",
        what=AppliesTo(hold.applies_to).label,
        until=in_language(hold.until, lang),
        rules=", ".join(hold.rules),
        because=in_language(hold.because, lang),
    )


def _duty_line(raised: RaisedDuty, lang: str) -> str:
    state, clock = str(DutyState(raised.state).label), in_language(raised.clock, lang)
    return _(
        "%(duty)s. %(state)s (%(rules)s). %(because)s",
        duty=Duty(raised.duty).label,
        state=f"{state}, {clock}" if clock else state,
        rules=", ".join(raised.rules),
        because=in_language(raised.because, lang),
    )


def _question_line(question: OpenQuestion, lang: str) -> str:
    return _(
        "%(fact)s. %(weight)s (%(rules)s). %(because)s",
        fact=FACT_LABELS[question.fact],
        weight=Weight(question.weight).label,
        rules=", ".join(question.rules) or _("police"),
        because=in_language(question.because, lang),
    )


def _follow_up_line(follow_up: FollowUp) -> str:
    what, rules = FollowUpKind(follow_up.kind).label, ", ".join(follow_up.rules)
    return _("%(what)s, %(within)s (%(rules)s).", what=what, within=within(follow_up.days), rules=rules)


NO_MEETING = "never; each is supported apart; nobody talks about the facts before the Title IX coordinator answers; a "
NO_REUNION = (
    "nunca; cada persona recibe apoyo por separado; nadie habla de los hechos antes de que responda la coordinación de "
)

UNTIL: Final[Mapping[str, str]] = {
    f"{NO_MEETING}reentry_circle is held without the person harmed": (
        "never. Each person is supported separately, no one discusses the facts before the Title IX coordinator "
        "answers, and a re-entry circle is held without the person harmed"
    ),
    "an adult's conduct is not a restorative case": "never. An adult’s conduct is not a restorative case",
    "ready": "they are ready",
    f"{NO_REUNION}Título IX; un círculo de reingreso se hace sin la persona que sufrió el daño": (
        "nunca. Cada persona recibe apoyo por separado, nadie habla de los hechos antes de que responda la "
        "coordinación del Título IX y, si hay un círculo de reingreso, se hace sin la persona que sufrió el daño"
    ),
    "la conducta de una persona adulta no es un caso restaurativo": (
        "nunca. La conducta de una persona adulta no es un caso restaurativo"
    ),
    "se acuerde un plan de seguridad": "que se acuerde un plan de seguridad",
    "la persona que sufrió el daño desee otra cosa": "que la persona que sufrió el daño cambie de opinión",
    "el peligro haya pasado": "que haya pasado el peligro",
    "un plan de seguridad aceptado por la persona que sufrió el daño se haya cumplido 5 días de clases, y esa persona "
    "pida reunirse": (
        "que un plan de seguridad aceptado por la persona que sufrió el daño se haya cumplido 5 días de clases y esa "
        "persona pida reunirse"
    ),
}
"""Until when a hold lasts, whole texts."""

WHY: Final[Mapping[str, str]] = {
    "Somebody needed care, so it is prepared with special attention.": (
        "Someone needed care, so it is prepared with special attention."
    ),
    "This may be sexual harassment or harm between partners, so nobody is brought together.": (
        "This may be sexual harassment or harm between dating partners, so no one is brought together."
    ),
    "Alguien sufrió un daño serio, así que un círculo bien preparado puede escuchar a cada persona y acordar cómo "
    "repararlo.": (
        "Alguien sufrió un daño grave, así que un círculo bien preparado puede escuchar a cada persona y acordar cómo "
        "repararlo."
    ),
    "El prejuicio hiere a todas las personas que comparten lo que fue atacado, así que un círculo de sanación les da "
    "espacio.": (
        "El prejuicio lastima a todas las personas que comparten esa identidad, así que un círculo de sanación les da "
        "un espacio."
    ),
    "Ya ha pasado antes, y una persona adulta constante ayuda más que otra advertencia.": (
        "Ya pasó antes, y el apoyo constante de una persona adulta ayuda más que otra advertencia."
    ),
    "También se repartió a otras personas, así que el apoyo es más cercano.": (
        "También se le dio a otras personas, así que el apoyo es más cercano."
    ),
    "Lo primero es el bienestar del estudiante, así que se pide que un profesional de salud mental le atienda el mismo "
    "día.": (
        "Lo primero es el bienestar del estudiante, así que se pide que un profesional de salud mental lo atienda ese "
        "mismo día."
    ),
    "Un arma, o una amenaza con un arma de fuego, requiere a alguien con formación en prevención de la violencia.": (
        "Un arma, o una amenaza con un arma de fuego, requiere a alguien capacitado en prevención de la violencia."
    ),
    "Después de algo tan serio, el estudiante necesita una persona adulta que siga cerca.": (
        "Después de algo tan grave, el estudiante necesita una persona adulta que se mantenga cerca."
    ),
    "Un apoyo en lo cotidiano ayudaría a este estudiante, y todavía nadie se lo está dando.": (
        "Un apoyo en la vida diaria ayudaría a este estudiante, y todavía nadie se lo da."
    ),
    "El estudiante vuelve a la escuela, y un buen regreso se planea junto con él o ella.": (
        "El estudiante regresa a la escuela, y su regreso se planea junto con él o ella."
    ),
    "La persona que sufrió el daño no desea reunirse y eso no le perjudica en nada; un círculo de su gente la apoya.": (
        "La persona que sufrió el daño no desea reunirse, y eso no le afecta en nada; la apoya un círculo con su gente."
    ),
    "Lo que pasó fue muy serio aunque no haya una persona herida, así que una persona adulta sigue cerca.": (
        "Lo que pasó fue muy grave aunque nadie haya resultado herido, así que una persona adulta se mantiene cerca."
    ),
    "Un profesional de salud mental ayuda a entender qué hay detrás de algo tan serio.": (
        "Un profesional de salud mental ayuda a entender qué hay detrás de algo tan grave."
    ),
    "El estudiante está en segundo grado o antes, así que una conversación breve sustituye a la reunión.": (
        "El estudiante está en segundo grado o en un grado menor, así que en lugar de la reunión hay una conversación "
        "breve."
    ),
    "El estudiante está en segundo grado o antes, así que la familia participa en la reparación.": (
        "El estudiante está en segundo grado o en un grado menor, así que la familia participa en la reparación."
    ),
    "El daño lo causó una persona adulta, y eso lo examinan otras instancias.": (
        "El daño lo causó una persona adulta, y de eso se encargan otras personas."
    ),
    "En Chicago se informa de todo incidente verificado con un arma de fuego.": (
        "En Chicago se reporta todo incidente verificado con un arma de fuego."
    ),
    "Se repartió una droga en la escuela, en una actividad escolar o en el camino.": (
        "Se distribuyó una droga en la escuela, en una actividad escolar o en el camino."
    ),
    "Se repartió una droga, y pudo ser en la escuela o cerca de ella.": (
        "Se distribuyó una droga, y pudo ser en la escuela o cerca de ella."
    ),
    "Se sospecha maltrato o negligencia, y cada persona adulta tiene su propio deber de informarlo.": (
        "Se sospecha abuso o negligencia, y cada persona adulta tiene su propia obligación de reportarlo."
    ),
    "Se denuncia acoso, así que se informa a las familias y comienza una indagación.": (
        "Se reporta acoso escolar, así que se avisa a las familias y comienza una investigación."
    ),
    "La familia recibe noticias de la escuela el mismo día.": "La escuela se comunica con la familia el mismo día.",
    "La familia del estudiante que sufrió el daño recibe noticias de la escuela el mismo día.": (
        "La escuela se comunica el mismo día con la familia del estudiante que sufrió el daño."
    ),
}
"""Sentences of reasons: several stand in one text where several rules name one item."""


def said(text: Mapping[str, str], language: str) -> str:
    """A reason, or the end of a hold, in today's words; in English when there are no other words."""
    words = text.get(language) or text.get("en", "")
    if words in UNTIL:
        return UNTIL[words]
    for before, now in WHY.items():
        words = words.replace(before, now)
    return words
