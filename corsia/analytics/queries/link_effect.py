"""Do fewer customers ask where their car is since they get a visit link? Each workshop before and after its own day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Min

from corsia.analytics.queries.figures import figure
from corsia.analytics.queries.narrowing import Filters, visible_units
from corsia.analytics.rules.periods import Period
from corsia.analytics.rules.rates import Difference, Rate, difference
from corsia.analytics.rules.registry import METRICS
from corsia.analytics.vocabulary import Statistic
from corsia.kernel.actors import Actor
from corsia.kernel.models import AuditEntry
from corsia.messaging.models import EventRule
from corsia.messaging.vocabulary import FollowUp
from corsia.organisation.queries import day_in, tree
from corsia.workshop.models import Workshop
from corsia.workshop.occasions import CHECKED, OPENED, PROMISED

LONGEST = timedelta(days=90)  # looked back and ahead
_ASKED = replace(METRICS["workshop_status_contacts"], statistic=Statistic.SUM, minimum_n=0)


@dataclass(frozen=True)
class LinkEffect:
    """What changed with the visit link.

    Attributes:
        workshops: how many have had it long enough to be counted.
        since: the first day on which one of them had it, and the last; None where none had.
        before, after: contacts about the state of the vehicle, in how many orders closed; as long before as after.
        difference: None where there are too few orders to tell.
    """

    workshops: int
    since: tuple[date, date] | None
    before: Rate
    after: Rate
    difference: Difference | None

    @property
    def is_counted(self) -> bool:
        """Tell whether anybody writes down that customers ask."""
        return self.before.times + self.after.times > 0


def link_effect(*, filters: Filters, actor: Actor, today: date) -> LinkEffect:
    """Compare the workshops of some units before and after they began to send the link, each on its own day.

    Raises:
        NotBuiltYet, NoNumbers, NotFound: as for `figure`.
    """
    started = {unit: day for unit, day in link_days(visible_units(actor, filters)).items() if day < today}
    before = after = Rate(0, 0)
    for unit_id, day in started.items():
        length = min(LONGEST, today - day)
        before += _rate(unit_id, Period(day - length, day), actor=actor, today=today)
        after += _rate(unit_id, Period(day, day + length), actor=actor, today=today)
    return LinkEffect(
        workshops=len(started),
        since=(min(started.values()), max(started.values())) if started else None,
        before=before,
        after=after,
        difference=difference(before, after),
    )


def link_days(unit_ids: frozenset[int]) -> Mapping[int, date]:
    """Return since when customers of each workshop get the link: the day its first rule for orders was written."""
    rules = EventRule.objects.filter(
        occasion__in=(OPENED, CHECKED, PROMISED), follow_up=FollowUp.MESSAGE, is_active=True
    )
    of_unit = dict(rules.values_list("pk", "unit_id"))
    written: dict[int, datetime] = dict(
        AuditEntry.objects.filter(object_kind=EventRule._meta.label_lower, object_id__in=list(of_unit), verb="added")
        .values_list("object_id")
        .annotate(Min("at"))
    )
    organisation, found = tree(), {}
    for unit_id in Workshop.objects.filter(unit_id__within=unit_ids, is_active=True).values_list("unit_id", flat=True):
        above = {*organisation.unit(unit_id).ancestor_ids, unit_id}
        instants = [at for rule_id, at in written.items() if of_unit[rule_id] in above]
        if instants:
            found[unit_id] = day_in(unit_id, min(instants))
    return found


def _rate(unit_id: int, period: Period, *, actor: Actor, today: date) -> Rate:
    told = figure(_ASKED, period=period, filters=Filters(unit_id=unit_id), actor=actor, today=today, compare=False)
    return Rate(times=int(told.value or 0), among=told.n or 0)
