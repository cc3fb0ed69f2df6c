"""The knowledge base as people use it: written, approved, found by a customer, put into a reply."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.kernel import scope
from corsia.knowledge import services
from corsia.knowledge.models import Article, ArticleDay, MissedSearch
from corsia.knowledge.services import NewText
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.conversations.cases import a_mail
from tests.factories.knowledge import WRITER, published, shelf
from tests.factories.messaging import a_desk
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict:
    """A group with a shelf, an author, a manager and an agent with a mail from a customer."""
    now = timezone.now() - timedelta(hours=1)
    group = small_group()
    desk = a_desk(group, now=now, acknowledges=False)
    with scope.system("test"):
        shelf(group.root)
        published(
            group.root,
            now=now,
            it=("Pneumatici invernali", "Il cambio si fa da **novembre**. Chiami {{unit_name}}."),
            en=("Winter tyres", "They are changed from **November** on."),
        )
        services.save_site(
            unit_id=group.brescia.pk, slug="brescia", title_it="Aiuto", title_en="Help", intro_it="", intro_en="",
            contact_url="", brand_color="#0b6b5d", is_on=True, by=WRITER, now=now,
        )  # fmt: skip
        case = a_mail(desk, name="Giulia Ferri", at=now)
        case.subject = "Cambio gomme"
        case.save(update_fields=["subject"])
    return {
        "group": group,
        "case": case,
        "author": person_in(group.root, Role.SPECIALIST, first_name="Laura", last_name="Pedretti", language="it"),
        "boss": person_in(group.root, Role.CARE_MANAGER, first_name="Marta", last_name="Riva", language="it"),
        "agent": person_in(group.brescia_care, Role.AGENT, first_name="Anna", last_name="Bonetti", language="it"),
    }


def test_an_article_goes_from_a_missed_search_to_the_customer(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(None) as visitor:
        visitor.go("/portal/help/brescia/?l=it")
        visitor.page.fill("#q", "bollo scaduto")
        visitor.page.press("#q", "Enter")
        visitor.page.wait_for_selector(".note")
    with real_browser.window(scene["author"]) as author:
        author.go("/knowledge/numbers/")
        author.page.click(".kb-missed a.b")
        expect(author.page.locator("#id_title_it")).to_have_value("Bollo scaduto")
        author.page.fill("#id_body_it", "Il bollo si paga **entro il mese** dopo la scadenza.")
        author.page.wait_for_selector("#kb-prev-it strong")
        author.page.click("button[value=submit]")
        author.page.wait_for_selector("#kb-wait")
        assert author.blocked() == []
        assert author.errors == []
    with real_browser.window(scene["boss"]) as boss:
        boss.go("/knowledge/?state=waiting")
        boss.page.click(".kb-t")
        boss.page.click("form[action$='/approve/'] button")
        boss.page.wait_for_selector("text=Ritira")
    with real_browser.window(None, size=PHONE) as visitor:
        visitor.go("/portal/help/brescia/search/?q=bollo&l=it")
        visitor.page.click(".hits a")
        expect(visitor.page.locator("article")).to_contain_text("entro il mese")
        visitor.page.click("button[value=no]")
        visitor.page.click("button[value=incomplete]")
        expect(visitor.page.locator("#useful")).to_contain_text("Grazie")
        assert visitor.axe() == []
        assert visitor.errors == []
    with scope.system("test"):
        article = Article.objects.get(key="bollo-scaduto")
        counted = ArticleDay.objects.get(article=article, source="site")
        assert (counted.views, counted.useful, counted.not_useful) == (1, 0, 1)
        assert MissedSearch.objects.get().article_id == article.pk


def test_an_agent_puts_an_article_into_the_reply_and_loses_nothing(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["agent"]) as agent:
        agent.go(f"/conversations/{scene['case'].pk}/")
        agent.page.wait_for_selector("#ctx .kb-help b")
        agent.page.fill("#reply-t", "Buongiorno Giulia,")
        expect(agent.page.locator("#ctx .kb-help")).to_contain_text("Pneumatici invernali")
        agent.page.click("#ctx .kb-help button:has-text('Inserisci')")
        expect(agent.page.locator("#reply-t")).to_have_value(re.compile("novembre"))
        text = agent.page.input_value("#reply-t")
        agent.page.click("#ctx .kb-help button:has-text('Link')")
        expect(agent.page.locator("#reply-t")).to_have_value(re.compile("/portal/help/brescia/"))
        agent.page.fill("#kb-p-q", "pneumatic")
        expect(agent.page.locator("#kb-p-list b")).to_have_text("Pneumatici invernali")
        agent.page.click("#kb-p-list summary")
        agent.page.wait_for_selector("#kb-p-list mark")
        assert agent.axe() == []
        assert agent.blocked() == []
        assert agent.errors == []

    assert text == "Buongiorno Giulia,\n\nIl cambio si fa da novembre. Chiami Assistenza."
    with scope.system("test"):
        assert ArticleDay.objects.get(source="desk").used_in_reply == 2


@pytest.mark.parametrize(("language", "theme"), [("it", "light"), ("en", "dark")])
def test_no_page_has_a_violation_of_any_kind(real_browser: Browser, scene, theme, language) -> None:  # noqa: F811
    with scope.system("test"):
        article = Article.objects.get()
        services.save_article(
            article_id=article.pk, unit_id=0, category_id=article.category_id, kind="guide", audience="public",
            texts={"it": NewText(title="Pneumatici", body="Altro testo.")}, by=WRITER, now=timezone.now(),
        )  # fmt: skip
    scene["boss"].language = language
    scene["boss"].save()
    pages = [
        "", f"{article.pk}/", f"{article.pk}/edit/", f"{article.pk}/versions/2/", "numbers/", "shelves/",
        "shelves/new/",
        "synonyms/", "sites/", f"sites/{scene['group'].brescia.pk}/", "?q=gomme",
    ]  # fmt: skip
    public = ["", "search/?q=gomme", "search/?q=niente", "a/pneumatici-invernali/"]
    found = []
    with real_browser.window(scene["boss"], theme=theme) as window:
        for path in pages:
            window.go(f"/knowledge/{path}")
            window.page.wait_for_load_state("networkidle")
            found += [(path, what) for what in (*window.axe(), *window.blocked(), *window.errors)]
            window.errors.clear()
    with real_browser.window(None, size=PHONE) as window:
        window.page.emulate_media(color_scheme=theme)
        for path in public:
            window.go(f"/portal/help/brescia/{path}{'&' if '?' in path else '?'}l={language}")
            found += [(path, what) for what in (*window.axe(), *window.blocked(), *window.errors)]
            window.errors.clear()

    assert found == []
