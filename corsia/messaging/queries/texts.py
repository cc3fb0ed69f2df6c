"""Which ready-made texts a unit has."""

from dataclasses import dataclass

from corsia.messaging.models import TemplateText
from corsia.organisation.queries import unit_of


@dataclass(frozen=True)
class TextChoice:
    """One line of the picker."""

    key: str
    name_it: str
    name_en: str
    reason: str
    subject: str
    body: str


def texts_for(*, unit_id: int, language: str) -> list[TextChoice]:
    """Return the active texts of a unit, nearest wording first chosen, by name."""
    unit = unit_of(unit_id)
    rows = TemplateText.unscoped.filter(
        template__unit_id__in=[*unit.ancestor_ids, unit.pk], template__is_active=True
    ).select_related("template", "template__unit")
    best: dict[str, TemplateText] = {}
    for row in sorted(rows, key=lambda row: (len(row.template.unit.path), row.language == language)):
        best[row.template.key] = row
    choices = [
        TextChoice(
            key=row.template.key,
            name_it=row.template.name_it,
            name_en=row.template.name_en,
            reason=row.template.reason,
            subject=row.subject,
            body=row.body,
        )
        for row in best.values()
    ]
    return sorted(choices, key=lambda choice: (choice.name_en if language == "en" else choice.name_it).casefold())
