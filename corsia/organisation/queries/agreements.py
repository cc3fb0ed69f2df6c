"""Where figures of single persons may be seen: where an agreement with the staff holds."""

from datetime import date, timedelta

from django.db.models import Q

from corsia.organisation.models import StaffAgreement, Unit


def units_under_agreement(*, today: date) -> frozenset[int]:
    """Return the units in which an agreement with the staff holds today, its own and all below."""
    paths = list(
        StaffAgreement.unscoped.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today), starts_on__lte=today)
        .values_list("unit__path", flat=True)
        .distinct()
    )
    if not paths:
        return frozenset()
    below = Q()
    for path in paths:
        below |= Q(path__startswith=path)
    return frozenset(Unit.objects.filter(below).values_list("pk", flat=True))


def agreements(*, today: date) -> list[StaffAgreement]:
    """Return the agreements of the scope, those in force first, then by their start, latest first."""
    rows = list(StaffAgreement.objects.select_related("unit", "recorded_by").order_by("-starts_on", "-pk"))
    return sorted(rows, key=lambda row: not holds(row, today=today))


def holds(agreement: StaffAgreement, *, today: date) -> bool:
    """Tell whether an agreement holds on a day."""
    return agreement.starts_on <= today and (agreement.ends_on is None or today < agreement.ends_on)


def last_day(agreement: StaffAgreement) -> date | None:
    """Return the last day on which an agreement holds, as people write it; None where no end is known."""
    return None if agreement.ends_on is None else agreement.ends_on - timedelta(days=1)
