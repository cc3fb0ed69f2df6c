"""The records that are one customer: a survivor and everything merged into it."""

from django.db.models import Q

from corsia.customers.models import Customer
from corsia.kernel.errors import NotFound


def survivor_id(customer_id: int) -> int:
    """Return the id of the record that stands for a customer: itself, or what it was merged into.

    Raises:
        NotFound: no such customer within the scope.
    """
    customer: Customer = Customer.objects.find(customer_id)
    return customer.merged_into_id or customer.pk


def family_of(customer_id: int) -> list[Customer]:
    """Return all records of a customer, the survivor first, whichever record is asked for.

    Raises:
        NotFound: no such customer within the scope.
    """
    rows = _with_merged(customer_id)
    root = next((row.merged_into_id or row.pk for row in rows if row.pk == customer_id), None)
    if root is None:
        raise NotFound(kind=Customer._meta.label)
    if root != customer_id:  # one statement for survivors, who are asked for nearly always
        rows = _with_merged(root)
    return sorted(rows, key=lambda row: (row.pk != root, row.pk))


def _with_merged(customer_id: int) -> list[Customer]:
    return list(Customer.objects.filter(Q(pk=customer_id) | Q(merged_into=customer_id)))


def family_ids(customer_id: int) -> list[int]:
    """Return the ids of all records of a customer, the survivor's first.

    Raises:
        NotFound: no such customer within the scope.
    """
    return [row.pk for row in family_of(customer_id)]
