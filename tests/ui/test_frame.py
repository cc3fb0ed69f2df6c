"""The frame of every page: sign-in in our look, the rail by right, refusals as toasts, fields that speak to all."""

from datetime import date

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.template import engines
from django.test import Client
from django.utils import translation

from corsia.kernel.errors import Refused
from corsia.organisation.vocabulary import Role
from corsia.ui.middleware import RefusalMiddleware
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.django_db


def draw(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


class VisitForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the papers.")
    colour = forms.CharField(label="Colour", required=False)
    agrees = forms.BooleanField(label="Agrees", required=False)


def test_the_sign_in_page_speaks_italian_and_english() -> None:
    browser = Client()

    assert "<h1>Accedi</h1>" in browser.get("/account/login/").content.decode()

    answer = browser.get("/ui/language/en/?next=/account/login/")

    assert answer.url == "/account/login/"
    assert "<h1>Sign in</h1>" in browser.get("/account/login/").content.decode()


def test_the_language_link_never_leads_to_another_site() -> None:
    answer = Client().get("/ui/language/en/?next=https://elsewhere.example/")

    assert answer.url == "/"


def test_an_unknown_language_changes_nothing() -> None:
    answer = Client().get("/ui/language/xx/?next=/account/login/")

    assert answer.url == "/account/login/"
    assert "django_language" not in answer.cookies


@pytest.mark.parametrize("path", ["/account/login/", "/account/password/reset/"])
def test_pages_before_sign_in_have_one_heading_and_no_inline_code(path: str) -> None:
    page = Client().get(path).content.decode()

    assert page.count("<h1") == 1
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page


@pytest.mark.parametrize(
    "path", ["/account/2fa/", "/account/sessions/", "/account/password/change/", "/account/logout/"]
)
def test_pages_of_the_own_account_stand_in_the_frame(group, path: str) -> None:
    browser = signed_in(person_in(group.brescia_care))

    page = browser.get(path, follow=True).content.decode()

    assert 'class="rail"' in page or 'class="entrance"' in page
    assert page.count("<h1") == 1


def test_the_rail_shows_only_what_the_role_may_open(group) -> None:
    agent = signed_in(person_in(group.brescia_care, Role.AGENT)).get("/organisation/").content.decode()

    assert 'href="/organisation/"' in agent
    assert 'aria-current="page"' in agent


def test_a_refusal_is_a_toast_for_a_fragment_and_a_page_otherwise(group) -> None:
    browser = Client()
    person = person_in(group.brescia_care)
    person.memberships.all().delete()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    page = browser.get("/")
    fragment = browser.get("/", headers={"HX-Request": "true"})

    assert page.status_code == 403
    assert "HX-Refusal" not in page.headers
    assert "<h1>" in page.content.decode()
    assert fragment.status_code == 403
    assert fragment.headers["HX-Refusal"] == "1"
    assert fragment.headers["HX-Reswap"] == "none"
    assert "<html" not in fragment.content.decode()


@pytest.mark.parametrize(
    ("page", "is_offered"), [("http://testserver/organisation/", True), ("https://elsewhere.example/", False)]
)
def test_a_refusal_leads_back_to_a_page_of_ours_only(group, page: str, is_offered: bool) -> None:
    browser = signed_in(person_in(group.brescia_care, Role.AGENT))

    answer = browser.get("/ui/", headers={"Referer": page})

    assert answer.status_code == 403
    assert (f'href="{page}"' in answer.content.decode()) is is_offered


def test_a_refused_form_gives_the_words_back_but_no_secret(group, rf) -> None:
    request = rf.post("/x/", {"text": "Gentile <b>cliente</b>", "password": "my secret words", "unit": "7"})
    request.user, request.session = AnonymousUser(), {}

    answer = RefusalMiddleware(lambda _request: HttpResponse()).process_exception(request, Refused())

    assert answer is not None
    page = answer.content.decode()

    assert "Gentile &lt;b&gt;cliente&lt;/b&gt;" in page
    assert "secret words" not in page
    assert page.count("typed-w") == 1  # a choice is no text


def test_english_dates_have_the_day_first_and_italian_months_small_letters() -> None:
    day = {"day": date(2017, 9, 7)}

    with translation.override("en"):
        assert draw('{{ day|date:"SHORT_DATE_FORMAT" }} {{ day|date:"j M"|small_names }}', **day) == "07/09/2017 7 Sep"
    with translation.override("it"):
        assert draw('{{ day|date:"SHORT_DATE_FORMAT" }} {{ day|date:"j M"|small_names }}', **day) == "07/09/2017 7 set"


def test_devices_are_told_by_browser_and_system() -> None:
    windows = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
    )

    def told(agent: str) -> str:
        return draw("{{ agent|device }}", agent=agent)

    assert told(windows) == "Chrome su Windows"
    assert told(f"{windows} Edg/130.0") == "Edge su Windows"
    assert (
        told("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1") == "Safari su iPhone"
    )
    assert told("curl/8.0") == "curl/8.0"
    assert told("") == "Dispositivo sconosciuto"


def test_an_unknown_address_answers_with_our_page() -> None:
    answer = Client().get("/no-such-page/")

    assert answer.status_code == 404
    assert 'class="entrance"' in answer.content.decode()


def test_a_field_names_its_help_and_its_error() -> None:
    form = VisitForm({"name": "", "colour": ""})

    html = draw('{% include "ui/_form.html" %}', form=form)

    assert 'for="id_name"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert html.count('class="opt"') == 1  # the colour; a box to tick needs no such word


def test_errors_of_the_whole_form_come_first() -> None:
    form = VisitForm({"name": "Ada"})
    form.is_valid()
    form.add_error(None, "Too late for today.")

    html = draw('{% include "ui/_form.html" %}', form=form)

    assert html.index("Too late for today.") < html.index("id_name")
    assert 'role="alert"' in html


def test_the_pager_disables_what_leads_nowhere() -> None:
    html = draw('{% include "ui/_pager.html" with older="?after=7" %}')

    assert 'href="?after=7"' in html
    assert html.count('aria-disabled="true"') == 1


@pytest.mark.parametrize(("role", "expected"), [(Role.ADMINISTRATOR, 200), (Role.AGENT, 403)])
def test_the_page_of_components_is_for_administrators(group, role: Role, expected: int) -> None:
    assert signed_in(person_in(group.root, role)).get("/ui/").status_code == expected


def test_the_page_of_components_asks_for_sign_in() -> None:
    assert Client().get("/ui/").url.startswith("/account/login/")
