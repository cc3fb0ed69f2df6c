"""Closed cases with their invitations, made by the product's own services."""

from datetime import datetime, timedelta

from django.test import Client

from corsia.cases.models import Case
from corsia.cases.services import close_case
from corsia.customers.models import ContactPoint, Customer
from corsia.customers.vocabulary import ContactKind
from corsia.listening.models import Invitation, Response
from corsia.listening.services import plan_invitation, send_due_invitations
from corsia.messaging.models import Mailbox
from corsia.messaging.services import install_templates
from corsia.organisation.models import Unit
from tests.factories.cases import ROBOT, a_case, a_customer, ready_group
from tests.factories.organisation import Group


def surveyed_group(group: Group, *, now: datetime) -> Group:
    """Give a group its processes, texts and a mailbox, so that surveys can leave."""
    ready_group(group, now=now)
    install_templates(unit_id=group.root.pk, by=ROBOT, now=now)
    Mailbox.objects.create(unit=group.root, address="assistenza@bellandi.example", name="Gruppo Bellandi")
    return group


def reachable(group: Group, *, now: datetime, email: str = "giulia@example.it", **fields) -> Customer:
    """Make a customer with an address."""
    customer = a_customer(group, now=now, **fields)
    ContactPoint.objects.create(customer=customer, kind=ContactKind.EMAIL, value=email, is_primary=True, created_at=now)
    return customer


def solved_case(unit: Unit, customer: Customer | None, *, now: datetime, **fields) -> Case:
    """Open a case a day before and solve it now."""
    case = a_case(unit, now=now - timedelta(days=1), customer=customer, **fields)
    return close_case(case_id=case.pk, by=ROBOT, now=now)


def invited(unit: Unit, customer: Customer, *, now: datetime) -> Invitation:
    """Solve a case and plan its invitation, as the reaction does."""
    case = solved_case(unit, customer, now=now)
    invitation = plan_invitation(
        case_id=case.pk, customer_id=customer.pk, unit_id=unit.pk, assignee_id=None, language="it", now=now
    )
    assert invitation is not None
    return invitation


def sent(unit: Unit, customer: Customer, *, now: datetime) -> Invitation:
    """Solve a case and send its invitation an hour later."""
    invitation = invited(unit, customer, now=now)
    assert send_due_invitations(now=now + timedelta(hours=1)) == 1
    invitation.refresh_from_db()
    return invitation


def answered(unit: Unit, customer: Customer, score: int, *, at: datetime, text: str = "") -> Response:
    """Put an answer straight into the tables, for what only counts them."""
    case = a_case(unit, now=at - timedelta(days=3), customer=customer)
    invitation = Invitation.objects.create(
        case=case,
        customer=customer,
        unit=unit,
        language="it",
        created_at=at - timedelta(days=1),
        send_after=at - timedelta(days=1),
        sent_at=at - timedelta(days=1),
        expires_at=at + timedelta(days=20),
    )
    return response_to(invitation, score, at=at, text=text)


def response_to(invitation: Invitation, score: int | None, *, at: datetime, text: str = "") -> Response:
    """Put a complete response straight into the tables."""
    return Response.objects.create(
        invitation=invitation,
        plan_id=invitation.plan_id,
        unit_id=invitation.unit_id,
        customer_id=invitation.customer_id,
        case_id=invitation.case_id,
        score=score,
        text=text,
        invited_at=invitation.sent_at,
        started_at=at,
        answered_at=at,
        completed_at=at,
        settled_at=at,
    )


def nps_page(score: int) -> dict[str, str]:
    """Return what the first page of the closing survey sends."""
    return {"page": "recommend", "recommend": str(score)}


def answer_all(client: Client, address: str, score: int) -> int:
    """Answer both pages of the closing survey; return the status of the last."""
    client.post(address, nps_page(score))
    return int(client.post(address, {"page": "why"}).status_code)
