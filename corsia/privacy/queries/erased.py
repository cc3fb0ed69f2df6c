"""Who was erased, for those who keep copies of numbers elsewhere."""

from django.db.models import Q

from corsia.customers.models import Customer
from corsia.privacy.models import Erasure


def erased_customer_ids(*, among: list[int] | None = None) -> list[int]:
    """Return every record of customers that were erased, merged ones included.

    Args:
        among: only erasures of these customers.
    """
    done = Erasure.unscoped.filter(done_at__isnull=False)
    if among is not None:
        done = done.filter(customer__in=among)
    roots = done.values("customer_id")
    return sorted(Customer.unscoped.filter(Q(pk__in=roots) | Q(merged_into__in=roots)).values_list("pk", flat=True))
