"""The notices under a person's bell."""

from corsia.organisation.models import Notification

SHOWN = 100


def latest_notices(person_id: int) -> list[Notification]:
    """Return the latest notices, newest first."""
    return list(Notification.objects.filter(person_id=person_id, by_bell=True).order_by("-pk")[:SHOWN])


def unread_notices(person_id: int) -> int:
    """Return how many notices are unread, counted up to 100."""
    return len(
        Notification.objects.filter(person_id=person_id, by_bell=True, read_at__isnull=True).values_list("pk")[:100]
    )
