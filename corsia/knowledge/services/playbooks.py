"""Playbooks: shipped ones installed, versions drafted, published, acknowledged. A published version never changes."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.knowledge.models import Acknowledgement, Playbook, PlaybookReader, PlaybookStep, PlaybookVersion
from corsia.knowledge.permissions import APPROVE_ARTICLES
from corsia.knowledge.ports import processes
from corsia.knowledge.queries.playbooks import playbook_version
from corsia.knowledge.rules.playbook_spec import Flaw, PlaybookSpec, StepSpec, flaws_of
from corsia.knowledge.vocabulary import Asks, Hint, PlaybookState
from corsia.organisation.queries import day_in, people_with_roles
from corsia.organisation.services import notify
from corsia.organisation.vocabulary import Role

SHIPPED = Path(__file__).resolve().parent.parent / "shipped" / "playbooks"


class HasOne(Invalid):
    code = "knowledge.playbook_exists"
    message = _("This unit has a playbook for that process already. Open it and start a new version.")


class PublishedStays(Refused):
    code = "knowledge.playbook_published"
    message = _("Version %(number)s is in force or was, and cannot change any more. Start a new draft and edit that.")


class NotReady(Invalid):
    """`flaws` says everything that is wrong, for the editor."""

    code = "knowledge.playbook_not_ready"
    message = _("The draft cannot be published yet: %(count)s things are to be corrected. They are listed on the page.")

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__(count=len(flaws))
        self.flaws = flaws


class PlaybookBroken(ValueError):
    """A playbook that ships with the product is wrong: says in which file and where."""


@transaction.atomic
def add_playbook(
    *, unit_id: int, process_key: str, title_it: str, title_en: str, spec: PlaybookSpec, by: Actor, now: datetime
) -> PlaybookVersion:
    """Add a unit's playbook for a process, with its first version as a draft.

    Raises:
        HasOne: the unit has one for it.
    """
    demand(by, APPROVE_ARTICLES, unit_id)
    if Playbook.objects.filter(unit_id=unit_id, process_key=process_key, retired_at=None).exists():
        raise HasOne
    playbook: Playbook = Playbook.objects.create(
        unit_id=unit_id, process_key=process_key, title_it=title_it, title_en=title_en, created_at=now
    )
    audit(playbook, "playbook_added", by=by, now=now, process=process_key)
    return _write(playbook, spec, number=1)


@transaction.atomic
def start_playbook_draft(*, playbook_id: int, by: Actor, now: datetime) -> PlaybookVersion:
    """Return the draft of a playbook: the one there is, or a copy of its latest version."""
    playbook = _locked(playbook_id, by=by)
    versions: list[PlaybookVersion] = list(PlaybookVersion.objects.filter(playbook=playbook).order_by("-number"))
    if versions[0].state == PlaybookState.DRAFT:
        return versions[0]
    spec = playbook_version(versions[0].pk).spec
    new = _write(playbook, PlaybookSpec(steps=spec.steps, readers=spec.readers), number=versions[0].number + 1)
    audit(playbook, "playbook_draft_started", by=by, now=now, number=new.number)
    return new


@transaction.atomic
def save_playbook_draft(*, version_id: int, spec: PlaybookSpec, by: Actor, now: datetime) -> PlaybookVersion:
    """Replace what a draft says, whole; an unfinished draft is kept too.

    Raises:
        PublishedStays: the version is in force or was.
    """
    version = _locked_draft(version_id, by=by)
    version.steps.all().delete()
    version.readers.all().delete()
    version.change_note = spec.change_note[:200]
    version.save(update_fields=["change_note"])
    _write_content(version, spec)
    audit(version.playbook, "playbook_draft_saved", by=by, now=now, number=version.number)
    return version


@transaction.atomic
def publish_playbook(*, version_id: int, by: Actor, now: datetime, is_told: bool = True) -> PlaybookVersion:
    """Put a draft in force: cases begun on another version keep it; those who must know it get a notice.

    Raises:
        PublishedStays: the version is in force or was.
        NotReady: it would leave people without guidance.
    """
    version = _locked_draft(version_id, by=by)
    text = playbook_version(version_id)
    playbook = version.playbook
    flaws = flaws_of(text.spec, phases=[row[0] for row in processes().phases(playbook.unit_id, playbook.process_key)])
    if flaws:
        raise NotReady(flaws)
    PlaybookVersion.objects.filter(playbook=playbook, state=PlaybookState.PUBLISHED).update(
        state=PlaybookState.REPLACED
    )
    version.state, version.published_at, version.published_by_id = PlaybookState.PUBLISHED, now, by.id
    version.save(update_fields=["state", "published_at", "published_by"])
    audit(playbook, "playbook_published", by=by, now=now, number=version.number)
    if is_told:
        _tell_readers(version, text.readers, by=by, now=now)
    return version


@transaction.atomic
def discard_playbook_draft(*, version_id: int, by: Actor, now: datetime) -> None:
    """Throw a draft away; a playbook that was never published goes with it."""
    version = _locked_draft(version_id, by=by)
    playbook, number = version.playbook, version.number
    version.delete()
    audit(playbook, "playbook_draft_discarded", by=by, now=now, number=number)
    if not PlaybookVersion.objects.filter(playbook=playbook).exists():
        playbook.delete()


@transaction.atomic
def retire_playbook(*, playbook_id: int, by: Actor, now: datetime) -> Playbook:
    """Follow a playbook no longer: the one of a unit above holds again, if any. Cases that follow it go on."""
    playbook = _locked(playbook_id, by=by)
    if playbook.retired_at is None:
        playbook.retired_at = now
        playbook.save(update_fields=["retired_at"])
        audit(playbook, "playbook_retired", by=by, now=now)
    return playbook


@transaction.atomic
def acknowledge(*, version_id: int, by: Actor, now: datetime) -> Acknowledgement:
    """Note that the actor knows a published version; once is enough.

    Raises:
        PublishedStays: it is a draft still, which nobody can know.
    """
    version: PlaybookVersion = PlaybookVersion.objects.select_related("playbook").lock(version_id)
    if version.state == PlaybookState.DRAFT or by.id is None:
        raise DraftUnknown(number=version.number)
    row: Acknowledgement
    row, is_new = Acknowledgement.objects.get_or_create(version=version, person_id=by.id, defaults={"at": now})
    if is_new:
        audit(version.playbook, "playbook_acknowledged", by=by, now=now, number=version.number)
    return row


class DraftUnknown(Refused):
    code = "knowledge.playbook_is_draft"
    message = _("Version %(number)s is a draft and may still change. It is acknowledged once it is published.")


@transaction.atomic
def install_playbooks(*, unit_id: int, by: Actor, now: datetime) -> list[Playbook]:
    """Give a unit the playbooks that ship with the product for its processes, and put them in force.

    Those it or a unit above has already stay as they are; a process that is not in use gets none.
    """
    demand(by, APPROVE_ARTICLES, unit_id)
    in_use = {key for key, _it, _en in processes().names(unit_id)}
    there = set(Playbook.objects.filter(retired_at=None).values_list("process_key", flat=True))
    added = []
    for key, title_it, title_en, spec in shipped_playbooks():
        phases = {row[0] for row in processes().phases(unit_id, key)}
        if key not in in_use or key in there or flaws_of(spec, phases=phases):
            continue
        version = add_playbook(
            unit_id=unit_id, process_key=key, title_it=title_it, title_en=title_en, spec=spec, by=by, now=now
        )
        publish_playbook(version_id=version.pk, by=by, now=now, is_told=False)
        added.append(version.playbook)
    return added


@cache
def shipped_playbooks() -> list[tuple[str, str, str, PlaybookSpec]]:
    """Return process key, both titles and content of the playbooks of the package.

    Raises:
        PlaybookBroken: a file lacks something, or has a word too many.
    """
    return [_shipped(path) for path in sorted(SHIPPED.glob("*.yaml"))]


def _shipped(path: Path) -> tuple[str, str, str, PlaybookSpec]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        steps = tuple(_shipped_step(step, phase) for phase, rows in data["steps"].items() for step in rows)
        readers = tuple(Role(role).value for role in data["readers"])
        return path.stem, data["title_it"], data["title_en"], PlaybookSpec(steps=steps, readers=readers)
    except (KeyError, TypeError, ValueError) as error:
        raise PlaybookBroken(f"{path.name}: {error!r} is missing or wrong.") from error


def _shipped_step(given: dict[str, Any], phase: str) -> StepSpec:
    step = dict(given)
    spec = StepSpec(
        title_it=step.pop("it"),
        title_en=step.pop("en"),
        text_it=step.pop("text_it", ""),
        text_en=step.pop("text_en", ""),
        phase_key="" if phase == "always" else phase,
        hint=Hint.TEMPLATE if "template" in step else Hint.ARTICLE if "article" in step else "",
        hint_key=step.pop("template", "") or step.pop("article", ""),
        is_required=step.pop("required", True),
        asks=Asks(step.pop("asks")).value if "asks" in step else "",
        role=Role(step.pop("role")).value if "role" in step else "",
    )
    if step:
        raise ValueError(", ".join(step))
    return spec


def _write(playbook: Playbook, spec: PlaybookSpec, *, number: int) -> PlaybookVersion:
    version: PlaybookVersion = PlaybookVersion.objects.create(
        playbook=playbook, number=number, change_note=spec.change_note[:200]
    )
    _write_content(version, spec)
    return version


def _write_content(version: PlaybookVersion, spec: PlaybookSpec) -> None:
    PlaybookReader.objects.bulk_create(
        [PlaybookReader(version=version, role=role) for role in dict.fromkeys(spec.readers)]
    )
    PlaybookStep.objects.bulk_create(
        [
            PlaybookStep(
                version=version,
                position=position,
                phase_key=step.phase_key,
                title_it=step.title_it,
                title_en=step.title_en,
                text_it=step.text_it,
                text_en=step.text_en,
                hint=step.hint,
                hint_key=step.hint_key,
                is_required=step.is_required,
                asks=step.asks,
                role=step.role,
            )
            for position, step in enumerate(spec.steps)
        ]
    )


def _tell_readers(version: PlaybookVersion, readers: Iterable[str], *, by: Actor, now: datetime) -> None:
    playbook = version.playbook
    people = people_with_roles(playbook.unit_id, list(readers), today=day_in(playbook.unit_id, now))
    notify(
        [person.pk for person in people if person.pk != by.id],
        kind="knowledge.playbook",
        title=_("A playbook you must know is new"),
        text=playbook.title_it,
        url=reverse("knowledge:playbook", args=[playbook.pk]),
        dedupe_key=f"knowledge.playbook.{version.pk}",
        now=now,
    )


def _locked(playbook_id: int, *, by: Actor) -> Playbook:
    playbook: Playbook = Playbook.objects.lock(playbook_id)
    demand(by, APPROVE_ARTICLES, playbook.unit_id)
    return playbook


def _locked_draft(version_id: int, *, by: Actor) -> PlaybookVersion:
    version: PlaybookVersion = PlaybookVersion.objects.select_related("playbook").lock(version_id)
    demand(by, APPROVE_ARTICLES, version.playbook.unit_id)
    if version.state != PlaybookState.DRAFT:
        raise PublishedStays(number=version.number)
    return version
