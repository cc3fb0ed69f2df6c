"""The records that are one customer: a survivor and everything merged into it."""

from django.db.models import Q

from corsia.customers.models import Customer


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
    root = survivor_id(customer_id)
    rows = list(Customer.objects.filter(Q(pk=root) | Q(merged_into=root)).order_by("pk"))
    return sorted(rows, key=lambda row: row.pk != root)


def family_ids(customer_id: int) -> list[int]:
    """Return the ids of all records of a customer, the survivor's first.

    Raises:
        NotFound: no such customer within the scope.
    """
    return [row.pk for row in family_of(customer_id)]
