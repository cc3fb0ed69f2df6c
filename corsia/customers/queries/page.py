"""Everything the customer page shows of the customer itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from corsia.customers.identity import birth_dates_of, read_tax_code, read_vat_number
from corsia.customers.models import Customer, Duplicate, Merge, Relation
from corsia.customers.queries.card import CustomerCard, card_of


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody of a household or company, or the household or company somebody is of."""

    relation_id: int
    customer_id: int
    name: str
    kind: str
    job: str


@dataclass(frozen=True, kw_only=True)
class CustomerPage:
    """A customer with what may be wrong and what can be taken back."""

    customer: Customer  # the surviving record
    card: CustomerCard
    advisor: str  # name of the own advisor, "" without one
    tax_code_doubt: str
    vat_number_doubt: str
    birth_doubt: bool  # the birth date entered is none that the tax code allows
    members: list[Member]
    memberships: list[Member]
    merges: list[Merge]  # that hold, the latest first
    duplicates: int  # pairs waiting for a decision, at most 9


def customer_page(family: Sequence[Customer], *, on: date) -> CustomerPage:
    """Return the page of a customer.

    Args:
        family: all records of the customer, the survivor first (`family_of`).
        on: the day of asking, for reading the birth date out of the tax code.
    """
    survivor, ids = family[0], [row.pk for row in family]
    tax_code, vat_number = read_tax_code(survivor.tax_code).warning, read_vat_number(survivor.vat_number).warning
    born = birth_dates_of(survivor.tax_code, on=on) if survivor.tax_code else ()
    relations = Relation.objects.filter(whole_id__in=ids).select_related("part").order_by("pk")
    memberships = Relation.objects.filter(part_id__in=ids).select_related("whole").order_by("pk")
    waiting = Duplicate.objects.filter(decided_at=None)
    pairs = waiting.filter(first_id__in=ids) | waiting.filter(second_id__in=ids)
    return CustomerPage(
        customer=survivor,
        card=card_of(family),
        advisor=survivor.owner_advisor.full_name if survivor.owner_advisor else "",
        tax_code_doubt=str(tax_code.message) if tax_code else "",
        vat_number_doubt=str(vat_number.message) if vat_number else "",
        birth_doubt=bool(born and survivor.born_on and survivor.born_on not in born),
        members=[_member(row.pk, row.part, row.job) for row in relations],
        memberships=[_member(row.pk, row.whole, row.job) for row in memberships],
        merges=list(
            Merge.objects.filter(absorbed_id__in=ids, unmerged_at=None)
            .select_related("absorbed", "merged_by")
            .order_by("-merged_at", "-pk")
        )
        if len(ids) > 1
        else [],
        duplicates=len(pairs.values_list("pk", flat=True)[:9]),
    )


def _member(relation_id: int, customer: Customer, job: str) -> Member:
    return Member(
        relation_id=relation_id,
        customer_id=customer.merged_into_id or customer.pk,
        name=customer.display_name,
        kind=customer.kind,
        job=job,
    )
