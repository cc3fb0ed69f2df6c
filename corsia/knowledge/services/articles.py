"""Write articles: every save goes into the one open version, never into what is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand, may
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotAllowed, Refused
from corsia.knowledge.models import Article, ArticleText, ArticleVersion, Category
from corsia.knowledge.permissions import APPROVE_ARTICLES, WRITE_ARTICLES
from corsia.knowledge.rules.keys import KEYS, unknown_keys
from corsia.knowledge.rules.markup import LONGEST
from corsia.knowledge.vocabulary import OPEN_STATES, Audience, VersionState

LANGUAGES = ("it", "en")


class KeyTaken(Invalid):
    code = "knowledge.key_taken"
    message = _("The unit has another article at the address “%(key)s”. Choose another one.")


class NothingWritten(Invalid):
    code = "knowledge.nothing_written"
    message = _("The article has neither an Italian nor an English text. Write a title and a text in one of the two.")


class HalfWritten(Invalid):
    code = "knowledge.half_written"
    message = _("A text needs a title and a body. Complete the one in %(language)s, or empty both fields.")


class UnknownKey(Invalid):
    code = "knowledge.unknown_key"
    message = _("“{{%(key)s}}” is not a key that can be used here. Possible are: %(keys)s.")


class TooLong(Invalid):
    code = "knowledge.too_long"
    message = _("The text is longer than %(most)s characters. Split it into two articles.")


class ChangedMeanwhile(Refused):
    code = "knowledge.changed_meanwhile"
    message = _(
        "%(name)s saved this article while you were writing. Your text was not saved: copy it, open the article anew "
        "and put the two together."
    )


class WaitsForApproval(Refused):
    code = "knowledge.waits_for_approval"
    message = _("This version waits for approval and cannot be changed now. Take it back first, then go on writing.")


class AudienceNeedsApprover(NotAllowed):
    code = "knowledge.audience_needs_approver"
    message = _(
        "The published text would become readable for customers. Only somebody who may approve articles decides that."
    )


@dataclass(frozen=True, kw_only=True)
class NewText:
    """What somebody wrote in one language."""

    title: str
    body: str
    keywords: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.title.strip() and not self.body.strip()


@transaction.atomic
def save_article(
    *,
    article_id: int | None,
    unit_id: int,
    category_id: int,
    kind: str,
    audience: str,
    texts: Mapping[str, NewText],
    by: Actor,
    now: datetime,
    key: str = "",
    owner_id: int | None = None,
    review_every_days: int = 180,
    process_keys: Sequence[str] = (),
    change_note: str = "",
    revision: int = 0,
) -> ArticleVersion:
    """Begin an article or go on with its draft; what is published stays as it is until the draft is approved.

    Args:
        article_id: None for a new one.
        key: the last part of its public address; made of the title where empty; fixed once the article was published.
        revision: of the draft the writer had before them; 0 where there was none.

    Raises:
        NothingWritten, HalfWritten, UnknownKey, TooLong, KeyTaken: the text cannot be kept as it is.
        ChangedMeanwhile: somebody else saved the draft since.
        WaitsForApproval: the open version is with an approver.
    """
    _check(texts)
    article = Article(created_at=now) if article_id is None else Article.objects.lock(article_id)
    if article_id is not None:
        unit_id = article.unit_id
    demand(by, WRITE_ARTICLES, unit_id)
    _check_audience(article, audience, unit_id, by)
    article.unit_id = unit_id
    article.category = Category.objects.find(category_id)
    article.kind, article.audience = kind, audience
    article.owner_id = owner_id if owner_id is not None else by.id
    article.review_every_days, article.process_keys = review_every_days, " ".join(process_keys)[:300]
    if article.published_at is None:
        article.key = (
            slugify(key or next(text.title for text in texts.values() if not text.is_empty))[:80] or "articolo"
        )
        for language in LANGUAGES:
            setattr(article, f"title_{language}", texts[language].title.strip() if language in texts else "")
    try:
        with transaction.atomic():
            article.save()
    except IntegrityError as taken:
        raise KeyTaken(key=article.key) from taken
    version = _open_version(article, revision, by, now)
    version.change_note = change_note[:200]
    version.save()
    write_texts(version, texts)
    audit(article, "article_saved", by=by, now=now, version=version.number, audience=audience)
    return version


def _check(texts: Mapping[str, NewText]) -> None:
    if all(text.is_empty for text in texts.values()):
        raise NothingWritten
    for language, text in texts.items():
        if not text.is_empty and not (text.title.strip() and text.body.strip()):
            raise HalfWritten(language=_("Italian") if language == "it" else _("English"))
        if len(text.body) > LONGEST:
            raise TooLong(most=LONGEST)
        for key in unknown_keys(text.body):
            raise UnknownKey(key=key, keys=", ".join(KEYS))


def _check_audience(article: Article, audience: str, unit_id: int, by: Actor) -> None:
    """Who may not approve cannot open to customers what was approved for colleagues."""
    opens = article.published_at is not None and article.audience != audience and audience == Audience.PUBLIC
    if opens and by.kind == ActorKind.PERSON and not may(by, APPROVE_ARTICLES, unit_id):
        raise AudienceNeedsApprover


def _open_version(article: Article, revision: int, by: Actor, now: datetime) -> ArticleVersion:
    """Return the draft to write into: the open one, or a new one."""
    version: ArticleVersion | None = (
        ArticleVersion.objects.select_for_update(of=("self",)).filter(article=article, state__in=OPEN_STATES).first()
    )
    if version is None:
        return new_version(article, by, now)
    if version.state == VersionState.WAITING:
        raise WaitsForApproval
    if version.revision != revision:
        raise ChangedMeanwhile(name=version.editor or _("Somebody"))
    version.revision += 1
    version.editor_id, version.changed_at = by.id, now
    return version


def new_version(article: Article, by: Actor, now: datetime) -> ArticleVersion:
    """Return the next draft of an article, not yet saved."""
    last = ArticleVersion.objects.filter(article=article).aggregate(last=Max("number"))["last"] or 0
    return ArticleVersion(
        article=article, number=last + 1, author_id=by.id, editor_id=by.id, created_at=now, changed_at=now
    )


def write_texts(version: ArticleVersion, texts: Mapping[str, NewText]) -> None:
    """Give a draft its texts; a language without one loses it."""
    for language in LANGUAGES:
        text = texts.get(language)
        if text is None or text.is_empty:
            ArticleText.objects.filter(version=version, language=language).delete()
            continue
        values = {
            "title": text.title.strip()[:160],
            "body": text.body.replace("\r\n", "\n").strip(),
            "keywords": text.keywords.strip()[:300],
        }
        ArticleText.objects.update_or_create(version=version, language=language, defaults=values)


def texts_of(version: ArticleVersion) -> dict[str, NewText]:
    """Return what a version says."""
    rows = ArticleText.objects.filter(version=version)
    return {row.language: NewText(title=row.title, body=row.body, keywords=row.keywords) for row in rows}


@transaction.atomic
def copy_for_unit(*, article_id: int, unit_id: int, by: Actor, now: datetime) -> Article:
    """Begin a lower unit's own article from one above it; once published it is read there instead of that one.

    Raises:
        KeyTaken: the unit has its own already.
    """
    original = Article.objects.find(article_id)
    version = ArticleVersion.objects.filter(article=original).exclude(state__in=OPEN_STATES).order_by("-number").first()
    version = version or ArticleVersion.objects.get(article=original)
    copy = save_article(
        article_id=None,
        unit_id=unit_id,
        category_id=original.category_id,
        kind=original.kind,
        audience=original.audience,
        texts=texts_of(version),
        key=original.key,
        process_keys=original.process_keys.split(),
        review_every_days=original.review_every_days,
        by=by,
        now=now,
    )
    copied: Article = copy.article
    return copied
