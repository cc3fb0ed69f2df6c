"""Which survey an answer belongs to: answers to different questionnaires are not counted together."""

from dataclasses import dataclass
from typing import Any

from corsia.kernel.scope import current_scope
from corsia.listening.models import Questionnaire, QuestionnaireVersion
from corsia.listening.queries.questionnaires import CLOSING, definition_of, series_of, shipped, version_in_force
from corsia.listening.rules.questionnaires import Definition
from corsia.listening.vocabulary import VersionState
from corsia.organisation.queries import tree

__all__ = ["CLOSING", "OF_SURVEY", "Survey", "current_wording", "surveys_in_scope", "versions_of"]

# For statements about responses (a); without a version it is the shipped survey at the closing of a case.
OF_SURVEY = "(a.version_id = ANY(%(versions)s::bigint[]) OR (%(is_closing)s AND a.version_id IS NULL))"


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A questionnaire by its key, named in both languages."""

    key: str
    name_it: str
    name_en: str


def surveys_in_scope() -> list[Survey]:
    """Return the surveys that may have answers within the scope, the one at the closing of a case first."""
    name = shipped()[CLOSING]["name"]
    found = {CLOSING: Survey(key=CLOSING, name_it=name["it"], name_en=name["en"])}
    for row in Questionnaire.objects.order_by("name_it", "pk"):
        if row.key not in found:
            found[row.key] = Survey(key=row.key, name_it=row.name_it, name_en=row.name_en)
    return list(found.values())


def versions_of(survey: str) -> dict[str, Any]:
    """Return the parameters of OF_SURVEY: every wording of a questionnaire, of whichever unit."""
    rows = QuestionnaireVersion.objects.filter(questionnaire__key=survey).order_by("pk")
    return {"versions": list(rows.values_list("pk", flat=True)), "is_closing": survey == CLOSING}


def current_wording(survey: str, *, unit_id: int | None = None) -> tuple[Definition, dict[str, int]]:
    """Return how a questionnaire reads today and the series of its items.

    Branches may have wordings of their own: that of the unit asked for holds, else that of the highest unit within the
    scope, else the latest that can be seen.
    """
    scope, places = current_scope(), tree()
    visible = places.units.values() if scope.everything else [places.unit(unit) for unit in scope.units]
    top = unit_id or min(visible, key=lambda unit: (len(unit.ancestor_ids), unit.pk)).pk
    found = version_in_force(top, survey)
    if found is None:
        rows = QuestionnaireVersion.objects.filter(questionnaire__key=survey, state=VersionState.IN_FORCE)
        found = rows.order_by("-published_at", "-pk").values_list("pk", flat=True).first()
    return definition_of(found), dict(series_of(found))
