"""The reasons of the first rule set's holds, duties and follow-ups, and the words around them."""

from collections.abc import Mapping
from typing import Final

_Texts = Mapping[str, Mapping[str, str]]

REASONS: Final[_Texts] = {
    "H1": {
        "en": "This may be sexual harassment or harm between partners, so nobody is brought together.",
        "es": "Puede tratarse de acoso sexual o de daño en una relación de pareja, así que no se reúne a nadie.",
    },
    "H1.behavioral_health": {
        "en": "The person harmed is offered a clinician of their own.",
        "es": "A la persona que sufrió el daño se le ofrece su propio profesional de salud mental.",
    },
    "H2": {
        "en": "It is reported as bullying or happened between them before, so they do not meet until everyone is safe.",
        "es": "Se reporta como acoso escolar o ya pasó antes entre ellos, así que no se reúnen hasta que "
        "haya seguridad.",
    },
    "H3": {
        "en": "The person who caused harm is not ready to meet, and a meeting before that helps nobody.",
        "es": "La persona que causó el daño no está lista para reunirse, y hacerlo antes no ayuda a nadie.",
    },
    "H4": {
        "en": "The person harmed does not wish to meet, and that is theirs to decide.",
        "es": "La persona que sufrió el daño no desea reunirse, y esa decisión es suya.",
    },
    "H5": {
        "en": "There is danger right now, so safety comes before any meeting.",
        "es": "Hay peligro en este momento, así que la seguridad va antes que cualquier reunión.",
    },
    "H6": {
        "en": "An adult is said to have caused the harm, and others look into that.",
        "es": "Se dice que una persona adulta causó el daño, y de eso se encargan otras personas.",
    },
    "H6.behavioral_health": {
        "en": "The student harmed is offered a clinician of their own.",
        "es": "Al estudiante que sufrió el daño se le ofrece su propio profesional de salud mental.",
    },
    "H7": {
        "en": "An adult is said to have hurt a student, so no one meets about it before the office for adults' conduct "
        "has answered.",
        "es": "Se dice que una persona adulta lastimó a un estudiante, así que nadie se reúne por ello antes de que "
        "responda la oficina que ve la conducta de las personas adultas.",
    },
    "D1-1": {
        "en": "A firearm or a threat of gun violence is reported.",
        "es": "Se reporta un arma de fuego o una amenaza de violencia con armas de fuego.",
    },
    "D1-2": {"en": "What was seen may have been a firearm.", "es": "Lo que se vio pudo ser un arma de fuego."},
    "D1-3": {
        "en": "A verified firearm incident is reported in Chicago.",
        "es": "En Chicago se reporta todo incidente verificado con un arma de fuego.",
    },
    "D2-1": {
        "en": "A drug is reported on school grounds or in a school vehicle.",
        "es": "Se reporta una droga en el recinto escolar o en un vehículo de la escuela.",
    },
    "D2-2": {
        "en": "A drug is reported, and it may have been on school grounds.",
        "es": "Se reporta una droga, y pudo ser en el recinto escolar.",
    },
    "D2b-1": {
        "en": "A drug is reported to have been passed on to others in school, at a school event or on the way.",
        "es": "Se reporta que se distribuyó una droga en la escuela, en una actividad escolar o en el camino.",
    },
    "D2b-2": {
        "en": "A drug is reported to have been passed on to others, and it may have been in or near school.",
        "es": "Se reporta que se distribuyó una droga, y pudo ser en la escuela o cerca de ella.",
    },
    "D3": {
        "en": "A staff member was harmed and has made a written complaint.",
        "es": "Una persona del personal sufrió un daño y presentó una queja por escrito.",
    },
    "D4": {
        "en": "An administrator or clinician found a clear and present danger.",
        "es": "La administración o un profesional de salud mental determinó un peligro claro e inminente.",
    },
    "D5": {
        "en": "Abuse or neglect is suspected, and each adult has their own duty to report it.",
        "es": "Se sospecha maltrato o negligencia, y cada persona adulta tiene su propio deber de informarlo.",
    },
    "D6": {
        "en": "Bullying is reported, so the families hear about it and an inquiry begins.",
        "es": "Se reporta acoso escolar, así que se avisa a las familias y comienza una investigación.",
    },
    "D7": {
        "en": "This may be sexual harassment or harm between dating partners.",
        "es": "Puede tratarse de acoso sexual o de daño en una relación de pareja.",
    },
    "D8": {
        "en": "Bias is reported as part of what happened.",
        "es": "Se reporta que el prejuicio fue parte de lo que pasó.",
    },
    "D9": {
        "en": "An adult is said to have hurt, threatened or touched a student.",
        "es": "Se dice que una persona adulta lastimó, amenazó o tocó a un estudiante.",
    },
    "D11": {
        "en": "This may be sexual harassment or harm between dating partners.",
        "es": "Puede tratarse de acoso sexual o de daño en una relación de pareja.",
    },
    "D10": {
        "en": "The student has an individualized education program, and a report to the police is indicated.",
        "es": "El estudiante tiene un programa educativo individualizado, y corresponde avisar a la policía.",
    },
    "F1": {
        "en": "The family hears from the school the same day.",
        "es": "La familia recibe noticias de la escuela el mismo día.",
    },
    "F2": {
        "en": "The person harmed hears from someone by the next school day.",
        "es": "Alguien habla con la persona que sufrió el daño a más tardar el siguiente día de clases.",
    },
    "F9": {
        "en": "The family of the student who was harmed hears from the school the same day.",
        "es": "La familia del estudiante que sufrió el daño recibe noticias de la escuela el mismo día.",
    },
    "F3": {
        "en": "Each person is prepared separately before a circle.",
        "es": "Cada persona se prepara por separado antes de un círculo.",
    },
    "F4": {
        "en": "It happened on the way to or from school.",
        "es": "Pasó en el camino de ida o de vuelta a la escuela.",
    },
    "F5": {
        "en": "Someone asks the student harmed how things are and about retaliation, whatever the outcome.",
        "es": "Alguien pregunta al estudiante que sufrió el daño cómo está y si ha habido represalias, "
        "sea cual sea el resultado.",
    },
    "F6": {
        "en": "It is reported as bullying or happened between them before, so a plan keeps the person harmed safe.",
        "es": "Se reporta como acoso escolar o ya pasó antes entre ellos, así que un plan protege a la "
        "persona que sufrió el daño.",
    },
    "F7": {
        "en": "The student has a plan, and its case manager needs to know.",
        "es": "El estudiante tiene un plan, y quien lo coordina necesita saberlo.",
    },
    "F7b": {
        "en": "The student who was harmed has a plan, and its case manager needs to know.",
        "es": "El estudiante que sufrió el daño tiene un plan, y quien lo coordina necesita saberlo.",
    },
    "F10": {
        "en": "The law asks the threat assessment team to meet the same day.",
        "es": "La ley pide que el equipo de evaluación de amenazas se reúna el mismo día.",
    },
    "F8": {
        "en": "The school's liaison for this student needs to know.",
        "es": "La persona de enlace de la escuela para este estudiante necesita saberlo.",
    },
}

UNTIL: Final[_Texts] = {
    "H1": {
        "en": "never; each is supported apart; nobody talks about the facts before the Title IX "
        "coordinator answers; "
        "a reentry_circle is held without the person harmed",
        "es": "nunca; cada persona recibe apoyo por separado; nadie habla de los hechos antes de "
        "que responda la "
        "coordinación de Título IX; un círculo de reingreso se hace sin la persona que sufrió el daño",
    },
    "H2": {
        "en": "a safety plan that the person harmed agreed to has held 5 school days, "
        "and the person harmed asks to meet",
        "es": "un plan de seguridad aceptado por la persona que sufrió el daño se haya cumplido 5 días de clases, "
        "y esa persona pida reunirse",
    },
    "H3": {"en": "ready", "es": "que esté lista"},
    "H4": {"en": "the person harmed wishes otherwise", "es": "la persona que sufrió el daño desee otra cosa"},
    "H5": {"en": "the danger has passed", "es": "el peligro haya pasado"},
    "H7": {
        "en": "the office for adults' conduct has said what may be talked about",
        "es": "que la oficina que ve la conducta de las personas adultas haya dicho de qué se puede hablar",
    },
    "H6": {
        "en": "an adult's conduct is not a restorative case",
        "es": "la conducta de una persona adulta no es un caso restaurativo",
    },
}

CLOCKS: Final[_Texts] = {
    "at_once": {"en": "at once", "es": "de inmediato"},
    "24_hours": {"en": "24 hours", "es": "24 horas"},
    "same_day": {"en": "the same day", "es": "el mismo día"},
    "48_hours": {"en": "48 hours", "es": "48 horas"},
    "with_the_report": {"en": "with the report, as FERPA permits", "es": "con el informe, según lo permita FERPA"},
}
