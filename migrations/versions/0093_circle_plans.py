"""Circle plans: a circle's own, a community circle's, a school's shelf, and ready-made ones in two languages.

Revision ID: 0093
Revises: 0092
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None

TABLE = "circle_plan"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = ("template", "shelf", "circle", "community")
RULES = {
    "school": "(kind = 'template') = (school_id is null)",
    "language": "(kind = 'template') = (language <> '')",
    "circle": "(kind = 'circle') = (pathway_id is not null)",
    "case": "(pathway_id is null) = (case_id is null)",
    "day": "(kind = 'community') = (planned_on is not null)",
    "keeper": "(planned_on is null) = (keeper_id is null)",
}
FIELDS = ("language", "title", "opening", "talking_piece", "shared_values", "rounds", "closing")
READY_MADE = (
    (
        "en",
        "Community circle: start of the week",
        "Welcome everyone by name as they sit down. Take three slow breaths together. Say what the circle is for: "
        "to start the week together.",
        "Something from the room that the group likes. Only the person holding it speaks. Anyone may pass.",
        "Speak from your own experience\nListen to understand\nWhat is said here stays here",
        "In one word, how are you arriving today?\nWhat is one good thing from your weekend, small or big?\n"
        "What is one thing you want to do well this week?\nHow can this group help you with it?",
        "One word to take with you. Thank everyone for listening.",
    ),
    (
        "en",
        "Community circle: what we need from each other",
        "Welcome. Read a short quote about belonging, then be quiet together for a moment.",
        "An object that means something to the class. Say why you chose it.",
        "Respect\nHonesty\nEveryone may pass",
        "When did you feel that you belonged to a group?\nWhat do you need from others to do your best here?\n"
        "What can you give to the others?\nWhich three agreements do we want to try for a month?",
        "Read the agreements out loud. Each person says which one matters most to them.",
    ),
    (
        "en",
        "Circle to talk about harm",
        "Thank everyone for coming. Say again that taking part is voluntary, that anyone may pass or take a break, and "
        "what is private.",
        "Something that both sides accept. The keeper explains it.",
        "Respect\nSpeak for yourself\nListen without interrupting",
        "What do you hope this circle can do?\nWhat happened, as you saw it?\nWhat were you thinking and feeling then, "
        "and what have you thought about since?\nWho was affected, and how?\nWhat was the hardest part for you?\n"
        "What is needed to make things as right as possible?\nWhat will each of us do, and by when?",
        "Read what was agreed. Each person says how they are leaving. Thank everyone.",
    ),
    (
        "en",
        "Welcome-back circle",
        "Welcome the person who is returning. Say that everyone is here because they want the return to go well.",
        "Something that the person who is returning brought or chose.",
        "Kindness\nA fresh start\nHonesty about what is hard",
        "What are you glad about today?\nWhat was it like while we were apart?\nWhat might be hard in the first week?\n"
        "Who can you go to when it is hard?\nWhat will each of us do to help?",
        "Say when you will check in next. Each person offers one wish for the coming week.",
    ),
    (
        "es",
        "Círculo comunitario: inicio de la semana",
        "Dé la bienvenida a cada persona por su nombre al sentarse. Respiren lento tres veces juntos. Diga para qué es "
        "el círculo: empezar la semana juntos.",
        "Un objeto del salón que le guste al grupo. Solo habla quien lo tiene. Cualquiera puede pasar su turno.",
        "Hablar desde la propia experiencia\nEscuchar para entender\nLo que se dice aquí se queda aquí",
        "En una palabra, ¿cómo llega hoy?\n¿Qué fue algo bueno de su fin de semana, pequeño o grande?\n"
        "¿Qué quiere hacer bien esta semana?\n¿Cómo le puede ayudar este grupo?",
        "Una palabra para llevarse. Agradezca a todos por escuchar.",
    ),
    (
        "es",
        "Círculo comunitario: lo que necesitamos unos de otros",
        "Dé la bienvenida. Lea una frase corta sobre pertenecer a un grupo y guarden silencio un momento.",
        "Un objeto que signifique algo para la clase. Diga por qué lo eligió.",
        "Respeto\nHonestidad\nCualquiera puede pasar su turno",
        "¿Cuándo sintió que pertenecía a un grupo?\n¿Qué necesita de los demás para dar lo mejor de sí aquí?\n"
        "¿Qué puede dar usted a los demás?\n¿Qué tres acuerdos queremos probar durante un mes?",
        "Lea los acuerdos en voz alta. Cada persona dice cuál le importa más.",
    ),
    (
        "es",
        "Círculo para hablar de un daño",
        "Agradezca a todos por venir. Repita que participar es voluntario, que cualquiera puede pasar su turno o tomar "
        "un descanso, y qué es privado.",
        "Un objeto que ambas partes acepten. Quien facilita el círculo lo explica.",
        "Respeto\nHablar por uno mismo\nEscuchar sin interrumpir",
        "¿Qué espera que logre este círculo?\n¿Qué pasó, como usted lo vio?\n¿Qué pensó y sintió entonces, y qué "
        "ha pensado desde entonces?\n¿A quién afectó, y cómo?\n¿Qué fue lo más difícil para usted?\n"
        "¿Qué se necesita para reparar lo más posible?\n¿Qué hará cada persona, y para cuándo?",
        "Lea lo que se acordó. Cada persona dice cómo se va. Agradezca a todos.",
    ),
    (
        "es",
        "Círculo de bienvenida al regresar",
        "Dé la bienvenida a quien regresa. Diga que todos están aquí porque quieren que el regreso salga bien.",
        "Un objeto que trajo o eligió quien regresa.",
        "Amabilidad\nUn nuevo comienzo\nHonestidad sobre lo que es difícil",
        "¿Qué le alegra hoy?\n¿Cómo fue el tiempo que no estuvimos juntos?\n¿Qué podría ser difícil en la "
        "primera semana?\n¿A quién puede acudir cuando sea difícil?\n¿Qué hará cada persona para ayudar?",
        "Diga cuándo volverán a hablar. Cada persona ofrece un deseo para la semana que viene.",
    ),
)


def _to(column: str, target: str) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{TABLE}_{column}"))
    return sa.Column(column, BIG, key, nullable=True)


def upgrade() -> None:
    kind = sa.Enum(*KINDS, name=op.f(f"ck_{TABLE}_kind"), native_enum=False, create_constraint=True, length=40)
    op.create_table(
        TABLE,
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", kind, nullable=False),
        _to("school_id", "school"),
        _to("pathway_id", "pathway"),
        _to("case_id", "case_record"),
        sa.Column("planned_on", sa.Date(), nullable=True),
        _to("keeper_id", "user_account"),
        sa.Column("language", sa.String(8), nullable=False, server_default=""),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False, server_default=""),
        sa.Column("talking_piece", sa.String(200), nullable=False, server_default=""),
        sa.Column("shared_values", sa.Text(), nullable=False, server_default=""),
        sa.Column("rounds", sa.Text(), nullable=False),
        sa.Column("closing", sa.Text(), nullable=False, server_default=""),
        _to("written_by_id", "user_account"),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{TABLE}_{name}")) for name, rule in RULES.items()),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index("uq_circle_plan_pathway", TABLE, ["pathway_id"], unique=True)
    op.create_index("ix_circle_plan_school", TABLE, ["school_id", "kind"])
    op.create_index("ix_circle_plan_keeper", TABLE, ["keeper_id", "planned_on"])
    at = datetime(2026, 11, 28, tzinfo=UTC)
    plans = sa.table(TABLE, sa.column("kind"), *map(sa.column, FIELDS), sa.column("written_at", MOMENT))
    made = {"kind": "template", "written_at": at}
    op.bulk_insert(plans, [{**made, **dict(zip(FIELDS, row, strict=True))} for row in READY_MADE])


def downgrade() -> None:
    op.drop_table(TABLE)
