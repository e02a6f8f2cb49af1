"""What the sections of a template are called, in both languages: one for each component, and a general one."""

from typing import Final

from wss_cases.plans.plan.templates.states import Component

SECTIONS: Final[dict[Component | None, tuple[str, str]]] = {
    None: ("About this plan", "Sobre este plan"),
    Component.PHYSICAL: ("Physical safety", "Seguridad física"),
    Component.EMOTIONAL: ("Emotional safety", "Seguridad emocional"),
    Component.TRUST: ("Relational trust", "Confianza en las relaciones"),
}
