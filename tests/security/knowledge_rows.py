"""Articles of a branch in each of their states, for the sweeps."""

from datetime import datetime, timedelta
from typing import Any

from corsia.kernel.actors import system
from corsia.knowledge import services
from corsia.knowledge.models import Article, Category, MissedSearch
from corsia.knowledge.services import NewText
from corsia.organisation.models import Unit

ROBOT = system("test")
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")


def knowledge_rows(branch: Unit, canary: str, now: datetime) -> tuple[dict[str, int], dict[str, str]]:
    """Make them; return their ids and words by the names of the parameters in addresses."""
    shelf = _shelf(branch, f"shelf-{branch.pk}", canary, now)
    empty = _shelf(branch, f"empty-{branch.pk}", canary, now)
    key = f"art-{branch.pk}"
    published = _written(branch, shelf, key, canary, now)
    _publish(published, now)
    _written(branch, shelf, key, f"{canary} 2", now, article=published)
    _publish(published, now)
    draft = _written(branch, shelf, f"draft-{branch.pk}", canary, now)
    waiting = _written(branch, shelf, f"waiting-{branch.pk}", canary, now)
    services.submit(article_id=waiting.pk, by=ROBOT, now=now)
    retired = _written(branch, shelf, f"retired-{branch.pk}", canary, now)
    _publish(retired, now)
    services.retire(article_id=retired.pk, by=ROBOT, now=now)
    due = _written(branch, shelf, f"due-{branch.pk}", canary, now)
    _publish(due, now)
    Article.objects.filter(pk=due.pk).update(review_on=now.date())
    file = services.add_file(article_id=published.pk, name=f"{canary}.png", content=PNG, by=ROBOT, now=now)
    synonyms = services.save_synonyms(
        group_id=None, unit_id=branch.pk, words_it=f"{canary}, altro", words_en="", by=ROBOT, now=now
    )
    services.note_missed_search(words=f"{canary} mancante", language="it", unit_id=branch.pk, now=now)
    site = services.save_site(
        unit_id=branch.pk, slug=f"help-{branch.pk}", title_it=canary, title_en=canary, intro_it="", intro_en="",
        contact_url="", brand_color="#2450d8", is_on=True, by=ROBOT, now=now,
    )  # fmt: skip
    services.count(article_id=published.pk, unit_id=branch.pk, language="it", source="site", reader="test", now=now)
    services.judge(
        article_id=published.pk, unit_id=branch.pk, language="it", source="site", is_useful=False, reason="unclear",
        now=now - timedelta(minutes=1),
    )  # fmt: skip
    rows = {
        "article_id": published.pk,
        "draft_article_id": draft.pk,
        "waiting_article_id": waiting.pk,
        "retired_article_id": retired.pk,
        "due_article_id": due.pk,
        "category_id": shelf.pk,
        "empty_category_id": empty.pk,
        "file_id": file.pk,
        "group_id": synonyms.pk,
        "missed_id": MissedSearch.objects.get(unit=branch).pk,
    }
    return rows, {"help": site.slug, "article_key": key}


def _shelf(branch: Unit, key: str, canary: str, now: datetime) -> Category:
    return services.save_category(
        category_id=None, unit_id=branch.pk, key=key, name_it=canary, name_en=canary, icon="folder", position=1,
        by=ROBOT, now=now,
    )  # fmt: skip


def _written(branch: Unit, shelf: Category, key: str, canary: str, now: datetime, article: Any = None) -> Article:
    version = services.save_article(
        article_id=article.pk if article else None, unit_id=branch.pk, category_id=shelf.pk, kind="question",
        audience="public", key=key, texts={"it": NewText(title=f"{canary} titolo", body=f"{canary} testo")},
        by=ROBOT, now=now,
    )  # fmt: skip
    return version.article


def _publish(article: Article, now: datetime) -> None:
    services.submit(article_id=article.pk, by=ROBOT, now=now)
    services.approve(article_id=article.pk, by=ROBOT, now=now)
