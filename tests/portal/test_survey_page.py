"""The survey page as a customer, a scanner and a mail program see it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from corsia.customers.models import Consent
from corsia.kernel import scope
from corsia.kernel.models import FactRecord
from corsia.listening.links import ANSWER, STOP, token_of
from corsia.listening.models import Invitation, Response, ResponseItem, SurveySettings
from tests.factories.surveys import reachable, sent, surveyed_group


@pytest.fixture
def invitation(group):
    now = timezone.now() - timedelta(hours=2)
    with scope.system("test"):
        ready = surveyed_group(group, now=now)
        return sent(ready.brescia_care, reachable(ready, now=now), now=now)


@pytest.fixture
def visitor() -> Client:
    return Client(enforce_csrf_checks=True)


def url_of(invitation: Invitation) -> str:
    return f"/portal/survey/{token_of(invitation.pk, ANSWER)}/"


def send(visitor: Client, url: str, page: str = "recommend", **fields):
    visitor.get(url)
    return visitor.post(url, {"page": page, **fields})


def test_the_page_asks_without_script_and_stays_out_of_search_engines(visitor, invitation) -> None:
    page = visitor.get(url_of(invitation))
    html = page.content.decode()

    assert page.status_code == 200
    assert "Da 0 a 10" in html
    assert "Brescia" in html
    assert "<script" not in html
    assert "style=" not in html
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page.headers["Cache-Control"]
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert "Giulia" not in html


def test_english_is_one_click_away(visitor, invitation) -> None:
    html = visitor.get(url_of(invitation) + "?l=en").content.decode()

    assert '<html lang="en">' in html
    assert "From 0 to 10" in html


def test_scanners_that_open_the_link_many_times_answer_nothing(visitor, invitation) -> None:
    facts = FactRecord.objects.count()
    for verb in (visitor.get, visitor.head, visitor.get):
        assert verb(url_of(invitation) + "?score=0&text=x").status_code == 200

    assert Response.unscoped.count() == 0
    assert FactRecord.objects.count() == facts
    assert send(visitor, url_of(invitation), recommend="9").status_code == 302


def test_each_page_is_kept_and_once_complete_nothing_changes_any_more(visitor, invitation) -> None:
    url = url_of(invitation)
    first = send(visitor, url, recommend="0")
    [kept] = Response.unscoped.all()
    assert (kept.score, kept.completed_at, kept.settled_at) == (0, None, None)
    asked = visitor.get(first.headers["Location"]).content.decode()
    assert "migliorare il Suo giudizio" in asked
    assert "ha apprezzato di più" not in asked

    last = send(visitor, url, "why", why_detractor="Attesa lunga", call_me="1")
    thanks = visitor.get(last.headers["Location"])
    again = send(visitor, url, recommend="10")

    assert thanks.status_code == 200
    assert "Grazie" in thanks.content.decode()
    assert again.status_code == 409
    assert "Grazie" in again.content.decode()
    [kept] = Response.unscoped.all()
    assert (kept.score, kept.text, kept.wants_callback) == (0, "Attesa lunga", True)
    assert kept.completed_at is not None
    items = {row.question: (row.number, row.text, row.is_low) for row in ResponseItem.unscoped.all()}
    assert items == {
        "recommend": (0, "", True),
        "why_detractor": (None, "Attesa lunga", False),
        "call_me": (1, "", False),
    }


@pytest.mark.parametrize(
    ("score", "words"),
    [("10", "ha apprezzato di più"), ("8", "ottenere da Lei un 10"), ("6", "migliorare il Suo giudizio")],
)
def test_each_band_is_asked_its_own_question(visitor, invitation, score, words) -> None:
    following = send(visitor, url_of(invitation), recommend=score).headers["Location"]

    assert words in visitor.get(following).content.decode()


def test_whoever_comes_back_goes_on_where_they_stopped_and_may_change_their_mind(visitor, invitation) -> None:
    url = url_of(invitation)
    send(visitor, url, recommend="3")
    assert "migliorare il Suo giudizio" in visitor.get(url).content.decode()
    before = visitor.get(url + "?p=recommend").content.decode()
    assert 'value="3" required checked' in before

    send(visitor, url, recommend="9")
    send(visitor, url, "why", why_promoter="Tutto bene")

    [kept] = Response.unscoped.all()
    assert (kept.score, kept.text) == (9, "Tutto bene")
    assert set(ResponseItem.unscoped.values_list("question", flat=True)) == {"recommend", "why_promoter"}


def test_the_last_page_does_not_complete_what_must_still_be_answered(visitor, invitation) -> None:
    page = send(visitor, url_of(invitation), "why", call_me="1")

    assert page.status_code == 302
    assert page.headers["Location"].endswith("p=recommend")
    [kept] = Response.unscoped.all()
    assert (kept.completed_at, kept.wants_callback) == (None, True)
    send(visitor, url_of(invitation), recommend="9")
    assert visitor.get(url_of(invitation)).status_code == 200


def test_a_form_without_score_says_so_and_keeps_nothing(visitor, invitation) -> None:
    page = send(visitor, url_of(invitation))

    assert page.status_code == 422
    assert 'id="e-recommend"' in page.content.decode()
    assert Response.unscoped.count() == 0


def test_words_that_are_too_long_are_shown_again_not_lost(visitor, invitation) -> None:
    send(visitor, url_of(invitation), recommend="2")
    page = send(visitor, url_of(invitation), "why", why_detractor="<b>lungo</b> " * 400, call_me="1")
    html = page.content.decode()

    assert page.status_code == 422
    assert "&lt;b&gt;lungo&lt;/b&gt;" in html
    assert 'name="call_me" value="1" checked' in html


@pytest.mark.parametrize("score", ["11", "-1", "9.5", "abc", "９"])
def test_a_score_beside_the_scale_is_asked_again(visitor, invitation, score) -> None:
    assert send(visitor, url_of(invitation), recommend=score).status_code == 422
    assert Response.unscoped.count() == 0


@pytest.mark.parametrize("page", ["", "nothing", "page"])
def test_a_page_that_does_not_exist_is_refused_in_words(visitor, invitation, page) -> None:
    answer = send(visitor, url_of(invitation), page, recommend="9")

    assert answer.status_code == 422
    assert "card note" in answer.content.decode()
    assert Response.unscoped.count() == 0


def test_a_post_from_elsewhere_is_refused(visitor, invitation) -> None:
    url, told = url_of(invitation), {"page": "recommend", "recommend": "0"}
    for origin in ("https://evil.example", "null"):
        refused = visitor.post(url, told, headers={"Origin": origin})
        assert refused.status_code == 403
        assert "Apra il link" in refused.content.decode()
    assert Response.unscoped.count() == 0
    assert visitor.post(url, told, headers={"Origin": "http://testserver"}).status_code == 302
    assert visitor.cookies == {}


@pytest.mark.parametrize("token", ["x", "1-00000000000000000000000000000000", "9" * 25 + "-" + "0" * 32, "%00", "½"])
def test_links_that_we_did_not_make_get_a_friendly_page(db, visitor, token) -> None:
    page = visitor.get(f"/portal/survey/{token}/")

    assert page.status_code == 404
    assert "card note" in page.content.decode()


def test_an_expired_link_says_so(visitor, invitation) -> None:
    Invitation.unscoped.update(expires_at=timezone.now() - timedelta(seconds=1))

    page = visitor.get(url_of(invitation))

    assert page.status_code == 410
    assert "scadut" in page.content.decode()


def test_a_score_in_the_link_is_only_chosen_not_sent(visitor, invitation) -> None:
    html = visitor.get(url_of(invitation) + "?score=7").content.decode()

    assert 'value="7" required checked' in html
    assert Response.unscoped.count() == 0


def test_more_than_thirty_posts_a_minute_wait(visitor, invitation) -> None:
    url = url_of(invitation)
    statuses = [visitor.post(url).status_code for _ in range(62)]

    # The minute may turn once in between; thirty in each are let through.
    assert statuses.count(429) in range(2, 33)
    assert statuses[:30] == [422] * 30
    last = visitor.post(url)
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) == 60
    assert "card note" in last.content.decode()


def test_the_page_wears_the_colour_of_the_unit(visitor, invitation) -> None:
    SurveySettings.unscoped.create(unit_id=invitation.unit_id, brand_color="#aa1122")

    assert "/portal/brand/aa1122.css" in visitor.get(url_of(invitation)).content.decode()
    sheet = visitor.get("/portal/brand/aa1122.css")
    assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "--brand:#aa1122" in sheet.content.decode()
    assert visitor.get("/portal/brand/aa11zz.css").status_code == 404


def stop_url(invitation: Invitation) -> str:
    return f"/portal/unsubscribe/{token_of(invitation.pk, STOP)}/"


def test_opening_the_unsubscribe_link_changes_nothing(visitor, invitation) -> None:
    assert visitor.get(stop_url(invitation)).status_code == 200
    assert Consent.unscoped.count() == 0


def test_one_click_unsubscribing_needs_no_cookie(visitor, invitation) -> None:
    done = visitor.post(
        stop_url(invitation), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )

    assert done.status_code == 200
    [consent] = Consent.unscoped.all()
    assert (consent.customer_id, consent.purpose, consent.is_given) == (invitation.customer_id, "survey", False)


def test_a_wrong_unsubscribe_link_records_nothing(db, visitor, invitation) -> None:
    assert visitor.post(f"/portal/unsubscribe/{token_of(invitation.pk, ANSWER)}/").status_code == 404
    assert visitor.get(f"/portal/unsubscribe/{token_of(invitation.pk, ANSWER)}/").status_code == 404
    assert Consent.unscoped.count() == 0
