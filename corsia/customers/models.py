"""Customers, how to reach them, what they agreed to, their vehicles over time, reversible merges, search index."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from corsia.customers.vocabulary import (
    ConsentChannel,
    ContactKind,
    ContactState,
    CustomerKind,
    Flag,
    MilestoneKind,
    Purpose,
    RelationKind,
    VehicleRole,
)
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language
from corsia.vehicles.models import Due, Vehicle

LONGEST_DETAIL = 300  # of a milestone: several dues in words


class Customer(UnitModel):
    """A person, company or household. Its unit is the dealer group: everybody below shares it.

    A merge only points `merged_into` at the surviving record and touches nothing else, so that taking it back gives
    equal records. The records that point at one survivor are its family; reads about a customer cover the family.
    """

    shared_with_descendants = True

    kind = models.CharField(max_length=10, choices=CustomerKind, default=CustomerKind.PERSON)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    company_name = models.CharField(max_length=160, blank=True)
    display_name = models.CharField(max_length=200)  # what lists show; kept by the services
    title = models.CharField(max_length=20, blank=True)
    tax_code = models.CharField(max_length=16, blank=True)
    vat_number = models.CharField(max_length=14, blank=True)
    born_on = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=2, choices=Language, default=Language.ITALIAN)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")
    owner_advisor = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.TextField(blank=True)
    source = models.CharField(max_length=40, blank=True)
    last_surveyed_at = models.DateTimeField(null=True, blank=True)
    is_compared = models.BooleanField(default=False)  # with the others, for duplicates, since its identity last changed
    created_at = models.DateTimeField()

    # Set by `find_or_add_by_email` on what it returns: several customers use the address, this one most recently.
    is_ambiguous: bool = False

    class Meta:
        constraints = [
            models.CheckConstraint(name="customers_not_merged_into_itself", condition=~Q(merged_into=models.F("id"))),
        ]
        indexes = [
            models.Index(fields=["tax_code"], name="customers_tax_code", condition=~Q(tax_code="")),
            models.Index(fields=["id"], name="customers_to_compare", condition=Q(is_compared=False)),
        ]

    def __str__(self) -> str:
        return self.display_name


class CustomerFlag(ScopedModel):
    """A flag set on a customer, by whom and since when."""

    unit_path = "customer__unit_id"
    shared_with_descendants = True

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="flags")
    flag = models.CharField(max_length=16, choices=Flag)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "flag"], name="customers_flag_once")]


class ContactPoint(ScopedModel):
    """An e-mail address or phone number of a customer. Families share them: uniqueness is per customer, not global."""

    unit_path = "customer__unit_id"
    shared_with_descendants = True

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=5, choices=ContactKind)
    value = models.CharField(max_length=254)  # normalised: casefolded address, E.164 number
    label = models.CharField(max_length=40, blank=True)
    is_primary = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=ContactState, default=ContactState.UNKNOWN)
    state_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "value"], name="customers_contact_once"),
            models.UniqueConstraint(
                fields=["customer", "kind"], condition=Q(is_primary=True), name="customers_contact_one_primary"
            ),
        ]
        indexes = [models.Index(fields=["kind", "value"], name="customers_contact_value")]


class Address(ScopedModel):
    """A postal address of a customer."""

    unit_path = "customer__unit_id"
    shared_with_descendants = True

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses")
    label = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=160)
    postcode = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=80)
    province = models.CharField(max_length=4, blank=True)
    country = models.CharField(max_length=2, default="IT")
    is_primary = models.BooleanField(default=False)


class Consent(ScopedModel):
    """What a customer said about one purpose and channel. Statements are added, never changed: the latest counts."""

    unit_path = "customer__unit_id"
    shared_with_descendants = True

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=14, choices=Purpose)
    channel = models.CharField(max_length=8, choices=ConsentChannel, default=ConsentChannel.ANY)
    is_given = models.BooleanField()
    stated_at = models.DateTimeField()
    source = models.CharField(max_length=80)  # "paper form 12/03", "web form", "unsubscribe link"
    text_version = models.CharField(max_length=40, blank=True)
    recorded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["customer", "purpose", "-stated_at", "-id"], name="customers_consent_latest")]


class Holding(ScopedModel):
    """Who owns, drives or pays for a vehicle, from a day to a day."""

    unit_path = "customer__unit_id"
    shared_with_descendants = True

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="holdings")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="holdings")
    role = models.CharField(max_length=6, choices=VehicleRole)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)  # first day on which it no longer holds

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="customers_holding_order",
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gt=models.F("since")),
            ),
            models.UniqueConstraint(
                fields=["vehicle"],
                condition=Q(role=VehicleRole.OWNER, until__isnull=True),
                name="customers_one_owner_at_a_time",
            ),
        ]


class Relation(ScopedModel):
    """A person belongs to a household or speaks for a company."""

    unit_path = "whole__unit_id"
    shared_with_descendants = True

    whole = models.ForeignKey(Customer, models.CASCADE, related_name="members")
    part = models.ForeignKey(Customer, models.CASCADE, related_name="memberships")
    kind = models.CharField(max_length=20, choices=RelationKind)
    job = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["whole", "part"], name="customers_relation_once"),
            models.CheckConstraint(name="customers_relation_two", condition=~Q(whole=models.F("part"))),
        ]


class Merge(ScopedModel):
    """A merge of one surviving record into another. Open merges form trees; `merged_into` names the root of each.

    Taking a merge back cuts one branch, whatever was merged before or after it.
    """

    unit_path = "survivor__unit_id"
    shared_with_descendants = True

    survivor = models.ForeignKey(Customer, models.PROTECT, related_name="merges")
    absorbed = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    merged_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    merged_at = models.DateTimeField()
    unmerged_at = models.DateTimeField(null=True, blank=True)
    unmerged_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed"], condition=Q(unmerged_at__isnull=True), name="customers_absorbed_once"
            ),
        ]


class Duplicate(ScopedModel):
    """Two records that look like one customer, waiting for a person to say."""

    unit_path = "first__unit_id"
    shared_with_descendants = True

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    score_pct = models.PositiveSmallIntegerField()
    reasons = models.CharField(max_length=200)  # codes joined by spaces
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    is_same = models.BooleanField(null=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="customers_duplicate_once"),
            models.CheckConstraint(name="customers_duplicate_order", condition=Q(first__lt=models.F("second"))),
        ]
        indexes = [
            models.Index(fields=["-score_pct", "id"], name="customers_duplicate_open", condition=Q(decided_at=None)),
        ]


class Milestone(UnitModel):
    """Something that came to pass between a customer and a unit: a delivery, an invoice, a car that is ready.

    Stated by hand or by a list as long as no context of ours knows it by itself; stated twice it is once.
    """

    kind = models.CharField(max_length=20, choices=MilestoneKind)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="milestones")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, null=True, blank=True, related_name="+")
    reached_at = models.DateTimeField()
    day = models.DateField()  # of `reached_at` where the unit is: two lists of one day mean one thing
    reference = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=LONGEST_DETAIL, blank=True)
    stated_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "customer", "vehicle", "day", "reference", "detail"],
                nulls_distinct=False,
                name="customers_milestone_once",
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-reached_at"], name="customers_milestones_of"),
            models.Index(fields=["vehicle", "-reached_at"], name="customers_milestones_car"),
            models.Index(fields=["kind", "-reached_at"], name="customers_milestones_kind"),
        ]


class DueTold(ScopedModel):
    """A due of a vehicle was told to its owner, within a milestone: it is never told to them again."""

    unit_path = "customer__unit_id"
    shared_with_descendants = True

    due = models.ForeignKey(Due, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    milestone = models.ForeignKey(Milestone, models.CASCADE, related_name="dues")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["due", "customer"], name="customers_due_told_once")]


class SearchKey(models.Model):
    """One way to find a customer: a folded word, number or code. Kept by the services, reached only through queries."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    unit_id = models.BigIntegerField()  # the customer's, repeated for the scope
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=80)

    class Meta:
        indexes = [
            models.Index(
                fields=["kind", "value"], name="customers_key_prefix", opclasses=["varchar_ops", "varchar_pattern_ops"]
            ),
        ]


class SearchWord(models.Model):
    """A word some customer is called by, with the variants by which one mistake in it is forgiven (search_keys.py)."""

    word = models.CharField(max_length=80, primary_key=True)
    variants = ArrayField(models.CharField(max_length=8))

    class Meta:
        indexes = [GinIndex(fields=["variants"], name="customers_word_variants")]
