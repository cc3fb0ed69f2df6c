"""The register: processes with what they did lately, work that has none, and what becomes of it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from corsia.cases.models import Process, ProcessProposal, ProposalVote
from corsia.cases.queries.register import mapped, proposals
from corsia.cases.services import ProposalDetails, join_proposals, propose_process, steer_proposal, vote
from corsia.cases.services.register import AlreadyJoined, OwnTwin, ProcessMissing, ProposalIncomplete, ReasonMissing
from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed
from corsia.organisation.models import Notification
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role
from tests.factories.cases import a_case
from tests.factories.organisation import actor_in, person_in, signed_in

pytestmark = pytest.mark.django_db
DETAILS = ProposalDetails(title="Chiavi smarrite", what="Si telefona in giro finché non si trovano.", pain=4)


@pytest.fixture
def boss(desk):
    return actor_in(desk.group.root, Role.CARE_MANAGER)


@pytest.fixture
def proposal(desk, everything, now) -> ProcessProposal:
    return propose_process(unit_id=desk.group.brescia_care.pk, details=DETAILS, by=desk.actor, now=now)


class TestProposals:
    def test_everybody_of_the_group_sees_it_and_counts_once(self, desk, proposal, now):
        verona = actor_in(desk.group.verona_care)
        for _ in range(2):
            vote(proposal_id=proposal.pk, is_on=True, by=verona, now=now)

        assert proposal.unit_id == desk.group.root.pk
        (row,) = proposals(state="", person_id=verona.id, organisation=tree())
        assert (row.votes, row.is_mine) == (2, True)  # whoever proposed it, and Verona
        vote(proposal_id=proposal.pk, is_on=False, by=verona, now=now)
        assert ProposalVote.objects.count() == 1

    def test_whoever_proposed_it_is_told_when_its_state_changes(self, desk, proposal, boss, now):
        steer_proposal(proposal_id=proposal.pk, state="mapping", owner_id=boss.id, by=boss, now=now)
        with pytest.raises(ProcessMissing):
            steer_proposal(proposal_id=proposal.pk, state="mapped", by=boss, now=now)
        process = Process.objects.get(key="information")
        steer_proposal(
            proposal_id=proposal.pk, state="mapped", process_id=process.pk, by=boss, now=now + timedelta(hours=1)
        )

        told = Notification.objects.filter(person_id=desk.agent.pk)
        assert told.count() == 2
        assert ProcessProposal.objects.get().process == process

    def test_declined_needs_a_reason_and_nobody_but_managers_steers(self, desk, proposal, boss, now):
        with pytest.raises(ReasonMissing):
            steer_proposal(proposal_id=proposal.pk, state="declined", by=boss, now=now)
        with pytest.raises(NotAllowed):
            steer_proposal(proposal_id=proposal.pk, state="mapping", by=desk.actor, now=now)
        with pytest.raises(NotAllowed):  # it was noticed in Brescia
            steer_proposal(
                proposal_id=proposal.pk, state="mapping", by=actor_in(desk.group.verona, Role.BRANCH_MANAGER), now=now
            )
        steer_proposal(
            proposal_id=proposal.pk, state="mapping", by=actor_in(desk.group.brescia, Role.BRANCH_MANAGER), now=now
        )
        with pytest.raises(ProposalIncomplete):
            propose_process(
                unit_id=desk.group.brescia_care.pk, details=ProposalDetails(title="x", what=" "), by=desk.actor, now=now
            )

    def test_two_that_mean_the_same_become_one_with_all_votes(self, desk, proposal, boss, now):
        verona = actor_in(desk.group.verona_care)
        other = propose_process(unit_id=desk.group.verona_care.pk, details=DETAILS, by=verona, now=now)
        vote(proposal_id=proposal.pk, is_on=True, by=verona, now=now)

        survivor = join_proposals(proposal_id=other.pk, into_id=proposal.pk, by=boss, now=now)

        assert ProposalVote.objects.filter(proposal=survivor).count() == 2
        other.refresh_from_db()
        assert (other.state, other.joined_into_id) == ("joined", proposal.pk)
        with pytest.raises(AlreadyJoined):
            join_proposals(proposal_id=proposal.pk, into_id=other.pk, by=boss, now=now)
        with pytest.raises(OwnTwin):
            join_proposals(proposal_id=proposal.pk, into_id=proposal.pk, by=boss, now=now)


def test_the_register_counts_the_cases_of_ninety_days(desk, everything, now):
    for days in (1, 89, 91):
        a_case(desk.group.brescia_care, now=now - timedelta(days=days), customer=desk.customer)

    row = next(row for row in mapped(organisation=tree(), now=now) if row.process.key == "information")

    assert (row.cases, row.state, row.version) == (2, "in_use", 1)


def test_from_a_case_into_the_register_and_on(desk):
    with scope.system("test"):
        case = a_case(desk.group.brescia_care, now=timezone.now(), customer=desk.customer)
    agent, manager = signed_in(desk.agent), signed_in(person_in(desk.group.root, Role.CARE_MANAGER))
    url = reverse("cases:propose_process")
    assert f"{url}?case={case.pk}" in agent.get(reverse("cases:case", args=[case.pk])).content.decode()
    form = {"title": "Chiavi", "what": "Si cerca", "often": "daily", "pain": "3", "case": case.pk, "once": "q" * 20}
    first, second = (agent.post(url, form) for _ in range(2))
    assert first["Location"] == second["Location"]

    assert "Chiavi" in manager.get(reverse("cases:register") + "?tab=work").content.decode()
    assert "/steer/" in manager.get(first["Location"]).content.decode()
    assert "/steer/" not in agent.get(first["Location"]).content.decode()
    with scope.system("test"):
        proposal = ProcessProposal.objects.get()
    steer = reverse("cases:steer_proposal", args=[proposal.pk])
    assert manager.post(steer, {"state": "mapping", "owner": ""}).status_code == 302
    assert agent.post(steer, {"state": "mapping"}).status_code == 403
    assert agent.get(reverse("cases:register")).status_code == 200
    with scope.system("test"):
        process = Process.objects.get(key="information")
    owner = reverse("cases:give_process_owner", args=[process.pk])
    assert manager.post(owner, {"owner": desk.agent.pk}).status_code == 302
    with scope.system("test"):
        assert Process.objects.get(key="information").owner_id == desk.agent.pk
