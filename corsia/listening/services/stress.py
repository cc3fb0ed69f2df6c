"""Who is left in peace: the rule that holds for surveys and for sessions alike."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Lower

from corsia.customers.models import ContactPoint
from corsia.customers.vocabulary import ContactKind
from corsia.listening.models import Invitation, SessionParticipant
from corsia.organisation.models import Person


def is_employee(family: Collection[int]) -> bool:
    """Tell whether one of the customer's addresses is that of somebody who works here."""
    addresses = ContactPoint.objects.filter(customer_id__in=list(family), kind=ContactKind.EMAIL)
    folded = [value.casefold() for value in addresses.values_list("value", flat=True)]
    return Person.objects.alias(folded=Lower("email")).filter(folded__in=folded, is_active=True).exists()


def asked_since(
    family: Collection[int],
    since: datetime,
    *,
    before_id: int | None = None,
    participant_id: int | None = None,
) -> datetime | None:
    """Return when the customer was last asked for their opinion, by a survey or to a session; None: not since then.

    Args:
        before_id: of invitations only those planned before this one: among those waiting, the earliest goes out.
        participant_id: this place in a session does not count.
    """
    asked = Invitation.objects.filter(customer_id__in=list(family), cancelled_at=None, created_at__gt=since)
    if before_id is not None:
        asked = asked.filter(pk__lt=before_id)
    places = SessionParticipant.objects.filter(customer_id__in=list(family), invited_at__gt=since)
    if participant_id is not None:
        places = places.filter(~Q(pk=participant_id))
    found = [
        asked.order_by("-created_at").values_list("created_at", flat=True).first(),
        places.order_by("-invited_at").values_list("invited_at", flat=True).first(),
    ]
    return max((at for at in found if at is not None), default=None)
