"""Articles, their versions and the texts of each version in both languages."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import Blob, ScopedModel
from corsia.knowledge.vocabulary import OPEN_STATES, Audience, Kind, VersionState
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language


class Category(UnitModel):
    """A shelf of the knowledge base, shared by its unit with everything below."""

    shared_with_descendants = True

    key = models.SlugField(max_length=40)  # in public addresses
    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    icon = models.CharField(max_length=40, default="folder")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key"], name="knowledge_category_key")]


class Article(UnitModel):
    """Something the house knows. Where a lower unit has one with the same key, that one is read there instead."""

    shared_with_descendants = True

    category = models.ForeignKey(Category, models.PROTECT, related_name="articles")
    key = models.SlugField(max_length=80)  # in public addresses; fixed by the first publication
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.QUESTION)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.PUBLIC)
    # As last published, or of the first draft: lists read no versions.
    title_it = models.CharField(max_length=160, blank=True)
    title_en = models.CharField(max_length=160, blank=True)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # keeps it true
    review_every_days = models.PositiveSmallIntegerField(default=180)
    review_on = models.DateField(null=True, blank=True)  # the day on which somebody reads it again
    process_keys = models.CharField(max_length=300, blank=True)  # of the processes it helps with, separated by blanks
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)  # the version in force
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key"], name="knowledge_article_key")]
        indexes = [
            models.Index(fields=["category", "title_it", "id"], name="knowledge_article_shelf"),
            models.Index(fields=["unit", "title_it", "id"], name="knowledge_article_list"),
            models.Index(
                fields=["review_on"],
                name="knowledge_article_review",
                condition=Q(retired_at=None, review_on__isnull=False, published_at__isnull=False),
            ),
            models.Index(fields=["key"], name="knowledge_article_nearer"),
        ]


class ArticleVersion(ScopedModel):
    """One wording of an article. Once published it never changes; the next one replaces it and it stays readable."""

    unit_path = "article__unit_id"
    shared_with_descendants = True

    article = models.ForeignKey(Article, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    revision = models.PositiveIntegerField(default=1)  # saves so far: who saves an older one is told
    author = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # began it
    editor = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # saved it last
    approver = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    change_note = models.CharField(max_length=200, blank=True)  # what is new, for colleagues
    sent_back = models.CharField(max_length=300, blank=True)  # why it was not approved
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="knowledge_version_number"),
            models.UniqueConstraint(
                fields=["article"], condition=Q(state__in=OPEN_STATES), name="knowledge_version_one_open"
            ),
            models.UniqueConstraint(
                fields=["article"], condition=Q(state=VersionState.PUBLISHED), name="knowledge_version_one_published"
            ),
            models.CheckConstraint(
                name="knowledge_version_published_iff_at",
                condition=Q(state__in=OPEN_STATES, published_at__isnull=True)
                | (~Q(state__in=OPEN_STATES) & Q(published_at__isnull=False)),
            ),
        ]


class ArticleText(ScopedModel):
    """A version in one language."""

    unit_path = "version__article__unit_id"
    shared_with_descendants = True

    version = models.ForeignKey(ArticleVersion, models.CASCADE, related_name="texts")
    language = models.CharField(max_length=2, choices=Language)
    title = models.CharField(max_length=160)
    body = models.TextField()  # Markdown
    keywords = models.CharField(max_length=300, blank=True)  # other words people look for it with

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="knowledge_text_language")]


class ArticleFile(ScopedModel):
    """A picture or a document that texts of an article show or link: `![...](file:7)`."""

    unit_path = "article__unit_id"
    shared_with_descendants = True

    article = models.ForeignKey(Article, models.CASCADE, related_name="files")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    added_at = models.DateTimeField()
