"""The kinds of root cause that a group tells apart."""

from django.db.models import Q

from corsia.cases.models import Cause


def causes_for(process_key: str, *, chosen_id: int | None = None) -> list[Cause]:
    """Return the kinds of cause in use for a process, those of every process last; the chosen one is among them."""
    wanted = Q(is_active=True, process_key__in=[process_key, ""]) | Q(pk=chosen_id or 0)
    return list(Cause.objects.filter(wanted).order_by("-process_key", "position", "pk"))


def all_causes() -> list[Cause]:
    """Return every kind of cause within the scope, by process, in order."""
    return list(Cause.objects.order_by("process_key", "position", "pk"))
