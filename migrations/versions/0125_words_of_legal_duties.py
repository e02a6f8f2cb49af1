"""The table of legal duties says in the reader's language what needs legal review; the row's own mark says that it does.

What a district wrote in other words stays as it is.

Revision ID: 0125
Revises: 0124
"""

import sqlalchemy as sa
from alembic import op

revision = "0125"
down_revision = "0124"
branch_labels = None
depends_on = None

KIND, STEP, TEMPLATE = "legal_duty_kind", "legal_duty_kind_step", "follow_up_template"
WHOLE = (
    (KIND, "source", "105 ILCS 5/10-27.1A (amended 2025; effective date UNCONFIRMED)", "105 ILCS 5/10-27.1A (2025)"),
    (KIND, "source", "105 ILCS 5/10-21.7 (current wording UNCONFIRMED)", "105 ILCS 5/10-21.7"),
    (KIND, "source", "district policy; ANCRA UNCONFIRMED", "district policy; ANCRA"),
    (
        KIND,
        "clock_en",
        "at once; written confirmation within 48 hours UNCONFIRMED",
        "at once; written confirmation within 48 hours (needs legal review)",
    ),
    (
        KIND,
        "clock_es",
        "de inmediato; confirmación por escrito en 48 horas SIN CONFIRMAR",
        "de inmediato; confirmación por escrito en 48 horas (necesita revisión legal)",
    ),
    (KIND, "clock_en", "24 hours; 10 school days UNCONFIRMED", "24 hours; 10 school days (needs legal review)"),
    (
        KIND,
        "clock_es",
        "24 horas; 10 días escolares SIN CONFIRMAR",
        "24 horas; 10 días escolares (necesita revisión legal)",
    ),
    (KIND, "clock_en", "15 August", "August 15"),
    (STEP, "whom_en", "The inquiry (10 school days, UNCONFIRMED)", "The inquiry (10 school days, needs legal review)"),
    (
        STEP,
        "whom_es",
        "La averiguación (10 días escolares, SIN CONFIRMAR)",
        "La averiguación (10 días escolares; necesita revisión legal)",
    ),
    (
        STEP,
        "whom_en",
        "DCFS, the written confirmation (within 48 hours, UNCONFIRMED)",
        "DCFS, the written confirmation (within 48 hours, needs legal review)",
    ),
    (
        STEP,
        "whom_es",
        "El DCFS, la confirmación por escrito (en 48 horas, SIN CONFIRMAR)",
        "El DCFS, la confirmación por escrito (en 48 horas; necesita revisión legal)",
    ),
    (
        TEMPLATE,
        "closes_with_en",
        "The copy was released, or the request withdrawn. UNCONFIRMED: 10 days, 105 ILCS 10/5.",
        "The copy was released, or the request withdrawn. Needs legal review: 10 days, 105 ILCS 10/5.",
    ),
    (
        TEMPLATE,
        "closes_with_es",
        "La copia se entregó, o la solicitud se retiró. SIN CONFIRMAR: 10 días, 105 ILCS 10/5.",
        "La copia se entregó, o la solicitud se retiró. Necesita revisión legal: 10 días, 105 ILCS 10/5.",
    ),
)
"""Table, column, the words as first written, and as they are now: only where nobody has changed them."""


def _say(table: str, column: str, before: str, after: str) -> None:
    rows = sa.table(table, sa.column(column, sa.Text))
    op.execute(rows.update().where(rows.c[column] == before).values({column: after}))


def upgrade() -> None:
    for table, column, before, after in WHOLE:
        _say(table, column, before, after)


def downgrade() -> None:
    for table, column, before, after in WHOLE:
        _say(table, column, after, before)
