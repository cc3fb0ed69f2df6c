"""Processes: shipped ones installed, new versions drafted, saved and put in use. A version in use never changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import (
    Cause,
    Process,
    ProcessVersion,
)
from corsia.cases.permissions import MANAGE_PROCESSES
from corsia.cases.queries.definitions import draft_definition
from corsia.cases.rules.process_file import read_process
from corsia.cases.rules.process_spec import Problem, ProcessSpec, VersionSpec, problems_of
from corsia.cases.services.process_rows import process_row, version_row, write_content, write_version
from corsia.cases.vocabulary import VersionState
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.organisation.queries import tree, unit_of

SHIPPED = Path(__file__).resolve().parents[1] / "shipped"


class NotADraft(Refused):
    code = "cases.not_a_draft"
    message = _("Version %(number)s is in use or was, and cannot change any more. Start a new draft and edit that.")


class NotReady(Invalid):
    """`problems` says everything that is wrong, for the editor."""

    code = "cases.process_not_ready"
    message = _(
        "The draft cannot be put in use yet: %(count)s things are to be corrected. They are listed on the page."
    )

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(count=len(problems))
        self.problems = problems


class KeyTaken(Invalid):
    code = "cases.process_key_taken"
    message = _("A process with the key “%(key)s” exists already at %(unit)s. Choose another key.")


class NothingNewer(Refused):
    code = "cases.nothing_newer"
    message = _("This process has the newest wording already: there is nothing to take over.")


class DraftInTheWay(Refused):
    code = "cases.draft_in_the_way"
    message = _("A draft of this process is being worked on. Put it in use or discard it, then take over the update.")


@dataclass(frozen=True)
class ProcessDetails:
    """What may change about a process at any time, without a new version."""

    name_it: str
    name_en: str
    icon: str
    is_complaint: bool
    is_internal: bool
    sends_survey: bool
    is_active: bool


@cache
def shipped_processes() -> tuple[ProcessSpec, ...]:
    """Return the processes that come with the product, in order; the files are part of it and read once.

    Raises:
        BadProcessFile: a shipped file is broken.
    """
    specs = [read_process(path.read_text(encoding="utf-8"), file=path.name) for path in sorted(SHIPPED.glob("*.yaml"))]
    return tuple(sorted(specs, key=lambda spec: (spec.position, spec.key)))


@transaction.atomic
def install_processes(*, unit_id: int, by: Actor, now: datetime) -> list[Process]:
    """Install the shipped processes at a unit and put them in use; those it has already are left as they are.

    Returns:
        The processes that are new.
    """
    demand(by, MANAGE_PROCESSES, unit_id)
    there = set(Process.objects.filter(unit_id=unit_id).values_list("key", flat=True))
    _install_causes(unit_id)
    specs = [spec for spec in shipped_processes() if spec.key not in there]
    return _install(specs, unit_id=unit_id, by=by, now=now)


@transaction.atomic
def add_process(*, unit_id: int, spec: ProcessSpec, by: Actor, now: datetime) -> Process:
    """Add a process of the unit's own, with its first version as a draft.

    Raises:
        KeyTaken: the unit has a process with this key.
    """
    demand(by, MANAGE_PROCESSES, unit_id)
    if Process.objects.filter(unit_id=unit_id, key=spec.key).exists():
        raise KeyTaken(key=spec.key, unit=unit_of(unit_id).name)
    process = process_row(replace(spec, revision=0), unit_id=unit_id)
    process.save()
    write_version(process, spec.version, number=1)
    audit(process, "process_added", by=by, now=now, key=process.key)
    return process


@transaction.atomic
def change_process(*, process_id: int, details: ProcessDetails, by: Actor, now: datetime) -> Process:
    """Change names, icon and switches of a process; running cases see it at once."""
    process = _locked(process_id, by=by)
    for name in ProcessDetails.__dataclass_fields__:
        setattr(process, name, getattr(details, name))
    process.save()
    audit(process, "process_changed", by=by, now=now, is_active=details.is_active)
    return process


@transaction.atomic
def start_draft(*, process_id: int, by: Actor, now: datetime) -> ProcessVersion:
    """Return the draft of the process: the one there is, or a copy of its latest version."""
    process = _locked(process_id, by=by)
    versions: list[ProcessVersion] = list(ProcessVersion.objects.filter(process=process).order_by("-number"))
    draft = next((version for version in versions if version.state == VersionState.DRAFT), None)
    if draft is not None:
        return draft
    in_use = next((version for version in versions if version.state == VersionState.PUBLISHED), versions[0])
    new = write_version(process, draft_definition(in_use.pk).spec, number=versions[0].number + 1)
    audit(process, "draft_started", by=by, now=now, number=new.number)
    return new


@transaction.atomic
def save_draft(*, version_id: int, spec: VersionSpec, by: Actor, now: datetime) -> list[Problem]:
    """Replace what a draft says, whole; an unfinished draft is kept too.

    Returns:
        What still keeps it from being put in use.

    Raises:
        NotADraft: the version is in use or was.
    """
    version = _locked_draft(version_id, by=by)
    version.phases.all().delete()
    version.limits.all().delete()
    version.neglect_minutes, version.reopen_days = spec.neglect_minutes, spec.reopen_days
    version.save(update_fields=["neglect_minutes", "reopen_days"])
    write_content([(version, spec)])
    audit(version.process, "draft_saved", by=by, now=now, number=version.number)
    return problems_of(spec)


@transaction.atomic
def publish_draft(*, version_id: int, by: Actor, now: datetime) -> ProcessVersion:
    """Put a draft in use: new cases start with it, running cases keep the version they have.

    Raises:
        NotADraft: the version is in use or was.
        NotReady: it would leave cases stuck.
    """
    version = _locked_draft(version_id, by=by)
    problems = problems_of(draft_definition(version.pk).spec)
    if problems:
        raise NotReady(problems)
    ProcessVersion.objects.filter(process_id=version.process_id, state=VersionState.PUBLISHED).update(
        state=VersionState.RETIRED
    )
    version.state, version.published_at, version.published_by_id = VersionState.PUBLISHED, now, by.id
    version.save(update_fields=["state", "published_at", "published_by"])
    audit(version.process, "version_published", by=by, now=now, number=version.number)
    return version


def shipped_update(process: Process) -> ProcessSpec | None:
    """Return the newer wording of a shipped process, None where the process has it or is the unit's own."""
    spec = next((spec for spec in shipped_processes() if spec.key == process.key), None)
    return spec if spec and 0 < process.shipped_revision < spec.revision else None


@transaction.atomic
def update_process(*, process_id: int, as_draft: bool = False, by: Actor, now: datetime) -> ProcessVersion:
    """Take over the newer wording that comes with the product: in use at once, or as a draft to work on first.

    Running cases keep their version.

    Raises:
        NothingNewer: there is no newer wording.
        DraftInTheWay: a draft is being worked on; it would be lost or left behind.
    """
    process = _locked(process_id, by=by)
    spec = shipped_update(process)
    if spec is None:
        raise NothingNewer
    if ProcessVersion.objects.filter(process=process, state=VersionState.DRAFT).exists():
        raise DraftInTheWay
    last = ProcessVersion.objects.filter(process=process).order_by("-number").values_list("number", flat=True)[0]
    version = write_version(process, spec.version, number=last + 1)
    process.shipped_revision = spec.revision
    process.save(update_fields=["shipped_revision"])
    audit(process, "update_taken", by=by, now=now, number=version.number, revision=spec.revision)
    _install_causes(process.unit_id)
    return version if as_draft else publish_draft(version_id=version.pk, by=by, now=now)


@transaction.atomic
def discard_draft(*, version_id: int, by: Actor, now: datetime) -> None:
    """Throw a draft away; the version in use stays."""
    version = _locked_draft(version_id, by=by)
    process, number = version.process, version.number
    version.delete()
    audit(process, "draft_discarded", by=by, now=now, number=number)


def _install(specs: Sequence[ProcessSpec], *, unit_id: int, by: Actor, now: datetime) -> list[Process]:
    """Write processes and put their first versions in use, all at once: there are a dozen of them."""
    processes: list[Process] = Process.objects.bulk_create([process_row(spec, unit_id=unit_id) for spec in specs])
    versions = ProcessVersion.objects.bulk_create(
        [
            version_row(process, spec.version, number=1, state=VersionState.PUBLISHED, at=now, by=by)
            for process, spec in zip(processes, specs, strict=True)
        ]
    )
    write_content([(version, spec.version) for version, spec in zip(versions, specs, strict=True)])
    for process in processes:
        audit(process, "process_installed", by=by, now=now, key=process.key)
    return processes


def _install_causes(unit_id: int) -> None:
    """Give a unit the kinds of cause that come with the product, once: what it changed or removed stays so."""
    if Cause.objects.filter(unit_id__within=[unit.pk for unit in tree().chain(unit_id)]).exists():
        return
    Cause.objects.bulk_create(
        [
            Cause(
                unit_id=unit_id,
                process_key=row["process"],
                name_it=row["name_it"],
                name_en=row["name_en"],
                key=row.get("key", ""),
                position=position,
            )
            for position, row in enumerate(_shipped_causes())
        ]
    )


@cache
def _shipped_causes() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = yaml.safe_load((SHIPPED / "lists" / "causes.yaml").read_text(encoding="utf-8"))
    return rows


def _locked(process_id: int, *, by: Actor) -> Process:
    process: Process = Process.objects.lock(process_id)
    demand(by, MANAGE_PROCESSES, process.unit_id)
    return process


def _locked_draft(version_id: int, *, by: Actor) -> ProcessVersion:
    version: ProcessVersion = ProcessVersion.objects.select_related("process").lock(version_id)
    demand(by, MANAGE_PROCESSES, version.process.unit_id)
    if version.state != VersionState.DRAFT:
        raise NotADraft(number=version.number)
    return version


def renamed(spec: ProcessSpec, *, key: str, name_it: str, name_en: str) -> ProcessSpec:
    """Return a process like another one, under another name: the start of a new one."""
    return replace(spec, key=key, name_it=name_it, name_en=name_en)
