"""The customer in brief, for the inbox and for the head of pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q

from corsia.customers.identity import PhoneKind, display_phone, read_email, read_phone
from corsia.customers.models import Address, ContactPoint, Customer, CustomerFlag, Holding
from corsia.customers.queries.consents import ConsentState, consents_of
from corsia.customers.queries.family import family_of
from corsia.customers.vocabulary import ContactKind, ContactState, CustomerKind, Flag, VehicleRole
from corsia.vehicles.rules.plates import display_plate


@dataclass(frozen=True, kw_only=True)
class Reach:
    """One way to reach a customer."""

    id: int
    kind: ContactKind
    value: str  # as stored: an address, or E.164
    shown: str  # as people read it
    label: str
    is_primary: bool
    state: ContactState
    state_reason: str
    is_mobile: bool
    doubt: str  # a sentence when it looks wrong, else ""

    @property
    def is_usable(self) -> bool:
        """Whether it may be used at all."""
        return self.state not in (ContactState.BOUNCING, ContactState.REFUSED)


@dataclass(frozen=True, kw_only=True)
class HeldVehicle:
    """A vehicle somebody owns, drives or pays for, now or once."""

    holding_id: int
    vehicle_id: int
    name: str
    plate: str  # as people read it
    vin: str
    odometer_km: int | None
    role: VehicleRole
    since: date | None
    until: date | None

    @property
    def is_current(self) -> bool:
        """Whether it still holds."""
        return self.until is None


@dataclass(frozen=True, kw_only=True)
class CustomerCard:
    """A customer over all their records."""

    id: int  # of the survivor
    record_ids: tuple[int, ...]
    name: str
    kind: CustomerKind
    language: str
    since: datetime
    note: str
    emails: tuple[Reach, ...]
    phones: tuple[Reach, ...]
    addresses: tuple[Address, ...]
    flags: tuple[Flag, ...]
    consents: tuple[ConsentState, ...]
    vehicles: tuple[HeldVehicle, ...]  # held now, newest first
    past_vehicles: tuple[HeldVehicle, ...] = field(default=())

    @property
    def email(self) -> str:
        """The address used first, or "" without a usable one."""
        return next((reach.value for reach in self.emails if reach.is_usable), "")

    @property
    def phone(self) -> str:
        """The number used first as people read it, or ""."""
        return next((reach.shown for reach in self.phones if reach.is_usable), "")

    @property
    def city(self) -> str:
        """The town of the first address, or ""."""
        return self.addresses[0].city if self.addresses else ""


def customer_card(customer_id: int) -> CustomerCard:
    """Return the customer in brief, whichever of their records is asked for. Six statements.

    Raises:
        NotFound: no such customer within the scope.
    """
    return card_of(family_of(customer_id))


def card_of(family: Sequence[Customer]) -> CustomerCard:
    """Return the card of a family, its survivor first."""
    survivor, ids = family[0], [row.pk for row in family]
    points = _reaches(ids, survivor.pk)
    flags = {Flag(flag) for flag in CustomerFlag.objects.filter(customer_id__in=ids).values_list("flag", flat=True)}
    addresses = Address.objects.filter(customer_id__in=ids)
    held = vehicles_of(ids)
    return CustomerCard(
        id=survivor.pk,
        record_ids=tuple(ids),
        name=survivor.display_name,
        kind=CustomerKind(survivor.kind),
        language=survivor.language,
        since=min(row.created_at for row in family),
        note=survivor.note,
        emails=tuple(point for point in points if point.kind is ContactKind.EMAIL),
        phones=tuple(point for point in points if point.kind is ContactKind.PHONE),
        addresses=tuple(
            sorted(addresses, key=lambda row: (row.customer_id != survivor.pk, not row.is_primary, row.pk))
        ),
        flags=tuple(flag for flag in Flag if flag in flags),
        consents=tuple(consents_of(ids)),
        vehicles=tuple(vehicle for vehicle in held if vehicle.is_current),
        past_vehicles=tuple(vehicle for vehicle in held if not vehicle.is_current),
    )


def vehicles_of(record_ids: Sequence[int]) -> list[HeldVehicle]:
    """Return the vehicles of a customer's records, those held now first, then the latest to go."""
    rows = Holding.objects.filter(Q(customer_id__in=record_ids)).select_related("vehicle")
    ordered = sorted(
        rows, key=lambda row: (row.until is not None, -(row.until or row.since or date.min).toordinal(), -row.pk)
    )
    return [
        HeldVehicle(
            holding_id=row.pk,
            vehicle_id=row.vehicle_id,
            name=str(row.vehicle),
            plate=display_plate(row.vehicle.plate),
            vin=row.vehicle.vin,
            odometer_km=row.vehicle.odometer_km,
            role=VehicleRole(row.role),
            since=row.since,
            until=row.until,
        )
        for row in ordered
    ]


def _reaches(record_ids: Sequence[int], survivor_id: int) -> list[Reach]:
    """Return the ways to reach a customer, the survivor's primary ones first, each value once."""
    points = ContactPoint.objects.filter(customer_id__in=record_ids)
    order = sorted(points, key=lambda row: (row.customer_id != survivor_id, not row.is_primary, row.pk))
    once = {(row.kind, row.value): row for row in reversed(order)}
    kept = [row for row in order if once[row.kind, row.value] is row]
    leaders = {row.kind: row.pk for row in reversed(kept)}
    return [_reach(row, is_primary=leaders[row.kind] == row.pk) for row in kept]


def _reach(row: ContactPoint, *, is_primary: bool) -> Reach:
    if row.kind == ContactKind.EMAIL:
        shown, warning, is_mobile = row.value, read_email(row.value).warning, False
    else:
        phone = read_phone(row.value)
        shown, warning = display_phone(row.value), phone.warning
        is_mobile = phone.kind is PhoneKind.MOBILE
    return Reach(
        id=row.pk,
        kind=ContactKind(row.kind),
        value=row.value,
        shown=shown,
        label=row.label,
        is_primary=is_primary,
        state=ContactState(row.state),
        state_reason=row.state_reason,
        is_mobile=is_mobile,
        doubt=str(warning.message) if warning else "",
    )
