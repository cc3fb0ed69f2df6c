"""The privacy classes of customers, and which vehicles are theirs alone."""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import ContactPoint, Holding
from corsia.customers.services.index import forget_unused_words
from corsia.events import customers as facts
from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    FactParts,
    Kind,
    Purpose,
    Rows,
    Subject,
    Table,
    Term,
    after_erasure,
    belongs_to_others,
    declare,
    declare_facts,
    each,
    mention,
    plain,
    through,
)
from corsia.organisation.privacy import STAFF_TECHNICAL

CARE = Purpose(
    key="care",
    title=_("Looking after customers and their requests"),
    basis=_("Contract and steps before it (Art. 6(1)(b) GDPR)"),
)
PERMISSION = Purpose(
    key="permission",
    title=_("Contacting customers as they allowed"),
    basis=_("Consent (Art. 6(1)(a) and 7 GDPR, Art. 130 of the Italian privacy code)"),
)
RELATIONSHIP = Term(
    key="relationship",
    title=_("Customers and how to reach them"),
    days=3652,
    counts_from=_("the last case, and no vehicle held any more"),
)

_identity = Class(kind=Kind.IDENTITY, purpose=CARE, kept=RELATIONSHIP, erase=Erase.BLANK)
_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=RELATIONSHIP, reason=ANONYMOUS)
_gone_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=RELATIONSHIP, erase=Erase.DELETE)
_gone_contact = Class(kind=Kind.CONTACT, purpose=CARE, kept=RELATIONSHIP, erase=Erase.DELETE)
_gone_identity = Class(kind=Kind.IDENTITY, purpose=CARE, kept=RELATIONSHIP, erase=Erase.DELETE)
_permission = Class(kind=Kind.TECHNICAL, purpose=PERMISSION, kept=RELATIONSHIP, erase=Erase.DELETE)

_own = through("customer")


def _either(first: str, second: str) -> Rows:
    return lambda subject: [Q(**{f"{first}__in": subject.ids}), Q(**{f"{second}__in": subject.ids})]


def _their_vehicles(subject: Subject, prefix: str = "") -> list[Q]:
    """Return the vehicles that nobody but the subject ever held."""
    held = Holding.unscoped.filter(customer__in=subject.ids).values("vehicle")
    others = Holding.unscoped.filter(vehicle=OuterRef(f"{prefix}pk" if prefix else "pk"))
    return [Q(**{f"{prefix}pk__in": held}) & ~Q(Exists(others.exclude(customer__in=subject.ids)))]


def _held_vehicles(subject: Subject) -> list[Q]:
    return [Q(pk__in=Holding.unscoped.filter(customer__in=subject.ids).values("vehicle"))]


def _plates_of_their_vehicles(subject: Subject) -> list[Q]:
    return _their_vehicles(subject, "vehicle__")


declare(
    Table(
        model="customers.Customer",
        title=_("Customers"),
        rows=lambda subject: [Q(pk__in=subject.ids)],
        fields={
            **plain("id", "unit", "kind", "is_compared"),
            "title": _identity.called(_("Title")),
            "first_name": _identity.called(_("First name")),
            "last_name": _identity.called(_("Last name")),
            "company_name": _identity.called(_("Company name")),
            "display_name": Class(
                kind=Kind.IDENTITY, purpose=CARE, kept=RELATIONSHIP, erase=Erase.PSEUDONYM, label=_("Name")
            ),
            "tax_code": _identity.called(_("Tax code")),
            "vat_number": _identity.called(_("VAT number")),
            "born_on": _identity.called(_("Born on")),
            "note": Class(kind=Kind.CONTENT, purpose=CARE, kept=RELATIONSHIP, erase=Erase.BLANK, label=_("Note")),
            "source": Class(
                kind=Kind.TECHNICAL, purpose=CARE, kept=RELATIONSHIP, erase=Erase.BLANK, label=_("Came to us by")
            ),
            "language": _technical.called(_("Language")),
            "created_at": _technical.called(_("Customer since")),
            **each(_technical, "merged_into", "owner_advisor", "last_surveyed_at"),
        },
    ),
    Table(
        model="customers.CustomerFlag",
        title=_("Flags"),
        rows=_own,
        fields={
            **plain("id", "customer", "set_by"),
            "flag": _gone_technical.called(_("Flag")),
            "set_at": _gone_technical.called(_("Date")),
        },
    ),
    Table(
        model="customers.ContactPoint",
        title=_("E-mail addresses and phone numbers"),
        rows=_own,
        fields={
            **plain("id", "customer"),
            "kind": _gone_technical,
            "value": _gone_contact.called(_("Address or number"), is_address=True),
            "label": _gone_technical,
            "is_primary": _gone_technical,
            "state": _gone_technical,
            "state_reason": _gone_technical,
            "created_at": _gone_technical.called(_("Since")),
        },
    ),
    Table(
        model="customers.Address",
        title=_("Postal addresses"),
        rows=_own,
        fields={
            **plain("id", "customer"),
            "label": _gone_technical,
            "street": _gone_contact.called(_("Street")),
            "postcode": _gone_contact.called(_("Postcode")),
            "city": _gone_contact.called(_("City")),
            "province": _gone_contact.called(_("Province")),
            "country": _gone_contact.called(_("Country")),
            "is_primary": _gone_technical,
        },
    ),
    Table(
        model="customers.Consent",
        title=_("Consents"),
        rows=_own,
        fields={
            **plain("id", "customer", "recorded_by"),
            "purpose": _permission.called(_("Purpose")),
            "channel": _permission.called(_("Channel")),
            "is_given": _permission.called(_("Given")),
            "stated_at": _permission.called(_("Date")),
            "source": _permission.called(_("How it was said")),
            "text_version": _permission.called(_("Wording")),
        },
    ),
    Table(
        model="customers.Holding",
        title=_("Vehicles held"),
        rows=_own,
        fields={
            **plain("id", "customer"),
            "vehicle": _gone_technical.called(_("Vehicle")),
            "role": _gone_technical.called(_("Held as")),
            "since": _gone_technical.called(_("Held since")),
            "until": _gone_technical.called(_("Held until")),
        },
    ),
    Table(
        model="customers.Relation",
        title=_("Members and contact people"),
        rows=_either("whole", "part"),
        fields={
            **plain("id"),
            **each(_gone_technical, "whole", "part", "kind"),
            "job": _gone_identity.called(_("Job")),
        },
    ),
    Table(
        model="customers.Merge",
        title=_("Merged records"),
        fields=plain("id", "survivor", "absorbed", "merged_by", "merged_at", "unmerged_at", "unmerged_by"),
    ),
    Table(
        model="customers.Duplicate",
        title=_("Possible duplicates"),
        rows=_either("first", "second"),
        fields={
            **plain("id", "decided_by"),
            **each(_gone_technical, "first", "second", "score_pct", "reasons", "found_at", "decided_at", "is_same"),
        },
    ),
    Table(
        model="customers.Milestone",
        title=_("Milestones"),
        rows=_own,
        fields={
            **plain("id", "customer", "unit", "vehicle"),
            "kind": _gone_technical.called(_("Milestone")),
            "reached_at": _gone_technical.called(_("Date")),
            "day": _gone_technical,
            "reference": _gone_technical.called(_("Number")),
            "detail": _gone_technical.called(_("Detail")),
            **each(STAFF_TECHNICAL, "stated_by", "stated_at"),
        },
    ),
    Table(
        model="customers.DueTold",
        title=_("Dues they were told of"),
        rows=_own,
        fields={**plain("id", "customer"), **each(_gone_technical, "due", "milestone")},
    ),
    Table(
        model="customers.SearchKey",
        title=_("Search index"),
        rows=_own,
        fields={**plain("id", "unit_id"), **each(_gone_technical, "customer", "kind", "value")},
    ),
    Table(
        # A word stands here once, whoever bears it: the cleaner below drops those that nobody bears any more.
        model="customers.SearchWord",
        title=_("Words of the search index"),
        fields=each(_gone_technical, "word", "variants"),
    ),
)
mention("vehicles.Vehicle", _their_vehicles, shown=_held_vehicles)
mention("vehicles.Plate", _plates_of_their_vehicles)
declare_facts(
    FactParts(fact=facts.CustomerAdded, personal=("source",)),
    FactParts(fact=facts.ConsentStated, keys=("purpose", "channel")),
    FactParts(fact=facts.HoldingChanged, keys=("role",)),
    FactParts(fact=facts.MilestoneReached, personal=("reference", "detail"), keys=("kind",)),
)


def _addresses_of_other_customers(subject: Subject) -> set[str]:
    points = ContactPoint.unscoped.filter(value__in=subject.addresses).exclude(customer__in=subject.ids)
    return set(points.values_list("value", flat=True))


def _drop_words() -> None:
    while forget_unused_words():
        continue


belongs_to_others(_addresses_of_other_customers)
after_erasure(_drop_words)
