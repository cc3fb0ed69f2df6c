"""Articles whose review day has come are told to whoever keeps them true."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from corsia.knowledge.models import Article
from corsia.knowledge.services.publishing import approvers_of
from corsia.organisation.queries import time_zone_of
from corsia.organisation.services import notify

MOST = 500


def tell_due_reviews(*, now: datetime) -> int:
    """Tell owners, once for each review day, that an article is due; return how many people were told.

    An article without an owner, or whose owner left, is told to the nearest managers.
    """
    last = (now + timedelta(hours=14)).date()  # it may be tomorrow already where the unit is
    rows = Article.objects.filter(review_on__lte=last, retired_at=None, published_at__isnull=False)
    told = 0
    for article in rows.select_related("owner").order_by("-review_on", "pk")[:MOST]:
        if article.review_on > timezone.localtime(now, time_zone_of(article.unit_id)).date():
            continue
        owner = article.owner
        people = [owner.pk] if owner and owner.is_active else [p.pk for p in approvers_of(article.unit_id, now=now)[:2]]
        told += notify(
            people,
            kind="knowledge.review",
            title=_("An article is due for review"),
            text=article.title_it or article.title_en,
            url=reverse("knowledge:article", args=[article.pk]),
            dedupe_key=f"knowledge.review.{article.pk}.{article.review_on.isoformat()}",
            now=now,
        )
    return told
