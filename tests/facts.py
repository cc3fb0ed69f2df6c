"""What was told: for tests that say exactly which facts a verb states."""

from corsia.events import Fact
from corsia.kernel.facts import fact_of
from corsia.kernel.models import FactRecord


def stated_facts(kind: type[Fact] = Fact) -> list[Fact]:
    """Return the facts told so far, in order, of one kind or of all."""
    return [fact for record in FactRecord.objects.order_by("pk") if isinstance(fact := fact_of(record), kind)]
