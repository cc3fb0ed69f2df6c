"""Articles beside a conversation: those that may help, a search, and a click that puts one into the answer."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Case
from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.web.compose import with_events
from corsia.kernel.access import access
from corsia.kernel.errors import Refused
from corsia.kernel.http import StaffRequest
from corsia.knowledge import queries, services
from corsia.knowledge.models import Article
from corsia.knowledge.vocabulary import Source
from corsia.messaging.models import Message
from corsia.messaging.vocabulary import Direction
from corsia.organisation.queries import tree

SHOWN = 4


class NoPublicPage(Refused):
    code = "conversations.no_public_page"
    message = _("This article has no public page here. Put its text into the answer instead.")


@require_safe
@access(USE_INBOX)
def articles(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the articles that may help with a case, or what some words find."""
    case = Case.objects.select_related("version__process").find(case_id)
    language = "en" if case.language == "en" else "it"
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    if words:
        found = queries.find(words=words, language=language, unit_id=case.unit_id, limit=6, begins=True).found
    else:
        found = queries.suggest(
            subject=case.subject,
            text=_said_last(case_id),
            process_key=case.version.process.key,
            language=language,
            unit_id=case.unit_id,
            limit=SHOWN,
        )
    links = queries.site_of(case.unit_id) is not None
    context = {"case": case, "found": found, "words": words, "has_site": links}
    template = "conversations/_articles_found.html" if "q" in request.GET else "conversations/_articles.html"
    return render(request, template, context)


def _said_last(case_id: int) -> str:
    rows = Message.objects.filter(case__conversation=case_id, direction=Direction.IN).order_by("-pk")
    return rows.values_list("text", flat=True).first() or ""


@require_POST
@access(USE_INBOX)
def use_article(request: StaffRequest, case_id: int, article_id: int) -> HttpResponse:
    """Put the text of an article, or the link to it, into the answer; what is typed there stays."""
    case = Case.objects.find(case_id)
    article: Article = Article.objects.find(article_id)
    language = "en" if case.language == "en" else "it"
    if request.POST.get("what") == "link":
        text = _link(article, case, language)
    else:
        text = queries.article_text(article_id=article_id, language=language, unit_id=case.unit_id)
    services.count(
        article_id=article_id,
        unit_id=case.unit_id,
        language=language,
        source=Source.DESK,
        what="used_in_reply",
        now=request.received_at,
    )
    return with_events(HttpResponse(status=204), restoreText={"text": text})


def _link(article: Article, case: Case, language: str) -> str:
    """Return title and address of an article on the help site that the case's customer is sent to.

    Raises:
        NoPublicPage: it is for colleagues only, or no site is open.
    """
    link = queries.public_link(key=article.key, unit_id=case.unit_id, language=language)
    chain = [unit.pk for unit in tree().chain(case.unit_id)]
    if not link or article.audience != "public" or article.retired_at is not None or article.unit_id not in chain:
        raise NoPublicPage
    title = (article.title_en or article.title_it) if language == "en" else (article.title_it or article.title_en)
    return f"{title}: {link}"
