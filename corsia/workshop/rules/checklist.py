"""What is looked at on every vehicle that comes in, in the order in which one walks around it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing to look at. `key` stands in the findings and never changes."""

    key: str
    name_it: str
    name_en: str


CHECKLIST = tuple(
    Check(key=key, name_it=name_it, name_en=name_en)
    for key, name_it, name_en in (
        ("lights", "Luci e indicatori", "Lights and indicators"),
        ("wipers", "Tergicristalli e parabrezza", "Wipers and windscreen"),
        ("engine_oil", "Livello e stato dell'olio motore", "Engine oil, level and state"),
        ("coolant", "Liquido di raffreddamento", "Coolant"),
        ("brake_fluid", "Liquido dei freni", "Brake fluid"),
        ("battery", "Batteria", "Battery"),
        ("belts", "Cinghie e tubazioni", "Belts and hoses"),
        ("front_brakes", "Freni anteriori", "Front brakes"),
        ("rear_brakes", "Freni posteriori", "Rear brakes"),
        ("front_tyres", "Pneumatici anteriori", "Front tyres"),
        ("rear_tyres", "Pneumatici posteriori", "Rear tyres"),
        ("suspension", "Sospensioni e sterzo", "Suspension and steering"),
        ("exhaust", "Scarico", "Exhaust"),
        ("leaks", "Perdite sotto il veicolo", "Leaks below the vehicle"),
    )
)
CHECKS = {check.key: check for check in CHECKLIST}


def is_complete(looked_at: set[str]) -> bool:
    """Tell whether every thing of the list was looked at."""
    return looked_at >= CHECKS.keys()
