"""Articles for tests, written by the product's own services."""

from datetime import datetime

from corsia.kernel.actors import Actor, system
from corsia.knowledge.models import Article, Category
from corsia.knowledge.services import NewText, approve, save_article, submit
from corsia.knowledge.vocabulary import Audience, Kind
from corsia.organisation.models import Unit

WRITER = system("test")


def shelf(unit: Unit, key: str = "officina") -> Category:
    """Return the unit's shelf, made on first use."""
    return Category.objects.get_or_create(unit=unit, key=key, defaults={"name_it": "Officina", "name_en": "Workshop"})[
        0
    ]


def draft(
    unit: Unit,
    *,
    now: datetime,
    it: tuple[str, str] | None = ("Tagliando", "Il tagliando si prenota con la targa."),
    en: tuple[str, str] | None = None,
    by: Actor = WRITER,
    **fields,
) -> Article:
    """Begin an article."""
    texts = {
        language: NewText(title=text[0], body=text[1])
        for language, text in (("it", it), ("en", en))
        if text is not None
    }
    fields.setdefault("kind", Kind.QUESTION)
    fields.setdefault("audience", Audience.PUBLIC)
    version = save_article(
        article_id=None, unit_id=unit.pk, category_id=shelf(unit).pk, texts=texts, by=by, now=now, **fields
    )
    return version.article


def published(unit: Unit, *, now: datetime, **fields) -> Article:
    """Write an article and publish it."""
    article = draft(unit, now=now, **fields)
    submit(article_id=article.pk, by=WRITER, now=now)
    return approve(article_id=article.pk, by=WRITER, now=now).article
