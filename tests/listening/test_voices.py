"""What customers said reaches whose work it is; reasons of choice and loss; what a wave leaves about each customer."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from corsia.customers.models import Milestone
from corsia.customers.services import state_lapsed
from corsia.customers.services.milestones import LAPSED_AFTER, state_milestone
from corsia.customers.vocabulary import MilestoneKind
from corsia.events.listening import SurveyAnswered
from corsia.kernel import scope
from corsia.listening.models import (
    Invitation,
    ListeningPlan,
    Questionnaire,
    QuestionnaireVersion,
    Response,
    ResponseItem,
    ResponseTopic,
    Touchpoint,
    WaveSegment,
)
from corsia.listening.queries.reasons import reasons
from corsia.listening.queries.voices import Narrowed, columns
from corsia.listening.services import (
    enrich_by_waves,
    install_questionnaires,
    read_words,
    set_plan_state,
    tell_whose_work,
)
from corsia.listening.vocabulary import AnswerChannel, Band
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from corsia.privacy.services import ask_erasure, run_erasure
from corsia.privacy.vocabulary import ErasureReason
from tests.factories.cases import ROBOT
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.factories.surveys import answered, reachable, surveyed_group

DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def ready(group, now):
    with scope.system("test"):
        made = surveyed_group(group, now=now)
        install_questionnaires(unit_id=made.root.pk, by=ROBOT, now=now)
        return made


@pytest.fixture
def laura(ready):
    with scope.system("test"):
        return person_in(ready.brescia_care, Role.AGENT)


def said(ready, score, text="", *, at, unit=None, of=None):
    with scope.system("test"):
        customer = reachable(ready, now=at, email=f"c{Response.objects.count()}@example.it")
        response = answered(unit or ready.brescia_care, customer, score, at=at, text=text)
        if of is not None:
            Invitation.objects.filter(pk=response.invitation_id).update(assignee=of)
        return response


def anonymous(unit, texts, *, at, **fields):
    with scope.system("test"):
        return Response.objects.bulk_create(
            Response(unit=unit, score=4, text=text, channel=AnswerChannel.QR, started_at=at, answered_at=at,
                     completed_at=at, settled_at=at, **fields)
            for text in texts
        )  # fmt: skip


def fact_of(response) -> SurveyAnswered:
    score = response.score
    return SurveyAnswered(
        unit_id=response.unit_id, occurred_at=response.answered_at, response_id=response.pk,
        invitation_id=response.invitation_id, case_id=response.case_id, customer_id=response.customer_id, score=score,
        is_detractor=score is not None and score <= 6, wants_callback=False, is_complete=True, low_items=0,
        text=response.text,
    )  # fmt: skip


class TestPage:
    def test_an_agent_reads_praise_and_blame_of_their_unit_side_by_side(self, ready, laura, now) -> None:
        said(ready, 2, "Sempre in ritardo", at=now - DAY, of=laura)
        said(ready, 10, "Personale gentilissimo", at=now - 2 * DAY)
        said(ready, 3, "Di un'altra sede", at=now - DAY, unit=ready.verona_care)
        with scope.system("test"):
            read_words(now=now)

        html = signed_in(laura).get(reverse("listening:voices")).content.decode()

        assert html.index("Sempre in ritardo") < html.index("Personale gentilissimo")
        assert "Di un" not in html.replace("Di un periodo", "")
        assert html.count("La tua pratica") == 1
        assert "Attese e promesse" in html
        assert reverse("listening:results") + '"' not in html  # pages the agent may not open are not offered

    @pytest.mark.parametrize(
        ("query", "shown"),
        [("band=promoter", {"B"}), ("mine=1", {"A"}), ("topic=waiting", {"A"}), ("topic=waiting&sign=plus", set()),
         ("words=1", {"A", "B"}), ("days=7", {"A"})],
    )  # fmt: skip
    def test_filters_narrow(self, ready, laura, now, query, shown) -> None:
        said(ready, 2, "Ritardo A1", at=now - DAY, of=laura)
        said(ready, 10, "Cortesi B1", at=now - 20 * DAY)
        said(ready, 8, at=now - DAY)
        with scope.system("test"):
            read_words(now=now)

        html = signed_in(laura).get(reverse("listening:voices") + f"?{query}").content.decode()

        assert {key[-2] for key in ("Ritardo A1", "Cortesi B1") if key in html} == shown  # a token may hold “A1” alone

    def test_words_without_a_name_are_withheld_where_few_wrote(self, ready, laura, now) -> None:
        anonymous(ready.brescia_care, [f"Parole segrete {n}" for n in range(9)], at=now - DAY)
        page = signed_in(laura)

        html = page.get(reverse("listening:voices")).content.decode()
        assert "Parole segrete" not in html
        assert "Parole non mostrate" in html
        assert "Parole segrete" not in page.get(reverse("listening:voices") + "?words=1").content.decode()

        anonymous(ready.brescia_care, ["La decima"], at=now - DAY)
        assert "Parole segrete" in page.get(reverse("listening:voices")).content.decode()

    def test_results_withhold_them_too(self, ready, now) -> None:
        anonymous(ready.brescia_care, ["Parole segrete"], at=now - DAY)
        with scope.system("test"):
            boss = person_in(ready.root, Role.EXPERIENCE_MANAGER)

        html = signed_in(boss).get(reverse("listening:results")).content.decode()

        assert "Parole segrete" not in html
        assert "Parole non mostrate" in html

    def test_no_file_carries_them_out(self, ready, now) -> None:
        anonymous(ready.brescia_care, [f"Parole segrete {n}" for n in range(9)], at=now - DAY)
        said(ready, 10, "Cortesi davvero", at=now - DAY)
        with scope.system("test"):
            boss = person_in(ready.root, Role.EXPERIENCE_MANAGER)
        page = signed_in(boss)

        csv = page.get(reverse("listening:export_csv")).content.decode()
        assert "Cortesi davvero" in csv
        assert "Parole segrete" not in csv
        assert csv.count("Assistenza") == 10  # the answers themselves are there

        anonymous(ready.brescia_care, ["La decima"], at=now - DAY)
        assert page.get(reverse("listening:export_csv")).content.decode().count("Parole segrete") == 9

    def test_a_manager_puts_topics_right_and_an_agent_may_not(self, ready, laura, now) -> None:
        response = said(ready, 2, "Ritardo", at=now - DAY)
        address = reverse("listening:correct_topics", args=[response.pk])
        assert signed_in(laura).post(address, {"topic.price": "minus"}).status_code == 403
        with scope.system("test"):
            boss = person_in(ready.root, Role.EXPERIENCE_MANAGER)

        assert signed_in(boss).post(address, {"topic.price": "minus", "topic.waiting": "none"}).status_code == 302

        with scope.system("test"):
            assert list(response.topics.values_list("topic", "sign")) == [("price", "minus")]
            assert read_words(now=now) == 0

    def test_a_broken_stem_is_shown_beside_its_field_with_what_was_typed(self, ready) -> None:
        with scope.system("test"):
            boss = person_in(ready.root, Role.EXPERIENCE_MANAGER)
        page = signed_in(boss)

        answer = page.post(reverse("listening:topic_words", args=["price"]), {"plus_it": "x"})

        assert answer.status_code == 422
        assert "«x»" in answer.content.decode() or "“x”" in answer.content.decode()

    def test_three_answers_take_as_many_statements_as_one(self, ready, now, django_assert_num_queries, everything):
        said(ready, 2, "Ritardo", at=now - DAY)
        asked = Narrowed(since=now - 9 * DAY, until=now)
        columns(asked, bands=list(Band), me=None)
        with django_assert_num_queries(8):
            columns(asked, bands=list(Band), me=None)
        for _ in range(2):
            said(ready, 2, "Ritardo", at=now - DAY)
        with django_assert_num_queries(8):
            assert [one.n for one in columns(asked, bands=list(Band), me=None)] == [0, 0, 3]


class TestNotice:
    @pytest.mark.parametrize(
        ("score", "text", "kinds"),
        [(2, "Ritardo", ["listening.blame"]), (10, "Bravi", ["listening.praise"]), (10, "", []), (8, "Bene", []),
         (2, "", [])],
    )  # fmt: skip
    def test_whoever_had_the_case_is_told_once_and_never_the_words(
        self, ready, laura, now, everything, score, text, kinds
    ) -> None:
        response = said(ready, score, text, at=now, of=laura)

        for _ in range(2):
            tell_whose_work(fact_of(response), now=now)

        rows = list(Notification.objects.filter(person=laura))
        assert [row.kind for row in rows] == kinds
        assert all(text not in f"{row.title}{row.text}" for row in rows if text)
        assert all(row.url == f"/listening/voices/?mine=1#a{response.pk}" for row in rows)


class TestReasons:
    def lost(self, ready, now, choices):
        version = QuestionnaireVersion.unscoped.get(questionnaire__key="lost", state="in_force")
        for one in choices:
            [response] = anonymous(ready.brescia_care, [""], at=now - DAY, version=version)
            with scope.system("test"):
                ResponseItem.objects.create(
                    unit_id=response.unit_id, response=response, question="left", choices=one, answered_at=now - DAY
                )

    def test_reasons_are_ranked_with_what_they_make_together(self, ready, now, everything) -> None:
        asked = {"survey": "lost", "since": now - 9 * DAY, "until": now}
        self.lost(ready, now, [["price", "waiting"]] * 6 + [["price"]] * 3)
        [few] = reasons(**asked)
        assert (few.n, few.lines) == (9, [])

        self.lost(ready, now, [["sold"]])
        [why] = reasons(**asked)

        assert [(line.key, line.n, round(line.share.value), round(line.reached)) for line in why.lines] == [
            ("price", 9, 90, 56), ("waiting", 6, 60, 94), ("sold", 1, 10, 100),
        ]  # fmt: skip
        assert (why.is_loss, why.n, why.vital) == (True, 10, 2)

    def test_the_results_page_shows_them(self, ready, now) -> None:
        self.lost(ready, now, [["price"]] * 10)
        with scope.system("test"):
            boss = person_in(ready.root, Role.EXPERIENCE_MANAGER)

        html = signed_in(boss).get(reverse("listening:results") + "?survey=lost").content.decode()

        assert "Costa troppo" in html
        assert "n = 10" in html

    def test_who_did_not_come_for_18_months_is_stated_once(self, ready, now, everything) -> None:
        customer = reachable(ready, now=now)
        last = now - LAPSED_AFTER - DAY

        def came(at, who=customer):
            state_milestone(
                unit_id=ready.brescia.pk, kind=MilestoneKind.ORDER_CLOSED, customer_id=who.pk, vehicle_id=None,
                reached_at=at, by=ROBOT, now=now,
            )  # fmt: skip

        came(last)
        came(last - 300 * DAY)
        other = reachable(ready, now=now, email="altro@example.it")
        came(last, other)
        came(now - 100 * DAY, other)

        assert (state_lapsed(now=now), state_lapsed(now=now)) == (1, 0)
        row = Milestone.objects.get(kind=MilestoneKind.LAPSED)
        assert (row.customer, row.reached_at, row.unit) == (customer, last + LAPSED_AFTER, ready.brescia)


class TestSegments:
    @pytest.fixture
    def plan(self, ready, now):
        with scope.system("test"):
            touchpoint = Touchpoint.objects.create(
                unit=ready.root, key="officina", name_it="Officina", name_en="Workshop", stage="service"
            )
            return ListeningPlan.objects.create(
                unit=ready.root, name="Officina autunno", touchpoint=touchpoint, starts_on=now.date() - 30 * DAY,
                questionnaire=Questionnaire.objects.get(key="nps-workshop"), state="running", changed_at=now,
            )  # fmt: skip

    def answer(self, plan, customer, unit, score, *, at):
        return Response.objects.create(
            plan=plan, customer=customer, unit=unit, score=score, started_at=at, answered_at=at, completed_at=at,
            settled_at=at,
        )  # fmt: skip

    def test_customers_get_their_newest_band_when_the_wave_is_over(self, ready, plan, now, everything) -> None:
        giulia = reachable(ready, now=now)
        self.answer(plan, giulia, ready.brescia_care, 3, at=now - 5 * DAY)
        self.answer(plan, giulia, ready.brescia_care, 9, at=now - 2 * DAY)
        assert enrich_by_waves(now=now) == 0

        set_plan_state(plan_id=plan.pk, state="ended", by=ROBOT, now=now)

        row = WaveSegment.objects.get()
        assert (row.customer, row.band, row.score, row.answered_at) == (giulia, "promoter", 9, now - 2 * DAY)
        assert enrich_by_waves(now=now) == 0
        self.answer(plan, giulia, ready.brescia_care, 7, at=now - DAY)
        assert enrich_by_waves(now=now) == 1
        assert WaveSegment.objects.get().band == "passive"

    def test_a_band_whose_term_is_over_stays_away(self, ready, plan, now, everything) -> None:
        giulia = reachable(ready, now=now)
        self.answer(plan, giulia, ready.brescia_care, 3, at=now - 5 * DAY)
        set_plan_state(plan_id=plan.pk, state="ended", by=ROBOT, now=now)
        WaveSegment.objects.all().delete()

        assert enrich_by_waves(now=now + 400 * DAY, since=now + 386 * DAY) == 0
        self.answer(plan, giulia, ready.brescia_care, 9, at=now + 399 * DAY)
        assert enrich_by_waves(now=now + 400 * DAY, since=now + 386 * DAY) == 1
        assert WaveSegment.objects.get().band == "promoter"

    def test_the_list_of_customers_is_chosen_by_it_within_ones_units(self, ready, plan, laura, now) -> None:
        with scope.system("test"):
            mine, other = (
                reachable(ready, now=now, email=f"{name}@example.it", name=name) for name in ("Ombretta", "Zaira")
            )
            self.answer(plan, mine, ready.brescia_care, 10, at=now - DAY)
            self.answer(plan, other, ready.verona_care, 10, at=now - DAY)
            set_plan_state(plan_id=plan.pk, state="ended", by=ROBOT, now=now)
        page = signed_in(laura)

        html = page.get(reverse("customers:index") + f"?segment={plan.pk}-promoter").content.decode()
        assert "Ombretta" in html
        assert "Zaira" not in html
        assert f'value="{plan.pk}-detractor"' not in html
        # A segment that is not offered filters nothing away and nothing in.
        everybody = page.get(reverse("customers:index") + f"?segment={plan.pk}-detractor").content.decode()
        assert "Zaira" in everybody

        shown = page.get(reverse("listening:customer_panel", args=[mine.pk])).content.decode()
        assert "Promotore · 10" in shown
        assert "Officina autunno" in shown

    def test_erasing_a_customer_takes_their_band_and_their_words(self, ready, plan, now, everything) -> None:
        """Their answer stays as a number among others: no row of a wave, no words by which a topic was found."""
        boss = actor_in(ready.root, Role.CARE_MANAGER)
        giulia, other = (reachable(ready, now=now, email=f"{name}@example.it") for name in ("giulia", "zaira"))
        for customer in (giulia, other):
            response = self.answer(plan, customer, ready.brescia_care, 3, at=now - DAY)
            Response.objects.filter(pk=response.pk).update(text="Preventivo troppo caro e sala sporca")
        set_plan_state(plan_id=plan.pk, state="ended", by=ROBOT, now=now)
        assert read_words(now=now) == 2
        before = self.told_of(giulia)
        assert before == self.told_of(other)
        assert before[0] == [("detractor", 3)]
        assert before[1]
        assert all(words for _, _, words in before[1])

        erasure = ask_erasure(customer_id=giulia.pk, reason=ErasureReason.REQUEST, by=boss, now=now)
        run_erasure(erasure_id=erasure.pk, now=now)

        blanked = [(topic, sign, "") for topic, sign, _ in before[1]]
        assert self.told_of(giulia) == ([], blanked)
        assert Response.objects.values_list("score", "text").get(customer=giulia) == (3, "")
        assert self.told_of(other) == before
        # Neither the wave nor the reading brings back what was erased.
        assert (enrich_by_waves(now=now + DAY), read_words(now=now + DAY)) == (0, 0)
        assert self.told_of(giulia) == ([], blanked)

    def told_of(self, customer) -> tuple[list[tuple[str, int]], list[tuple[str, str, str]]]:
        """Return what waves and readings say of a customer."""
        topics = ResponseTopic.objects.filter(response__customer=customer).order_by("topic")
        return (
            list(WaveSegment.objects.filter(customer=customer).values_list("band", "score")),
            list(topics.values_list("topic", "sign", "words")),
        )
