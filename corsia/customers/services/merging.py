"""Make one customer of two records, and two of one again, exactly as they were.

A merge touches nothing but `merged_into`. Open merges form trees whose roots are the survivors; `merged_into` of every
other record names its root. Taking a merge back cuts one branch off, whatever was merged before or after.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import Customer, Merge
from corsia.customers.permissions import MERGE_CUSTOMERS
from corsia.customers.services.records import demand_shared, locked
from corsia.events import customers as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.kernel.facts import publish


class SameCustomer(Refused):
    code = "customers.same_customer"
    message = _("Both records already are one customer. There is nothing to merge.")


class OtherGroup(Refused):
    code = "customers.other_group"
    message = _("The two customers belong to different dealer groups and cannot become one.")


class OtherKind(Refused):
    code = "customers.other_kind"
    message = _("A person, a company and a household are different customers. Add the person as a member instead.")


class MergeTakenBack(Refused):
    code = "customers.merge_taken_back"
    message = _("This merge has been taken back already. Reload the page to see both customers.")


@transaction.atomic
def merge_customers(*, survivor_id: int, absorbed_id: int, by: Actor, now: datetime) -> Merge:
    """Let the record `absorbed_id` be part of the customer `survivor_id`. Merged records stand for their survivors.

    Raises:
        SameCustomer: they are one already.
        OtherGroup, OtherKind: they cannot be one.
    """
    survivor, absorbed = _roots(survivor_id, absorbed_id, by=by)
    if survivor.pk == absorbed.pk:
        raise SameCustomer
    if survivor.unit_id != absorbed.unit_id:
        raise OtherGroup
    if survivor.kind != absorbed.kind:
        raise OtherKind
    Customer.objects.filter(merged_into=absorbed).update(merged_into=survivor)
    Customer.objects.filter(pk=absorbed.pk).update(merged_into=survivor)
    merge: Merge = Merge.objects.create(survivor=survivor, absorbed=absorbed, merged_by_id=by.id, merged_at=now)
    audit(survivor, "merged", by=by, now=now, absorbed=absorbed.pk)
    audit(absorbed, "merged_into", by=by, now=now, survivor=survivor.pk)
    publish(
        facts.CustomersMerged(
            unit_id=survivor.unit_id, occurred_at=now, customer_id=survivor.pk, absorbed_id=absorbed.pk
        )
    )
    return merge


@transaction.atomic
def unmerge(*, merge_id: int, by: Actor, now: datetime) -> Customer:
    """Take a merge back and return the record that is a customer of its own again.

    Raises:
        MergeTakenBack: somebody did it before.
    """
    merge: Merge = Merge.objects.lock(merge_id)
    if merge.unmerged_at is not None:
        raise MergeTakenBack
    survivor, absorbed = merge.survivor, merge.absorbed
    demand_shared(by, MERGE_CUSTOMERS, absorbed.unit_id)
    merge.unmerged_at, merge.unmerged_by_id = now, by.id
    merge.save(update_fields=["unmerged_at", "unmerged_by"])
    Customer.objects.filter(pk=absorbed.pk).update(merged_into=None)
    branch = _branch_below(absorbed.pk)
    if branch:
        Customer.objects.filter(pk__in=branch).update(merged_into=absorbed)
    audit(absorbed, "unmerged", by=by, now=now, survivor=survivor.pk)
    publish(
        facts.CustomersUnmerged(
            unit_id=survivor.unit_id, occurred_at=now, customer_id=survivor.pk, absorbed_id=absorbed.pk
        )
    )
    absorbed.merged_into = None
    return absorbed


def _roots(survivor_id: int, absorbed_id: int, *, by: Actor) -> tuple[Customer, Customer]:
    """Return both survivors locked, the lower id first: two merges of the same pair never wait for each other."""
    roots = {}
    for customer_id in (survivor_id, absorbed_id):
        row: Customer = Customer.objects.find(customer_id)
        roots[customer_id] = row.merged_into_id or row.pk
    rows = {pk: locked(pk, by=by, needed=MERGE_CUSTOMERS) for pk in sorted(set(roots.values()))}
    return rows[roots[survivor_id]], rows[roots[absorbed_id]]


def _branch_below(customer_id: int) -> set[int]:
    """Return the records merged, directly or through others, into a record by merges that still hold."""
    found: set[int] = set()
    layer = [customer_id]
    while layer:
        below = Merge.objects.filter(survivor_id__in=layer, unmerged_at=None).values_list("absorbed_id", flat=True)
        layer = [pk for pk in below if pk not in found]
        found.update(layer)
    return found
