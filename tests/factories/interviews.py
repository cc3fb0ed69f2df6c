"""Questionnaires in force that can be asked on the phone, and plans that call."""

from datetime import datetime, timedelta
from typing import Any

from corsia.customers.models import ContactPoint, Customer
from corsia.customers.vocabulary import ContactKind
from corsia.listening.models import Invitation, ListeningPlan, Questionnaire, QuestionnaireVersion, Touchpoint
from corsia.listening.queries.questionnaires import shipped
from corsia.listening.vocabulary import Instrument, PlanState, Stage, VersionState
from corsia.organisation.models import Unit


def in_force(unit: Unit, key: str = "csi-care", *, now: datetime) -> QuestionnaireVersion:
    """Put a questionnaire of the package in force at a unit."""
    data = shipped()[key]
    questionnaire = Questionnaire.objects.create(
        unit=unit, key=key, name_it=data["name"]["it"], name_en=data["name"]["en"]
    )
    return QuestionnaireVersion.objects.create(
        questionnaire=questionnaire,
        number=1,
        state=VersionState.IN_FORCE,
        definition=dict(data),
        saved_at=now,
        published_at=now,
    )


def calling_plan(version: QuestionnaireVersion, unit: Unit, *, now: datetime, **fields: Any) -> ListeningPlan:
    """Make a running plan that calls."""
    touchpoint = Touchpoint.objects.create(
        unit=unit, key="care", name_it="Servizio clienti", name_en="Customer care", stage=Stage.CARE
    )
    values = {"name": "Chi ci ha chiamato", "instrument": Instrument.IVR, "state": PlanState.RUNNING, **fields}
    return ListeningPlan.objects.create(
        unit=unit,
        touchpoint=touchpoint,
        questionnaire=version.questionnaire,
        starts_on=now.date(),
        changed_at=now,
        **values,
    )


def to_be_called(plan: ListeningPlan, unit: Unit, customer: Customer, *, now: datetime, **fields: Any) -> Invitation:
    """Write down the invitation of a customer who is to be called."""
    version = plan.questionnaire.versions.get(state=VersionState.IN_FORCE) if plan.questionnaire else None
    values = {"send_after": now, "expires_at": now + timedelta(days=21), "occasion_id": customer.pk, **fields}
    return Invitation.objects.create(
        plan=plan, unit=unit, customer=customer, version=version, language="it", created_at=now, **values
    )


def with_phone(customer: Customer, number: str, *, now: datetime) -> Customer:
    """Give a customer a telephone."""
    ContactPoint.objects.create(
        customer=customer, kind=ContactKind.PHONE, value=number, is_primary=True, created_at=now
    )
    return customer
