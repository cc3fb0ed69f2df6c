"""The tables of knowledge, by noun."""

from corsia.knowledge.models.article import Article, ArticleFile, ArticleText, ArticleVersion, Category
from corsia.knowledge.models.counting import ArticleDay, ComplaintDay, MissedSearch, SeenToday
from corsia.knowledge.models.finding import SearchText, SynonymGroup
from corsia.knowledge.models.playbook import (
    Acknowledgement,
    Playbook,
    PlaybookReader,
    PlaybookStep,
    PlaybookVersion,
)
from corsia.knowledge.models.site import HelpSite

__all__ = [
    "Acknowledgement",
    "Article",
    "ArticleDay",
    "ArticleFile",
    "ArticleText",
    "ArticleVersion",
    "Category",
    "ComplaintDay",
    "HelpSite",
    "MissedSearch",
    "Playbook",
    "PlaybookReader",
    "PlaybookStep",
    "PlaybookVersion",
    "SearchText",
    "SeenToday",
    "SynonymGroup",
]
