"""What improvement asks for, answered by cases and surveys: criticalities, and outcomes by unit.

Criticalities are counted over cases and answers of the units asked for:

- a **root cause** of closed cases: volume is the number of cases; severity rises with the share of them that were
  reopened or left their customer a detractor;
- **reopened cases** of a process: severity rises with the share of its closed cases that came back;
- **detractors** of a process: severity rises as their mean score falls; their words are the quotes;
- a **topic** that detractors blame: severity rises as their mean score falls; their words are the quotes. Whoever says
  in words what it was counts there and not among the detractors of the process, nor once more by a low item;
- **promoters** of a process, as strengths: severity rises with the mean score;
- **detractors** of a touchpoint, as plans of listening heard them: severity rises as their mean score falls;
- **findings** of a touchpoint that are not settled: volume is their number, severity their mean;
- **questions answered badly** (findings of surveys), each by itself: volume is how often. The recommendation is not
  among them: who gave it badly is counted among the detractors.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, Exists, F, OuterRef, Q, Sum
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from corsia.cases.models import Case, Goodwill, Process
from corsia.cases.vocabulary import GoodwillState
from corsia.improvement.ports import Criticality, Kpi
from corsia.improvement.rules.effect import Moments
from corsia.improvement.vocabulary import Direction, Sign
from corsia.kernel import scope
from corsia.listening.models import Finding, Response, ResponseTopic, Touchpoint
from corsia.listening.queries.topics import shipped_topics
from corsia.listening.rules.nps import DETRACTOR_UP_TO, PROMOTER_FROM
from corsia.listening.vocabulary import LifeState, Stage
from corsia.organisation.queries import tree

QUOTES = 3
_MOST = 40  # criticalities listed
_WORST, _LEAST = 5, 1


def _severity(share: float) -> int:
    """Return 1 to 5 for a share from 0 to 1."""
    return max(_LEAST, min(_WORST, _LEAST + round(share * (_WORST - _LEAST))))


class HeardInCases:
    """Counts what hurts in cases, answers and findings."""

    def ranked(self, unit_ids: Collection[int], since: datetime, until: datetime) -> Sequence[Criticality]:
        names = _process_names()
        found = [
            *self._causes(unit_ids, since, until),
            *self._reopened(unit_ids, since, until, names),
            *self._answers(unit_ids, since, until, names),
            *self._touchpoints(unit_ids, since, until),
            *self._topics(unit_ids, since, until),
            *self._findings(unit_ids, since, until),
        ]
        return sorted(found, key=lambda one: (one.plus_minus == Sign.PLUS, -one.weight, one.key))[:_MOST]

    def _causes(self, unit_ids: Collection[int], since: datetime, until: datetime) -> list[Criticality]:
        cases = Case.objects.filter(
            unit_id__within=unit_ids, closed_at__gte=since, closed_at__lt=until, cause__isnull=False, merged_into=None
        )
        unhappy = _asked_at_closing().filter(score__lte=DETRACTOR_UP_TO, unit_id__within=unit_ids)
        hurt = Q(reopened_times__gt=0) | Q(pk__in=unhappy.values("case_id"))
        rows = cases.values("cause_id", "cause__name_it", "cause__name_en").annotate(
            n=Count("pk"), hurt=Count("pk", filter=hurt)
        )
        is_english = _is_english()
        return [
            Criticality(
                key=f"cause:{row['cause_id']}",
                label=(row["cause__name_en"] if is_english else "") or row["cause__name_it"],
                plus_minus=Sign.MINUS,
                volume=row["n"],
                severity=_severity(row["hurt"] / row["n"]),
                source=_("Root cause of closed cases"),
            )
            for row in rows.order_by()
        ]

    def _reopened(
        self, unit_ids: Collection[int], since: datetime, until: datetime, names: Mapping[str, str]
    ) -> list[Criticality]:
        cases = Case.objects.filter(
            unit_id__within=unit_ids, closed_at__gte=since, closed_at__lt=until, merged_into=None
        )
        rows = cases.values(key=F("version__process__key")).annotate(
            n=Count("pk"), back=Count("pk", filter=Q(reopened_times__gt=0))
        )
        return [
            Criticality(
                key=f"reopened:{row['key']}",
                label=_("%(process)s: cases that came back") % {"process": names.get(row["key"], row["key"])},
                plus_minus=Sign.MINUS,
                volume=row["back"],
                severity=_severity(row["back"] / row["n"]),
                source=_("Closed cases that were reopened"),
            )
            for row in rows.order_by()
            if row["back"]
        ]

    def _topics(self, unit_ids: Collection[int], since: datetime, until: datetime) -> list[Criticality]:
        """Return what detractors blame in their own words."""
        rows = ResponseTopic.objects.filter(
            sign=Sign.MINUS,
            unit_id__within=unit_ids,
            response__in=_asked_at_closing().filter(
                score__lte=DETRACTOR_UP_TO, unit_id__within=unit_ids, answered_at__gte=since, answered_at__lt=until
            ),
        )
        known, is_english, found = shipped_topics(), _is_english(), []
        for row in rows.values("topic").annotate(n=Count("pk"), mean=Avg("response__score")).order_by("topic"):
            if row["topic"] not in known:
                continue
            said = rows.filter(topic=row["topic"]).order_by("-response__answered_at", "-pk")
            found.append(
                Criticality(
                    key=f"topic:{row['topic']}",
                    label=known[row["topic"]].name_en if is_english else known[row["topic"]].name_it,
                    plus_minus=Sign.MINUS,
                    volume=row["n"],
                    severity=_severity(1 - row["mean"] / (DETRACTOR_UP_TO + 1)),
                    source=_("What detractors wrote"),
                    quotes=list(said.values_list("response__text", flat=True)[:QUOTES]),
                )
            )
        return found

    def _findings(self, unit_ids: Collection[int], since: datetime, until: datetime) -> list[Criticality]:
        """Return what visits and interviews found about each touchpoint; settled findings hurt nobody any more."""
        rows = Finding.objects.filter(
            unit_id__within=unit_ids, noted_at__gte=since, noted_at__lt=until, settled_on=None
        ).select_related("touchpoint")
        found: dict[tuple[int, str, str], list[Finding]] = defaultdict(list)
        for row in rows.order_by("-noted_at", "-pk"):
            found[row.touchpoint_id, row.sign, row.item if row.month else ""].append(row)
        return [
            _criticality_of(mine, key=f"item:{touchpoint_id}:{item}" if item else f"findings:{touchpoint_id}:{sign}")
            for (touchpoint_id, sign, item), mine in found.items()
        ]

    def _touchpoints(self, unit_ids: Collection[int], since: datetime, until: datetime) -> list[Criticality]:
        """Return where plans of listening met unhappy customers: a low score is low in whichever survey it stands."""
        rows = Response.objects.filter(
            plan__isnull=False,
            touchpoint__isnull=False,
            score__lte=DETRACTOR_UP_TO,
            unit_id__within=unit_ids,
            answered_at__gte=since,
            answered_at__lt=until,
        )
        counted = rows.values("touchpoint_id", "touchpoint__name_it", "touchpoint__name_en").annotate(
            n=Count("pk"), mean=Avg("score")
        )
        is_english = _is_english()
        found = []
        for row in counted.order_by():
            said = rows.filter(touchpoint_id=row["touchpoint_id"]).exclude(text="").order_by("-answered_at", "-pk")
            name = (row["touchpoint__name_en"] if is_english else "") or row["touchpoint__name_it"]
            found.append(
                Criticality(
                    key=f"unhappy:{row['touchpoint_id']}",
                    label=_("%(touchpoint)s: detractors") % {"touchpoint": name},
                    plus_minus=Sign.MINUS,
                    volume=row["n"],
                    severity=_severity(1 - row["mean"] / (DETRACTOR_UP_TO + 1)),
                    source=_("Answers to plans of listening"),
                    quotes=list(said.values_list("text", flat=True)[:QUOTES]),
                )
            )
        return found

    def _answers(
        self, unit_ids: Collection[int], since: datetime, until: datetime, names: Mapping[str, str]
    ) -> list[Criticality]:
        answers = _asked_at_closing().filter(unit_id__within=unit_ids, answered_at__gte=since, answered_at__lt=until)
        wanted = (
            (Sign.MINUS, _unexplained(answers), "detractors", _("%(process)s: detractors")),
            (Sign.PLUS, answers.filter(score__gte=PROMOTER_FROM), "promoters", _("%(process)s: promoters")),
        )
        found = []
        for sign, rows, kind, title in wanted:
            counted = rows.values(key=F("case__version__process__key")).annotate(n=Count("pk"), mean=Avg("score"))
            by_process = list(counted.order_by())
            words = _words(rows, [row["key"] for row in by_process])
            for row in by_process:
                share = row["mean"] / 10 if sign == Sign.PLUS else 1 - row["mean"] / (DETRACTOR_UP_TO + 1)
                found.append(
                    Criticality(
                        key=f"{kind}:{row['key']}",
                        label=title % {"process": names.get(row["key"], row["key"])},
                        plus_minus=sign,
                        volume=row["n"],
                        severity=_severity(share),
                        source=_("Answers to the survey at closing"),
                        quotes=words[row["key"]],
                    )
                )
        return found


def _criticality_of(mine: Sequence[Finding], *, key: str) -> Criticality:
    """Return what several findings of one matter come to."""
    touchpoint, times = mine[0].touchpoint, sum(row.times for row in mine)
    name = (touchpoint.name_en if _is_english() else "") or touchpoint.name_it
    is_item = mine[0].month is not None
    return Criticality(
        key=key,
        label=f"{name}: {mine[0].title}" if is_item else name,
        plus_minus=Sign(mine[0].sign),
        volume=times,
        severity=round(sum(row.severity * row.times for row in mine) / times),
        source=_("Questions answered badly") if is_item else _("Findings of visits and interviews"),
        quotes=[] if is_item else [row.quote or row.title for row in mine[:QUOTES]],
    )


def _asked_at_closing() -> Any:
    """Return the answers at the closing of cases: those after a visit or a remedy are other populations."""
    return Response.objects.filter(
        plan=None, invitation__isnull=False, invitation__plan=None, invitation__follows=None, score__isnull=False
    )


def _unexplained(answers: Any) -> Any:
    """Return the detractors whose words blame no topic."""
    blaming = ResponseTopic.objects.filter(response=OuterRef("pk"), sign=Sign.MINUS)
    return answers.filter(~Exists(blaming), score__lte=DETRACTOR_UP_TO)


def _words(answers: Any, keys: Sequence[str]) -> dict[str, list[str]]:
    """Return the newest words for each process."""
    said: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        rows = answers.filter(case__version__process__key=key).exclude(text="")
        said[key] = list(rows.order_by("-answered_at", "-pk").values_list("text", flat=True)[:QUOTES])
    return said


def _is_english() -> bool:
    return (get_language() or "it").startswith("en")


def _process_names() -> dict[str, str]:
    is_english = _is_english()
    rows = Process.objects.values_list("key", "name_it", "name_en").order_by("pk")
    return {key: (name_en if is_english else "") or name_it for key, name_it, name_en in rows}


KPIS = (
    Kpi(
        key="nps",
        name=gettext_lazy("NPS after closing"),
        measure=gettext_lazy("points"),
        formula=gettext_lazy("Share of promoters (9 and 10) less share of detractors (0 to 6), of the answers"),
        better=Direction.HIGHER,
    ),
    Kpi(
        key="score",
        name=gettext_lazy("Mean score after closing"),
        measure=gettext_lazy("points of 10"),
        formula=gettext_lazy("Mean of the answers from 0 to 10"),
        better=Direction.HIGHER,
    ),
    Kpi(
        key="reopened",
        name=gettext_lazy("Cases that came back"),
        measure="%",
        formula=gettext_lazy("Share of the closed cases that were reopened"),
        better=Direction.LOWER,
    ),
    Kpi(
        key="goodwill",
        name=gettext_lazy("Goodwill given for each closed case"),
        measure="€",
        formula=gettext_lazy("Approved goodwill on closed cases, divided by the number of closed cases"),
        better=Direction.LOWER,
        is_money=True,
    ),
)


class MeasuredInCases:
    """Measures surveys and cases. It looks past the active scope: an effect needs the units it is compared with."""

    def kpis(self) -> Sequence[Kpi]:
        return KPIS

    def by_unit(self, kpi: str, unit_ids: Collection[int], since: datetime, until: datetime) -> Mapping[int, Moments]:
        with scope.system("improvement: outcomes by unit"):
            return _gathered(unit_ids, lambda below: _READERS[kpi](below, since, until))


class PointsOfJourney:
    """Offers the touchpoints of a unit and of those above it, as the scope shares them with the units below."""

    def names(self, unit_id: int) -> Sequence[tuple[str, str]]:
        places = tree()
        above = [unit.pk for unit in places.chain(unit_id)]
        rows = Touchpoint.objects.filter(unit_id__in=above).exclude(state=LifeState.RETIRED)
        is_english, order = _is_english(), {stage.value: place for place, stage in enumerate(Stage)}
        found = sorted(rows, key=lambda row: (order[row.stage], row.position, row.pk))
        return [(row.key, (row.name_en if is_english else "") or row.name_it) for row in found]


def _gathered(unit_ids: Collection[int], read: Any) -> dict[int, Moments]:
    """Add what is measured in every unit up to those asked for that it belongs to."""
    places = tree()
    above = {
        unit.pk: [place.pk for place in places.chain(unit.pk) if place.pk in unit_ids] for unit in places.units.values()
    }
    sums: dict[int, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for unit_id, value, count in read([pk for pk, owners in above.items() if owners]):
        for owner in above[unit_id]:
            sums[owner][0] += count
            sums[owner][1] += value * count
            sums[owner][2] += value * value * count
    return {pk: Moments(n=int(n), total=total, squares=squares) for pk, (n, total, squares) in sums.items()}


def _scores(below: Collection[int], since: datetime, until: datetime) -> list[tuple[int, float, int]]:
    rows = _asked_at_closing().filter(unit_id__within=below, answered_at__gte=since, answered_at__lt=until)
    counted = rows.values_list("unit_id", "score").annotate(n=Count("pk")).order_by()
    return [(unit, float(score), n) for unit, score, n in counted]


def _points(below: Collection[int], since: datetime, until: datetime) -> list[tuple[int, float, int]]:
    def points(score: float) -> float:
        return 100.0 if score >= PROMOTER_FROM else -100.0 if score <= DETRACTOR_UP_TO else 0.0

    return [(unit, points(score), n) for unit, score, n in _scores(below, since, until)]


def _closed(below: Collection[int], since: datetime, until: datetime) -> Any:
    return Case.objects.filter(unit_id__within=below, closed_at__gte=since, closed_at__lt=until, merged_into=None)


def _came_back(below: Collection[int], since: datetime, until: datetime) -> list[tuple[int, float, int]]:
    counted = (
        _closed(below, since, until)
        .values("unit_id")
        .annotate(n=Count("pk"), back=Count("pk", filter=Q(reopened_times__gt=0)))
    )
    found = []
    for row in counted.order_by():
        found += [(row["unit_id"], 100.0, row["back"]), (row["unit_id"], 0.0, row["n"] - row["back"])]
    return found


def _given(below: Collection[int], since: datetime, until: datetime) -> list[tuple[int, float, int]]:
    cases = _closed(below, since, until)
    sums = (
        Goodwill.objects.filter(case__in=cases.values("pk"), state=GoodwillState.APPROVED)
        .values("case__unit_id", "case_id")
        .annotate(cents=Sum("amount_cents"))
        .order_by()
    )
    found = [(row["case__unit_id"], row["cents"] / 100, 1) for row in sums]
    with_any: dict[int, int] = defaultdict(int)
    for unit, _euros, _one in found:
        with_any[unit] += 1
    counted = cases.values_list("unit_id").annotate(n=Count("pk")).order_by()
    return found + [(unit, 0.0, n - with_any[unit]) for unit, n in counted]


_READERS = {"nps": _points, "score": _scores, "reopened": _came_back, "goodwill": _given}
