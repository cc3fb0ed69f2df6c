"""Listening plans: written, started and ended; whom they ask, whom not and why, and how far they are."""

from datetime import date, timedelta

import pytest

from corsia.customers.models import ContactPoint
from corsia.customers.services import set_flag, state_milestone
from corsia.customers.vocabulary import Flag, MilestoneKind
from corsia.events.customers import MilestoneReached
from corsia.kernel.facts import fact_of
from corsia.kernel.models import FactRecord
from corsia.listening.models import Invitation, ListeningPlan, Questionnaire, QuestionnaireVersion, Touchpoint
from corsia.listening.queries.plans import invitations_of_customer, not_asked, plan_rows
from corsia.listening.queries.questionnaires import shipped
from corsia.listening.services import (
    PlanAsksNothing,
    PlanCannot,
    PlanData,
    PlanEnded,
    begin_next_wave,
    install_touchpoints,
    invite_by_plans,
    save_plan,
    send_due_invitations,
    set_plan_state,
)
from corsia.listening.vocabulary import CancelReason, VersionState
from corsia.messaging.models import Outgoing
from corsia.messaging.vocabulary import Objection
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import person_in
from tests.factories.surveys import reachable, response_to, surveyed_group

TODAY = date(2026, 3, 10)
READY = f"customers.{MilestoneKind.VEHICLE_READY}"
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def ready(group):
    surveyed_group(group, now=NOON)
    install_touchpoints(unit_id=group.root.pk, by=ROBOT, now=NOON)
    return group


@pytest.fixture
def nps(ready) -> Questionnaire:
    data = shipped()["nps-workshop"]
    row = Questionnaire.objects.create(unit=ready.root, key="nps-workshop", name_it="NPS officina", name_en="NPS")
    QuestionnaireVersion.objects.create(
        questionnaire=row,
        number=1,
        state=VersionState.IN_FORCE,
        definition=dict(data),
        saved_at=NOON,
        published_at=NOON,
    )
    return row


def planned(unit, questionnaire: Questionnaire | None, *, is_running: bool = True, **fields) -> ListeningPlan:
    values = {
        "name": "Officina",
        "touchpoint_id": Touchpoint.objects.get(key="handback").pk,
        "population": "retail",
        "instrument": "survey",
        "questionnaire_id": questionnaire.pk if questionnaire else None,
        "starts_on": TODAY,
        "occasion": READY,
        "delay_minutes": 60,
    }
    plan = save_plan(plan_id=None, unit_id=unit.pk, data=PlanData(**(values | fields)), by=ROBOT, now=NOON)
    return set_plan_state(plan_id=plan.pk, state="running", by=ROBOT, now=NOON) if is_running else plan


def it_happens(unit, customer) -> None:
    """Let a vehicle be ready, and the plans hear of it."""
    milestone, _is_new = state_milestone(
        unit_id=unit.pk,
        kind=MilestoneKind.VEHICLE_READY,
        customer_id=customer.pk,
        vehicle_id=None,
        reached_at=NOON,
        reference="",
        detail="",
        by=ROBOT,
        now=NOON,
    )
    record = FactRecord.objects.get(kind="customers.MilestoneReached", payload__milestone_id=milestone.pk)
    fact = fact_of(record)
    assert isinstance(fact, MilestoneReached)
    invite_by_plans(fact, now=NOON)


def reason() -> str:
    return str(Invitation.objects.get().cancel_reason)


def test_a_plan_starts_only_with_a_questionnaire_in_force(ready, nps) -> None:
    plan = planned(ready.root, None, is_running=False)
    with pytest.raises(PlanAsksNothing):
        set_plan_state(plan_id=plan.pk, state="running", by=ROBOT, now=NOON)
    nps.versions.update(state=VersionState.RETIRED)
    other = planned(ready.root, nps, is_running=False)
    with pytest.raises(PlanAsksNothing):
        set_plan_state(plan_id=other.pk, state="running", by=ROBOT, now=NOON)
    visits = planned(ready.root, None, instrument="mystery")

    assert visits.state == "running"


def test_an_ended_plan_stays_as_it_is(ready, nps) -> None:
    plan = planned(ready.root, nps)
    set_plan_state(plan_id=plan.pk, state="paused", by=ROBOT, now=NOON)
    set_plan_state(plan_id=plan.pk, state="ended", by=ROBOT, now=NOON)

    with pytest.raises(PlanCannot):
        set_plan_state(plan_id=plan.pk, state="running", by=ROBOT, now=NOON)
    data = PlanData(
        name="Altro", touchpoint_id=plan.touchpoint_id, population="retail", instrument="focus", starts_on=TODAY
    )
    with pytest.raises(PlanEnded):
        save_plan(plan_id=plan.pk, unit_id=ready.root.pk, data=data, by=ROBOT, now=NOON)


def test_while_a_plan_is_paused_what_waits_of_it_is_not_sent(ready, nps) -> None:
    giulia, plan = reachable(ready, now=NOON), planned(ready.root, nps)
    it_happens(ready.brescia_care, giulia)
    set_plan_state(plan_id=plan.pk, state="paused", by=ROBOT, now=NOON)

    assert send_due_invitations(now=NOON + timedelta(hours=2)) == 0
    assert (reason(), Outgoing.objects.count()) == (CancelReason.PLAN_ENDED, 0)


def test_whoever_has_an_open_case_of_an_excluded_reason_is_not_asked(ready, nps) -> None:
    giulia = reachable(ready, now=NOON)
    planned(ready.root, nps, excluded_processes=("complaint",))
    case = a_case(ready.brescia_care, now=NOON, customer=giulia, process_key="complaint")

    it_happens(ready.brescia_care, giulia)

    row = Invitation.objects.get()
    assert (row.cancel_reason, row.cancel_detail) == (CancelReason.EXCLUDED_CASE, f"#{case.pk}")


def test_an_open_case_of_another_reason_does_not_keep_somebody_from_being_asked(ready, nps) -> None:
    giulia = reachable(ready, now=NOON)
    planned(ready.root, nps, excluded_processes=("complaint",))
    a_case(ready.brescia_care, now=NOON, customer=giulia, process_key="information")

    it_happens(ready.brescia_care, giulia)

    assert reason() == ""


def test_an_excluded_case_opened_while_the_invitation_waits_stops_it(ready, nps) -> None:
    giulia = reachable(ready, now=NOON)
    planned(ready.root, nps, excluded_processes=("complaint",))
    it_happens(ready.brescia_care, giulia)
    assert reason() == ""
    a_case(ready.brescia_care, now=NOON, customer=giulia, process_key="complaint")

    assert send_due_invitations(now=NOON + timedelta(hours=2)) == 0
    assert reason() == CancelReason.EXCLUDED_CASE


def test_whoever_works_for_us_is_not_asked(ready, nps) -> None:
    person_in(ready.brescia, Role.AGENT, email="giulia.Ferri@bellandi.example")
    giulia = reachable(ready, now=NOON)
    ContactPoint.objects.create(
        customer=giulia, kind="email", value="giulia.ferri@bellandi.example", state="unknown", created_at=NOON
    )
    planned(ready.root, nps)

    it_happens(ready.brescia_care, giulia)

    assert reason() == CancelReason.EMPLOYEE


def test_whoever_left_us_is_a_customer_like_others(ready, nps) -> None:
    person_in(ready.brescia, Role.AGENT, email="giulia@example.it", is_active=False)
    planned(ready.root, nps)

    it_happens(ready.brescia_care, reachable(ready, now=NOON))

    assert reason() == ""


def test_whoever_is_in_dispute_with_us_is_not_asked_and_the_reason_is_told(ready, nps) -> None:
    giulia = reachable(ready, now=NOON)
    set_flag(customer_id=giulia.pk, flag=Flag.IN_DISPUTE, by=ROBOT, now=NOON)
    plan = planned(ready.root, nps)

    it_happens(ready.brescia_care, giulia)

    assert reason() == CancelReason.NOT_ALLOWED
    [row] = invitations_of_customer([giulia.pk], now=NOON)
    assert (row.state, row.subject) == ("cancelled", plan.name)
    assert row.reason.endswith(str(Objection.IN_DISPUTE.label))
    assert [one.count for one in not_asked(plan.pk)] == [1]


def test_progress_by_branch(ready, nps) -> None:
    plan = planned(ready.root, nps, quota=2)
    for number, unit in enumerate((ready.brescia_care, ready.brescia_care, ready.verona_care)):
        it_happens(unit, reachable(ready, now=NOON, email=f"c{number}@example.it"))
    assert send_due_invitations(now=NOON + timedelta(hours=2)) == 3
    for invitation in Invitation.objects.filter(unit=ready.brescia_care):
        response_to(invitation, 9, at=NOON + timedelta(hours=3))

    [row] = plan_rows(now=NOON)

    assert (row.eligible, row.waiting, row.sent, row.answered) == (3, 0, 3, 2)
    assert {one.unit.name: (one.answered, one.is_full) for one in row.branches} == {
        "Brescia": (2, True),
        "Verona": (0, False),
    }
    assert (row.wanted, row.response_pct, row.full) == (4, 67, 1)
    # Brescia is full: the next one there is not asked, the next one in Verona is.
    it_happens(ready.brescia_care, reachable(ready, now=NOON, email="c8@example.it"))
    it_happens(ready.verona_care, reachable(ready, now=NOON, email="c9@example.it"))
    late = Invitation.objects.filter(plan=plan).order_by("-pk")[:2]
    assert {one.unit_id: one.cancel_reason for one in late} == {
        ready.brescia_care.pk: CancelReason.QUOTA_FULL,
        ready.verona_care.pk: "",
    }


class TestTheNextWave:
    """An action of improvement is done: its touchpoint is listened to again, as before."""

    @pytest.fixture
    def over(self, ready, nps) -> ListeningPlan:
        return ListeningPlan.objects.create(
            unit=ready.root,
            name="Officina, autunno",
            touchpoint=Touchpoint.objects.get(key="handback"),
            questionnaire=nps,
            occasion=READY,
            quota=250,
            starts_on=TODAY - timedelta(days=100),
            ends_on=TODAY - timedelta(days=70),
            state="ended",
            changed_at=NOON,
        )

    def begin(self, over: ListeningPlan, unit, key: str | None = None) -> ListeningPlan | None:
        named = over.touchpoint.key if key is None else key
        return begin_next_wave(touchpoint_key=named, unit_id=unit.pk, action_id=7, now=NOON)

    def test_the_last_plan_runs_once_more_for_as_long(self, ready, over) -> None:
        wave = self.begin(over, ready.brescia_care)

        assert (wave.pk != over.pk, wave.name, wave.state) == (True, "Officina, autunno, dopo l'azione 7", "running")
        assert (wave.starts_on, wave.ends_on) == (TODAY, TODAY + timedelta(days=30))
        assert (wave.unit_id, wave.questionnaire_id, wave.occasion, wave.quota) == (
            over.unit_id, over.questionnaire_id, READY, 250,
        )  # fmt: skip
        over.refresh_from_db()
        assert over.state == "ended"

    def test_what_is_heard_already_is_not_heard_twice(self, ready, over) -> None:
        assert self.begin(over, ready.brescia_care) is not None
        assert self.begin(over, ready.brescia_care) is None
        assert ListeningPlan.objects.count() == 2

    def test_an_action_without_a_known_touchpoint_begins_nothing(self, ready, over) -> None:
        assert self.begin(over, ready.brescia_care, key="") is None
        assert self.begin(over, ready.brescia_care, key="nothing") is None
        ListeningPlan.objects.update(state="draft")
        assert self.begin(over, ready.brescia_care) is None
        assert ListeningPlan.objects.count() == 1
