"""A plan's own link, on a wall or at a kiosk: anybody answers, page by page, and nobody is known by it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from corsia.cases.models import Case
from corsia.events.listening import SurveyAnswered
from corsia.kernel import scope
from corsia.listening.links import plan_link, plan_token, response_token
from corsia.listening.models import Invitation, ListeningPlan, Loop, Questionnaire, Response, Touchpoint
from corsia.listening.queries import results
from corsia.listening.services import close_the_loop, install_questionnaires
from tests.browser import Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.cases import ROBOT
from tests.factories.organisation import small_group
from tests.factories.surveys import surveyed_group
from tests.facts import stated_facts


def counter_plan(group) -> ListeningPlan:
    """Let whoever stands at a counter be asked."""
    now = timezone.now()
    surveyed_group(group, now=now)
    install_questionnaires(unit_id=group.root.pk, by=ROBOT, now=now)
    touchpoint = Touchpoint.objects.create(
        unit=group.root, key="counter", name_it="Banco", name_en="Counter", stage="service"
    )
    return ListeningPlan.objects.create(
        unit=group.root,
        name="Al banco",
        touchpoint=touchpoint,
        questionnaire=Questionnaire.objects.get(key="nps-workshop"),
        starts_on=now.date() - timedelta(days=1),
        state="running",
        changed_at=now,
    )


@pytest.fixture
def plan(group) -> ListeningPlan:
    with scope.system("test"):
        return counter_plan(group)


@pytest.fixture
def visitor() -> Client:
    return Client(enforce_csrf_checks=True)


def path(plan, group) -> str:
    return f"/portal/listen/{plan_token(plan.pk, group.brescia.pk)}/"


def kiosk(plan, group) -> str:
    return f"/portal/listen/{plan_token(plan.pk, group.brescia.pk, is_kiosk=True)}/"


def send(visitor: Client, url: str, page: str, **fields):
    visitor.get(url)
    return visitor.post(url, {"csrfmiddlewaretoken": visitor.cookies["csrftoken"].value, "page": page, **fields})


def test_looking_begins_nothing_and_the_first_answer_does(visitor, plan, group) -> None:
    assert plan_link(plan.pk, group.brescia.pk).endswith(path(plan, group))
    for verb in (visitor.get, visitor.head):
        assert verb(path(plan, group)).status_code == 200
    html = visitor.get(path(plan, group)).content.decode()
    assert "Brescia" in html
    assert "<script" not in html
    assert Response.unscoped.count() == 0

    first = send(visitor, path(plan, group) + "?w=qr", "recommend", recommend="4")
    assert first.status_code == 302
    [kept] = Response.unscoped.all()
    assert (kept.score, kept.channel, kept.unit_id, kept.plan_id, kept.customer_id, kept.invitation_id) == (
        4, "qr", group.brescia.pk, plan.pk, None, None,
    )  # fmt: skip
    asked = visitor.get(first.headers["Location"]).content.decode()
    assert "migliorare il Suo giudizio" in asked

    last = send(visitor, first.headers["Location"], "why", why_detractor="Poca cortesia")
    assert "Grazie" in visitor.get(last.headers["Location"]).content.decode()
    assert send(visitor, first.headers["Location"], "recommend", recommend="10").status_code == 409
    kept.refresh_from_db()
    assert (kept.score, kept.text, kept.completed_at is not None) == (4, "Poca cortesia", True)


def test_two_people_at_one_kiosk_are_two(visitor, plan, group) -> None:
    for score in ("9", "2"):
        send(visitor, kiosk(plan, group), "recommend", recommend=score)

    rows = Response.unscoped.order_by("pk").values_list("score", "channel", "device")
    assert [(score, way) for score, way, _device in rows] == [(9, "kiosk"), (2, "kiosk")]
    assert len({device for _score, _way, device in rows}) == 1  # a reader may ask why one device answers so much


def test_nobody_is_called_who_is_not_known_and_their_answer_counts_by_itself(visitor, plan, group) -> None:
    first = send(visitor, path(plan, group), "recommend", recommend="0")
    send(visitor, first.headers["Location"], "why")
    with scope.system("test"):
        [fact] = stated_facts(SurveyAnswered)
        assert (fact.customer_id, fact.case_id, fact.is_detractor) == (None, None, True)
        assert close_the_loop(fact, now=timezone.now()) is None
        assert (Loop.objects.count(), Case.objects.count(), Invitation.objects.count()) == (0, 0, 0)
        now = timezone.now() + timedelta(minutes=1)
        assert results(days=30, now=now).answers.answers == 0
        assert results(days=30, now=now, survey="nps-workshop").answers.detractors == 1


@pytest.mark.parametrize(
    "changed", [{"state": "paused"}, {"state": "draft"}, {"ends_on": "2020-01-01", "starts_on": "2019-01-01"}]
)
def test_a_plan_that_does_not_run_takes_nothing_and_says_so(visitor, plan, group, changed) -> None:
    ListeningPlan.unscoped.update(**changed)

    page = visitor.get(path(plan, group))
    assert page.status_code == 409
    assert "card note" in page.content.decode()
    assert Client().post(path(plan, group), {"page": "recommend", "recommend": "9"}).status_code == 409
    assert Response.unscoped.count() == 0


def test_a_full_branch_takes_no_more_and_the_others_still_do(visitor, plan, group) -> None:
    ListeningPlan.unscoped.update(quota=1)
    send(visitor, path(plan, group), "recommend", recommend="9")

    assert visitor.get(path(plan, group)).status_code == 409
    assert visitor.get(f"/portal/listen/{plan_token(plan.pk, group.verona.pk)}/").status_code == 200


@pytest.mark.parametrize("token", ["x", "1-1-" + "0" * 32, "9" * 20 + "-1-" + "0" * 32, "%00"])
def test_tokens_that_we_did_not_make_open_nothing(db, visitor, token) -> None:
    assert visitor.get(f"/portal/listen/{token}/").status_code == 404
    assert visitor.get(f"/portal/listen/on/{token}/").status_code == 404


def test_a_response_to_an_invitation_is_not_gone_on_with_here(visitor, plan, group) -> None:
    send(visitor, path(plan, group), "recommend", recommend="9")
    [kept] = Response.unscoped.all()
    Response.unscoped.update(started_at=timezone.now() - timedelta(hours=25))
    late = send(visitor, f"/portal/listen/on/{response_token(kept.pk)}/", "why", why_promoter="Tardi")

    assert late.status_code == 409
    kept.refresh_from_db()
    assert kept.text == ""


def test_words_that_cannot_be_taken_are_shown_again(visitor, plan, group) -> None:
    page = send(visitor, path(plan, group), "recommend", recommend="11")
    assert page.status_code == 422
    assert Response.unscoped.count() == 0


def test_only_the_signed_link_of_a_kiosk_makes_answers_of_a_kiosk(visitor, plan, group) -> None:
    send(visitor, path(plan, group) + "?w=kiosk", "recommend", recommend="9")
    forged = f"/portal/listen/{plan_token(plan.pk, group.brescia.pk).replace('-', '-k').replace('-k', '-', 1)}/"

    assert visitor.get(forged).status_code == 404
    assert list(Response.unscoped.values_list("channel", flat=True)) == ["web"]


def test_a_kiosk_goes_back_to_its_start_and_keeps_nobody_on_its_screen(visitor, plan, group) -> None:
    first = visitor.get(kiosk(plan, group)).content.decode()
    assert f'data-kiosk="{kiosk(plan, group)}"' in first
    answer = send(visitor, kiosk(plan, group), "recommend", recommend="9")
    second = visitor.get(answer.headers["Location"])
    assert f'data-kiosk="{kiosk(plan, group)}"' in second.content.decode()
    assert second.headers["Cache-Control"] == "no-store, private"
    send(visitor, answer.headers["Location"], "why")
    end = visitor.get(answer.headers["Location"]).content.decode()
    assert f'content="8;url={kiosk(plan, group)}"' in end
    assert "<form" not in end
    assert "kiosk" not in visitor.get(path(plan, group)).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_kiosk_in_a_browser(real_browser: Browser, transactional_db) -> None:  # noqa: F811
    with scope.system("test"):
        group = small_group()
        row = counter_plan(group)
    with real_browser.window(None, size={"width": 1180, "height": 820}) as window:
        page = window.page
        page.clock.install()
        window.go(kiosk(row, group))
        assert window.axe() == []
        page.locator("input[value='3']").click(force=True)
        page.clock.run_for(51_000)
        page.get_by_text("C'è ancora").wait_for()
        page.clock.run_for(10_000)  # nobody touched it for a minute
        page.locator("input[value='3']:not(:checked)").wait_for(state="attached")
        page.locator("input[value='9']").click(force=True)
        page.locator("main form button").click()
        page.locator("main textarea").wait_for()
        assert page.url.endswith(kiosk(row, group))  # no page of somebody is left in the history
        page.locator("main textarea").fill("Gentili")
        page.locator("main form button").click()
        page.get_by_text("Grazie").first.wait_for()
        page.clock.run_for(9_000)
        page.locator("input[value='9']:not(:checked)").wait_for(state="attached")
        assert "Gentili" not in page.content()
        assert (window.errors, window.blocked()) == ([], [])
    with scope.system("test"):
        assert list(Response.objects.values_list("score", "channel", "text")) == [(9, "kiosk", "Gentili")]
