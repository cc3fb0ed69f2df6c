"""Deliver what a provider takes only in parts, each of them once."""

from collections.abc import Callable, Sequence

from corsia.messaging.models import DeliveredPart, Outgoing
from corsia.messaging.ports import Parcel


def deliver_in_parts(parcel: Parcel, steps: Sequence[Callable[[], str]]) -> str:
    """Take the steps that no earlier attempt took; return the provider's name of the last part.

    Each step hands one part over and returns the provider's name of it. What is taken is on disk before the next step.
    """
    if len(steps) == 1:
        return steps[0]()
    outgoing = Outgoing.unscoped.only("id").get(header_id=parcel.key)
    taken = dict(DeliveredPart.unscoped.filter(outgoing=outgoing).values_list("number", "provider_id"))
    for number, step in enumerate(steps):
        if number not in taken:
            taken[number] = step()
            DeliveredPart.unscoped.create(outgoing=outgoing, number=number, provider_id=taken[number][:200])
    return taken[len(steps) - 1]
