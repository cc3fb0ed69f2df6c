"""Write an article: both languages side by side, what it will look like beside what is typed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from corsia.kernel.access import access, demand, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.knowledge import services
from corsia.knowledge.models import Article, ArticleFile, Category, MissedSearch
from corsia.knowledge.permissions import APPROVE_ARTICLES, WRITE_ARTICLES
from corsia.knowledge.queries.articles import version_of
from corsia.knowledge.queries.sites import key_values
from corsia.knowledge.rules.keys import KEYS, filled
from corsia.knowledge.rules.markup import LONGEST, to_html
from corsia.knowledge.services.missed import answer_missed
from corsia.knowledge.vocabulary import OPEN_STATES, VersionState
from corsia.knowledge.web.forms import ArticleForm, initial_of
from corsia.knowledge.web.places import desk_address, language, process_choices, units_with, writers


@require_http_methods(["GET", "POST"])
@access(WRITE_ARTICLES)
def new(request: StaffRequest) -> HttpResponse:
    """Begin an article, from nothing or from words that were searched in vain."""
    missed = _missed(request)
    initial: dict[str, Any] = {"audience": "public", "kind": "question", "review_every_days": 180, "revision": 0}
    if missed is not None:
        initial |= {f"title_{missed.language}": missed.words.capitalize(), f"keywords_{missed.language}": missed.words}
    return _edit(request, None, initial, missed)


def _missed(request: StaffRequest) -> MissedSearch | None:
    number = row_id(request.POST.get("missed") or request.GET.get("missed"))
    return MissedSearch.objects.find(number) if number is not None else None


@require_http_methods(["GET", "POST"])
@access(WRITE_ARTICLES)
def edit(request: StaffRequest, article_id: int) -> HttpResponse:
    """Go on with the draft of an article, or begin one from what is published."""
    article: Article = Article.objects.select_related("unit").find(article_id)
    demand(request.actor, WRITE_ARTICLES, article.unit_id)
    opened = article.versions.filter(state__in=OPEN_STATES).prefetch_related("texts").first()
    if opened is not None and opened.state == VersionState.WAITING:
        messages.error(request, _("This version waits for approval. Take it back first, then go on writing."))
        return redirect("knowledge:article", article_id)
    initial = initial_of(article, opened or version_of(article), is_open=opened is not None)
    return _edit(request, article, initial, None)


def _edit(
    request: StaffRequest, article: Article | None, initial: dict[str, Any], missed: MissedSearch | None
) -> HttpResponse:
    units = units_with(request, WRITE_ARTICLES)
    unit_id = article.unit_id if article else units[0][0]
    is_english = language() == "en"
    shelves = [
        (row.pk, row.name_en if is_english else row.name_it)
        for row in Category.objects.order_by("position", "name_it", "pk")
    ]
    if not shelves:
        messages.error(request, _("There is no shelf yet. Add one, or the starter articles, then write."))
        return redirect("knowledge:shelves" if may(request.actor, APPROVE_ARTICLES) else "knowledge:index")
    form = ArticleForm(
        request.POST if request.method == "POST" else None,
        units=units,
        shelves=shelves,
        people=writers(unit_id, WRITE_ARTICLES, request),
        processes=process_choices(unit_id),
        article=article,
        initial={"unit": unit_id, "category": shelves[0][0]} | initial,
    )
    if request.method == "POST" and form.is_valid():
        article_id = once(request, door="knowledge.edit", act=lambda: _save(request, article, form, missed))
        if request.POST.get("then") == "submit":
            services.submit(article_id=article_id, by=request.actor, now=request.received_at)
            messages.success(request, _("Saved and handed over for approval."))
            return redirect("knowledge:article", article_id)
        messages.success(request, _("Saved as a draft. Readers see it once it is approved."))
        return redirect("knowledge:edit", article_id)
    context = {
        "form": form,
        "article": article,
        "missed": missed,
        "files": list(article.files.order_by("pk")) if article else [],
        "sides": [
            (code, name, form[f"title_{code}"], form[f"body_{code}"], form[f"keywords_{code}"],
             _preview_of(str(form[f"body_{code}"].value() or ""), unit_id))
            for code, name in (("it", "Italiano"), ("en", "English"))
        ],
        "keys": [(f"{{{{{key}}}}}", value.split("\n")[0]) for key, value in key_values(unit_id).items() if key in KEYS],
        "unit_id": unit_id,
    }  # fmt: skip
    return render(request, "knowledge/edit.html", context, status=422 if form.errors else 200)


def _save(request: StaffRequest, article: Article | None, form: ArticleForm, missed: MissedSearch | None) -> int:
    values = form.cleaned_data
    version = services.save_article(
        article_id=article.pk if article else None,
        unit_id=values["unit"],
        category_id=values["category"],
        kind=values["kind"],
        audience=values["audience"],
        texts=form.texts(),
        key=values["key"],
        owner_id=values["owner"],
        review_every_days=values["review_every_days"],
        process_keys=values["process_keys"],
        change_note=values["change_note"],
        revision=values["revision"] or 0,
        by=request.actor,
        now=request.received_at,
    )
    if missed is not None:
        answer_missed(missed_id=missed.pk, article_id=version.article_id, by=request.actor, now=request.received_at)
    return int(version.article_id)


@require_POST
@access(WRITE_ARTICLES)
def preview(request: StaffRequest) -> HttpResponse:
    """Show what is being typed as readers will see it."""
    code = "en" if request.POST.get("language") == "en" else "it"
    unit_id = row_id(request.POST.get("unit")) or 0
    mine = request.actor.units_with(WRITE_ARTICLES.roles)
    context = {
        "html": _preview_of(
            request.POST.get(f"body_{code}", "").replace("\x00", ""), unit_id if unit_id in mine else min(mine)
        )
    }
    return render(request, "knowledge/_preview.html", context)


def _preview_of(text: str, unit_id: int) -> str:
    return to_html(filled(text[:LONGEST], key_values(unit_id)), address=desk_address) if text.strip() else ""


@require_POST
@access(WRITE_ARTICLES)
def add_file(request: StaffRequest, article_id: int) -> HttpResponse:
    """Add a picture or a document to an article."""
    article: Article = Article.objects.find(article_id)
    for upload in request.FILES.getlist("file")[:5]:
        services.add_file(
            article_id=article_id,
            name=upload.name or "",
            content=upload.read(services.files.LARGEST + 1),
            by=request.actor,
            now=request.received_at,
        )
    return _files(request, article)


@require_POST
@access(WRITE_ARTICLES)
def remove_file(request: StaffRequest, file_id: int) -> HttpResponse:
    """Take a file off its article."""
    ArticleFile.objects.find(file_id)
    article_id = services.remove_file(file_id=file_id, by=request.actor, now=request.received_at)
    return _files(request, Article.objects.find(article_id))


def _files(request: StaffRequest, article: Article) -> HttpResponse:
    if not request.htmx:
        return redirect("knowledge:edit", article.pk)
    return render(request, "knowledge/_files.html", {"article": article, "files": list(article.files.order_by("pk"))})


@require_POST
@access(WRITE_ARTICLES)
def copy(request: StaffRequest, article_id: int) -> HttpResponse:
    """Begin a unit's own article from one above it."""
    unit_id = row_id(request.POST.get("unit")) or 0
    copied = services.copy_for_unit(article_id=article_id, unit_id=unit_id, by=request.actor, now=request.received_at)
    messages.success(request, _("This is your own draft. Once approved it is read here instead of the shared one."))
    return redirect("knowledge:edit", copied.pk)
