"""The record of a customer: adding and editing persons, companies and households."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers.identity import read_email, read_tax_code, read_vat_number, stored_phone
from corsia.customers.models import ContactPoint, Customer
from corsia.customers.permissions import EDIT_CUSTOMERS
from corsia.customers.services.index import reindex
from corsia.customers.vocabulary import ContactKind, CustomerKind
from corsia.events import customers as facts
from corsia.kernel.access import Right, scope_of
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotAllowed
from corsia.kernel.facts import publish
from corsia.organisation.queries import day_in, group_of
from corsia.organisation.vocabulary import Language


class CustomerUnnamed(Invalid):
    code = "customers.unnamed"
    message = _("A customer needs a name. Enter a first name, a last name or the name of the company.")


class CodeTooLong(Invalid):
    code = "customers.code_too_long"
    message = _("%(value)s is longer than any such code. Compare it with the document.")


class BornInFuture(Invalid):
    code = "customers.born_in_future"
    message = _("The birth date lies in the future. Check the year.")


@dataclass(frozen=True, kw_only=True)
class CustomerData:
    """What people enter about a customer, besides how to reach them."""

    kind: str = CustomerKind.PERSON
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""  # of households too
    tax_code: str = ""
    vat_number: str = ""
    born_on: date | None = None
    language: str = Language.ITALIAN
    owner_advisor_id: int | None = None
    note: str = ""


def demand_shared(by: Actor, needed: Right, unit_id: int) -> None:
    """Refuse people who hold `needed` in no unit that shares the customers of `unit_id`.

    Raises:
        NotAllowed: the customer belongs to another group, or the role does not include it.
    """
    if by.kind == "person" and unit_id not in scope_of(by, needed).shared:
        raise NotAllowed(right=needed.name)


def locked(customer_id: int, *, by: Actor, needed: Right = EDIT_CUSTOMERS) -> Customer:
    """Return a customer locked for a change by `by`.

    Raises:
        NotFound: no such customer within the scope.
        NotAllowed: see `demand_shared`.
    """
    customer: Customer = Customer.objects.lock(customer_id)
    demand_shared(by, needed, customer.unit_id)
    return customer


@transaction.atomic
def add_customer(
    *,
    unit_id: int,
    kind: str = CustomerKind.PERSON,
    title: str = "",
    first_name: str = "",
    last_name: str = "",
    company_name: str = "",
    tax_code: str = "",
    vat_number: str = "",
    born_on: date | None = None,
    language: str = Language.ITALIAN,
    owner_advisor_id: int | None = None,
    note: str = "",
    emails: Sequence[str] = (),
    phones: Sequence[str] = (),
    source: str = "",
    by: Actor,
    now: datetime,
) -> Customer:
    """Add a customer with how to reach them. The first address and the first number become the primary ones.

    Args:
        unit_id: any unit of the dealer group: the customer belongs to the group.
        emails, phones: as typed; doubtful ones are kept, empty ones are not.

    Raises:
        CustomerUnnamed: no name at all, and neither address nor number to call them by.
    """
    group_id = group_of(unit_id).pk
    demand_shared(by, EDIT_CUSTOMERS, group_id)
    points = [*_points(ContactKind.EMAIL, emails, now), *_points(ContactKind.PHONE, phones, now)]
    customer = Customer(unit_id=group_id, source=source[:40], created_at=now)
    data = CustomerData(
        kind=kind,
        title=title,
        first_name=first_name,
        last_name=last_name,
        company_name=company_name,
        tax_code=tax_code,
        vat_number=vat_number,
        born_on=born_on,
        language=language,
        owner_advisor_id=owner_advisor_id,
        note=note,
    )
    apply(customer, data, fallback_name=points[0].value if points else "", today=day_in(group_id, now))
    customer.save()
    for point in points:
        point.customer = customer
    ContactPoint.objects.bulk_create(points)
    reindex(customer_ids=[customer.pk])
    audit(customer, "added", by=by, now=now, name=customer.display_name, source=customer.source)
    publish(facts.CustomerAdded(unit_id=group_id, occurred_at=now, customer_id=customer.pk, source=customer.source))
    return customer


@transaction.atomic
def edit_customer(*, customer_id: int, data: CustomerData, by: Actor, now: datetime) -> Customer:
    """Correct a customer's record.

    Raises:
        NotFound: no such customer within the scope.
        CustomerUnnamed, CodeTooLong, BornInFuture: what was given cannot be stored.
    """
    customer = locked(customer_id, by=by)
    old = _shown(customer)
    first_point = ContactPoint.objects.filter(customer=customer).order_by("pk").first()
    apply(customer, data, fallback_name=first_point.value if first_point else "", today=day_in(customer.unit_id, now))
    customer.save()
    new = _shown(customer)
    changed = {name: [old[name], new[name]] for name in new if old[name] != new[name] and name != "note"}
    if changed or old["note"] != new["note"]:
        audit(customer, "edited", by=by, now=now, **changed)
        reindex(customer_ids=[customer.pk])
    return customer


def apply(customer: Customer, data: CustomerData, *, fallback_name: str, today: date) -> None:
    """Write what people entered into a record, cleaned, and its display name with it."""
    values: dict[str, Any] = asdict(data)
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = " ".join(value.split()) if name != "note" else value.strip()
    if data.kind == CustomerKind.PERSON:
        shown = f"{values['first_name']} {values['last_name']}".strip()
        values["company_name"] = ""
    else:
        shown = values["company_name"]
        values["first_name"] = values["last_name"] = values["title"] = ""
        values["born_on"] = None
    if not (shown or fallback_name):
        raise CustomerUnnamed
    if values["born_on"] and values["born_on"] > today:
        raise BornInFuture
    values["tax_code"] = _fitting(read_tax_code(data.tax_code).value, 16)
    values["vat_number"] = _fitting(read_vat_number(data.vat_number).value, 14)
    for name, value in values.items():
        setattr(customer, name, value)
    customer.display_name = (shown or fallback_name)[:200]


def _fitting(value: str, longest: int) -> str:
    if len(value) > longest:
        raise CodeTooLong(value=value[:60])
    return value


def contact_value(kind: str, typed: str) -> str:
    """Return an address or number as it is stored: what cannot be read stays as typed, an extension follows `;ext=`."""
    if kind == ContactKind.EMAIL:
        return read_email(typed).value[:254]
    return stored_phone(typed)[:254]


def _points(kind: ContactKind, typed: Sequence[str], now: datetime) -> list[ContactPoint]:
    values = dict.fromkeys(value for text in typed if (value := contact_value(kind, text)))
    return [
        ContactPoint(kind=kind, value=value, is_primary=place == 0, created_at=now)
        for place, value in enumerate(values)
    ]


def _shown(customer: Customer) -> dict[str, str]:
    return {field.name: str(getattr(customer, field.name) or "") for field in fields(CustomerData)}
