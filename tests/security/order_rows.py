"""Rows of work orders for the sweeps: one in course, one done, one ready, and a visit to be received."""

from datetime import datetime, timedelta
from uuid import uuid4

from corsia.customers.models import Customer
from corsia.vehicles.models import Vehicle
from corsia.workshop.links import visit_token
from corsia.workshop.models import Order, Workshop
from corsia.workshop.services import approvals, reception, work
from corsia.workshop.services.approvals import Proposal
from corsia.workshop.services.reception import DamageData, LineData, PictureData, Reception
from tests.factories.cases import ROBOT
from tests.factories.orders import PNG, made_ready
from tests.factories.workshop import Shop, visit_in


def order_rows(
    *,
    shop: Shop,
    customer_id: int,
    vehicle_id: int,
    canary: str,
    now: datetime,
) -> tuple[dict[str, int], dict[str, str]]:
    """Make orders in several stages, marked; return their ids, and the token of a visit link."""
    customer, vehicle = Customer.objects.get(pk=customer_id), Vehicle.objects.get(pk=vehicle_id)
    content = PNG + canary.encode()

    def opened(**fields) -> Order:
        data = Reception(promised_at=now + timedelta(days=8), wish=canary, **fields)
        order = reception.receive(
            unit_id=shop.unit.pk, customer_id=customer_id, vehicle_id=vehicle_id, data=data, by=ROBOT, now=now
        )
        line = LineData(kind="labour", text=canary, minutes=30, price_cents=5_000)
        reception.add_line(order_id=order.pk, data=line, by=ROBOT, now=now)
        return order

    order = opened(
        km=1_000,
        damages=[DamageData(x_pct=1, y_pct=2, note=canary)],
        pictures=[PictureData(content=content, note=canary, is_for_customer=True)],
    )
    extra = approvals.propose_extra(
        order_id=order.pk,
        data=Proposal(line=LineData(kind="labour", text=canary, price_cents=9_000), reason=canary),
        by=ROBOT,
        now=now,
    )
    work.record_finding(
        order_id=order.pk, item="leaks", verdict="bad", note=canary, key=uuid4(), at=now, by=ROBOT, now=now
    )
    finished, ready = opened(), opened()
    work.finish_line(line_id=finished.lines.get().pk, at=now, by=ROBOT, now=now)
    made_ready(ready, at=now)
    visit = visit_in(shop, customer, vehicle, at=now + timedelta(days=2))
    assert Workshop.objects.filter(unit=shop.unit).exists()
    return (
        {
            "shop_unit_id": shop.unit.pk,
            "order_id": order.pk,
            "finished_order_id": finished.pk,
            "ready_order_id": ready.pk,
            "order_line_id": order.lines.get(position=0).pk,
            "extra_line_id": extra.pk,
            "picture_id": order.pictures.get().pk,
            "clocked_technician_id": shop.technicians["luca"].pk,
            "shop_visit_id": visit.pk,
        },
        {"visit_token": visit_token(order.pk), "shop_plate": vehicle.plate},
    )
