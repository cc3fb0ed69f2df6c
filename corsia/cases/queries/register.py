"""The register of processes: those mapped, with what they did lately, and work that has none yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet

from corsia.cases.models import Process, ProcessProposal, ProcessVersion, ProposalVote
from corsia.cases.queries.desk import unit_label
from corsia.cases.vocabulary import ProposalState, VersionState
from corsia.kernel.scope import visible_ids
from corsia.kernel.statements import Statement
from corsia.organisation.models import Membership, Person
from corsia.organisation.queries import Tree

LATELY = timedelta(days=90)
COUNT_UP_TO = 1000
PAGE = 60


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A process as the register shows it; `cases` stops at COUNT_UP_TO."""

    process: Process
    unit: str
    state: str  # "in_use", "draft" or "off"
    version: int | None  # the number in use
    changed_at: datetime | None
    has_draft: bool
    cases: int

    @property
    def is_capped(self) -> bool:
        return self.cases >= COUNT_UP_TO


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A proposal in the list."""

    proposal: ProcessProposal
    votes: int
    is_mine: bool  # whoever looks said "me too"
    unit: str  # empty for units out of sight, whose people are not named either


_LATELY = Statement(
    f"""
    SELECT p.id, (SELECT count(*) FROM (
        SELECT FROM cases_processversion v JOIN cases_case c ON c.version_id = v.id
        WHERE v.process_id = p.id AND c.opened_at >= %(since)s AND {{within}} LIMIT {COUNT_UP_TO}) counted)
    FROM unnest(%(ids)s::bigint[]) AS p(id)
    """,
    column="c.unit_id",
)


def mapped(*, organisation: Tree, now: datetime) -> list[Mapped]:
    """Return the processes in sight, in the order of their pages."""
    processes = list(Process.objects.select_related("owner").order_by("position", "key", "pk"))
    versions = ProcessVersion.objects.filter(
        process__in=processes, state__in=[VersionState.PUBLISHED, VersionState.DRAFT]
    )
    in_use = {row.process_id: row for row in versions if row.state == VersionState.PUBLISHED}
    drafts = {row.process_id for row in versions if row.state == VersionState.DRAFT}
    counts = dict(_LATELY.rows(ids=[process.pk for process in processes], since=now - LATELY))
    found = []
    for process in processes:
        version = in_use.get(process.pk)
        found.append(
            Mapped(
                process=process,
                unit=unit_label(organisation, process.unit_id),
                state="off" if not process.is_active else "in_use" if version else "draft",
                version=version.number if version else None,
                changed_at=version.published_at if version else None,
                has_draft=process.pk in drafts,
                cases=counts.get(process.pk, 0),
            )
        )
    return found


def proposals(*, state: str, person_id: int | None, organisation: Tree) -> list[Proposed]:
    """Return proposals of one state ("" for those that still need somebody), what happens to most people first."""
    rows: QuerySet[ProcessProposal] = ProcessProposal.objects.all()
    rows = rows.filter(state=state) if state else rows.filter(state__in=[ProposalState.PROPOSED, ProposalState.MAPPING])
    return _with_votes(rows, person_id=person_id, organisation=organisation)


def proposal_of(proposal_id: int, *, person_id: int | None, organisation: Tree) -> Proposed:
    """Return one proposal.

    Raises:
        NotFound: not within the scope.
    """
    ProcessProposal.objects.find(proposal_id)
    rows = ProcessProposal.objects.filter(pk=proposal_id)
    return _with_votes(rows, person_id=person_id, organisation=organisation)[0]


def state_counts() -> dict[str, int]:
    """Return how many proposals there are in each state."""
    counted = ProcessProposal.objects.order_by().values_list("state").annotate(Count("pk"))
    return dict.fromkeys(ProposalState.values, 0) | dict(counted)


def others_to_join(proposal: ProcessProposal) -> list[ProcessProposal]:
    """Return the proposals that this one could be joined with."""
    rows = ProcessProposal.objects.filter(unit_id=proposal.unit_id).exclude(pk=proposal.pk)
    return list(rows.exclude(state=ProposalState.JOINED).order_by("title", "pk")[:100])


def owners_for(unit_ids: Iterable[int]) -> list[Person]:
    """Return the people who may answer for processes there: everybody with a role in these units, by name."""
    members = Membership.objects.filter(until=None, unit_id__in=list(unit_ids))
    people = Person.objects.filter(is_active=True, pk__in=members.values("person_id"))
    return list(people.order_by("last_name", "first_name", "pk")[:300])


def _with_votes(rows: "QuerySet[ProcessProposal]", *, person_id: int | None, organisation: Tree) -> list[Proposed]:
    mine = ProposalVote.objects.filter(proposal=OuterRef("pk"), person_id=person_id)
    rows = rows.select_related("owner", "proposed_by", "process", "joined_into")
    near = visible_ids(organisation.units)
    counted = rows.annotate(votes_count=Count("votes"), is_mine=Exists(mine))
    return [
        Proposed(
            proposal=row,
            votes=row.votes_count,
            is_mine=row.is_mine,
            unit=unit_label(organisation, row.from_unit_id) if row.from_unit_id in near else "",
        )
        for row in counted.order_by("-votes_count", "-pain", "-pk")[:PAGE]
    ]
