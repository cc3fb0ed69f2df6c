"""The metrics that managers built, beside those that ship."""

from django.utils.functional import lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from corsia.analytics.models import BuiltMetric
from corsia.analytics.rules.metrics import Metric, NotAMetric
from corsia.analytics.rules.parts import AMOUNTS, CONDITIONS, SOURCES
from corsia.analytics.rules.registry import METRICS
from corsia.analytics.vocabulary import Better, Measure, Statistic
from corsia.kernel.errors import NotFound, Refused

_MEASURES = {
    Statistic.COUNT: Measure.COUNT,
    Statistic.SHARE: Measure.SHARE,
    Statistic.SCORE: Measure.POINTS,
}


def _name(row: BuiltMetric) -> str:
    is_english = (get_language() or "it").startswith("en")
    return row.name_en or row.name_it if is_english else row.name_it


def _formula(row: BuiltMetric) -> str:
    """Return how a built metric is counted, put together from the words of its parts."""
    said = [f"{SOURCES[row.dataset].name}: {Statistic(row.statistic).label}"]
    if row.amount:
        said.append(str(AMOUNTS[row.amount].name))
    if row.of:
        said.append(_("share with: %(condition)s") % {"condition": CONDITIONS[row.of].name})
    if row.rows:
        names = ", ".join(str(CONDITIONS[key].name) for key in row.rows.split())
        said.append(_("only: %(conditions)s") % {"conditions": names})
    return "; ".join(said) + "."


_named, _told = lazy(_name, str), lazy(_formula, str)  # said in the language of whoever reads


class PartGone(Refused):
    code = "analytics.part_gone"
    message = gettext_lazy("A part of this number is gone. Retire it in the list of all numbers, and build it anew.")


def metric_of(row: BuiltMetric) -> Metric:
    """Return a built metric as every other one is.

    Raises:
        NotAMetric: its parts do not fit, or one of them is gone.
    """
    if row.dataset not in SOURCES or any(key not in CONDITIONS for key in (*row.rows.split(), *row.of.split())):
        raise NotAMetric(f"{row.key}: a part is not known.")
    if row.amount and row.amount not in AMOUNTS:
        raise NotAMetric(f"{row.key}: a part is not known.")
    statistic = Statistic(row.statistic)
    measure = _MEASURES.get(statistic) or AMOUNTS[row.amount].measure
    return Metric(
        key=row.key,
        name=_named(row),
        formula=_told(row),
        dataset=row.dataset,
        day=row.day,
        statistic=statistic,
        rows=tuple(row.rows.split()),
        amount=row.amount,
        of=row.of,
        measure=measure,
        better=Better(row.better),
        minimum_n=row.minimum_n,
        about_staff=bool(SOURCES[row.dataset].agent),  # whoever built it did not say: the careful answer
    )


def built_rows() -> list[BuiltMetric]:
    """Return what was built at the actor's units and above, by name."""
    return list(BuiltMetric.objects.filter(is_retired=False).select_related("unit").order_by("name_it", "pk"))


def metric_named(key: str) -> tuple[Metric, BuiltMetric | None]:
    """Return a metric by its key, shipped or built.

    Raises:
        NotFound: there is none of this name within the scope.
        PartGone: it was built from a part that is no more.
    """
    if key in METRICS:
        return METRICS[key], None
    row = built_row(key)
    try:
        return metric_of(row), row
    except NotAMetric:
        raise PartGone from None


def built_row(key: str) -> BuiltMetric:
    """Return what was built under a key.

    Raises:
        NotFound: there is none of this name within the scope.
    """
    row: BuiltMetric | None = BuiltMetric.objects.filter(key=key, is_retired=False).first()
    if row is None:
        raise NotFound(kind="analytics.BuiltMetric")
    return row
