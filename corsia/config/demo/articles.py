"""The knowledge base of the demonstration: articles in every state, help sites, half a year of readers."""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from corsia.config.demo.copying import Table
from corsia.config.demo.group import BRAND, DOMAIN, ROBOT, DemoGroup
from corsia.knowledge.models import Article, ArticleDay, ComplaintDay, MissedSearch
from corsia.knowledge.services import (
    NewText,
    approve,
    copy_for_unit,
    install_starter,
    save_article,
    save_site,
    submit,
)
from corsia.knowledge.services.articles import texts_of
from corsia.knowledge.vocabulary import Complaint, Source, VersionState
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Unit
from corsia.organisation.vocabulary import UnitKind

DAYS = 180
STILL_WAITING = frozenset({"finanziamento", "dati-personali"})
NEVER_READ = frozenset({"passaggio-di-proprieta"})
# How often each is opened on a branch's site in a week, and how many in a hundred find it useful.
READ = {
    "orari": (9.0, 92), "tagliando": (7.0, 88), "garanzia-legale": (4.0, 71), "pneumatici": (5.0, 90),
    "auto-sostitutiva": (3.5, 64), "revisione": (4.5, 93), "reclamo": (2.0, 58), "pagamento": (2.5, 86),
    "fattura-elettronica": (1.8, 45), "ritiro-veicolo": (2.2, 84), "richiamo": (1.4, 89), "permuta": (1.6, 76),
    "garanzia-del-costruttore": (1.5, 80),
}  # fmt: skip
SEARCHED = (
    ("bollo auto", 38, 2), ("ricarica wallbox", 21, 1), ("vetro scheggiato", 17, 5), ("batteria ibrida", 12, 3),
    ("seconda chiave", 9, 6), ("aggiornamento navigatore", 7, 9), ("gancio traino", 5, 14),
)  # fmt: skip
SEARCHED_IN_ENGLISH = (("tourist tax", 4, 8), ("car insurance green card", 3, 11))


def load(group: DemoGroup, *, now: datetime) -> None:
    """Give the group its articles, sites and readers; the same ones each time on the same day."""
    rng = random.Random(f"help|{now.date().isoformat()}")
    _articles(group, now)
    branches = list(Unit.objects.filter(path__startswith=group.root.path, kind=UnitKind.BRANCH).order_by("pk"))
    for branch in branches:
        _site(branch, now)
    _readers(branches, rng, now)
    _searches(branches, rng, now)


def _articles(group: DemoGroup, now: datetime) -> None:
    """Publish the starter articles over some months; leave two waiting, rewrite one twice, keep one in draft."""
    manager = group.person(f"elena.conti@{DOMAIN}")
    by = actor_of(manager, today=now.date())
    written_at = now - timedelta(days=DAYS + 10)
    for number, article in enumerate(install_starter(unit_id=group.root.pk, by=by, now=written_at)):
        if article.key not in STILL_WAITING:
            approve(article_id=article.pk, by=by, now=written_at + timedelta(days=number))
    # Those read again meanwhile are due later than today; three are due.
    late = Article.objects.filter(published_at__isnull=False).order_by("pk")
    for number, article in enumerate(late):
        article.review_on = (now + timedelta(days=number * 9 - 20)).date()
        article.save(update_fields=["review_on"])
    author = actor_of(group.person(f"chiara.galli@{DOMAIN}"), today=now.date())
    for days, old, new, note in (
        (60, "un numero di telefono", "un recapito telefonico", "Più chiaro che cosa serve per prenotare"),
        (12, "i chilometri attuali", "i chilometri, come li segna il quadro", "Chilometri spiegati meglio"),
    ):
        _rewritten("tagliando", old, new, note, now - timedelta(days=days))
        approve(article_id=Article.objects.get(key="tagliando").pk, by=by, now=now - timedelta(days=days))
    _rewritten("reclamo", "La richiama", "La richiama entro un giorno lavorativo", "Detto entro quando", now)
    bergamo = Unit.objects.filter(path__startswith=group.root.path, kind=UnitKind.BRANCH).order_by("pk")[1]
    own = copy_for_unit(article_id=Article.objects.get(key="ritiro-veicolo").pk, unit_id=bergamo.pk, by=ROBOT, now=now)
    Article.objects.filter(pk=own.pk).update(owner=author.id)


def _rewritten(key: str, old: str, new: str, note: str, at: datetime) -> None:
    article = Article.objects.get(key=key)
    version = article.versions.get(state=VersionState.PUBLISHED)
    texts = texts_of(version)
    texts["it"] = NewText(
        title=texts["it"].title, body=texts["it"].body.replace(old, new), keywords=texts["it"].keywords
    )
    save_article(
        article_id=article.pk, unit_id=article.unit_id, category_id=article.category_id, kind=article.kind,
        audience=article.audience, texts=texts, owner_id=article.owner_id, change_note=note,
        process_keys=article.process_keys.split(), by=ROBOT, now=at - timedelta(days=1),
    )  # fmt: skip
    submit(article_id=article.pk, by=ROBOT, now=at - timedelta(hours=3), is_told=False)


def _site(branch: Unit, now: datetime) -> None:
    form = reverse("portal:form", args=[branch.code.removeprefix("bellandi-")])
    save_site(
        unit_id=branch.pk,
        slug=branch.code.removeprefix("bellandi-"),
        title_it="Come possiamo aiutarLa?",
        title_en="How can we help you?",
        intro_it=f"Le risposte alle domande più frequenti a {branch.name}.",
        intro_en=f"Answers to what people in {branch.name} ask most.",
        contact_url=f"{settings.PUBLIC_URL.rstrip('/')}{form}",
        brand_color=BRAND,
        is_on=True,
        by=ROBOT,
        now=now,
    )


def _readers(branches: list[Unit], rng: random.Random, now: datetime) -> None:
    days = Table(
        ArticleDay, "unit", "article", "day", "language", "source", "views", "useful", "not_useful", "used_in_reply"
    )
    complaints: dict[tuple[int, int, object, str], int] = {}
    articles = {article.key: article.pk for article in Article.objects.filter(unit__kind=UnitKind.GROUP)}
    for key, (weekly, useful_pct) in READ.items():
        for branch in branches:
            for age in range(DAYS):
                day = (now - timedelta(days=age)).date()
                quiet = 0.35 if day.weekday() > 4 else 1.0
                views = sum(rng.random() < weekly * quiet / 70 for _ in range(10))
                if views:
                    useful, not_useful = _judged(rng, views, useful_pct)
                    language = "en" if rng.random() < 0.06 else "it"
                    days.add(branch.pk, articles[key], day, language, Source.SITE, views, useful, not_useful, 0)
                    if not_useful and rng.random() < 0.7:
                        reason = rng.choices(Complaint.values, weights=(4, 5, 2, 3))[0]
                        mark = (branch.pk, articles[key], day, reason)
                        complaints[mark] = complaints.get(mark, 0) + 1
                if rng.random() < weekly / 160:
                    used = int(rng.random() < 0.6)
                    days.add(branch.pk, articles[key], day, "it", Source.DESK, 1 - used, 0, 0, used)
    days.write()
    table = Table(ComplaintDay, "unit", "article", "day", "reason", "answers")
    for (unit, article, on, reason), answers in complaints.items():
        table.add(unit, article, on, reason, answers)
    table.write()


def _judged(rng: random.Random, views: int, useful_pct: int) -> tuple[int, int]:
    said = sum(rng.random() < 0.14 for _ in range(views))
    useful = sum(rng.random() * 100 < useful_pct for _ in range(said))
    return useful, said - useful


def _searches(branches: list[Unit], rng: random.Random, now: datetime) -> None:
    table = Table(MissedSearch, "unit", "language", "words", "times", "first_at", "last_at")
    for language, searches in (("it", SEARCHED), ("en", SEARCHED_IN_ENGLISH)):
        for words, times, days in searches:
            branch = branches[rng.randrange(min(4, len(branches)))]
            first = now - timedelta(days=rng.randint(40, 120))
            table.add(branch.pk, language, words, times, first, now - timedelta(days=days, hours=rng.randint(0, 9)))
    table.write()
