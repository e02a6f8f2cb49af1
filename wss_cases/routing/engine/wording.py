"""Today's words for the reasons of our first rule sets.

A published rule set never changes, and stored answers contain its sentences, so a better wording is applied where a
sentence is shown. Sentences that a district wrote stay as they are.
"""

from collections.abc import Mapping
from typing import Final

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
