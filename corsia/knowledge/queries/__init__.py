"""What others read of knowledge."""

from corsia.knowledge.queries.articles import ArticlePage, article_page, article_text, article_titles
from corsia.knowledge.queries.finding import Found, Search, find, search, suggest
from corsia.knowledge.queries.sites import public_link, site_of

__all__ = [
    "ArticlePage",
    "Found",
    "Search",
    "article_page",
    "article_text",
    "article_titles",
    "find",
    "public_link",
    "search",
    "site_of",
    "suggest",
]
