"""What is read, what helps, what is searched in vain."""

from dataclasses import dataclass
from datetime import date

from corsia.kernel.statements import Statement
from corsia.knowledge.models import MissedSearch
from corsia.knowledge.queries.articles import FEWEST_JUDGEMENTS

_READ = Statement(
    sql="""
    SELECT a.id, a.title_it, a.title_en, a.audience, sum(d.views), sum(d.useful), sum(d.not_useful),
        sum(d.used_in_reply)
    FROM knowledge_articleday d JOIN knowledge_article a ON a.id = d.article_id
    WHERE {within} AND d.day >= %(since)s AND (%(branch)s::bigint[] IS NULL OR d.unit_id = ANY(%(branch)s::bigint[]))
    GROUP BY a.id
    """,
    column="d.unit_id",
)
_NEVER = Statement(
    sql="""
    SELECT a.id, a.title_it, a.title_en, a.audience, a.published_at FROM knowledge_article a
    WHERE {within} AND a.published_at < %(before)s AND a.retired_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM knowledge_articleday d WHERE d.article_id = a.id AND d.day >= %(since)s
        AND (d.views > 0 OR d.used_in_reply > 0)
        AND (%(branch)s::bigint[] IS NULL OR d.unit_id = ANY(%(branch)s::bigint[])))
    ORDER BY a.published_at, a.id LIMIT %(limit)s
    """,
    column="a.unit_id",
    is_shared=True,
)
_DAYS = Statement(
    sql="""
    SELECT d.day, sum(d.views), sum(d.useful), sum(d.not_useful), sum(d.used_in_reply) FROM knowledge_articleday d
    WHERE {within} AND d.day >= %(since)s AND (%(branch)s::bigint[] IS NULL OR d.unit_id = ANY(%(branch)s::bigint[]))
    GROUP BY d.day
    """,
    column="d.unit_id",
)
_COMPLAINTS = Statement(
    sql="SELECT d.article_id, d.reason, sum(d.answers) FROM knowledge_complaintday d WHERE {within}"
    " AND d.day >= %(since)s AND d.article_id = ANY(%(articles)s) GROUP BY 1, 2 ORDER BY 3 DESC",
    column="d.unit_id",
)


@dataclass(frozen=True, kw_only=True)
class ReadRow:
    """What one article did in a period."""

    id: int
    title_it: str
    title_en: str
    audience: str
    views: int
    useful: int
    not_useful: int
    used_in_reply: int
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def judged(self) -> int:
        return self.useful + self.not_useful

    @property
    def useful_pct(self) -> int | None:
        """Share of "it was useful", in whole per cent; None under FEWEST_JUDGEMENTS."""
        return round(100 * self.useful / self.judged) if self.judged >= FEWEST_JUDGEMENTS else None


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Everything the page of numbers shows."""

    views: int
    judged: int
    useful: int
    used_in_reply: int
    missed: int
    most_read: list[ReadRow]
    least_useful: list[ReadRow]
    never_read: list[tuple[int, str, str, str]]
    per_day: list[tuple[date, int]]

    @property
    def useful_pct(self) -> int | None:
        return round(100 * self.useful / self.judged) if self.judged >= FEWEST_JUDGEMENTS else None


def numbers(*, days: list[date], branch: list[int] | None, limit: int = 10) -> Numbers:
    """Return the numbers of a period.

    Args:
        days: all days of the period, in order.
        branch: the units whose reads count; None for all of the scope.
    """
    since = days[0]
    rows = [
        ReadRow(id=r[0], title_it=r[1], title_en=r[2], audience=r[3], views=int(r[4]), useful=int(r[5]),
                not_useful=int(r[6]), used_in_reply=int(r[7]))
        for r in _READ.rows(since=since, branch=branch)
    ]  # fmt: skip
    most = sorted((r for r in rows if r.views), key=lambda r: (-r.views, r.title_it))[:limit]
    judged = [r for r in rows if r.useful_pct is not None and r.not_useful]
    least = sorted(judged, key=lambda r: (r.useful / r.judged, -r.judged))[:limit]
    per_day = {day: int(views) for day, views, *_rest in _DAYS.rows(since=since, branch=branch)}
    never = _NEVER.rows(since=since, before=since, branch=branch, limit=limit)
    missed = MissedSearch.objects.filter(article=None, dismissed_at=None, last_at__date__gte=since)
    if branch is not None:
        missed = missed.filter(unit_id__in=branch)
    return Numbers(
        views=sum(r.views for r in rows),
        judged=sum(r.judged for r in rows),
        useful=sum(r.useful for r in rows),
        used_in_reply=sum(r.used_in_reply for r in rows),
        missed=missed.count(),
        most_read=most,
        least_useful=_with_reasons(least, since),
        never_read=[(pk, it, en, audience) for pk, it, en, audience, _at in never],
        per_day=[(day, per_day.get(day, 0)) for day in days],
    )


def _with_reasons(rows: list[ReadRow], since: date) -> list[ReadRow]:
    reasons: dict[int, list[tuple[str, int]]] = {}
    for article, reason, answers in _COMPLAINTS.rows(since=since, articles=[row.id for row in rows]):
        reasons.setdefault(article, []).append((reason, int(answers)))
    return [ReadRow(**{**row.__dict__, "reasons": tuple(reasons.get(row.id, ()))}) for row in rows]


def missed_searches(*, limit: int = 50) -> list[MissedSearch]:
    """Return the words that found nothing and that nobody has answered, most often searched first."""
    rows = MissedSearch.objects.filter(article=None, dismissed_at=None).select_related("unit")
    return list(rows.order_by("-times", "-pk")[:limit])
