"""Who somebody in a list from elsewhere is: by e-mail, telephone and plate, many at once."""

from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field

from corsia.customers.identity import read_email, read_phone
from corsia.customers.models import ContactPoint, Holding
from corsia.customers.vocabulary import ContactKind
from corsia.vehicles.rules.plates import normalise_plate


@dataclass
class Known:
    """What the tables say about all that a list names, each looked up once; customers are those that survived."""

    by_email: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_phone: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_plate: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    vehicle_of: dict[str, int] = field(default_factory=dict)

    def customers(self, email: str, phone: str, plate: str) -> set[int]:
        """Return who it may be: all that agree; where they do not, the e-mail tells more than a phone or a plate."""
        found = [ids for ids in (self.by_email.get(email), self.by_phone.get(phone), self.by_plate.get(plate)) if ids]
        return (set.intersection(*found) or found[0]) if found else set()


def contacts_of(email: str, phone: str, plate: str) -> tuple[str, str, str]:
    """Return what is usable of them, in their right spelling."""
    read_mail, read_number = read_email(email), read_phone(phone)
    return (
        read_mail.value if read_mail.is_usable else "",
        read_number.e164 if read_number.is_usable else "",
        normalise_plate(plate) if plate else "",
    )


def known_by(*, emails: Set[str], phones: Set[str], plates: Set[str]) -> Known:
    """Look up customers within the scope by what `contacts_of` returned."""
    known = Known()
    for kind, values, into in (
        (ContactKind.EMAIL, emails - {""}, known.by_email),
        (ContactKind.PHONE, phones - {""}, known.by_phone),
    ):
        if values:
            rows = ContactPoint.objects.filter(kind=kind, value__in=values)
            for value, customer_id, merged_into in rows.values_list("value", "customer_id", "customer__merged_into_id"):
                into[value].add(merged_into or customer_id)
    if named := plates - {""}:
        held = Holding.objects.filter(vehicle__plate__in=named, until=None).order_by("role", "pk")
        holders = held.values_list("vehicle__plate", "vehicle_id", "customer_id", "customer__merged_into_id")
        for plate, vehicle_id, customer_id, merged_into in holders:
            known.by_plate[plate].add(merged_into or customer_id)
            known.vehicle_of[plate] = vehicle_id
    return known
