"""The stage of an order follows its lines; one place says how."""

from corsia.workshop.models import Order
from corsia.workshop.rules.stages import stage_now
from corsia.workshop.services.diary import tell_plan


def settle_stage(order: Order) -> None:
    """Write the stage that follows from the lines of an order that is locked."""
    stage = stage_now(
        order.stage,
        lines=set(order.lines.values_list("state", flat=True)),
        is_begun=order.clockings.exists(),
    )
    if stage != order.stage:
        order.stage = stage
        order.save(update_fields=["stage"])
    if order.visit is not None:
        tell_plan(order.visit)
