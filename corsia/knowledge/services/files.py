"""Pictures and documents of articles."""

from datetime import datetime

import filetype
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel import blobs
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.knowledge.models import Article, ArticleFile
from corsia.knowledge.permissions import WRITE_ARTICLES

LARGEST = 5 * 1024 * 1024  # bytes
MOST = 20
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
KINDS = PICTURES | {"application/pdf"}


class FileTooLarge(Invalid):
    code = "knowledge.file_too_large"
    message = _("“%(name)s” is larger than %(mb)s MB. Choose a smaller one: readers on a phone will thank you.")


class FileKind(Invalid):
    code = "knowledge.file_kind"
    message = _("“%(name)s” is no picture (PNG, JPEG, GIF, WebP) and no PDF. Choose one of these.")


class TooManyFiles(Refused):
    code = "knowledge.too_many_files"
    message = _("An article has at most %(most)s files. Remove one first.")


@transaction.atomic
def add_file(*, article_id: int, name: str, content: bytes, by: Actor, now: datetime) -> ArticleFile:
    """Add a file to an article; its kind is read from the content.

    Raises:
        FileTooLarge, FileKind, TooManyFiles: it cannot be taken.
    """
    article = Article.objects.lock(article_id)
    demand(by, WRITE_ARTICLES, article.unit_id)
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())[-120:] or "file"
    if len(content) > LARGEST:
        raise FileTooLarge(name=shown, mb=LARGEST // 1024 // 1024)
    media_type = filetype.guess_mime(content[:8192]) if content else None
    if media_type not in KINDS:
        raise FileKind(name=shown)
    if ArticleFile.objects.filter(article=article).count() >= MOST:
        raise TooManyFiles(most=MOST)
    file: ArticleFile = ArticleFile.objects.create(
        article=article,
        blob_id=blobs.keep(content),
        name=shown,
        media_type=media_type,
        size=len(content),
        added_at=now,
    )
    audit(article, "file_added", by=by, now=now, name=shown, size=len(content))
    return file


@transaction.atomic
def remove_file(*, file_id: int, by: Actor, now: datetime) -> int:
    """Take a file off its article; return the article. Texts that show it then show its description."""
    file: ArticleFile = ArticleFile.objects.lock(file_id)
    demand(by, WRITE_ARTICLES, file.article.unit_id)
    audit(file.article, "file_removed", by=by, now=now, name=file.name)
    article_id: int = file.article_id
    file.delete()
    return article_id
