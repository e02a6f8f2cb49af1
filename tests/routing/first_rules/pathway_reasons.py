"""The reasons of the first rule set, in English and Spanish, by row and, where they differ, by item.

They are copied into the rows when the rule set is made, so that an administrator can edit them there.
"""

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "P0": {
        "en": "The only concern is tardiness or absence, so someone talks with the family about what gets in the way.",
        "es": "Lo único que preocupa son los retrasos o las ausencias, así que alguien habla con la familia "
        "sobre lo que dificulta la asistencia.",
    },
    "P1": {
        "en": "This is a group 1 or 2 behavior with few recent incidents before it, so a conversation comes first.",
        "es": "Es una conducta del grupo 1 o 2 con pocos incidentes recientes antes, así que primero se conversa.",
    },
    "P2.conversation": {
        "en": "This has come up several times lately, so it is talked through right away.",
        "es": "Esto ha pasado varias veces últimamente, así que se conversa sobre ello enseguida.",
    },
    "P2.check_in_check_out": {
        "en": "There have been several recent incidents, so one adult checks in with the student every day.",
        "es": "Ha habido varios incidentes recientes, así que una persona adulta acompaña cada día al estudiante.",
    },
    "P3": {
        "en": "Both students caused and suffered harm, so they can work it out together with an adult who "
        "prepares each of them.",
        "es": "Ambos estudiantes causaron y sufrieron daño, así que pueden resolverlo juntos con una "
        "persona adulta que prepara a cada uno.",
    },
    "P4": {
        "en": "Someone was harmed, so a prepared circle can hear everyone and agree on what would make it right.",
        "es": "Alguien sufrió un daño, así que un círculo bien preparado puede escuchar a cada persona y "
        "acordar cómo repararlo.",
    },
    "P4.group": {
        "en": "The behavior is in one of the highest groups, so it needs the closest preparation.",
        "es": "La conducta está en uno de los grupos más altos, así que necesita la preparación más cuidadosa.",
    },
    "P4.care": {
        "en": "Someone needed care, so it is prepared with special attention.",
        "es": "Alguien necesitó atención, así que se prepara con especial cuidado.",
    },
    "P5.community": {
        "en": "The harm reached the whole community, so the community comes together to heal.",
        "es": "El daño alcanzó a toda la comunidad, así que la comunidad se reúne para sanar.",
    },
    "P5.bias": {
        "en": "Bias hurts everyone who shares what was targeted, so a healing circle makes room for them.",
        "es": "El prejuicio lastima a todas las personas que comparten esa identidad, así que un círculo "
        "de sanación les da un espacio.",
    },
    "P6": {
        "en": "It has happened before, and a steady adult over time helps more than another warning.",
        "es": "Ya ha pasado antes, y una persona adulta constante ayuda más que otra advertencia.",
    },
    "P7": {
        "en": "A substance was involved, so someone who knows about substance use meets with the student.",
        "es": "Hubo una sustancia de por medio, así que alguien que conoce el tema se reúne con el estudiante.",
    },
    "P7.distribution": {
        "en": "It was also passed on to others, so the support is closer.",
        "es": "También se repartió a otras personas, así que el apoyo es más cercano.",
    },
    "P7.priors": {
        "en": "There was an earlier incident within the year, so the support is closer.",
        "es": "Hubo otro incidente en el último año, así que el apoyo es más cercano.",
    },
    "P8": {
        "en": "The student's own wellbeing comes first, so a clinician is asked to see them the same day.",
        "es": "Lo primero es el bienestar del estudiante, así que se pide que un profesional de salud mental "
        "le atienda el mismo día.",
    },
    "P9.violence_intervention": {
        "en": "A weapon or a threat with a gun calls for someone trained in preventing violence.",
        "es": "Un arma, o una amenaza con un arma de fuego, requiere a alguien capacitado en prevención de "
        "la violencia.",
    },
    "P9.one_to_one": {
        "en": "After a weapon or a threat with a gun, the student needs one adult who stays close.",
        "es": "Después de un arma o de una amenaza con un arma de fuego, el estudiante necesita una "
        "persona adulta que se mantenga cerca.",
    },
    "P9b.conversation": {
        "en": "It was a lookalike and not a real weapon, so a conversation about how it felt to others comes first.",
        "es": "Era una imitación y no un arma real, así que primero se conversa sobre cómo lo vivieron los demás.",
    },
    "P9b.family_support": {
        "en": "The family is asked to help, so that lookalikes stay out of school.",
        "es": "Se pide ayuda a la familia para que las imitaciones de armas no lleguen a la escuela.",
    },
    "P10": {
        "en": "Some everyday support would help this student, and nobody is providing it yet.",
        "es": "Un apoyo en lo cotidiano ayudaría a este estudiante, y todavía nadie se lo está dando.",
    },
    "P11": {
        "en": "The student is coming back to school, and a good return is planned together with them.",
        "es": "El estudiante vuelve a la escuela, y un buen regreso se planea junto con él o ella.",
    },
    "P12.support_circle": {
        "en": "It is reported as bullying or happened between them before, so the person harmed gets "
        "people around them first.",
        "es": "Se reporta como acoso escolar o ya pasó antes entre ellos, así que la persona que sufrió el "
        "daño recibe primero el apoyo de los suyos.",
    },
    "P12.one_to_one": {
        "en": "It is reported as bullying or happened between them before, so one adult works with the "
        "person who caused harm on their own.",
        "es": "Se reporta como acoso escolar o ya pasó antes entre ellos, así que una persona adulta "
        "trabaja por separado con quien causó el daño.",
    },
    "P13.support_circle": {
        "en": "The person harmed does not wish to meet, which costs them nothing; "
        "a circle of their own people supports them.",
        "es": "La persona que sufrió el daño no desea reunirse y eso no le perjudica en nada; "
        "un círculo de su gente la apoya.",
    },
    "P13.one_to_one": {
        "en": "The person harmed does not wish to meet, so the person who caused harm works on repair with one adult.",
        "es": "La persona que sufrió el daño no desea reunirse, así que quien causó el daño trabaja en repararlo "
        "con una persona adulta.",
    },
    "P16.one_to_one": {
        "en": "After what happened the student needs one adult who stays close.",
        "es": "Después de lo que pasó, el estudiante necesita una persona adulta que se mantenga cerca.",
    },
    "P16.behavioral_health": {
        "en": "A clinician helps to understand what lies behind it.",
        "es": "Un profesional de salud mental ayuda a entender qué hay detrás.",
    },
    "P14.conversation": {
        "en": "The student is in grade 2 or below, so a short conversation takes the place of a meeting.",
        "es": "El estudiante está en segundo grado o antes, así que una conversación breve sustituye a la reunión.",
    },
    "P14.family_support": {
        "en": "The student is in grade 2 or below, so the family is part of making it right.",
        "es": "El estudiante está en segundo grado o antes, así que la familia participa en la reparación.",
    },
    "P15.conversation": {
        "en": "Someone talks with the student about what happened.",
        "es": "Alguien conversa con el estudiante sobre lo que pasó.",
    },
    "P15.one_to_one": {
        "en": "What happened is not discussed for now, so one adult supports the student meanwhile.",
        "es": "Por ahora no se habla de lo que pasó, así que una persona adulta acompaña al estudiante mientras tanto.",
    },
    "P15.family_support": {
        "en": "What happened is not discussed for now and the student is very young, so the family is supported.",
        "es": "Por ahora no se habla de lo que pasó y el estudiante es muy pequeño, así que se apoya a la familia.",
    },
    "P15.harmed_apart": {
        "en": "The person harmed is offered a clinician of their own.",
        "es": "A la persona que sufrió el daño se le ofrece su propio profesional de salud mental.",
    },
    "P15.harmed": {
        "en": "Someone sits down with the person harmed and listens to them.",
        "es": "Alguien se sienta con la persona que sufrió el daño y la escucha.",
    },
}
