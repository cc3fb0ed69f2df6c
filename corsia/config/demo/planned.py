"""What the group tells its customers by itself: rules, and the deliveries, orders and invoices of the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.config.demo.group import CARE, PARTS, SALES, WORKSHOP, DemoGroup
from corsia.config.demo.names import TOWNS
from corsia.config.demo.registry import DemoCustomer, Registry, with_vehicle
from corsia.config.demo.today import Today
from corsia.customers.services import state_milestone
from corsia.customers.vocabulary import MilestoneKind
from corsia.messaging.services.planned import RuleData, make_due_contacts, save_rule
from corsia.messaging.services.ready_rules import use_ready_rules
from corsia.messaging.vocabulary import DelayKind, FollowUp

HOUR = 60  # minutes
_READY = {"vehicle-delivered", "vehicle-ready", "order-changed"}
_OWN_RULES = (
    RuleData(
        name="Chiamata di cortesia dopo la consegna",
        occasion=f"customers.{MilestoneKind.VEHICLE_DELIVERED}",
        follow_up=FollowUp.TASK,
        process_key="contact",
        make="Fiat",
        delay_kind=DelayKind.WORKING,
        delay_minutes=8 * HOUR,
        task_title="Chiamare: come va l'auto nuova? C'è qualcosa da spiegare?",
    ),
    RuleData(
        name="Fattura emessa (in prova)",
        occasion=f"customers.{MilestoneKind.INVOICE_ISSUED}",
        follow_up=FollowUp.MESSAGE,
        process_key="contact",
        delay_minutes=HOUR,
        send_hour=9,
        template_key="invoice-issued",
        is_active=False,
    ),
)


@dataclass(frozen=True)
class _Happens:
    """Something that came to pass `hours_ago` in a department of a town, by its place in TOWNS."""

    hours_ago: float
    kind: MilestoneKind
    town: int
    department: str
    reference: str = ""
    detail: str = ""


_HAPPENS = (
    _Happens(101, MilestoneKind.VEHICLE_DELIVERED, 0, SALES, "V-0412"),
    _Happens(97, MilestoneKind.VEHICLE_DELIVERED, 1, SALES, "V-0413"),
    _Happens(76, MilestoneKind.VEHICLE_DELIVERED, 0, SALES, "V-0415"),
    _Happens(53, MilestoneKind.VEHICLE_DELIVERED, 0, SALES, "V-0418"),
    _Happens(50, MilestoneKind.VEHICLE_DELIVERED, 1, SALES, "V-0419"),
    _Happens(28, MilestoneKind.VEHICLE_DELIVERED, 0, SALES, "V-0422"),
    _Happens(5, MilestoneKind.VEHICLE_DELIVERED, 0, SALES, "V-0424"),
    _Happens(27, MilestoneKind.VEHICLE_READY, 0, WORKSHOP),
    _Happens(26, MilestoneKind.VEHICLE_READY, 1, WORKSHOP),
    _Happens(4.5, MilestoneKind.VEHICLE_READY, 0, WORKSHOP),
    _Happens(2.2, MilestoneKind.VEHICLE_READY, 0, WORKSHOP),
    _Happens(1.1, MilestoneKind.VEHICLE_READY, 1, WORKSHOP),
    _Happens(30, MilestoneKind.ORDER_CHANGED, 0, PARTS, "OR-20771", "spedito dal magazzino centrale"),
    _Happens(6, MilestoneKind.ORDER_CHANGED, 0, PARTS, "OR-20783", "arrivo previsto venerdì"),
    _Happens(3, MilestoneKind.ORDER_CHANGED, 1, PARTS, "OR-20790", "in arretrato presso la casa: una settimana in più"),
)


def load(group: DemoGroup, registry: Registry, today: Today, *, now: datetime) -> None:
    """Write the rules, let things come to pass in order, and make what is due by now; the rest waits its day."""
    elena = today.actor(group.person("elena.conti@bellandi.example"))
    since = now - timedelta(days=40)
    use_ready_rules(unit_id=group.root.pk, keys=_READY, by=elena, now=since)
    for rule in _OWN_RULES:
        save_rule(rule_id=None, unit_id=group.root.pk, data=rule, by=elena, now=since)
    people: dict[int, list[DemoCustomer]] = {
        town: [one for one in with_vehicle(registry.by_town[town]) if one.email][5:] for town in (0, 1)
    }
    for one in sorted(_HAPPENS, key=lambda happens: -happens.hours_ago):
        if not people[one.town]:
            continue
        customer = people[one.town].pop(0)
        place = f"{TOWNS[one.town].slug}/{one.department}"
        unit = group.units.get(place) or group.units[f"{TOWNS[one.town].slug}/{CARE}"]
        at = now - timedelta(hours=one.hours_ago)
        make_due_contacts(now=at)
        state_milestone(
            unit_id=unit.pk,
            kind=one.kind,
            customer_id=customer.id,
            vehicle_id=customer.vehicles[0].id,
            reached_at=at,
            reference=one.reference,
            detail=one.detail,
            by=elena,
            now=at,
        )
        today.react()
    make_due_contacts(now=now)
    today.leave_nothing_to_do()
