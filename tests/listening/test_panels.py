"""Panels: the services that make 80 %, whom the lot falls on, who is not asked and why, and what the answers weigh."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from corsia.customers.models import Customer, Milestone
from corsia.customers.services import record_consent, set_flag
from corsia.customers.vocabulary import ConsentChannel, CustomerKind, Flag, Purpose
from corsia.kernel.errors import NotAllowed
from corsia.listening.jobs import draw_panel as job
from corsia.listening.models import Invitation, Panel, PanelStratum, Questionnaire, QuestionnaireVersion, Touchpoint
from corsia.listening.queries.panels import panel_result
from corsia.listening.queries.typical import volumes
from corsia.listening.rules.nps import Tally, net_promoter_score
from corsia.listening.rules.panels import Cell, allocate, estimate, vital_few
from corsia.listening.services import (
    NothingDone,
    NothingRecommended,
    PanelData,
    PlanAsksNothing,
    ask_for_panel,
    draw_panel,
)
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import actor_in, person_in
from tests.factories.surveys import reachable, response_to, solved_case
from tests.listening.test_plans import nps, ready  # noqa: F401  (fixtures)

pytestmark = pytest.mark.usefixtures("everything")
DAY = timedelta(days=1)
SINCE, UNTIL = date(2026, 1, 1), date(2026, 3, 9)  # NOON is on 10 March


def test_the_few_that_make_four_fifths() -> None:
    assert vital_few([]) == 0
    assert vital_few([0, 0]) == 0
    assert vital_few([7]) == 1
    assert vital_few([80, 10, 10]) == 1  # exactly 80 is enough
    assert vital_few([79, 11, 10]) == 2
    assert vital_few([1, 1, 1, 1, 1]) == 4


def test_places_follow_the_volume_and_add_up() -> None:
    assert allocate({"a": 500, "b": 300, "c": 200}, 10) == {"a": 5, "b": 3, "c": 2}
    # 3.5, 2.3, 1.2 of 7: the largest remainder takes the place that is left.
    assert allocate({"a": 50, "b": 33, "c": 17}, 7) == {"a": 4, "b": 2, "c": 1}
    assert allocate({"a": 1, "b": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 0}
    assert allocate({"a": 2, "b": 1}, 10) == {"a": 2, "b": 1}  # nobody is asked twice


def test_answers_weigh_what_their_group_does() -> None:
    # Of 900 services of the one only 5 answered, of 100 of the other 10: as answered the few speak too loudly.
    said = estimate([Cell(volume=900, scores={10: 4, 5: 1}), Cell(volume=100, scores={0: 10})])

    assert said.raw == net_promoter_score(Tally(promoters=4, detractors=11))
    assert said.weighted is not None
    assert said.weighted.points == pytest.approx(100 * (0.9 * 0.6 - 0.1))  # 44, against -46.7 as answered
    assert said.effective == pytest.approx(1000**2 / (900**2 / 5 + 100**2 / 10))  # Kish: 6.13
    # p = 0.72 and d = 0.28 of 6.13 answers, three imaginary ones more.
    n = said.effective + 3
    p, d = (0.72 * said.effective + 0.75) / n, (0.28 * said.effective + 0.75) / n
    reach = 1.959963984540054 * ((p + d - (p - d) ** 2) / n) ** 0.5
    assert said.weighted.low == pytest.approx(100 * (p - d - reach))
    assert said.weighted.high == pytest.approx(100 * min(1.0, p - d + reach))


def test_equal_weights_give_the_raw_score_to_the_last_digit() -> None:
    said = estimate([Cell(volume=40, scores={9: 6, 3: 2}), Cell(volume=20, scores={8: 3, 10: 1})])

    assert said.raw is not None
    assert said.weighted is not None
    assert said.effective == pytest.approx(12)
    assert [said.weighted.points, said.weighted.low, said.weighted.high] == pytest.approx(
        [said.raw.points, said.raw.low, said.raw.high]
    )


def test_nothing_is_shown_of_nine_and_the_silent_are_told() -> None:
    said = estimate([Cell(volume=60, scores={9: 9}), Cell(volume=40, scores={})])

    assert (said.raw, said.weighted, said.answers.answers) == (None, None, 9)
    assert said.covered_pct == 60
    assert estimate([]).covered_pct == 0


def order(unit, customer: Customer, detail: str = "", *, at=NOON - 5 * DAY) -> Milestone:
    return Milestone.objects.create(
        kind="order_closed", unit=unit, customer=customer, reached_at=at, day=at.date(), stated_at=at, detail=detail,
        reference=f"{customer.pk}",
    )  # fmt: skip


def people(group, count: int, name: str, **fields) -> list[Customer]:
    return [reachable(group, now=NOON - 300 * DAY, email=f"{name}{n}@example.it", **fields) for n in range(count)]


def fleets(group, count: int) -> list[Customer]:
    found = people(group, count, "fleet")
    Customer.objects.filter(pk__in=[one.pk for one in found]).update(kind=CustomerKind.COMPANY)
    return found


def asked(unit, nps: Questionnaire, *, size: int, seed: int = 7, by=ROBOT, **fields) -> Panel:  # noqa: F811
    values = {
        "name": "Panel", "touchpoint_id": Touchpoint.objects.get(key="handback").pk, "questionnaire_id": nps.pk,
        "since": SINCE, "until": UNTIL, "size": size, "seed": seed,
    }  # fmt: skip
    return ask_for_panel(unit_id=unit.pk, data=PanelData(**(values | fields)), by=by, now=NOON)


def drawn(unit, nps: Questionnaire, **fields) -> Panel:  # noqa: F811
    panel = asked(unit, nps, **fields)
    draw_panel(panel_id=panel.pk, by=ROBOT, now=NOON)
    panel.refresh_from_db()
    return panel


def test_services_are_counted_by_what_was_done(ready) -> None:  # noqa: F811
    for one in people(ready, 6, "a"):
        order(ready.brescia_care, one, "Tagliando")
    order(ready.verona_care, people(ready, 1, "b")[0], " tagliando ")
    order(ready.verona_care, people(ready, 1, "c")[0])
    order(ready.verona_care, people(ready, 1, "early")[0], "Gomme", at=NOON - 100 * DAY)
    solved_case(ready.brescia_care, people(ready, 1, "d")[0], now=NOON - 4 * DAY)
    a_case(ready.brescia_care, now=NOON - 5 * DAY, customer=people(ready, 1, "open")[0], process_key="complaint")

    found = volumes(since=SINCE, until=UNTIL, unit_id=ready.root.pk)
    brescia = volumes(since=SINCE, until=UNTIL, unit_id=ready.brescia.pk)

    assert [(line.key, line.count, round(line.reached), line.is_typical) for line in found.lines] == [
        ("event.order_closed.tagliando", 7, 78, True),
        ("case.information", 1, 89, True),
        ("event.order_closed", 1, 100, False),
    ]
    assert (found.total, found.rest) == (9, 1)
    assert [(line.key, line.count) for line in brescia.typical] == [("event.order_closed.tagliando", 6)]
    assert brescia.total == 7


def test_a_panel_is_drawn_in_proportion_and_can_be_told_again(ready, nps) -> None:  # noqa: F811
    for one in people(ready, 40, "p"):
        order(ready.brescia_care, one, "Tagliando")
    for one in people(ready, 30, "v"):
        order(ready.verona_care, one, "Tagliando")
    for one in fleets(ready, 20):
        order(ready.brescia_care, one, "Tagliando")
    for one in people(ready, 10, "rare"):
        order(ready.brescia_care, one, "Vetri")

    panel = drawn(ready.root, nps, size=9)

    groups = PanelStratum.objects.filter(panel=panel).order_by("-volume")
    assert [(one.unit_id, one.service, one.segment, one.volume, one.wanted) for one in groups] == [
        (ready.brescia.pk, "event.order_closed.tagliando", "retail", 40, 4),
        (ready.verona.pk, "event.order_closed.tagliando", "retail", 30, 3),
        (ready.brescia.pk, "event.order_closed.tagliando", "corporate", 20, 2),
    ]
    first = Invitation.objects.filter(plan=panel.plan)
    assert Counter(first.values_list("stratum_id", flat=True)) == {one.pk: one.wanted for one in groups}
    assert panel.services_done == 100
    assert (panel.plan.state, panel.plan.population) == ("running", "customers")
    events = set(first.values_list("occasion_id", flat=True))

    # The same lots fall on the same events; those who wait for the first panel's mail are told as the reason.
    again = drawn(ready.root, nps, size=9)
    other = drawn(ready.root, nps, size=9, seed=8)

    told = Invitation.objects.filter(plan=again.plan)
    assert events <= set(told.values_list("occasion_id", flat=True))
    assert set(told.filter(occasion_id__in=events).values_list("cancel_reason", flat=True)) == {"recently_asked"}
    assert set(Invitation.objects.filter(plan=other.plan).values_list("occasion_id", flat=True)) != events
    before = Invitation.objects.count()
    assert draw_panel(panel_id=panel.pk, by=ROBOT, now=NOON + DAY) == 9  # twice is once
    assert Invitation.objects.count() == before


def test_whoever_may_not_be_asked_is_told_and_makes_place(ready, nps) -> None:  # noqa: F811
    everybody = people(ready, 12, "p")
    for one in everybody:
        order(ready.brescia_care, one)
    order(ready.brescia_care, everybody[0], "", at=NOON - 9 * DAY)  # twice here, and once in the panel
    set_flag(customer_id=everybody[1].pk, flag=Flag.IN_DISPUTE, by=ROBOT, now=NOON)
    record_consent(
        customer_id=everybody[2].pk, purpose=Purpose.SURVEY, channel=ConsentChannel.ANY, is_given=False, source="x",
        by=ROBOT, now=NOON - 8 * DAY,
    )  # fmt: skip
    person_in(ready.root, email="p3@example.it")

    panel = drawn(ready.root, nps, size=9)

    rows = Invitation.objects.filter(plan=panel.plan)
    reasons = Counter(rows.values_list("cancel_reason", flat=True))
    assert reasons[""] == 9  # all who are left: nobody's place stays empty
    assert set(reasons) <= {"", "not_allowed", "employee"}
    assert len(set(rows.values_list("customer_id", flat=True))) == rows.count()
    may_not = {one.pk for one in everybody[1:4]}
    assert may_not.isdisjoint(rows.filter(cancelled_at=None).values_list("customer_id", flat=True))
    whole = drawn(ready.root, nps, size=13, name="Tutti")
    assert Counter(Invitation.objects.filter(plan=whole.plan).values_list("cancel_reason", flat=True)) == {
        "recently_asked": 9, "not_allowed": 2, "employee": 1,
    }  # fmt: skip


def test_a_panel_asks_only_what_can_be_compared_and_where_something_was_done(ready, nps) -> None:  # noqa: F811
    with pytest.raises(NothingDone):
        asked(ready.root, nps, size=9)
    order(ready.brescia_care, people(ready, 1, "p")[0])
    version = QuestionnaireVersion.objects.get(questionnaire=nps)
    pages = [{"key": "a", "questions": [{"key": "w", "kind": "text", "text": {"it": "Che cosa?", "en": "What?"}}]}]
    other = Questionnaire.objects.create(unit=ready.root, key="words", name_it="Parole", name_en="Words")
    with pytest.raises(PlanAsksNothing):
        asked(ready.root, other, size=9)
    QuestionnaireVersion.objects.create(
        questionnaire=other, number=1, state=version.state, definition=version.definition | {"pages": pages},
        saved_at=NOON, published_at=NOON,
    )  # fmt: skip
    with pytest.raises(NothingRecommended):
        asked(ready.root, other, size=9)
    with pytest.raises(NotAllowed):
        asked(ready.root, nps, size=9, by=actor_in(ready.root, Role.AGENT))
    assert Panel.objects.count() == 0


def test_the_job_draws_what_somebody_may_still_ask_for(ready, nps) -> None:  # noqa: F811
    for one in people(ready, 3, "p"):
        order(ready.brescia_care, one)
    boss = person_in(ready.root, Role.EXPERIENCE_MANAGER, email="boss@bellandi.example")
    panel = asked(ready.root, nps, size=2)

    job(panel_id=panel.pk, person_id=boss.pk)

    assert Invitation.objects.filter(plan=panel.plan, cancelled_at=None).count() == 2


def test_a_panel_says_the_worst_service_first_and_nothing_of_few(ready, nps) -> None:  # noqa: F811
    for kind, count in (("Tagliando", 20), ("Carrozzeria", 14), ("Gomme", 6)):
        for one in people(ready, count, kind.lower()):
            order(ready.brescia_care, one, kind)
    panel = drawn(ready.root, nps, size=40)
    scores = {"tagliando": 10, "carrozzeria": 3, "gomme": 9}
    for one in Invitation.objects.filter(plan=panel.plan).select_related("stratum"):
        assert one.stratum is not None
        response_to(one, scores[one.stratum.service.rsplit(".", 1)[1]], at=NOON + DAY)

    found = panel_result(panel.pk)

    # 20 and 14 of 40 are 85 %: tyres are not typical, so nobody is asked about them.
    assert [(one.label.partition(" · ")[2], one.volume, one.asked) for one in found.services] == [
        ("Carrozzeria", 14, 14), ("Tagliando", 20, 20),
    ]  # fmt: skip
    assert [one.said.weighted and one.said.weighted.points for one in found.services] == [-100, 100]
    assert found.typical_pct == 85
    assert found.said.raw is not None
    assert round(found.said.raw.points) == round(100 * (20 - 14) / 34)
    assert [(part.label, part.answers_pct, part.weight) for part in found.parts[0][1]] == [("Brescia", 100, 1)]


def test_the_pages_show_the_line_and_the_panel(ready, nps, client: Client) -> None:  # noqa: F811
    for one in people(ready, 12, "p"):
        order(ready.brescia_care, one, "Tagliando")
    panel = drawn(ready.root, nps, size=12)
    for one in Invitation.objects.filter(plan=panel.plan)[:11]:
        response_to(one, 10, at=NOON + DAY)
    client.force_login(person_in(ready.root, Role.EXPERIENCE_MANAGER, email="boss@bellandi.example"))

    page = client.get(reverse("listening:panel", args=[panel.pk])).content.decode()

    assert "Tagliando" in page
    assert f"{reverse('listening:add_finding')}?touchpoint={panel.plan.touchpoint_id}&amp;title=" in page
    assert client.get(reverse("listening:panels")).status_code == 200
    assert client.get(reverse("listening:add_panel")).status_code == 200
