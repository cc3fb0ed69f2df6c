"""Where a customer lives or is found: postal addresses, the primary one first."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import Address, Customer
from corsia.customers.services.records import locked
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid


class AddressEmpty(Invalid):
    code = "customers.address_empty"
    message = _("A postal address needs a street and a town. Complete it.")


@dataclass(frozen=True, kw_only=True)
class AddressData:
    """A postal address as typed."""

    street: str
    city: str
    postcode: str = ""
    province: str = ""
    country: str = "IT"
    label: str = ""

    def apply(self, address: Address) -> None:
        """Write it into a row, cleaned.

        Raises:
            AddressEmpty: street or town is missing.
        """
        street, city = " ".join(self.street.split()), " ".join(self.city.split())
        if not street or not city:
            raise AddressEmpty
        address.street, address.city = street[:160], city[:80]
        address.postcode = self.postcode.strip()[:10]
        address.province = self.province.strip().upper()[:4]
        address.country = (self.country.strip() or "IT").upper()[:2]
        address.label = self.label.strip()[:40]


@transaction.atomic
def add_address(
    *,
    customer_id: int,
    street: str,
    city: str,
    postcode: str = "",
    province: str = "",
    country: str = "IT",
    label: str = "",
    by: Actor,
    now: datetime,
) -> Address:
    """Add a postal address; the first one becomes the primary one.

    Raises:
        AddressEmpty: street or town is missing.
    """
    customer = locked(customer_id, by=by)
    address = Address(customer=customer, is_primary=not Address.objects.filter(customer=customer).exists())
    AddressData(street=street, city=city, postcode=postcode, province=province, country=country, label=label).apply(
        address
    )
    address.save()
    audit(customer, "address_added", by=by, now=now, address=_shown(address))
    return address


@transaction.atomic
def edit_address(*, address_id: int, data: AddressData, by: Actor, now: datetime) -> Address:
    """Correct a postal address; the history keeps what it was.

    Raises:
        AddressEmpty: street or town is missing.
    """
    customer, address = _locked(address_id, by=by)
    old = _shown(address)
    data.apply(address)
    new = _shown(address)
    if old != new:
        address.save()
        audit(customer, "address_edited", by=by, now=now, address=[old, new])
    return address


@transaction.atomic
def make_address_primary(*, address_id: int, by: Actor, now: datetime) -> None:
    """Let a postal address be the one that is used first."""
    customer, address = _locked(address_id, by=by)
    if not address.is_primary:
        Address.objects.filter(customer=customer, is_primary=True).update(is_primary=False)
        address.is_primary = True
        address.save(update_fields=["is_primary"])
        audit(customer, "address_made_primary", by=by, now=now, address=_shown(address))


@transaction.atomic
def remove_address(*, address_id: int, by: Actor, now: datetime) -> None:
    """Take a postal address off a customer; the oldest other one becomes the primary one."""
    customer, address = _locked(address_id, by=by)
    was_primary, shown = address.is_primary, _shown(address)
    address.delete()
    heir = Address.objects.filter(customer=customer).order_by("pk").first()
    if was_primary and heir is not None:
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])
    audit(customer, "address_removed", by=by, now=now, address=shown)


def _locked(address_id: int, *, by: Actor) -> tuple[Customer, Address]:
    # The customer first, and what the address says only after the wait.
    customer = locked(Address.objects.find(address_id).customer_id, by=by)
    address: Address = Address.objects.find(address_id)
    return customer, address


def _shown(address: Address) -> str:
    place = f"{address.postcode} {address.city}".strip() + (f" ({address.province})" if address.province else "")
    parts = [address.street, place, address.country if address.country != "IT" else "", address.label]
    return ", ".join(part for part in parts if part)
