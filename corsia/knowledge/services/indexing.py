"""Keep the search texts of an article what its published version says."""

from django.db import connection

from corsia.knowledge.models import Article, ArticleText, SearchText
from corsia.knowledge.rules.folding import fold, near, words_of
from corsia.knowledge.rules.keys import filled
from corsia.knowledge.rules.markup import to_plain
from corsia.knowledge.vocabulary import VersionState

_WRITE = """
    INSERT INTO knowledge_searchtext (unit_id, article_id, language, title, body, head, words, near)
    VALUES (%(unit)s, %(article)s, %(language)s, %(title)s, %(body)s,
        to_tsvector(%(cfg)s::regconfig, %(titles)s) || to_tsvector(%(cfg)s::regconfig, %(keywords)s),
        setweight(to_tsvector(%(cfg)s::regconfig, %(titles)s), 'A')
        || setweight(to_tsvector(%(cfg)s::regconfig, %(keywords)s), 'B')
        || setweight(to_tsvector(%(cfg)s::regconfig, %(text)s), 'C'), %(near)s)
    ON CONFLICT (article_id, language) DO UPDATE SET unit_id = EXCLUDED.unit_id, title = EXCLUDED.title,
        body = EXCLUDED.body, head = EXCLUDED.head, words = EXCLUDED.words, near = EXCLUDED.near
"""
_CONFIGURATION = {"it": "italian", "en": "english"}


def index(article: Article) -> None:
    """Make search find the article by its published texts, or not at all when it has none or is retired."""
    texts = []
    if article.retired_at is None:
        texts = list(ArticleText.objects.filter(version__article=article, version__state=VersionState.PUBLISHED))
    SearchText.objects.filter(article=article).exclude(language__in=[text.language for text in texts]).delete()
    for text in texts:
        _write(article, text)


def _write(article: Article, text: ArticleText) -> None:
    body = to_plain(filled(text.body, {}))
    nearby = {part for word in words_of(text.title) for part in near(word.folded)}
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "unit": article.unit_id,
                "article": article.pk,
                "language": text.language,
                "cfg": _CONFIGURATION[text.language],
                "title": text.title,
                "body": body,
                "titles": fold(text.title),
                "keywords": fold(text.keywords),
                "text": fold(body),
                "near": sorted(nearby),
            },
        )
