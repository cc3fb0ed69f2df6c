"""The help site of a unit: shelves, search, articles, "was this useful". Reading needs no cookie, nobody is kept."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import public
from corsia.kernel.blobs import content_of
from corsia.kernel.client_address import address_key
from corsia.kernel.limits import Limit, spend
from corsia.knowledge import services
from corsia.knowledge.models import HelpSite
from corsia.knowledge.queries import article_page, find
from corsia.knowledge.queries import articles as queries
from corsia.knowledge.queries.sites import key_values, open_site
from corsia.knowledge.services.files import PICTURES
from corsia.knowledge.vocabulary import Complaint, Source
from corsia.organisation.queries import group_of
from corsia.portal.web.public import friendly, language_of, page

DOOR = Limit("portal.help", times=60, seconds=3600)  # judgements
SEARCHES = Limit("portal.help_search", times=120, seconds=600)
POPULAR = timedelta(days=90)
LONGEST_SEARCH = 200


def _site(slug: str) -> HelpSite:
    return open_site(slug)


def _page(
    request: HttpRequest, template: str, site: HelpSite, language: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page of the site. Unlike forms and surveys it may be kept a while, and found by search engines."""
    query = request.GET.copy()
    query.pop("l", None)
    values = key_values(site.unit_id)
    shared = {
        "site": site,
        "group": group_of(site.unit_id).name,
        "phone": values["unit_phone"],
        "email": values["unit_email"],
        "rest": f"&{query.urlencode()}" if query else "",
    }
    answer = page(request, template, shared | context, language=language, color=site.brand_color, status=status)
    answer.headers["Cache-Control"] = "private, no-cache"
    if status == 200:
        del answer.headers["X-Robots-Tag"]
    return answer


@require_safe
@friendly
@public(limit=DOOR)
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the shelves and what is read most."""
    site = _site(slug)
    language = language_of(request)
    today = timezone.localtime(request.received_at).date()  # type: ignore[attr-defined]
    with translation.override(language):
        context = {
            "shelves": queries.public_shelves(unit_id=site.unit_id, language=language),
            "popular": queries.popular(unit_id=site.unit_id, language=language, since=today - POPULAR, limit=5),
        }
        return _page(request, "portal/help/home.html", site, language, context)


@require_safe
@friendly
@public(limit=DOOR)
def search(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what some words find, and keep words that find nothing."""
    site = _site(slug)
    language = language_of(request)
    now = request.received_at  # type: ignore[attr-defined]
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    if not words:
        return redirect(f"{reverse('portal:help', args=[slug])}?l={language}")
    spend(SEARCHES, key=address_key(request), now=now)
    with translation.override(language):
        result = find(words=words, language=language, unit_id=site.unit_id, public_only=True, limit=15)
        if not result.found:
            services.note_missed_search(words=words, language=language, unit_id=site.unit_id, now=now)
        context = {"words": words, "found": result.found, "corrected": result.corrected}
        return _page(request, "portal/help/search.html", site, language, context)


@require_safe
@friendly
@public(limit=DOOR)
def article(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Show one article and count that it was read."""
    site = _site(slug)
    language = language_of(request)
    with translation.override(language):
        return _article(request, site, key, language)


def _article(request: HttpRequest, site: HelpSite, key: str, language: str) -> HttpResponse:
    article_id = queries.public_article_id(unit_id=site.unit_id, key=key)
    shown = article_page(
        article_id=article_id,
        language=language,
        unit_id=site.unit_id,
        address=lambda kind, name: _address(site, kind, name, language),
    )
    if request.method == "GET":
        services.count(
            article_id=article_id,
            unit_id=site.unit_id,
            language=shown.language,
            source=Source.SITE,
            reader=_reader(request),
            now=request.received_at,  # type: ignore[attr-defined]
        )
    shelves = queries.public_shelves(unit_id=site.unit_id, language=language)
    shelf = next((one for one in shelves if one.category.pk == shown.article.category_id), None)
    context = {
        "shown": shown,
        "key": key,
        "shelf": shelf,
        "others": [link for link in shelf.articles if link.article_id != article_id][:6] if shelf else [],
        "thanks": request.GET.get("thanks", ""),
        "reasons": Complaint.choices,
    }
    return _page(request, "portal/help/article.html", site, language, context)


def _address(site: HelpSite, kind: str, name: str, language: str) -> str | None:
    if kind == "file":
        known = name.isdecimal() and len(name) < 19
        return reverse("portal:help_file", args=[site.slug, int(name)]) if known else None
    return f"{reverse('portal:help_article', args=[site.slug, name])}?l={language}"


def _reader(request: HttpRequest) -> str:
    """Return what tells readers of a day apart; it is hashed under the day's key and never kept."""
    return f"{address_key(request)}|{request.headers.get('User-Agent', '')[:300]}"


@require_POST
@friendly
@public(limit=DOOR)
def useful(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Count whether an article helped, and why not."""
    site = _site(slug)
    language = language_of(request)
    article_id = queries.public_article_id(unit_id=site.unit_id, key=key)
    said, reason = request.POST.get("useful", ""), request.POST.get("reason", "")
    if said in ("yes", "no"):
        services.judge(
            article_id=article_id,
            unit_id=site.unit_id,
            language=language,
            source=Source.SITE,
            is_useful=said == "yes",
            reason=reason if reason in Complaint.values else "",
            reader=_reader(request),
            now=request.received_at,  # type: ignore[attr-defined]
        )
    thanks = "no" if said == "no" and not reason else "yes"
    return redirect(f"{reverse('portal:help_article', args=[slug, key])}?l={language}&thanks={thanks}#useful")


@require_safe
@friendly
@public(limit=DOOR)
def file(request: HttpRequest, slug: str, file_id: int) -> HttpResponse:
    """Serve a picture or document of an article that the site shows."""
    if file_id >= 2**63:
        raise Http404
    site = _site(slug)
    row = queries.public_file(unit_id=site.unit_id, file_id=file_id)
    answer = HttpResponse(content_of(row.blob_id), content_type=row.media_type)
    kind = "inline" if row.media_type in PICTURES else "attachment"
    name = row.name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "") or "file"
    answer.headers["Content-Disposition"] = f'{kind}; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
