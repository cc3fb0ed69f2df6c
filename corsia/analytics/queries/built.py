"""The metrics that managers built, beside those that ship."""

from django.utils.translation import gettext_lazy as _

from corsia.analytics.models import BuiltMetric
from corsia.analytics.rules.metrics import Metric, NotAMetric
from corsia.analytics.rules.parts import AMOUNTS, CONDITIONS, SOURCES
from corsia.analytics.rules.registry import METRICS
from corsia.analytics.vocabulary import Better, Measure, Statistic
from corsia.kernel.errors import NotFound

_MEASURES = {
    Statistic.COUNT: Measure.COUNT,
    Statistic.SHARE: Measure.SHARE,
    Statistic.SCORE: Measure.POINTS,
}


class _InOneLanguage:
    """A name in Italian and English, said in the reader's language."""

    def __init__(self, italian: str, english: str) -> None:
        self._italian, self._english = italian, english or italian

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self._english if (get_language() or "it").startswith("en") else self._italian


class _Formula:
    """How a built metric is counted, put together from the words of its parts."""

    def __init__(self, row: BuiltMetric) -> None:
        self._row = row

    def __str__(self) -> str:
        row = self._row
        said = [f"{SOURCES[row.dataset].name}: {Statistic(row.statistic).label}"]
        if row.amount:
            said.append(str(AMOUNTS[row.amount].name))
        if row.of:
            said.append(str(_("share with: %(condition)s") % {"condition": CONDITIONS[row.of].name}))
        if row.rows:
            names = ", ".join(str(CONDITIONS[key].name) for key in row.rows.split())
            said.append(str(_("only: %(conditions)s") % {"conditions": names}))
        return "; ".join(said) + "."


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
        name=_InOneLanguage(row.name_it, row.name_en),
        formula=_Formula(row),
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
    """
    if key in METRICS:
        return METRICS[key], None
    row = BuiltMetric.objects.filter(key=key, is_retired=False).first()
    if row is None:
        raise NotFound(kind="analytics.BuiltMetric")
    return metric_of(row), row
