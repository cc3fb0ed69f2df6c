"""Work orders: what was found, agreed and done on a vehicle, from reception to release, with every minute clocked."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import get_language

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel.models import Blob, ScopedModel
from corsia.kernel.ranges import Int8Range, TstzRange
from corsia.organisation.models import Person, UnitModel
from corsia.vehicles.models import Vehicle
from corsia.workshop.models.capacity import Technician
from corsia.workshop.models.catalogue import Job
from corsia.workshop.models.visit import Visit
from corsia.workshop.vocabulary import LineKind, LineState, OrderStage, Verdict


class Order(UnitModel):
    """One visit of one vehicle to one workshop, from reception to release."""

    number = models.PositiveIntegerField()  # per unit and year: what is printed is "2026/17"
    year = models.PositiveSmallIntegerField()
    visit = models.OneToOneField(Visit, models.PROTECT, null=True, blank=True, related_name="order")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")  # where questions go
    stage = models.CharField(max_length=10, choices=OrderStage, default=OrderStage.RECEIVED)
    wish = models.TextField(blank=True)  # in the customer's words
    km = models.PositiveIntegerField(null=True, blank=True)
    fuel_pct = models.PositiveSmallIntegerField(null=True, blank=True)
    promised_at = models.DateTimeField()
    # What was said at reception: the promise that is measured. None where an imported order names no hour.
    first_promised_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    received_at = models.DateTimeField()
    signed_name = models.CharField(max_length=120, blank=True)
    signature = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    ready_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    invoice_reference = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "number"], name="workshop_order_number_once"),
            models.CheckConstraint(
                name="workshop_order_fuel", condition=Q(fuel_pct__isnull=True) | Q(fuel_pct__lte=100)
            ),
            models.CheckConstraint(
                name="workshop_order_closed_iff_at",
                condition=Q(stage=OrderStage.CLOSED, closed_at__isnull=False)
                | (~Q(stage=OrderStage.CLOSED) & Q(closed_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-received_at"], name="workshop_orders_latest"),
            models.Index(fields=["vehicle", "-received_at"], name="workshop_orders_of_vehicle"),
            models.Index(fields=["customer", "-received_at"], name="workshop_orders_of_customer"),
            models.Index(
                fields=["unit", "promised_at"], name="workshop_orders_open", condition=~Q(stage=OrderStage.CLOSED)
            ),
        ]


class OrderLine(ScopedModel):
    """Labour, a part or outside work. What was not agreed at reception waits for the customer's yes."""

    unit_path = "order__unit_id"

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=LineKind)
    state = models.CharField(max_length=10, choices=LineState, default=LineState.APPROVED)
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.CharField(max_length=200)  # as it was typed; of the catalogue in Italian
    text_en = models.CharField(max_length=200, blank=True)  # "": the same
    part_code = models.CharField(max_length=40, blank=True)  # of a part that the workshop may have in stock
    quantity = models.DecimalField(max_digits=8, decimal_places=2, default=1)
    minutes = models.PositiveSmallIntegerField(default=0)  # sold to the customer, not clocked
    price_cents = models.PositiveIntegerField()  # of the whole line, VAT included
    is_extra = models.BooleanField(default=False)  # found while working
    reason = models.TextField(blank=True)  # why it is proposed, in words the customer understands
    proposed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="workshop_line_once"),
            models.CheckConstraint(
                name="workshop_line_done_iff_at",
                condition=Q(state=LineState.DONE, done_at__isnull=False)
                | (~Q(state=LineState.DONE) & Q(done_at__isnull=True)),
            ),
        ]

    def text_in(self, language: str) -> str:
        """Return what the line says in a language; what was typed by hand says the same in all."""
        return self.text_en if language.startswith("en") and self.text_en else self.text

    @property
    def local_text(self) -> str:
        """What the line says in the language of the page."""
        return self.text_in(get_language() or "it")


class Clocking(ScopedModel):
    """Somebody worked on a line from an instant to an instant; open while they still do. Nobody works twice at once."""

    unit_path = "order__unit_id"

    order = models.ForeignKey(Order, models.CASCADE, related_name="clockings")
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="clockings")
    technician = models.ForeignKey(Technician, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    start_key = models.UUIDField(unique=True)  # made on the device: what is sent twice counts once
    end_key = models.UUIDField(unique=True, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="workshop_clocking_order", condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("started_at"))
            ),
            ExclusionConstraint(
                name="workshop_clocked_once_at_a_time",
                expressions=[
                    (Int8Range("technician_id", "technician_id", Value("[]")), RangeOperators.OVERLAPS),
                    (TstzRange("started_at", "ended_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["technician", "-started_at"], name="workshop_clockings_of")]


class Picture(ScopedModel):
    """A photo or voice note of an order: of a damage at reception, of a check, of what was found."""

    unit_path = "order__unit_id"

    order = models.ForeignKey(Order, models.CASCADE, related_name="pictures")
    line = models.ForeignKey(OrderLine, models.SET_NULL, null=True, blank=True, related_name="pictures")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    media_type = models.CharField(max_length=60)
    note = models.CharField(max_length=300, blank=True)
    is_for_customer = models.BooleanField(default=False)  # shown on the visit link
    key = models.UUIDField(unique=True)  # made on the device
    taken_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    taken_at = models.DateTimeField()


class Damage(ScopedModel):
    """A damage that was there when the vehicle came, marked on the drawing."""

    unit_path = "order__unit_id"

    order = models.ForeignKey(Order, models.CASCADE, related_name="damages")
    x_pct = models.PositiveSmallIntegerField()  # from the left of the drawing seen from above, nose to the left
    y_pct = models.PositiveSmallIntegerField()  # from its top
    note = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(name="workshop_damage_on_drawing", condition=Q(x_pct__lte=100) & Q(y_pct__lte=100)),
        ]


class Finding(ScopedModel):
    """One thing of the check list as it was found; the last word on it counts."""

    unit_path = "order__unit_id"

    order = models.ForeignKey(Order, models.CASCADE, related_name="findings")
    item = models.CharField(max_length=40)  # key of rules/checklist
    verdict = models.CharField(max_length=4, choices=Verdict)
    note = models.CharField(max_length=300, blank=True)
    key = models.UUIDField(unique=True)  # made on the device
    found_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    found_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "item", "-found_at"], name="workshop_findings_latest")]


class Approval(ScopedModel):
    """What the customer was shown and said to it: the text itself, sealed by its digest, never changed."""

    unit_path = "order__unit_id"

    order = models.ForeignKey(Order, models.PROTECT, related_name="approvals")
    shown = models.JSONField()  # lines, prices, total and language as they were shown
    is_approved = models.BooleanField()
    name = models.CharField(max_length=120)
    signature = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField()
    way = models.CharField(max_length=8)  # "link", or "desk" where the desk wrote down what was said
    taken_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # None: by the link
    digest = models.BinaryField(max_length=32)  # SHA-256 of everything above


class NumberSeries(UnitModel):
    """The last number given to an order of a unit in a year."""

    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "year"], name="workshop_series_once")]
