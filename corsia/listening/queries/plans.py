"""Listening plans with their progress, and why somebody was asked or not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from corsia.listening.links import plan_link
from corsia.listening.models import Invitation, ListeningPlan, Response, SessionParticipant, StaffInvitation
from corsia.listening.queries.invitations import InvitationRow, invitation_row
from corsia.listening.queries.results import branches_in_scope
from corsia.listening.vocabulary import AnswerChannel, CancelReason, ParticipantState, PlanState, Population
from corsia.messaging.occasions import OCCASIONS
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind


@dataclass(frozen=True, kw_only=True)
class BranchQuota:
    """How far a branch is with its answers."""

    unit: Unit
    answered: int
    quota: int | None

    @property
    def is_full(self) -> bool:
        """Whether nobody more is asked there."""
        return self.quota is not None and self.answered >= self.quota


@dataclass(frozen=True, kw_only=True)
class PlanRow:
    """A plan in the list; the numbers are those of the reader's scope."""

    plan: ListeningPlan
    place: str
    occasion: str
    may_edit: bool
    eligible: int  # whom an event brought
    waiting: int
    sent: int
    answered: int
    branches: Sequence[BranchQuota]
    is_over: bool  # its period ended though nobody ended it

    @property
    def wanted(self) -> int | None:
        """Answers hoped for: what the plan says, else the quotas of the branches together."""
        if self.plan.expected_answers:
            return self.plan.expected_answers
        return self.plan.quota * len(self.branches) if self.plan.quota and self.branches else None

    @property
    def response_pct(self) -> int | None:
        """Share of those invited who answered, in whole per cent."""
        return round(100 * self.answered / self.sent) if self.sent else None

    @property
    def full(self) -> int:
        """Branches that have all their answers."""
        return sum(branch.is_full for branch in self.branches)


def plan_rows(*, now: datetime, edits: Iterable[int] = (), state: str = "") -> list[PlanRow]:
    """Return the plans within the scope and those shared from above: running first, then by start."""
    plans = ListeningPlan.objects.select_related("touchpoint", "questionnaire")
    if state:
        plans = plans.filter(state=state)
    order = {PlanState.RUNNING: 0, PlanState.PAUSED: 1, PlanState.DRAFT: 2, PlanState.ENDED: 3}
    rows = sorted(plans, key=lambda plan: (order[PlanState(plan.state)], -plan.starts_on.toordinal(), plan.pk))
    return _rows(rows, now=now, edits=frozenset(edits))


def plan_row(plan_id: int, *, now: datetime, edits: Iterable[int] = ()) -> PlanRow:
    """Return one plan with its progress.

    Raises:
        NotFound: none such within the scope.
    """
    plan = ListeningPlan.objects.select_related("touchpoint", "questionnaire").find(plan_id)
    return _rows([plan], now=now, edits=frozenset(edits))[0]


def _rows(plans: Sequence[ListeningPlan], *, now: datetime, edits: frozenset[int]) -> list[PlanRow]:
    places = tree()
    ids = [plan.pk for plan in plans]
    asked = Invitation.objects.filter(plan_id__in=ids).order_by().values("plan_id")
    counted = {
        row["plan_id"]: row
        for row in asked.annotate(
            eligible=Count("pk"),
            waiting=Count("pk", filter=Q(sent_at=None, cancelled_at=None)),
            sent=Count("pk", filter=Q(sent_at__isnull=False)),
        )
    }
    # Of colleagues only where the whole plan is within sight: of a part of them nobody is to learn who answered.
    network = [plan.pk for plan in plans if plan.population == Population.AGENT and plan.unit_id in edits]
    for plan_id, count in (
        StaffInvitation.objects.filter(plan_id__in=network).order_by().values_list("plan_id").annotate(n=Count("pk"))
    ):
        counted[plan_id] = {"eligible": count, "waiting": 0, "sent": count}
    answered = _answered_by_branch(ids)
    branches = sorted(branches_in_scope(), key=lambda unit: (unit.position, unit.name))
    found = []
    for plan in plans:
        path, numbers = places.unit(plan.unit_id).path, counted.get(plan.pk, {})
        found.append(
            PlanRow(
                plan=plan,
                place=places.label(plan.unit_id),
                occasion=str(OCCASIONS[plan.occasion].title) if plan.occasion in OCCASIONS else "",
                may_edit=plan.unit_id in edits,
                eligible=numbers.get("eligible", 0),
                waiting=numbers.get("waiting", 0),
                sent=numbers.get("sent", 0),
                answered=sum(answered[plan.pk].values()),
                branches=[
                    BranchQuota(unit=branch, answered=answered[plan.pk].get(branch.pk, 0), quota=plan.quota)
                    for branch in branches
                    if branch.path.startswith(path) or path.startswith(branch.path)
                ],
                is_over=plan.state == PlanState.RUNNING
                and plan.ends_on is not None
                and plan.ends_on < _today(plan.unit_id, now),
            )
        )
    return found


def _today(unit_id: int, now: datetime) -> date:
    return now.astimezone(tree().time_zone(unit_id)).date()


def _answered_by_branch(plan_ids: Sequence[int]) -> Mapping[int, Mapping[int, int]]:
    """Return how many answered, or came to sessions, by plan and branch; what no branch holds under its own unit."""
    places = tree()
    rows = Response.objects.filter(invitation__plan_id__in=plan_ids).order_by()
    colleagues = Response.objects.filter(plan_id__in=plan_ids, channel=AnswerChannel.STAFF).order_by()
    came = SessionParticipant.objects.filter(session__plan_id__in=plan_ids, state=ParticipantState.CAME).order_by()
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for plan_id, unit_id, count in (
        *rows.values_list("invitation__plan_id", "unit_id").annotate(n=Count("pk")),
        *colleagues.values_list("plan_id", "unit_id").annotate(n=Count("pk")),
        *came.values_list("session__plan_id", "session__unit_id").annotate(n=Count("pk")),
    ):
        chain = places.chain(unit_id)
        branch = next((unit for unit in chain if unit.kind == UnitKind.BRANCH), chain[0])
        found[plan_id][branch.pk] += count
    return found


@dataclass(frozen=True, kw_only=True)
class NotAsked:
    """How many were not asked for one reason."""

    label: str
    count: int


def not_asked(plan_id: int) -> list[NotAsked]:
    """Return why those whom an event brought were not asked, the commonest reason first."""
    rows = Invitation.objects.filter(plan_id=plan_id, cancelled_at__isnull=False).order_by()
    counted = rows.values_list("cancel_reason").annotate(n=Count("pk"))
    return [
        NotAsked(label=str(CancelReason(reason).label), count=count)
        for reason, count in sorted(counted, key=lambda row: (-row[1], row[0]))
    ]


def invitations_of_customer(family: Sequence[int], *, now: datetime, limit: int = 12) -> list[InvitationRow]:
    """Return for what a customer was asked or was not, and why, newest first."""
    rows = Invitation.objects.filter(customer_id__in=list(family))
    rows = rows.select_related("case", "customer", "response", "plan__touchpoint").order_by("-created_at", "-pk")
    places = tree()
    return [invitation_row(row, places, now) for row in rows[:limit]]


@dataclass(frozen=True, kw_only=True)
class OpenLink:
    """The links of a plan at a branch, for whoever stands at its counter."""

    unit: Unit
    scan: str
    kiosk: str


def open_links(plan: ListeningPlan, *, unit_id: int | None = None) -> list[OpenLink]:
    """Return the links of a plan at the branches within the scope, or at one of them."""
    path = tree().unit(plan.unit_id).path
    branches = sorted(branches_in_scope(), key=lambda unit: (unit.position, unit.name))
    return [
        OpenLink(unit=unit, scan=plan_link(plan.pk, unit.pk, way="qr"), kiosk=plan_link(plan.pk, unit.pk, way="kiosk"))
        for unit in branches
        if (unit.path.startswith(path) or path.startswith(unit.path)) and unit_id in (None, unit.pk)
    ]


def plans_of_touchpoint(touchpoint_id: int) -> list[ListeningPlan]:
    """Return the plans about a touchpoint that have not ended, by name."""
    rows = ListeningPlan.objects.filter(touchpoint_id=touchpoint_id).exclude(state=PlanState.ENDED)
    return list(rows.order_by("name", "pk"))
