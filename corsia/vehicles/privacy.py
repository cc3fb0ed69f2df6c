"""The privacy classes of vehicles.

A vehicle has a life of its own, longer than one owner's. Whose it is stands in customers, and goes with them. A plate
leads to its owner through the public register, so it goes with the last customer; the VIN stays for recalls.
"""

from django.utils.translation import gettext_lazy as _

from corsia.events import vehicles as facts
from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    FactParts,
    Kind,
    Purpose,
    Table,
    Term,
    declare,
    declare_facts,
    each,
    plain,
)

VEHICLE_LIFE = Purpose(
    key="vehicle",
    title=_("The life of the vehicle: warranty, recalls, workshop"),
    basis=_("Contract and legal duty of product safety (Art. 6(1)(b) and (c) GDPR)"),
)
VEHICLE = Term(key="vehicle", title=_("As long as the vehicle lives"), days=None)

_known = Class(kind=Kind.TECHNICAL, purpose=VEHICLE_LIFE, kept=VEHICLE, reason=ANONYMOUS)
_plate = Class(kind=Kind.IDENTITY, purpose=VEHICLE_LIFE, kept=VEHICLE, erase=Erase.BLANK, label=_("Plate"))
_vin = Class(
    kind=Kind.IDENTITY,
    purpose=VEHICLE_LIFE,
    kept=VEHICLE,
    label=_("VIN"),
    reason=_(
        "Safety recalls are done by VIN (Reg. (EU) 2018/858 and 2023/988). No link to the person is left: neither the "
        "holdings nor the plate."
    ),
)

declare(
    Table(
        model="vehicles.Vehicle",
        title=_("Vehicles"),
        fields={
            **plain("id", "unit", "created_at"),
            "vin": _vin,
            "plate": _plate,
            "make": _known.called(_("Make")),
            "model": _known.called(_("Model")),
            **each(_known, "trim", "fuel", "model_year", "first_registered_on", "odometer_km", "odometer_on"),
            "warranty_ends_on": _known,
        },
    ),
    Table(
        model="vehicles.Plate",
        title=_("Plates"),
        fields={
            **plain("id", "vehicle"),
            "number": Class(
                kind=Kind.IDENTITY, purpose=VEHICLE_LIFE, kept=VEHICLE, erase=Erase.DELETE, label=_("Plate")
            ),
            **each(
                Class(kind=Kind.TECHNICAL, purpose=VEHICLE_LIFE, kept=VEHICLE, erase=Erase.DELETE),
                "kind",
                "since",
                "until",
            ),
        },
    ),
    Table(
        model="vehicles.OdometerReading",
        title=_("Odometer readings"),
        fields={**plain("id", "vehicle"), **each(_known, "km", "read_on", "source", "goes_back")},
    ),
    Table(
        model="vehicles.ServicePlan",
        title=_("Service plans"),
        fields=plain("id", "unit", "make", "model", "fuel", "interval_km", "interval_months"),
    ),
    Table(
        model="vehicles.GroupPace",
        title=_("How the vehicles of a group drive"),
        fields=plain(
            *("id", "unit", "pace_mean", "pace_between", "pace_within", "pace_vehicles", "habit_mean"),
            *("habit_between", "habit_within", "habit_vehicles", "fitted_at"),
        ),
    ),
    Table(
        model="vehicles.ServiceEvent",
        title=_("Services and inspections done"),
        fields={**plain("id", "unit", "vehicle", "place"), **each(_known, "kind", "done_on", "km", "reference")},
    ),
    Table(
        model="vehicles.Recall",
        title=_("Recall campaigns"),
        fields=plain(
            *("id", "unit", "code", "title_it", "title_en", "text_it", "text_en", "opened_on", "ended_on"),
        ),
    ),
    Table(
        model="vehicles.VehicleRecall",
        title=_("VINs of recall campaigns"),
        fields={**plain("id", "recall", "vehicle"), "vin": _vin, **each(_known, "closed_on", "closing_reference")},
    ),
    Table(
        model="vehicles.Due",
        title=_("What vehicles are due for"),
        fields={
            **plain("id", "unit", "vehicle", "recall", "place", "cycle", "recomputed_at", "is_assumed"),
            **each(_known, "kind", "due_on", "earliest", "latest", "expected_on", "reason", "counted_from"),
            **each(_known, "km_due", "km_a_year", "interval_km", "interval_months", "state", "closed_on"),
        },
    ),
)
declare_facts(
    FactParts(fact=facts.VehicleAdded, personal=("plate",), keys=("vin",), key="vehicle_id", model="vehicles.Vehicle"),
    FactParts(
        fact=facts.VehicleIdentityChanged,
        personal=("plate",),
        keys=("vin",),
        key="vehicle_id",
        model="vehicles.Vehicle",
    ),
    FactParts(fact=facts.ServiceRecorded, keys=("kind", "done_on", "reference")),
)
