"""What search reads: one row per published article and language, and the words that mean the same."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from corsia.knowledge.models.article import Article
from corsia.organisation.models import UnitModel
from corsia.organisation.vocabulary import Language


class SearchText(UnitModel):
    """A published text as search finds it. Made from the text at publication, and made anew by `reindex`."""

    shared_with_descendants = True

    article = models.ForeignKey(Article, models.CASCADE, related_name="+")
    language = models.CharField(max_length=2, choices=Language)
    title = models.CharField(max_length=160)
    body = models.TextField()  # the text without its marks, for excerpts
    words = SearchVectorField()  # of the folded text: title A, keywords B, text C
    head = SearchVectorField(null=True)  # of title and keywords alone: searched first, for it is small and tells most
    near = ArrayField(models.CharField(max_length=40))  # words of the title, whole and with one letter left out

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "language"], name="knowledge_search_language")]
        indexes = [
            GinIndex(fields=["words"], name="knowledge_search_words"),
            GinIndex(fields=["head"], name="knowledge_search_head"),
            GinIndex(fields=["near"], name="knowledge_search_near"),
        ]


class SynonymGroup(UnitModel):
    """Words that mean the same to a dealer group, besides those that ship with the product."""

    shared_with_descendants = True

    words_it = models.CharField(max_length=400, blank=True)  # separated by commas
    words_en = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "id"], name="knowledge_synonyms_list")]
