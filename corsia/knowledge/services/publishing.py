"""From draft to published and beyond: somebody writes, somebody else approves."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from corsia.events import knowledge as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotFound, Refused
from corsia.kernel.facts import publish
from corsia.knowledge.models import Article, ArticleVersion
from corsia.knowledge.permissions import APPROVE_ARTICLES, WRITE_ARTICLES
from corsia.knowledge.services.articles import LANGUAGES, new_version, texts_of, write_texts
from corsia.knowledge.services.indexing import index
from corsia.knowledge.vocabulary import OPEN_STATES, VersionState
from corsia.organisation.models import Person
from corsia.organisation.queries import managers_above, time_zone_of
from corsia.organisation.services import notify

_MOST_LEVELS = 6


class NotWaiting(Refused):
    code = "knowledge.not_waiting"
    message = _("Nothing of this article waits for approval. Somebody may have decided already: reload the page.")


class NoDraft(Refused):
    code = "knowledge.no_draft"
    message = _("This article has no draft. Open it for editing first.")


class OwnText(Refused):
    code = "knowledge.own_text"
    message = _("You wrote in this version yourself, so somebody else approves it. Here that can be: %(names)s.")


class DraftIsOpen(Refused):
    code = "knowledge.draft_is_open"
    message = _("There is a draft of this article already. Finish or discard it, then restore the old version.")


class NotPublished(Refused):
    code = "knowledge.not_published"
    message = _("This article is not published, so there is nothing to take off or to read again.")


@transaction.atomic
def submit(*, article_id: int, by: Actor, now: datetime, is_told: bool = True) -> ArticleVersion:
    """Hand the draft to those who may approve it; they get a notice, unless many come at once."""
    article = Article.objects.lock(article_id)
    demand(by, WRITE_ARTICLES, article.unit_id)
    version = _open(article, VersionState.DRAFT, NoDraft)
    version.state, version.submitted_at, version.sent_back = VersionState.WAITING, now, ""
    version.save(update_fields=["state", "submitted_at", "sent_back"])
    audit(article, "submitted", by=by, now=now, version=version.number)
    if not is_told:
        return version
    notify(
        [person.pk for person in approvers_of(article.unit_id, now=now) if person.pk not in _writers(version)],
        kind="knowledge.waiting",
        title=_("An article waits for your approval"),
        text=_title(article),
        url=_page(article),
        dedupe_key=f"knowledge.waiting.{version.pk}.{version.revision}",
        now=now,
    )
    return version


@transaction.atomic
def withdraw(*, article_id: int, by: Actor, now: datetime) -> ArticleVersion:
    """Take a version back from approval, to go on writing."""
    article = Article.objects.lock(article_id)
    demand(by, WRITE_ARTICLES, article.unit_id)
    version = _open(article, VersionState.WAITING, NotWaiting)
    version.state, version.submitted_at = VersionState.DRAFT, None
    version.save(update_fields=["state", "submitted_at"])
    audit(article, "withdrawn", by=by, now=now, version=version.number)
    return version


@transaction.atomic
def approve(*, article_id: int, by: Actor, now: datetime) -> ArticleVersion:
    """Publish what waits: it replaces the version before, and search finds it from now on.

    Raises:
        NotWaiting: nothing waits.
        OwnText: the approver wrote in it, and there is somebody else who could approve.
    """
    article = Article.objects.lock(article_id)
    demand(by, APPROVE_ARTICLES, article.unit_id)
    version = _open(article, VersionState.WAITING, NotWaiting)
    others = _others_than(by, version, article.unit_id, now)
    if others:
        raise OwnText(names=", ".join(person.full_name for person in others[:4]))
    _publish(article, version, by, now)
    notify(
        _writers(version) - {by.id or 0},
        kind="knowledge.published",
        title=_("Your article was published"),
        text=_title(article),
        url=_page(article),
        dedupe_key=f"knowledge.published.{version.pk}",
        now=now,
    )
    return version


def _others_than(by: Actor, version: ArticleVersion, unit_id: int, now: datetime) -> list[Person]:
    """Return who else could approve, if the actor wrote in the version; empty when the actor may approve it."""
    writers = _writers(version)
    if by.kind != ActorKind.PERSON or by.id not in writers:
        return []
    return [person for person in approvers_of(unit_id, now=now) if person.pk not in writers]


def _publish(article: Article, version: ArticleVersion, by: Actor, now: datetime) -> None:
    ArticleVersion.objects.filter(article=article, state=VersionState.PUBLISHED).update(state=VersionState.REPLACED)
    version.state, version.published_at, version.approver_id = VersionState.PUBLISHED, now, by.id
    version.save(update_fields=["state", "published_at", "approver"])
    texts = texts_of(version)
    for language in LANGUAGES:
        setattr(article, f"title_{language}", texts[language].title if language in texts else "")
    article.published_at, article.retired_at = now, None
    article.review_on = next_review(article, now)
    article.save(update_fields=["title_it", "title_en", "published_at", "retired_at", "review_on"])
    index(article)
    audit(article, "published", by=by, now=now, version=version.number, audience=article.audience)
    publish(
        facts.ArticlePublished(
            unit_id=article.unit_id,
            occurred_at=now,
            article_id=article.pk,
            key=article.key,
            version_id=version.pk,
            number=version.number,
            audience=article.audience,
        )
    )


@transaction.atomic
def send_back(*, article_id: int, reason: str, by: Actor, now: datetime) -> ArticleVersion:
    """Give a version back to its writers with what is missing."""
    article = Article.objects.lock(article_id)
    demand(by, APPROVE_ARTICLES, article.unit_id)
    version = _open(article, VersionState.WAITING, NotWaiting)
    version.state, version.submitted_at, version.sent_back = VersionState.DRAFT, None, reason.strip()[:300]
    version.save(update_fields=["state", "submitted_at", "sent_back"])
    audit(article, "sent_back", by=by, now=now, version=version.number)
    notify(
        _writers(version) - {by.id or 0},
        kind="knowledge.sent_back",
        title=_("Your article came back"),
        text=version.sent_back or _title(article),
        url=_page(article),
        dedupe_key=f"knowledge.sent_back.{version.pk}.{version.revision}.{int(now.timestamp())}",
        now=now,
    )
    return version


@transaction.atomic
def discard_draft(*, article_id: int, by: Actor, now: datetime) -> bool:
    """Throw the open version away; an article that was never published goes with it.

    Returns:
        Whether the article is still there.
    """
    article = Article.objects.lock(article_id)
    demand(by, WRITE_ARTICLES, article.unit_id)
    version = ArticleVersion.objects.filter(article=article, state__in=OPEN_STATES).first()
    if version is None:
        raise NoDraft
    audit(article, "draft_discarded", by=by, now=now, version=version.number, title=_title(article))
    version.delete()
    if article.published_at is None:
        article.delete()
        return False
    return True


@transaction.atomic
def restore(*, article_id: int, number: int, by: Actor, now: datetime) -> ArticleVersion:
    """Make a new draft of an old version's wording.

    Raises:
        DraftIsOpen: a draft is being written; it must not be lost.
    """
    article = Article.objects.lock(article_id)
    demand(by, WRITE_ARTICLES, article.unit_id)
    old = ArticleVersion.objects.filter(article=article, number=number).first()
    if old is None:
        raise NotFound(kind=ArticleVersion._meta.label)
    if ArticleVersion.objects.filter(article=article, state__in=OPEN_STATES).exists():
        raise DraftIsOpen
    version = new_version(article, by, now)
    version.change_note = str(_("Wording of version %(number)s") % {"number": number})
    version.save()
    write_texts(version, texts_of(old))
    audit(article, "restored", by=by, now=now, version=version.number, of=number)
    return version


@transaction.atomic
def retire(*, article_id: int, by: Actor, now: datetime) -> Article:
    """Take an article off: nobody finds it any more, colleagues can still open it."""
    article: Article = Article.objects.lock(article_id)
    demand(by, APPROVE_ARTICLES, article.unit_id)
    if article.published_at is None or article.retired_at is not None:
        raise NotPublished
    article.retired_at = now
    article.save(update_fields=["retired_at"])
    index(article)
    audit(article, "retired", by=by, now=now)
    publish(facts.ArticleRetired(unit_id=article.unit_id, occurred_at=now, article_id=article.pk, key=article.key))
    return article


@transaction.atomic
def bring_back(*, article_id: int, by: Actor, now: datetime) -> Article:
    """Publish a retired article again, as it was; it is due for review at once."""
    article: Article = Article.objects.lock(article_id)
    demand(by, APPROVE_ARTICLES, article.unit_id)
    if article.published_at is None or article.retired_at is None:
        raise NotPublished
    article.retired_at, article.review_on = None, _today(article, now)
    article.save(update_fields=["retired_at", "review_on"])
    index(article)
    audit(article, "brought_back", by=by, now=now)
    return article


@transaction.atomic
def reviewed(*, article_id: int, by: Actor, now: datetime) -> Article:
    """State that the published text was read again and is still right."""
    article: Article = Article.objects.lock(article_id)
    demand(by, WRITE_ARTICLES, article.unit_id)
    if article.published_at is None or article.retired_at is not None:
        raise NotPublished
    article.review_on = next_review(article, now)
    article.save(update_fields=["review_on"])
    audit(article, "reviewed", by=by, now=now, next_on=article.review_on.isoformat())
    return article


def next_review(article: Article, now: datetime) -> date:
    """Return the day on which somebody reads the article again."""
    return _today(article, now) + timedelta(days=article.review_every_days)


def approvers_of(unit_id: int, *, now: datetime) -> list[Person]:
    """Return who may approve articles of a unit: its managers and those above it, nearest first."""
    today = timezone.localtime(now, time_zone_of(unit_id)).date()
    return list({person.pk: person for person in _managers(unit_id, today)}.values())


def _managers(unit_id: int, today: date) -> Iterator[Person]:
    for level in range(1, _MOST_LEVELS + 1):
        people = managers_above(unit_id, level=level, today=today)
        if not people:
            return
        yield from people


def _open(article: Article, state: VersionState, otherwise: type[Refused]) -> ArticleVersion:
    version: ArticleVersion | None = ArticleVersion.objects.filter(article=article, state=state).first()
    if version is None:
        raise otherwise
    return version


def _writers(version: ArticleVersion) -> set[int]:
    return {writer for writer in (version.author_id, version.editor_id) if writer is not None}


def _today(article: Article, now: datetime) -> date:
    return timezone.localtime(now, time_zone_of(article.unit_id)).date()


def _title(article: Article) -> str:
    return article.title_it or article.title_en


def _page(article: Article) -> str:
    return reverse("knowledge:article", args=[article.pk])
