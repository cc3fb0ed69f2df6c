"""What knowledge publishes to the warehouse: how often articles were read and helped, by day; nobody is in it."""

from django.utils.translation import gettext_lazy as _

from corsia.kernel.datasets import Column, Dataset, Follow, Type

_ARTICLE = """
    SELECT d.id AS row_id, d.unit_id, d.article_id, d.language, d.source, d.day, d.views, d.useful, d.not_useful,
        d.used_in_reply
    FROM knowledge_articleday d
    WHERE {in d.id}
"""

ARTICLE = Dataset(
    name="knowledge.article",
    title=_("Articles by day"),
    key="row_id",
    day="day",
    select=_ARTICLE,
    bounds="SELECT min(id), max(id) FROM knowledge_articleday",
    follows=(Follow("knowledge_articleday", "id"),),
    columns=(
        Column(name="row_id", type=Type.INTEGER, meaning=_("Number of the count")),
        Column(name="unit_id", type=Type.INTEGER, meaning=_("Unit where it was read")),
        Column(name="article_id", type=Type.INTEGER, meaning=_("Number of the article")),
        Column(name="language", type=Type.TEXT, meaning=_("Language in which it was read")),
        Column(name="source", type=Type.TEXT, meaning=_("Where it was read")),
        Column(name="day", type=Type.DAY, meaning=_("Day")),
        Column(name="views", type=Type.INTEGER, meaning=_("How often it was opened")),
        Column(name="useful", type=Type.INTEGER, meaning=_("How often somebody said it helped")),
        Column(name="not_useful", type=Type.INTEGER, meaning=_("How often somebody said it did not")),
        Column(name="used_in_reply", type=Type.INTEGER, meaning=_("How often it was used in an answer")),
    ),
)

DATASETS = (ARTICLE,)
