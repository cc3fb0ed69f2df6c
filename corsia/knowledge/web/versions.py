"""Compare two wordings of an article, word by word."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.knowledge.models import Article, ArticleVersion
from corsia.knowledge.permissions import WRITE_ARTICLES
from corsia.knowledge.queries.articles import version_of, versions_of
from corsia.knowledge.rules.comparing import Stretch, compare


@require_safe
@access(WRITE_ARTICLES)
def compared(request: StaffRequest, article_id: int, number: int) -> HttpResponse:
    """Show what a version changed, against the one before or a chosen one."""
    article: Article = Article.objects.find(article_id)
    version = version_of(article, number)
    versions = versions_of(article_id)
    wanted = row_id(request.GET.get("with"))
    other = next((one for one in versions if one.number == wanted), None) or next(
        (one for one in versions if one.number < number), None
    )
    context = {
        "article": article,
        "version": version,
        "other": other,
        "versions": [one for one in versions if one.number != number],
        "sides": [
            (code, name, _stretches(other, version, code)) for code, name in (("it", "Italiano"), ("en", "English"))
        ],
    }
    return render(request, "knowledge/compared.html", context)


def _stretches(before: ArticleVersion | None, after: ArticleVersion, language: str) -> list[Stretch]:
    return compare(_wording(before, language), _wording(after, language))


def _wording(version: ArticleVersion | None, language: str) -> str:
    texts = {text.language: text for text in version.texts.all()} if version is not None else {}
    return f"{texts[language].title}\n\n{texts[language].body}" if language in texts else ""
