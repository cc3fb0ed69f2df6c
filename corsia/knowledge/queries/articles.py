"""Articles as they are read: on the desk, on a help site, in a reply."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Prefetch, Q
from django.utils.safestring import SafeString

from corsia.kernel.errors import NotFound
from corsia.kernel.statements import Statement
from corsia.knowledge.models import Article, ArticleFile, ArticleText, ArticleVersion, Category
from corsia.knowledge.queries.sites import key_values
from corsia.knowledge.rules.keys import filled
from corsia.knowledge.rules.markup import Address, nowhere, to_html, to_plain
from corsia.knowledge.vocabulary import OPEN_STATES, Audience, VersionState
from corsia.organisation.queries import tree

PAGE = 60
LANGUAGES = ("it", "en")


@dataclass(frozen=True, kw_only=True)
class ArticlePage:
    """One article in one language, ready to be shown.

    Attributes:
        is_other_language: there is no text in the language asked for; this is its twin.
        languages: those in which there is a text.
    """

    article: Article
    version: ArticleVersion
    language: str
    is_other_language: bool
    languages: tuple[str, ...]
    title: str
    html: SafeString
    minutes: int  # to read it, at 200 words a minute


def article_page(
    *,
    article_id: int,
    language: str,
    unit_id: int | None = None,
    number: int | None = None,
    address: Address = nowhere,
) -> ArticlePage:
    """Return an article as it is published, or one of its versions.

    Args:
        unit_id: whose name, phone and hours stand for the keys in the text; the article's own unit for None.
        number: of a version; None for the published one, or the draft of an article that never was.

    Raises:
        NotFound: no such article or version within the scope.
    """
    article: Article = Article.objects.select_related("category", "owner", "unit").find(article_id)
    version = version_of(article, number)
    texts = {text.language: text for text in version.texts.all()}
    if not texts:
        raise NotFound(kind=ArticleText._meta.label)
    shown = language if language in texts else next(iter(texts))
    text = texts[shown]
    body = filled(text.body, key_values(article.unit_id if unit_id is None else unit_id))
    return ArticlePage(
        article=article,
        version=version,
        language=shown,
        is_other_language=shown != language,
        languages=tuple(one for one in LANGUAGES if one in texts),
        title=text.title,
        html=to_html(body, address=address),
        minutes=max(1, round(len(body.split()) / 200)),
    )


def version_of(article: Article, number: int | None = None) -> ArticleVersion:
    """Return a version with its texts: the numbered one, else the published, else the open one.

    Raises:
        NotFound: there is no such version.
    """
    rows = ArticleVersion.objects.filter(article=article).prefetch_related("texts")
    rows = rows.select_related("author", "editor", "approver")
    if number is not None:
        found = rows.filter(number=number).first()
    else:
        found = rows.filter(state=VersionState.PUBLISHED).first() or rows.filter(state__in=OPEN_STATES).first()
    if found is None:
        raise NotFound(kind=ArticleVersion._meta.label)
    return found  # type: ignore[no-any-return]


def article_text(*, article_id: int, language: str, unit_id: int) -> str:
    """Return the published text without marks, with the unit's own name and hours, to be put into a reply.

    Raises:
        NotFound: there is no such published article within the scope.
    """
    article: Article = Article.objects.find(article_id)
    version = version_of(article)
    if version.state != VersionState.PUBLISHED or article.retired_at is not None:
        raise NotFound(kind=Article._meta.label)
    texts = {text.language: text for text in version.texts.all()}
    text = texts.get(language) or next(iter(texts.values()))
    return to_plain(filled(text.body, key_values(unit_id)), links=True)


def article_titles(article_ids: Iterable[int], *, language: str) -> dict[int, str]:
    """Return the titles of articles within the scope, in a language or else in the other."""
    rows = Article.objects.filter(pk__in=list(article_ids)).values_list("pk", "title_it", "title_en")
    return {pk: (en or it) if language == "en" else (it or en) for pk, it, en in rows}


# ---- lists of the desk ----

STATES = ("published", "draft", "waiting", "due", "retired")


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """One line of the list of articles."""

    article: Article
    open_state: str  # of a draft beside or before the published version; "" without one
    languages: tuple[str, ...]
    views: int
    useful: int
    judged: int
    is_due: bool

    @property
    def useful_pct(self) -> int | None:
        """Share of "it was useful", in whole per cent; None under five judgements: so few say nothing."""
        return round(100 * self.useful / self.judged) if self.judged >= FEWEST_JUDGEMENTS else None


FEWEST_JUDGEMENTS = 5


def article_rows(
    *, category_id: int | None, state: str, audience: str, after: tuple[str, int] | None, since: date, today: date
) -> list[ListRow]:
    """Return articles by title, at most PAGE + 1, so that the caller sees whether there are more.

    Args:
        after: title and id of the last row of the page before.
        since: the first day of which reads are counted.
    """
    rows = Article.objects.select_related("category", "owner")
    if category_id is not None:
        rows = rows.filter(category_id=category_id)
    if audience in Audience.values:
        rows = rows.filter(audience=audience)
    rows = rows.filter(**_of_state(state, today))
    if after is not None:
        rows = rows.filter(Q(title_it__gt=after[0]) | Q(title_it=after[0], pk__gt=after[1]))
    texts = Prefetch("texts", ArticleText.objects.only("version_id", "language"))
    rows = rows.prefetch_related(
        Prefetch(
            "versions",
            ArticleVersion.objects.filter(state__in=[*OPEN_STATES, VersionState.PUBLISHED]).prefetch_related(texts),
        )
    )
    found = list(rows.order_by("title_it", "pk")[: PAGE + 1])
    counts = counts_of([row.pk for row in found], since=since)
    return [_row(article, counts.get(article.pk, (0, 0, 0)), today) for article in found]


def _of_state(state: str, today: date) -> dict[str, object]:
    if state == "retired":
        return {"retired_at__isnull": False}
    live: dict[str, object] = {"retired_at": None}
    if state == "published":
        return live | {"published_at__isnull": False}
    if state in (VersionState.DRAFT, VersionState.WAITING):
        return live | {"versions__state": state}
    if state == "due":
        return live | {"published_at__isnull": False, "review_on__lte": today}
    return live


def _row(article: Article, counts: tuple[int, int, int], today: date) -> ListRow:
    versions = list(article.versions.all())
    opened = next((version for version in versions if version.state in OPEN_STATES), None)
    shown = next((version for version in versions if version.state == VersionState.PUBLISHED), opened)
    languages = {text.language for text in shown.texts.all()} if shown else set()
    views, useful, judged = counts
    return ListRow(
        article=article,
        open_state=opened.state if opened else "",
        languages=tuple(language for language in LANGUAGES if language in languages),
        views=views,
        useful=useful,
        judged=judged,
        is_due=is_due(article, today),
    )


def is_due(article: Article, today: date) -> bool:
    """Tell whether the day has come on which somebody reads the article again."""
    return bool(
        article.published_at and article.retired_at is None and article.review_on and article.review_on <= today
    )


_COUNTS = Statement(
    sql="SELECT d.article_id, sum(d.views), sum(d.useful), sum(d.useful + d.not_useful) FROM knowledge_articleday d"
    " WHERE {within} AND d.article_id = ANY(%(articles)s) AND d.day >= %(since)s GROUP BY d.article_id",
    column="d.unit_id",
)


def counts_of(article_ids: Iterable[int], *, since: date) -> dict[int, tuple[int, int, int]]:
    """Return views, "useful" and all judgements of articles since a day, where the scope may see them."""
    rows = _COUNTS.rows(articles=list(article_ids), since=since)
    return {article: (int(views), int(useful), int(judged)) for article, views, useful, judged in rows}


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A category with how many articles stand on it."""

    category: Category
    articles: int


def shelves_in_scope() -> list[Shelf]:
    """Return the shelves that the scope sees, with the number of articles that are not retired."""
    rows = Category.objects.annotate(n=Count("articles", filter=Q(articles__retired_at=None)))
    return [Shelf(category=row, articles=row.n) for row in rows.order_by("position", "name_it", "pk")]


def state_counts(*, today: date) -> dict[str, int]:
    """Return how many articles the scope sees in each state; each at most 100, which reads as "99+"."""
    return {state: len(Article.objects.filter(**_of_state(state, today)).values_list("pk")[:100]) for state in STATES}


# ---- what customers read ----


@dataclass(frozen=True, kw_only=True)
class PublicShelf:
    """A shelf as customers see it."""

    category: Category
    articles: list["PublicLink"] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class PublicLink:
    article_id: int
    key: str
    title: str
    is_other_language: bool


_PUBLIC = Statement(
    sql="""
    SELECT a.id, a.key, a.category_id, a.title_it, a.title_en FROM knowledge_article a
    WHERE {within} AND a.unit_id = ANY(%(chain)s::bigint[]) AND a.audience = 'public' AND a.published_at IS NOT NULL
        AND a.retired_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM knowledge_article n WHERE n.key = a.key AND n.unit_id = ANY(%(chain)s::bigint[])
            AND n.published_at IS NOT NULL AND n.retired_at IS NULL
            AND array_position(%(chain)s::bigint[], n.unit_id) < array_position(%(chain)s::bigint[], a.unit_id))
    ORDER BY a.title_it, a.id LIMIT 2000
    """,
    column="a.unit_id",
    is_shared=True,
)


def public_shelves(*, unit_id: int, language: str) -> list[PublicShelf]:
    """Return what customers of a unit may read, by shelf; empty shelves are left out."""
    chain = [unit.pk for unit in tree().chain(unit_id)]
    by_shelf: dict[int, list[PublicLink]] = {}
    for pk, key, category, it, en in _PUBLIC.rows(chain=chain):
        own, other = (en, it) if language == "en" else (it, en)
        link = PublicLink(article_id=pk, key=key, title=own or other, is_other_language=not own)
        by_shelf.setdefault(category, []).append(link)
    shelves = Category.objects.filter(pk__in=by_shelf).order_by("position", "name_it", "pk")
    return [PublicShelf(category=shelf, articles=by_shelf[shelf.pk]) for shelf in shelves]


def public_article_id(*, unit_id: int, key: str) -> int:
    """Return the article that customers of a unit read under a key.

    Raises:
        NotFound: there is none that they may read.
    """
    chain = [unit.pk for unit in tree().chain(unit_id)]
    rows = Article.objects.filter(unit_id__in=chain, key=key, published_at__isnull=False, retired_at=None)
    found = {unit: (pk, audience) for unit, pk, audience in rows.values_list("unit_id", "pk", "audience")}
    nearest = next((found[unit] for unit in chain if unit in found), None)
    if nearest is None or nearest[1] != Audience.PUBLIC:
        raise NotFound(kind=Article._meta.label)
    return int(nearest[0])


def public_file(*, unit_id: int, file_id: int) -> ArticleFile:
    """Return a file of an article that customers of a unit may read.

    Raises:
        NotFound: there is none.
    """
    file: ArticleFile | None = ArticleFile.objects.select_related("article").filter(pk=file_id).first()
    if file is None or public_article_id(unit_id=unit_id, key=file.article.key) != file.article_id:
        raise NotFound(kind=ArticleFile._meta.label)
    return file


def popular(*, unit_id: int, language: str, since: date, limit: int = 6) -> list[PublicLink]:
    """Return what is read most on the help site of a unit since a day."""
    links = {
        link.article_id: link for shelf in public_shelves(unit_id=unit_id, language=language) for link in shelf.articles
    }
    counts: Mapping[int, tuple[int, int, int]] = counts_of(links, since=since)
    best = sorted((pk for pk in links if counts.get(pk, (0,))[0]), key=lambda pk: (-counts[pk][0], links[pk].title))
    return [links[pk] for pk in best[:limit]]


def versions_of(article_id: int) -> list[ArticleVersion]:
    """Return the versions of an article, newest first."""
    rows = ArticleVersion.objects.filter(article_id=article_id).select_related("author", "editor", "approver")
    return list(rows.prefetch_related("texts").order_by("-number")[:200])


def changed_at(version: ArticleVersion) -> datetime:
    """Return when a version took effect, or was last written in."""
    return version.published_at or version.changed_at
