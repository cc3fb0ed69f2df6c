"""Which questionnaire is asked where, and how it reads."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from corsia.listening.models import QuestionnaireVersion
from corsia.listening.rules.questionnaires import Definition, read_definition
from corsia.listening.vocabulary import VersionState
from corsia.organisation.queries import tree

LIBRARY = Path(__file__).parent.parent / "library"
CLOSING = "case"  # asked at the closing of a case, also where no questionnaire was installed


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """Return the questionnaires of the package by key, as their files say: key, name, pages."""
    files = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(LIBRARY.glob("*.yaml")))
    return {data["key"]: data for data in files}


@cache
def shipped_definition(key: str) -> Definition:
    """Return a questionnaire of the package."""
    return read_definition(shipped()[key])


@lru_cache(maxsize=256)
def _definition(version_id: int) -> Definition:
    """Return a version's questionnaire. In force it never changes; a draft is read by its editor alone."""
    row = QuestionnaireVersion.unscoped.only("definition").get(pk=version_id)
    return read_definition(row.definition)


def definition_of(version_id: int | None) -> Definition:
    """Return the questionnaire of an invitation or a response; None is the shipped closing survey."""
    return shipped_definition(CLOSING) if version_id is None else _definition(version_id)


def series_of(version_id: int | None) -> Mapping[str, int]:
    """Return the number of the series of each item of a version."""
    if version_id is None:
        return {}
    found = QuestionnaireVersion.unscoped.filter(pk=version_id).values_list("series", flat=True).first()
    return found or {}


def version_in_force(unit_id: int, key: str) -> int | None:
    """Return the version of a questionnaire that holds at a unit: its own, else that of the nearest unit above."""
    nearest = {unit.pk: place for place, unit in enumerate(tree().chain(unit_id))}
    # Not through the scope: the questionnaire of the group holds for a branch whoever asks.
    rows = QuestionnaireVersion.unscoped.filter(
        questionnaire__unit_id__in=list(nearest),
        questionnaire__key=key,
        questionnaire__is_active=True,
        state=VersionState.IN_FORCE,
    ).values_list("pk", "questionnaire__unit_id")
    found = sorted(rows, key=lambda row: nearest[row[1]])
    return found[0][0] if found else None
