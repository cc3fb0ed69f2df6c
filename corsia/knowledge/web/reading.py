"""The knowledge base on the desk: find, list, read."""

from datetime import date, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from corsia.kernel.access import access, may
from corsia.kernel.blobs import content_of
from corsia.kernel.http import StaffRequest, row_id
from corsia.knowledge import services
from corsia.knowledge.models import Article, ArticleFile
from corsia.knowledge.permissions import APPROVE_ARTICLES, MANAGE_SITES, READ_ARTICLES, WRITE_ARTICLES
from corsia.knowledge.queries import article_page, find
from corsia.knowledge.queries import articles as queries
from corsia.knowledge.queries.sites import public_link
from corsia.knowledge.services.files import PICTURES
from corsia.knowledge.services.publishing import approvers_of
from corsia.knowledge.vocabulary import OPEN_STATES, Audience, Source, VersionState
from corsia.knowledge.web.places import desk_address, home_of, language, units_with
from corsia.organisation.queries import tree

COUNTED = timedelta(days=90)


@require_safe
@access(READ_ARTICLES)
def index(request: StaffRequest) -> HttpResponse:
    """List the articles by shelf and state, or show what some words find."""
    words = request.GET.get("q", "").strip()
    if words:
        return _found(request, words)
    now = request.received_at
    today = timezone.localtime(now).date()
    may_write = may(request.actor, WRITE_ARTICLES)
    state = request.GET.get("state", "")
    state = state if state in queries.STATES and (may_write or state == "published") else ""
    shelf = row_id(request.GET.get("shelf"))
    rows = queries.article_rows(
        category_id=shelf,
        state=state if may_write else "published",
        audience=request.GET.get("audience", ""),
        after=_after(request.GET.get("after", "")),
        since=today - COUNTED,
        today=today,
    )
    shelves = queries.shelves_in_scope()
    last = rows[queries.PAGE - 1].article if len(rows) > queries.PAGE else None
    context = {
        "rows": rows[: queries.PAGE],
        "after": f"{last.pk}:{last.title_it}" if last else "",
        "is_first": "after" not in request.GET,
        "shelves": shelves,
        "shelf": next((one.category for one in shelves if one.category.pk == shelf), None),
        "total": sum(one.articles for one in shelves),
        "state": state,
        "states": _states(today) if may_write else [],
        "audience": request.GET.get("audience", ""),
        "audiences": Audience.choices,
        "may_write": may_write,
        "may_approve": may(request.actor, APPROVE_ARTICLES),
        "may_manage": may(request.actor, MANAGE_SITES),
        "is_english": language() == "en",
    }
    return render(request, "knowledge/index.html", context)


def _states(today: date) -> list[tuple[str, str, int]]:
    counts = queries.state_counts(today=today)
    labels = {
        "published": _("In print"),
        "draft": _("Drafts"),
        "waiting": _("To approve"),
        "due": _("To review"),
        "retired": _("Taken off"),
    }
    return [(state, labels[state], counts[state]) for state in queries.STATES]


def _after(text: str) -> tuple[str, int] | None:
    """Return where a page of the list begins, from "id:title"."""
    number, colon, title = text.replace("\x00", "").partition(":")
    pk = row_id(number)
    return (title[:160], pk) if colon and pk is not None else None


def _found(request: StaffRequest, words: str) -> HttpResponse:
    words = words.replace("\x00", "")[:200]
    result = find(words=words, language=language(), limit=20, begins=bool(request.htmx))
    shelves = {one.category.pk: one.category for one in queries.shelves_in_scope()}
    context = {
        "words": words,
        "found": [(one, shelves.get(one.category_id)) for one in result.found],
        "corrected": result.corrected,
        "may_write": may(request.actor, WRITE_ARTICLES),
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "knowledge/_found.html", context)
    if not result.found:
        services.note_missed_search(words=words, language=language(), unit_id=home_of(request), now=request.received_at)
    return render(request, "knowledge/search.html", context)


@require_safe
@access(READ_ARTICLES)
def article(request: StaffRequest, article_id: int) -> HttpResponse:
    """Show one article as its readers see it, with what colleagues need beside it."""
    wanted = request.GET.get("l", "")
    wanted = wanted if wanted in ("it", "en") else language()
    number = row_id(request.GET.get("version"))
    page = article_page(article_id=article_id, language=wanted, number=number, address=desk_address)
    may_write = may(request.actor, WRITE_ARTICLES, page.article.unit_id)
    if page.version.state != VersionState.PUBLISHED and not may(request.actor, WRITE_ARTICLES):
        raise Http404
    now = request.received_at
    today = timezone.localtime(now).date()
    versions = queries.versions_of(article_id) if may_write else []
    opened = next((version for version in versions if version.state in OPEN_STATES), None)
    if page.version.state == VersionState.PUBLISHED and page.article.retired_at is None and request.method == "GET":
        services.count(
            article_id=article_id,
            unit_id=home_of(request),
            language=page.language,
            source=Source.DESK,
            reader=f"person:{request.actor.id}",
            now=now,
        )
    views, useful, judged = queries.counts_of([article_id], since=today - COUNTED).get(article_id, (0, 0, 0))
    is_public = page.article.audience == Audience.PUBLIC and page.article.published_at and not page.article.retired_at
    may_approve = may(request.actor, APPROVE_ARTICLES, page.article.unit_id)
    context = {
        "page": page,
        "article": page.article,
        "versions": versions,
        "opened": opened,
        "is_old": page.version.state == VersionState.REPLACED,
        "is_due": queries.is_due(page.article, today),
        "views": views,
        "useful": useful,
        "judged": judged,
        "useful_pct": round(100 * useful / judged) if judged >= queries.FEWEST_JUDGEMENTS else None,
        "fewest": queries.FEWEST_JUDGEMENTS,
        "place": tree().label(page.article.unit_id),
        "link": public_link(key=page.article.key, unit_id=home_of(request), language=page.language)
        if is_public
        else "",
        "may_write": may_write,
        "may_approve": may_approve,
        "approvers": approvers_of(page.article.unit_id, now=now)[:5] if opened and not may_approve else [],
        "own_units": [] if may_write else units_with(request, WRITE_ARTICLES),
    }
    return render(request, "knowledge/article.html", context)


@require_safe
@access(READ_ARTICLES)
def by_key(request: StaffRequest, key: str) -> HttpResponse:
    """Lead from a link between articles to the one that is meant: the nearest with this key."""
    found = list(Article.objects.filter(key=key, retired_at=None).values_list("pk", "unit__path"))
    if not found:
        raise Http404
    return redirect("knowledge:article", max(found, key=lambda row: len(row[1]))[0])


@require_safe
@access(READ_ARTICLES)
def file(request: StaffRequest, file_id: int) -> HttpResponse:
    """Serve a picture or a document of an article."""
    return file_response(ArticleFile.objects.find(file_id))


def file_response(row: ArticleFile) -> HttpResponse:
    """Return the bytes: pictures are shown, everything else is downloaded."""
    answer = HttpResponse(content_of(row.blob_id), content_type=row.media_type)
    kind = "inline" if row.media_type in PICTURES else "attachment"
    name = row.name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "") or "file"
    answer.headers["Content-Disposition"] = f'{kind}; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@require_safe
@access(READ_ARTICLES)
def palette(request: StaffRequest) -> HttpResponse:
    """Answer the palette with articles."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:120]
    found = find(words=words, language=language(), limit=5, begins=True).found if len(words) > 1 else []
    rows = [(one, reverse("knowledge:article", args=[one.article_id])) for one in found]
    return render(request, "knowledge/_palette.html", {"rows": rows})
