"""From draft to published: who may, what changes, what stays, who is told."""

from datetime import date, timedelta

import pytest

from corsia.events.knowledge import ArticlePublished, ArticleRetired
from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.knowledge import jobs, queries, services
from corsia.knowledge.models import Article, ArticleText, ArticleVersion
from corsia.knowledge.permissions import READ_ARTICLES
from corsia.knowledge.queries.articles import public_article_id, public_shelves
from corsia.knowledge.rules.comparing import compare
from corsia.knowledge.services import NewText
from corsia.knowledge.services.articles import (
    AudienceNeedsApprover,
    ChangedMeanwhile,
    HalfWritten,
    KeyTaken,
    NothingWritten,
    UnknownKey,
    WaitsForApproval,
)
from corsia.knowledge.services.publishing import DraftIsOpen, NotWaiting, OwnText
from corsia.knowledge.vocabulary import Audience, VersionState
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.knowledge import WRITER, draft, published, shelf
from tests.factories.organisation import actor_in
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


@pytest.fixture
def author(group):
    return actor_in(group.brescia, Role.SPECIALIST, first_name="Laura", last_name="Pedretti")


@pytest.fixture
def boss(group):
    return actor_in(group.brescia, Role.BRANCH_MANAGER, first_name="Paolo", last_name="Greco")


def written(article: Article, body: str, *, by, revision: int = 0, **fields):
    """Save the draft of an article again."""
    values = {"kind": article.kind, "audience": article.audience, "category_id": article.category_id, **fields}
    return services.save_article(
        article_id=article.pk, unit_id=0, texts={"it": NewText(title="Titolo", body=body)}, revision=revision, by=by,
        now=NOON, **values,
    )  # fmt: skip


def test_a_draft_becomes_what_readers_see_only_by_approval(group, author, boss) -> None:
    article = draft(group.brescia, now=NOON, by=author)
    services.submit(article_id=article.pk, by=author, now=NOON)
    assert stated_facts() == []
    assert queries.search(words="tagliando", language="it") == []

    version = services.approve(article_id=article.pk, by=boss, now=NOON + timedelta(hours=1))

    article.refresh_from_db()
    assert (version.number, version.state, version.approver_id) == (1, VersionState.PUBLISHED, boss.id)
    assert article.review_on == date(2026, 9, 6)  # 180 days later
    assert [found.title for found in queries.search(words="tagliando", language="it")] == ["Tagliando"]
    assert stated_facts() == [
        ArticlePublished(
            unit_id=group.brescia.pk, occurred_at=NOON + timedelta(hours=1), article_id=article.pk, key="tagliando",
            version_id=version.pk, number=1, audience="public",
        )
    ]  # fmt: skip
    told = dict(Notification.objects.values_list("person_id", "kind"))
    assert told == {boss.id: "knowledge.waiting", author.id: "knowledge.published"}


def test_nobody_approves_their_own_text_while_somebody_else_could(group, boss) -> None:
    other = actor_in(group.root, Role.CARE_MANAGER, first_name="Elena", last_name="Conti")
    article = draft(group.brescia, now=NOON, by=boss)
    services.submit(article_id=article.pk, by=boss, now=NOON)

    with pytest.raises(OwnText) as refusal:
        services.approve(article_id=article.pk, by=boss, now=NOON)

    assert refusal.value.data == {"names": "Elena Conti"}
    assert services.approve(article_id=article.pk, by=other, now=NOON).approver_id == other.id


def test_who_is_the_only_manager_may_approve_their_own_text(group, boss) -> None:
    article = draft(group.brescia, now=NOON, by=boss)
    services.submit(article_id=article.pk, by=boss, now=NOON)

    assert services.approve(article_id=article.pk, by=boss, now=NOON).state == VersionState.PUBLISHED


def test_who_corrected_a_draft_is_one_of_its_writers(group, author, boss) -> None:
    other = actor_in(group.root, Role.CARE_MANAGER)
    article = draft(group.brescia, now=NOON, by=author)
    written(article, "Corretto.", by=boss, revision=1)
    services.submit(article_id=article.pk, by=author, now=NOON)

    with pytest.raises(OwnText):
        services.approve(article_id=article.pk, by=boss, now=NOON)
    assert services.approve(article_id=article.pk, by=other, now=NOON).state == VersionState.PUBLISHED


def test_authors_do_not_approve_and_agents_do_not_write(group, author) -> None:
    article = draft(group.brescia, now=NOON, by=author)
    services.submit(article_id=article.pk, by=author, now=NOON)

    with pytest.raises(NotAllowed):
        services.approve(article_id=article.pk, by=author, now=NOON)
    with pytest.raises(NotAllowed):
        draft(group.brescia, now=NOON, by=actor_in(group.brescia), it=("Altro", "x"))
    with pytest.raises(NotAllowed):
        draft(group.verona, now=NOON, by=author, it=("Altro", "x"))


def test_what_is_published_stays_until_the_next_version_replaces_it(group, author, boss) -> None:
    article = published(group.brescia, now=NOON)
    written(article, "Nuovo testo sul tagliando.", by=author)

    page = queries.article_page(article_id=article.pk, language="it")
    assert "prenota" in page.html
    services.submit(article_id=article.pk, by=author, now=NOON)
    services.approve(article_id=article.pk, by=boss, now=NOON)

    assert "Nuovo testo" in queries.article_page(article_id=article.pk, language="it").html
    assert "prenota" in queries.article_page(article_id=article.pk, language="it", number=1).html
    states = dict(ArticleVersion.objects.values_list("number", "state"))
    assert states == {1: VersionState.REPLACED, 2: VersionState.PUBLISHED}
    assert [found.title for found in queries.search(words="prenota", language="it")] == []


def test_an_old_version_comes_back_as_a_draft_and_never_over_another(group, author) -> None:
    article = published(group.brescia, now=NOON)
    written(article, "Seconda.", by=author)

    with pytest.raises(DraftIsOpen):
        services.restore(article_id=article.pk, number=1, by=author, now=NOON)
    services.discard_draft(article_id=article.pk, by=author, now=NOON)
    version = services.restore(article_id=article.pk, number=1, by=author, now=NOON)

    assert (version.number, version.state) == (2, VersionState.DRAFT)
    assert ArticleText.objects.get(version=version).body == ArticleText.objects.get(version__number=1).body


def test_two_who_write_at_once_do_not_overwrite_each_other(group, author, boss) -> None:
    article = draft(group.brescia, now=NOON, by=author)
    written(article, "Di Laura.", by=author, revision=1)

    with pytest.raises(ChangedMeanwhile) as refusal:
        written(article, "Di Paolo.", by=boss, revision=1)

    assert "Laura Pedretti" in str(refusal.value)
    assert ArticleText.objects.get().body == "Di Laura."


def test_what_waits_cannot_be_changed_under_the_approvers_eyes(group, author, boss) -> None:
    article = draft(group.brescia, now=NOON, by=author)
    services.submit(article_id=article.pk, by=author, now=NOON)
    with pytest.raises(WaitsForApproval):
        written(article, "Altro.", by=author, revision=1)

    services.send_back(article_id=article.pk, reason="Mancano i prezzi", by=boss, now=NOON)

    assert written(article, "Altro.", by=author, revision=1).sent_back == "Mancano i prezzi"
    with pytest.raises(NotWaiting):
        services.approve(article_id=article.pk, by=boss, now=NOON)


def test_an_author_cannot_open_to_customers_what_was_approved_for_colleagues(group, author, boss) -> None:
    article = published(group.brescia, now=NOON, audience=Audience.INTERNAL)

    with pytest.raises(AudienceNeedsApprover):
        written(article, "Altro.", by=author, audience=Audience.PUBLIC)
    written(article, "Altro.", by=boss, audience=Audience.PUBLIC)

    article.refresh_from_db()
    assert article.audience == Audience.PUBLIC


def test_a_text_that_cannot_be_kept_says_why(group, author) -> None:
    for texts, refusal in (
        ((("", ""), None), NothingWritten),
        ((("Solo titolo", ""), None), HalfWritten),
        ((("", "Solo testo"), ("Title", "Body")), HalfWritten),
        ((("Chiave", "Chiami {{targa}}"), None), UnknownKey),
    ):
        with pytest.raises(refusal):
            draft(group.brescia, now=NOON, it=texts[0], en=texts[1], by=author)
    draft(group.brescia, now=NOON, by=author, key="orari")
    with pytest.raises(KeyTaken):
        draft(group.brescia, now=NOON, by=author, key="orari")
    assert Article.objects.count() == 1


def test_a_retired_article_is_found_by_nobody_and_comes_back_due(group, boss) -> None:
    article = published(group.brescia, now=NOON)
    services.retire(article_id=article.pk, by=boss, now=NOON)

    assert queries.search(words="tagliando", language="it") == []
    with pytest.raises(NotFound):
        public_article_id(unit_id=group.brescia.pk, key="tagliando")
    assert [type(fact) for fact in stated_facts()] == [ArticlePublished, ArticleRetired]

    services.bring_back(article_id=article.pk, by=boss, now=NOON)

    article.refresh_from_db()
    assert article.review_on == NOON.date()
    assert len(queries.search(words="tagliando", language="it")) == 1


def test_owners_are_told_once_when_an_article_is_due(group, author, monkeypatch) -> None:
    article = published(group.brescia, now=NOON, owner_id=author.id, review_every_days=90)
    orphan = published(group.brescia, now=NOON, it=("Altro", "x"), review_every_days=90)
    Article.objects.filter(pk=orphan.pk).update(owner=None)
    boss = actor_in(group.brescia, Role.BRANCH_MANAGER)
    due = NOON + timedelta(days=90)

    assert services.tell_due_reviews(now=due - timedelta(days=1)) == 0
    assert services.tell_due_reviews(now=due) == 2
    assert services.tell_due_reviews(now=due + timedelta(days=3)) == 0
    told = set(Notification.objects.filter(kind="knowledge.review").values_list("person_id", flat=True))
    assert told == {author.id, boss.id}

    services.reviewed(article_id=article.pk, by=author, now=due)
    article.refresh_from_db()
    assert article.review_on == (due + timedelta(days=90)).date()
    jobs.tell_due_reviews(0)


def test_a_branchs_own_article_takes_the_place_of_the_groups(group, boss) -> None:
    published(group.root, now=NOON, it=("Orari", "Del gruppo."), key="orari")
    own = services.copy_for_unit(article_id=Article.objects.get().pk, unit_id=group.brescia.pk, by=boss, now=NOON)

    def read_at(unit) -> list[str]:
        return [link.key for one in public_shelves(unit_id=unit.pk, language="it") for link in one.articles]

    assert public_article_id(unit_id=group.brescia_care.pk, key="orari") != own.pk  # a draft changes nothing
    services.submit(article_id=own.pk, by=WRITER, now=NOON)
    services.approve(article_id=own.pk, by=WRITER, now=NOON)
    assert public_article_id(unit_id=group.brescia_care.pk, key="orari") == own.pk
    assert public_article_id(unit_id=group.verona.pk, key="orari") != own.pk
    assert read_at(group.brescia) == ["orari"]


def test_a_branch_does_not_see_the_drafts_and_articles_of_another(group) -> None:
    article = published(group.verona, now=NOON, it=("Di Verona", "x"))

    with scope.entered(scope_of(actor_in(group.brescia_care), READ_ARTICLES)):
        with pytest.raises(NotFound):
            queries.article_page(article_id=article.pk, language="it")
        assert queries.search(words="verona", language="it") == []


def test_the_starter_articles_wait_for_somebody_to_read_them(group) -> None:
    boss = actor_in(group.root, Role.CARE_MANAGER)

    added = services.install_starter(unit_id=group.root.pk, by=boss, now=NOON)

    assert len(added) == len(services.starter.shipped_articles()) >= 15
    assert set(ArticleVersion.objects.values_list("state", flat=True)) == {VersionState.WAITING}
    assert all(article.title_it and article.title_en for article in added)
    assert services.install_starter(unit_id=group.root.pk, by=boss, now=NOON) == []
    assert services.approve(article_id=added[0].pk, by=boss, now=NOON).state == VersionState.PUBLISHED


def test_shelves_are_removed_only_when_empty(group, boss) -> None:
    from corsia.knowledge.services.categories import ShelfNotEmpty

    draft(group.brescia, now=NOON)

    with pytest.raises(ShelfNotEmpty):
        services.remove_category(category_id=shelf(group.brescia).pk, by=boss, now=NOON)


def test_a_comparison_holds_both_wordings_whole() -> None:
    before, after = "Il cambio si fa\nda novembre.\nFine", "Il cambio gomme si fa\nda ottobre.\nFine"

    stretches = compare(before, after)

    assert "".join(one.text for one in stretches if one.fate != "added") == before
    assert "".join(one.text for one in stretches if one.fate != "removed") == after
    assert [one.text.strip() for one in stretches if one.fate == "added"] == ["gomme", "ottobre"]
