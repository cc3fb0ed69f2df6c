"""Questionnaires are installed, drafted, put in force; a wording that was asked never changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel import scope
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.listening.models import Questionnaire, QuestionnaireVersion
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.questionnaires import shipped
from corsia.listening.rules.questionnaires import Definition, DefinitionInvalid, read_definition, series_after
from corsia.listening.vocabulary import VersionState


class NotADraft(Refused):
    code = "listening.not_a_draft"
    message = _("This wording is not a draft, so it cannot change. Begin a new draft, and change that.")


class QuestionnaireBroken(Invalid):
    code = "listening.questionnaire_broken"
    message = _("“%(where)s”: %(what)s. Correct it, then save again.")


def checked(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition that can be asked.

    Raises:
        QuestionnaireBroken: it cannot; the first fault is named.
    """
    try:
        read_definition(definition)
    except DefinitionInvalid as fault:
        raise QuestionnaireBroken(where=fault.where, what=fault.what) from fault
    return dict(definition)


@transaction.atomic
def install_questionnaires(*, unit_id: int, by: Actor, now: datetime) -> list[str]:
    """Install the shipped questionnaires at a unit and put them in force; those it has are left as they are.

    Returns:
        The keys of those that are new.
    """
    demand(by, MANAGE_LISTENING, unit_id)
    there = set(Questionnaire.objects.filter(unit_id=unit_id).values_list("key", flat=True))
    missing = [data for key, data in shipped().items() if key not in there]
    rows = Questionnaire.objects.bulk_create(
        Questionnaire(unit_id=unit_id, key=data["key"], name_it=data["name"]["it"], name_en=data["name"]["en"])
        for data in missing
    )
    QuestionnaireVersion.objects.bulk_create(
        QuestionnaireVersion(
            questionnaire=row,
            number=1,
            state=VersionState.IN_FORCE,
            definition={"pages": data["pages"]},
            series=series_after(read_definition(data), None, {}, _elsewhere(row)),
            saved_at=now,
            published_at=now,
        )
        for row, data in zip(rows, missing, strict=True)
    )
    for row in rows:
        audit(row, "questionnaire_installed", by=by, now=now, key=row.key)
    return [row.key for row in rows]


@transaction.atomic
def start_draft(*, questionnaire_id: int, by: Actor, now: datetime) -> QuestionnaireVersion:
    """Return the draft of a questionnaire: the one there is, or a copy of what is in force."""
    questionnaire = _locked(questionnaire_id, by=by)
    versions = list(QuestionnaireVersion.objects.filter(questionnaire=questionnaire).order_by("-number"))
    draft: QuestionnaireVersion | None = next((one for one in versions if one.state == VersionState.DRAFT), None)
    if draft is not None:
        return draft
    source = next((one for one in versions if one.state == VersionState.IN_FORCE), versions[0])
    made: QuestionnaireVersion = QuestionnaireVersion.objects.create(
        questionnaire=questionnaire,
        number=versions[0].number + 1,
        definition=source.definition,
        series=source.series,
        saved_at=now,
    )
    audit(questionnaire, "questionnaire_drafted", by=by, now=now, number=made.number)
    return made


@transaction.atomic
def save_draft(
    *, version_id: int, definition: Mapping[str, Any], note: str | None = None, by: Actor, now: datetime
) -> QuestionnaireVersion:
    """Change a draft.

    Args:
        note: what is new in it, for whoever reads the trend; None leaves it.

    Raises:
        NotADraft: it is in force, or was.
        QuestionnaireBroken: it could not be asked.
    """
    version = _draft(version_id, by=by)
    version.definition, version.saved_at = checked(definition), now
    version.note = version.note if note is None else note.strip()[:200]
    version.save(update_fields=["definition", "saved_at", "note"])
    return version


@transaction.atomic
def publish_draft(*, version_id: int, by: Actor, now: datetime) -> QuestionnaireVersion:
    """Put a draft in force: it is asked from the next invitation on; those on their way keep their wording.

    A question whose wording or scale is another begins a new series of figures.

    Raises:
        NotADraft: it is in force, or was.
        QuestionnaireBroken: it could not be asked.
    """
    version = _draft(version_id, by=by)
    checked(version.definition)
    rows = QuestionnaireVersion.objects.filter(questionnaire_id=version.questionnaire_id)
    before = rows.filter(state=VersionState.IN_FORCE).first()
    version.series = series_after(
        read_definition(version.definition),
        read_definition(before.definition) if before else None,
        before.series if before else {},
        _elsewhere(version.questionnaire),
    )
    rows.filter(state=VersionState.IN_FORCE).update(state=VersionState.RETIRED)
    version.state, version.published_at, version.published_by_id = VersionState.IN_FORCE, now, by.id
    version.save(update_fields=["state", "published_at", "published_by", "series"])
    audit(version.questionnaire, "questionnaire_published", by=by, now=now, number=version.number, note=version.note)
    return version


@transaction.atomic
def discard_draft(*, version_id: int, by: Actor, now: datetime) -> None:
    """Throw a draft away; nobody was ever asked by it.

    Raises:
        NotADraft: it is in force, or was.
    """
    version = _draft(version_id, by=by)
    audit(version.questionnaire, "questionnaire_draft_discarded", by=by, now=now, number=version.number)
    version.delete()


def _elsewhere(questionnaire: Questionnaire) -> list[tuple[Definition, Mapping[str, int]]]:
    """Return the wordings, with their series, that other units ask or asked under the same key."""
    # Whoever publishes may not see the others; their numbers must be known all the same.
    with scope.system("listening.series"):
        rows = QuestionnaireVersion.objects.filter(questionnaire__key=questionnaire.key)
        rows = rows.exclude(questionnaire=questionnaire).exclude(state=VersionState.DRAFT)
        return [(read_definition(row.definition), row.series) for row in rows.order_by("pk")]


def _draft(version_id: int, *, by: Actor) -> QuestionnaireVersion:
    version: QuestionnaireVersion = QuestionnaireVersion.objects.select_related("questionnaire").find(version_id)
    _locked(version.questionnaire_id, by=by)
    version.refresh_from_db()
    if version.state != VersionState.DRAFT:
        raise NotADraft
    return version


def _locked(questionnaire_id: int, *, by: Actor) -> Questionnaire:
    questionnaire: Questionnaire = Questionnaire.objects.lock(questionnaire_id)
    demand(by, MANAGE_LISTENING, questionnaire.unit_id)
    return questionnaire
