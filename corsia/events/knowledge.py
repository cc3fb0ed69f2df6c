"""What knowledge tells."""

from dataclasses import dataclass

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class ArticleFact(Fact):
    article_id: int
    key: str


@dataclass(frozen=True, kw_only=True)
class ArticlePublished(ArticleFact):
    """A version took effect; it replaced the one before, if any."""

    version_id: int
    number: int
    audience: str


@dataclass(frozen=True, kw_only=True)
class ArticleRetired(ArticleFact):
    pass
