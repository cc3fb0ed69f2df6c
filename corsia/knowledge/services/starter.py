"""The articles that ship with the product: a dealer's usual questions, to be read over and approved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml
from django.db import transaction

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, system
from corsia.knowledge.models import Article, Category
from corsia.knowledge.permissions import APPROVE_ARTICLES
from corsia.knowledge.services.articles import NewText, save_article
from corsia.knowledge.services.categories import save_category
from corsia.knowledge.services.publishing import submit
from corsia.knowledge.vocabulary import Audience, Kind

SHIPPED = Path(__file__).resolve().parent.parent / "shipped" / "articles"
SHELVES = Path(__file__).resolve().parent.parent / "shipped" / "shelves.yaml"


class StarterBroken(ValueError):
    """An article that ships with the product is wrong: says in which file and where."""


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """An article of the package."""

    key: str
    shelf: str
    kind: str
    audience: str
    process_keys: tuple[str, ...]
    texts: Mapping[str, NewText]


def shipped_articles() -> list[Shipped]:
    """Return the articles of the package.

    Raises:
        StarterBroken: a file lacks something.
    """
    return [_shipped(path) for path in sorted(SHIPPED.glob("*.yaml"))]


def _shipped(path: Path) -> Shipped:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return Shipped(
            key=path.stem,
            shelf=data["shelf"],
            kind=Kind(data.get("kind", "question")).value,
            audience=Audience(data.get("audience", "public")).value,
            process_keys=tuple(data.get("processes", ())),
            texts={
                language: NewText(
                    title=data[language]["title"],
                    body=data[language]["body"],
                    keywords=data[language].get("keywords", ""),
                )
                for language in ("it", "en")
            },
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StarterBroken(f"{path.name}: {error!r} is missing or wrong.") from error


@transaction.atomic
def install_starter(*, unit_id: int, by: Actor, now: datetime) -> list[Article]:
    """Give a unit the shelves and articles that ship with the product; what it has already stays as it is.

    They wait for approval: what they say about the house must be read by somebody who knows it. The product wrote
    them, so any manager may approve them.

    Returns:
        The articles that were added.
    """
    demand(by, APPROVE_ARTICLES, unit_id)
    writer = system("Corsia")
    shelves = {shelf.key: shelf for shelf in Category.objects.filter(unit_id=unit_id)}
    for position, shelf in enumerate(yaml.safe_load(SHELVES.read_text(encoding="utf-8"))):
        if shelf["key"] not in shelves:
            shelves[shelf["key"]] = save_category(
                category_id=None,
                unit_id=unit_id,
                key=shelf["key"],
                name_it=shelf["it"],
                name_en=shelf["en"],
                icon=shelf["icon"],
                position=position,
                by=by,
                now=now,
            )
    present = set(Article.objects.filter(unit_id=unit_id).values_list("key", flat=True))
    added = []
    for shipped in shipped_articles():
        if shipped.key in present:
            continue
        version = save_article(
            article_id=None,
            unit_id=unit_id,
            category_id=shelves[shipped.shelf].pk,
            kind=shipped.kind,
            audience=shipped.audience,
            key=shipped.key,
            texts=shipped.texts,
            process_keys=shipped.process_keys,
            owner_id=by.id,
            by=writer,
            now=now,
        )
        added.append(submit(article_id=version.article_id, by=writer, now=now, is_told=False).article)
    return added
