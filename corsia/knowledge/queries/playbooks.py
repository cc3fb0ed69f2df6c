"""Playbooks as others follow them: which one holds where, what its versions say, who knows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.translation import get_language

from corsia.kernel import scope
from corsia.kernel.errors import NotFound
from corsia.kernel.held import once
from corsia.knowledge.models import Acknowledgement, Playbook, PlaybookReader, PlaybookStep, PlaybookVersion
from corsia.knowledge.rules.playbook_spec import PlaybookSpec, StepSpec
from corsia.knowledge.vocabulary import PlaybookState
from corsia.organisation.models import Person
from corsia.organisation.queries import day_in, people_with_roles
from corsia.organisation.vocabulary import Role


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a version, in both languages."""

    id: int
    position: int
    phase_key: str
    title_it: str
    title_en: str
    text_it: str
    text_en: str
    hint: str
    hint_key: str
    is_required: bool
    asks: str
    role: str

    @property
    def title(self) -> str:
        """In the active language."""
        return self.title_en if _is_english() else self.title_it

    @property
    def text(self) -> str:
        """In the active language."""
        return self.text_en if _is_english() else self.text_it

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label) if self.role else ""


@dataclass(frozen=True, kw_only=True)
class VersionText:
    """A version, whole."""

    id: int
    playbook_id: int
    unit_id: int
    process_key: str
    title_it: str
    title_en: str
    number: int
    state: str
    change_note: str
    readers: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        """In the active language."""
        return self.title_en if _is_english() else self.title_it

    def step(self, step_id: int) -> Step:
        """Return a step.

        Raises:
            NotFound: it is not one of this version.
        """
        found = next((step for step in self.steps if step.id == step_id), None)
        if found is None:
            raise NotFound(kind=PlaybookStep._meta.label)
        return found

    @property
    def spec(self) -> PlaybookSpec:
        """The version as it is written down."""
        return PlaybookSpec(
            steps=tuple(
                StepSpec(
                    title_it=step.title_it,
                    title_en=step.title_en,
                    text_it=step.text_it,
                    text_en=step.text_en,
                    phase_key=step.phase_key,
                    hint=step.hint,
                    hint_key=step.hint_key,
                    is_required=step.is_required,
                    asks=step.asks,
                    role=step.role,
                )
                for step in self.steps
            ),
            readers=self.readers,
            change_note=self.change_note,
        )


def playbook_in_force(*, chain: Sequence[int], process_key: str) -> VersionText | None:
    """Return what is followed for a process at the first unit of `chain`: the nearest unit's playbook.

    Args:
        chain: a unit and those above it, nearest first.
    """
    version_id = once(("knowledge.playbook", chain[0], process_key), lambda: _in_force(chain, process_key))
    return None if version_id is None else playbook_version(version_id)


def _in_force(chain: Sequence[int], process_key: str) -> int | None:
    with scope.system("the playbook of a process"):
        rows = PlaybookVersion.objects.filter(
            state=PlaybookState.PUBLISHED,
            playbook__retired_at=None,
            playbook__process_key=process_key,
            playbook__unit_id__in=list(chain),
        ).values_list("pk", "playbook__unit_id")
        nearest = min(rows, key=lambda row: list(chain).index(row[1]), default=None)
    return nearest[0] if nearest else None


class _StillDraft(Exception):
    pass


def playbook_version(version_id: int) -> VersionText:
    """Return a version, those that never change from memory.

    Raises:
        NotFound: there is no such version.
    """
    try:
        return _kept(version_id)
    except _StillDraft:
        return _read(version_id)


@lru_cache(maxsize=512)
def _kept(version_id: int) -> VersionText:
    text = _read(version_id)
    if text.state == PlaybookState.DRAFT:
        raise _StillDraft
    return text


def _read(version_id: int) -> VersionText:
    # Playbooks hold no personal data, and whoever asks came by a row that the scope let pass.
    with scope.system("a version of a playbook"):
        version = PlaybookVersion.objects.select_related("playbook").filter(pk=version_id).first()
        if version is None:
            raise NotFound(kind=PlaybookVersion._meta.label)
        readers = list(PlaybookReader.objects.filter(version=version).values_list("role", flat=True))
        steps = list(PlaybookStep.objects.filter(version=version).order_by("position"))
    return VersionText(
        id=version.pk,
        playbook_id=version.playbook_id,
        unit_id=version.playbook.unit_id,
        process_key=version.playbook.process_key,
        title_it=version.playbook.title_it,
        title_en=version.playbook.title_en,
        number=version.number,
        state=version.state,
        change_note=version.change_note,
        readers=tuple(role for role in Role.values if role in readers),
        steps=tuple(
            Step(
                id=step.pk,
                position=step.position,
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
            for step in steps
        ),
    )


@dataclass(frozen=True)
class Line:
    """A playbook in the list."""

    playbook: Playbook
    in_force: int | None  # number of the version
    draft_id: int | None
    draft_number: int | None
    to_know: bool  # the reader must know the version in force and has not said so


def playbooks_in_scope(*, reader_id: int | None, roles: frozenset[str]) -> list[Line]:
    """Return the playbooks that the actor's units follow or inherit, by title."""
    playbooks = list(Playbook.objects.filter(retired_at=None).order_by("title_it", "pk"))
    versions = list(PlaybookVersion.objects.filter(playbook__in=playbooks).exclude(state=PlaybookState.REPLACED))
    in_force = {row.playbook_id: row for row in versions if row.state == PlaybookState.PUBLISHED}
    drafts = {row.playbook_id: row for row in versions if row.state == PlaybookState.DRAFT}
    wanted = set(
        PlaybookReader.objects.filter(version__in=in_force.values(), role__in=roles).values_list(
            "version_id", flat=True
        )
    )
    known = set(
        Acknowledgement.objects.filter(version__in=in_force.values(), person_id=reader_id).values_list(
            "version_id", flat=True
        )
    )
    lines = []
    for playbook in playbooks:
        published, draft = in_force.get(playbook.pk), drafts.get(playbook.pk)
        lines.append(
            Line(
                playbook=playbook,
                in_force=published.number if published else None,
                draft_id=draft.pk if draft else None,
                draft_number=draft.number if draft else None,
                to_know=published is not None and published.pk in wanted - known,
            )
        )
    return lines


@dataclass(frozen=True)
class Knowing:
    """Somebody who must know a version, and when they said that they do."""

    person: Person
    at: datetime | None


def who_knows(version: VersionText, *, now: datetime) -> list[Knowing]:
    """Return those who must know a version, who has not said so first, then by name."""
    said = dict(Acknowledgement.objects.filter(version_id=version.id).values_list("person_id", "at"))
    people = (
        people_with_roles(version.unit_id, version.readers, today=day_in(version.unit_id, now))
        if version.readers
        else []
    )
    known = [Knowing(person=person, at=said.get(person.pk)) for person in people]
    return [one for one in known if one.at is None] + [one for one in known if one.at is not None]


def _is_english() -> bool:
    return (get_language() or "it").startswith("en")
