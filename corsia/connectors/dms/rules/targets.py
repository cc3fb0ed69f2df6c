"""What a table of another system can bring: the targets of a mapping, their fields and what each field holds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from corsia.connectors.dms.vocabulary import Target
from corsia.customers.vocabulary import ContactKind, ContactState, CustomerKind, VehicleRole
from corsia.organisation.vocabulary import Language
from corsia.vehicles.vocabulary import Fuel
from corsia.workshop.vocabulary import LineKind, LineState, OrderStage


class Kind(StrEnum):
    """What a field holds, and so how its cell is read."""

    TEXT = "text"
    WORDS = "words"  # text of several lines
    DAY = "day"
    INSTANT = "instant"
    WHOLE = "whole"  # a number without decimals
    DECIMAL = "decimal"
    CENTS = "cents"  # an amount, kept in cents
    FLAG = "flag"
    CHOICE = "choice"
    UNIT = "unit"  # the code of a unit
    PERSON = "person"  # the e-mail address of somebody who works here
    JOB = "job"  # the code of a job of the catalogue
    REFERENCE = "reference"  # the other system's number of a row of another table


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a target."""

    kind: Kind = Kind.TEXT
    longest: int = 0
    choices: frozenset[str] = frozenset()
    to: Target | None = None
    is_needed: bool = False


def _text(longest: int, *, needed: bool = False) -> Field:
    return Field(longest=longest, is_needed=needed)


def _choice(values: list[str], *, needed: bool = False) -> Field:
    return Field(kind=Kind.CHOICE, choices=frozenset(value for value in values if value), is_needed=needed)


def _reference(to: Target, *, needed: bool = True) -> Field:
    return Field(kind=Kind.REFERENCE, to=to, is_needed=needed)


_DAY, _INSTANT = Field(kind=Kind.DAY), Field(kind=Kind.INSTANT)
_WHOLE, _FLAG = Field(kind=Kind.WHOLE), Field(kind=Kind.FLAG)
_PERSON = Field(kind=Kind.PERSON)
_ADDRESS: Final[dict[str, Field]] = {
    "street": _text(160),
    "postcode": _text(10),
    "city": _text(80),
    "province": _text(4),
    "country": _text(2),
}

FIELDS: Final[dict[Target, dict[str, Field]]] = {
    Target.CUSTOMERS: {
        "kind": _choice(CustomerKind.values),
        "title": _text(20),
        "first_name": _text(80),
        "last_name": _text(80),
        "company_name": _text(160),
        "called": _text(200),  # where no name is known
        "tax_code": _text(24),
        "vat_number": _text(24),
        "born_on": _DAY,
        "language": _choice(Language.values),
        "owner_advisor": _PERSON,
        "note": Field(kind=Kind.WORDS, longest=4000),
        "source": _text(40),
        "since": _INSTANT,
        **{name: _text(254) for name in ("email", "email2", "email3", "phone", "phone2", "phone3")},
        **_ADDRESS,
    },
    Target.CONTACTS: {
        "customer": _reference(Target.CUSTOMERS),
        "kind": _choice(ContactKind.values, needed=True),
        "value": _text(254, needed=True),
        "label": _text(40),
        "is_primary": _FLAG,
        "state": _choice(ContactState.values),
        "since": _INSTANT,
    },
    Target.ADDRESSES: {
        "customer": _reference(Target.CUSTOMERS),
        "label": _text(40),
        **_ADDRESS,
        "street": _text(160, needed=True),
        "city": _text(80, needed=True),
        "is_primary": _FLAG,
    },
    Target.VEHICLES: {
        "vin": _text(24),
        "make": _text(40),
        "model": _text(60),
        "trim": _text(80),
        "fuel": _choice(Fuel.values),
        "model_year": _WHOLE,
        "first_registered_on": _DAY,
        "warranty_ends_on": _DAY,
        "since": _INSTANT,
        "plate": _text(20),
        "plate_since": _DAY,
        "owner": _reference(Target.CUSTOMERS, needed=False),
        "owned_since": _DAY,
        "km": _WHOLE,
        "km_on": _DAY,
    },
    Target.PLATES: {
        "vehicle": _reference(Target.VEHICLES),
        "number": _text(20, needed=True),
        "since": _DAY,
        "until": _DAY,
    },
    Target.HOLDINGS: {
        "customer": _reference(Target.CUSTOMERS),
        "vehicle": _reference(Target.VEHICLES),
        "role": _choice(VehicleRole.values),
        "since": _DAY,
        "until": _DAY,
    },
    Target.READINGS: {
        "vehicle": _reference(Target.VEHICLES),
        "km": Field(kind=Kind.WHOLE, is_needed=True),
        "read_on": Field(kind=Kind.DAY, is_needed=True),
        "source": _text(40),
    },
    Target.ORDERS: {
        "unit": Field(kind=Kind.UNIT),
        "number": _text(20),
        "customer": _reference(Target.CUSTOMERS),
        "vehicle": _reference(Target.VEHICLES),
        "stage": _choice(OrderStage.values, needed=True),
        "wish": Field(kind=Kind.WORDS, longest=4000),
        "km": _WHOLE,
        "fuel_pct": _WHOLE,
        "received_at": Field(kind=Kind.INSTANT, is_needed=True),
        "received_by": _PERSON,
        "promised_at": _INSTANT,
        "first_promised_at": _INSTANT,
        "ready_at": _INSTANT,
        "closed_at": _INSTANT,
        "signed_name": _text(120),
        "invoice_reference": _text(40),
    },
    Target.LINES: {
        "order": _reference(Target.ORDERS),
        "position": _WHOLE,
        "kind": _choice(LineKind.values, needed=True),
        "state": _choice(LineState.values),
        "job": Field(kind=Kind.JOB),
        "text": _text(200, needed=True),
        "text_en": _text(200),
        "part_code": _text(40),
        "quantity": Field(kind=Kind.DECIMAL),
        "minutes": _WHOLE,
        "price_cents": Field(kind=Kind.CENTS),
        "is_extra": _FLAG,
        "reason": Field(kind=Kind.WORDS, longest=4000),
        "proposed_by": _PERSON,
        "proposed_at": _INSTANT,
        "decided_at": _INSTANT,
        "done_at": _INSTANT,
    },
}
