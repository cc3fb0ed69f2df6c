"""Surveys of the network: whom a plan asks, once each, and that no answer leads back to who gave it."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client

from corsia.events.listening import SurveyAnswered
from corsia.kernel.errors import NotAllowed
from corsia.kernel.models import AuditEntry
from corsia.listening.links import colleague_path
from corsia.listening.models import ListeningPlan, Questionnaire, Response, ResponseItem, StaffInvitation, Touchpoint
from corsia.listening.queries import results
from corsia.listening.queries.colleagues import NETWORK_ROLES, colleagues_of, wave_of
from corsia.listening.rules.colleagues import shared_units
from corsia.listening.services import (
    NoRoleChosen,
    PlanNotRunning,
    TooFewColleagues,
    install_questionnaires,
    invite_colleagues,
    remind_colleagues,
    settle_left,
)
from corsia.messaging.models import Outgoing
from corsia.organisation.models import Membership, NoticeChoice, Notification, Person, Unit
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT
from tests.factories.organisation import UnitFactory, actor_in, person_in, signed_in, small_group
from tests.factories.surveys import surveyed_group
from tests.facts import stated_facts

DAY = timedelta(days=1)


def network_plan(group, **fields) -> ListeningPlan:
    surveyed_group(group, now=NOON)
    install_questionnaires(unit_id=group.root.pk, by=ROBOT, now=NOON)
    touchpoint = Touchpoint.objects.create(
        unit=group.root, key="network", name_it="Rete", name_en="Network", stage="brand"
    )
    values = {
        "unit": group.root, "name": "Ascolto della rete", "touchpoint": touchpoint, "population": "agent",
        "questionnaire": Questionnaire.objects.get(key="agents"), "starts_on": NOON.date() - DAY, "state": "running",
        "changed_at": NOON,
    }  # fmt: skip
    return ListeningPlan.objects.create(**(values | fields))


@pytest.fixture
def plan(group, everything) -> ListeningPlan:
    return network_plan(group)


def people(unit: Unit, count: int, role: Role = Role.SALESPERSON) -> list[Person]:
    return [person_in(unit, role) for _number in range(count)]


def asked(plan: ListeningPlan, *, roles=NETWORK_ROLES, by=ROBOT, now=NOON) -> int:
    return invite_colleagues(plan_id=plan.pk, roles=roles, by=by, now=now)


def link_of(person: Person) -> str:
    return colleague_path(StaffInvitation.unscoped.get(person=person).pk)


def give(visitor: Client, url: str, page: str, **fields):
    visitor.get(url)
    return visitor.post(url, {"csrfmiddlewaretoken": visitor.cookies["csrftoken"].value, "page": page, **fields})


def answer(person: Person, score: int) -> None:
    """Answer to the end, in a browser that nobody is signed in to."""
    visitor = Client(enforce_csrf_checks=True)
    first = give(visitor, link_of(person), "recommend", recommend=str(score))
    assert first.status_code == 302, first.content.decode()
    second = give(visitor, first.headers["Location"], "support", technical=str(score))
    last = give(visitor, second.headers["Location"], "why")
    assert "Grazie" in visitor.get(last.headers["Location"]).content.decode()


@pytest.fixture(autouse=True)
def _today(plan) -> None:
    """The pages read the real clock: the plan's days hold then too."""
    plan.starts_on, plan.ends_on = date(2020, 1, 1), None
    plan.save(update_fields=["starts_on", "ends_on"])


# -- among how many an answer is kept ------------------------------------------------------------------


def test_units_of_few_stand_with_those_above_so_that_ten_are_together() -> None:
    above = {1: (), 2: (1,), 3: (1, 2), 4: (1, 2), 5: (1,)}

    assert shared_units({3: 10, 5: 10}, above, top=1) == {3: 3, 5: 5}
    assert shared_units({3: 9, 4: 1, 5: 10}, above, top=1) == {3: 2, 4: 2, 5: 5}
    # Two are left over: taken from the sum they would be known, so the smallest of the others joins them.
    assert shared_units({3: 12, 4: 11, 5: 2}, above, top=1) == {3: 3, 4: 1, 5: 1}
    assert shared_units({3: 4, 5: 5}, above, top=1) == {3: 1, 5: 1}
    assert shared_units({3: 10, 5: 10}, above, top=2) == {3: 3, 5: 2}  # 5 was moved away: it counts at the top


# -- whom it asks --------------------------------------------------------------------------------------


def test_it_asks_the_network_of_its_unit_and_nobody_else(group, plan) -> None:
    agency = UnitFactory(parent=group.root, kind="agency", name="Voce", code="voce")
    asked_ones = [
        person_in(agency, Role.AGENCY_AGENT, last_name="Alfa"),
        person_in(group.brescia, Role.SALESPERSON, last_name="Beta"),
        person_in(group.verona, Role.PARTNER, last_name="Gamma"),
    ]
    Membership.objects.create(person=asked_ones[1], unit=group.verona, role=Role.PARTNER, since=date(2021, 1, 1))
    person_in(group.brescia_care, Role.AGENT)
    person_in(group.brescia, Role.SALESPERSON, is_active=False)
    gone = person_in(group.brescia, Role.SALESPERSON)
    Membership.objects.filter(person=gone).update(until=NOON.date())
    coming = person_in(group.brescia, Role.SALESPERSON)
    Membership.objects.filter(person=coming).update(since=NOON.date() + DAY)
    person_in(small_group(code="rivali").brescia, Role.SALESPERSON)

    found = colleagues_of(plan, roles=NETWORK_ROLES, today=NOON.date())
    assert [(one.person, one.unit_id, one.role) for one in found] == [
        (asked_ones[0], agency.pk, "agency_agent"),
        (asked_ones[1], group.brescia.pk, "salesperson"),
        (asked_ones[2], group.verona.pk, "partner"),
    ]
    assert [one.person for one in colleagues_of(plan, roles=[Role.PARTNER], today=NOON.date())] == asked_ones[1:]
    plan.unit = group.verona
    assert [one.person for one in colleagues_of(plan, roles=NETWORK_ROLES, today=NOON.date())] == asked_ones[1:]


def test_each_gets_a_link_of_their_own_and_sending_twice_asks_only_who_came_since(group, plan) -> None:
    first = people(group.brescia, 10)
    assert asked(plan) == 10
    assert asked(plan, now=NOON + DAY) == 0
    late = person_in(group.verona, Role.PARTNER)
    assert asked(plan, now=NOON + DAY) == 1
    assert asked(plan, roles=[Role.PARTNER], now=NOON + DAY) == 0

    rows = StaffInvitation.objects.order_by("pk").values_list("person_id", "unit_id", "sent_at")
    assert sorted(rows) == sorted(
        [*((one.pk, group.brescia.pk, NOON) for one in first), (late.pk, group.verona.pk, NOON + DAY)]
    )
    mails = {mail.to_address: mail.body for mail in Outgoing.objects.all()}
    assert sorted(mails) == sorted(one.email for one in [*first, late])
    for one in [*first, late]:
        assert mails[one.email].count("/portal/colleague/") == 1
        assert link_of(one) in mails[one.email]
        assert "senza il Suo nome" in mails[one.email]
        assert Notification.objects.get(person=one).url == link_of(one)
    assert [entry.verb for entry in AuditEntry.objects.filter(verb__startswith="colleagues")] == [
        "colleagues_invited", "colleagues_invited",
    ]  # fmt: skip


def test_whoever_wants_no_such_mail_finds_the_link_under_the_bell(group, plan) -> None:
    quiet, *_others = people(group.brescia, 10)
    NoticeChoice.objects.create(person=quiet, kind="listening.colleague", by_bell=True, by_mail=False)

    assert asked(plan) == 10
    assert not Outgoing.objects.filter(to_address=quiet.email).exists()
    assert Notification.objects.get(person=quiet).url == link_of(quiet)


def test_nothing_is_sent_to_nine_nor_by_a_plan_that_does_not_run_nor_without_a_role(group, plan) -> None:
    people(group.brescia, 9)
    with pytest.raises(TooFewColleagues) as refusal:
        asked(plan)
    assert refusal.value.data == {"count": 9, "least": 10}
    with pytest.raises(NoRoleChosen):
        asked(plan, roles=["emperor"])
    people(group.verona, 1)
    ListeningPlan.objects.update(state="paused")
    with pytest.raises(PlanNotRunning):
        asked(plan)

    assert (StaffInvitation.objects.count(), Outgoing.objects.count(), Notification.objects.count()) == (0, 0, 0)


# -- the answer ----------------------------------------------------------------------------------------


def test_a_link_works_once_and_an_empty_page_does_not_use_it_up(group, plan) -> None:
    one, *_others = people(group.brescia, 10)
    asked(plan)
    visitor = Client(enforce_csrf_checks=True)
    html = visitor.get(link_of(one)).content.decode()
    assert "senza il Suo nome" in html
    assert visitor.head(link_of(one)).status_code == 200
    assert give(visitor, link_of(one), "recommend").status_code == 422
    assert (Response.unscoped.count(), StaffInvitation.unscoped.exclude(answered_on=None).count()) == (0, 0)

    answer(one, 9)
    assert give(visitor, link_of(one), "recommend", recommend="1").status_code == 409
    assert visitor.get(link_of(one)).status_code == 409
    assert visitor.get(link_of(one)[:-2] + "/").status_code == 404
    assert [row.score for row in Response.unscoped.all()] == [9]


def test_a_plan_that_is_over_takes_no_answer_and_no_second_page(group, plan) -> None:
    one, other, *_others = people(group.brescia, 10)
    asked(plan)
    visitor = Client(enforce_csrf_checks=True)
    first = give(visitor, link_of(one), "recommend", recommend="9")
    settle_left(now=NOON + 900 * DAY)
    [left] = Response.unscoped.all()
    assert left.settled_at is None  # nobody knows how long ago it was left
    ListeningPlan.unscoped.update(state="ended")

    assert visitor.get(link_of(other)).status_code == 409
    assert give(visitor, first.headers["Location"], "support", technical="1").status_code == 409
    settle_left(now=NOON + 900 * DAY)
    left.refresh_from_db()
    assert (left.score, left.completed_at, left.settled_at) == (9, None, NOON + 900 * DAY)


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def test_no_column_joins_an_answer_to_who_gave_it(group, plan) -> None:
    small, big = people(group.verona, 3), people(group.brescia, 12)
    asked(plan)
    Notification.objects.filter(person__in=[big[3], small[2]]).update(read_at=NOON + timedelta(hours=3))
    for person, score in zip([big[3], small[1], big[0], big[7]], [9, 2, 7, 10], strict=True):
        answer(person, score)

    # What leads away from either table, as the database knows it: neither leads to the other, by whatever way back.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
            " AND 'listening_staffinvitation'::regclass IN (conrelid, confrelid)"
        )
        assert sorted(cursor.fetchall()) == [
            ("listening_staffinvitation", "listening_listeningplan"),
            ("listening_staffinvitation", "organisation_person"),
            ("listening_staffinvitation", "organisation_unit"),
        ]
    assert columns("listening_staffinvitation") == {
        "id", "unit_id", "plan_id", "person_id", "sent_at", "reminded_at", "answered_on",
    }  # fmt: skip
    responses = list(Response.unscoped.order_by("pk"))
    assert [row.score for row in responses] == [9, 2, 7, 10]
    # Every value that the two tables share is the same for all: plan, and the unit under which all stand together.
    day = NOON.replace(hour=0) - timedelta(hours=1)  # midnight in Rome, of the day on which the wave began
    for row in responses:
        assert (row.plan_id, row.unit_id, row.invitation_id, row.customer_id, row.case_id, row.invited_at) == (
            plan.pk, group.root.pk, None, None, None, None,
        )  # fmt: skip
        assert (row.started_at, row.answered_at, row.completed_at, row.settled_at, row.device) == (*[day] * 4, "")
    assert set(ResponseItem.unscoped.values_list("answered_at", flat=True)) == {day}
    answered = StaffInvitation.unscoped.exclude(answered_on=None)
    assert {row.person_id for row in answered} == {one.pk for one in (big[3], small[1], big[0], big[7])}
    assert len({row.answered_on for row in answered}) == 1
    with connection.cursor() as cursor:
        # Nor does the mark of the transaction: all rows bear that of the last answer, answered or not.
        cursor.execute("SELECT count(DISTINCT xmin::text), count(*) FROM listening_staffinvitation")
        assert cursor.fetchone() == (1, 15)
    # Nor a fact, the trail, or the notice that was opened a minute before.
    assert stated_facts(SurveyAnswered) == []
    assert [entry.verb for entry in AuditEntry.objects.filter(at__gt=NOON)] == []
    assert dict(Notification.objects.exclude(read_at=None).values_list("person_id", "read_at")) == {
        big[3].pk: day, small[2].pk: day,
    }  # fmt: skip


# -- how far it is, and the reminder -------------------------------------------------------------------


def test_the_rate_is_told_by_unit_where_ten_were_asked(group, plan) -> None:
    brescia, verona, care = people(group.brescia, 10), people(group.verona, 11), people(group.verona_care, 2)
    asked(plan)
    for person, score in [*((one, 9) for one in brescia[:4]), (verona[0], 3), (care[0], 5)]:
        answer(person, score)

    wave = wave_of(plan)
    assert (wave.invited, wave.answered, wave.silent, wave.pct, wave.answers, wave.score) == (23, 6, 17, 26, 6, None)
    assert [(one.label, one.answered, one.invited, one.pct) for one in wave.rates] == [
        ("Brescia", 4, 10, 40), ("Verona", 2, 13, 15),
    ]  # fmt: skip
    assert dict(Response.unscoped.values_list("score", "unit_id").distinct()) == {
        9: group.brescia.pk, 3: group.verona.pk, 5: group.verona.pk,
    }  # fmt: skip
    for person, score in zip(brescia[4:8], [9, 9, 9, 1], strict=True):
        answer(person, score)
    wave = wave_of(plan)
    assert wave.score is not None
    assert wave.score.points == pytest.approx(40)  # 7 of 10 promote, 3 detract
    counted = results(days=30, now=NOON + DAY, survey="agents").answers
    assert (counted.promoters, counted.detractors, counted.answers) == (7, 3, 10)


def test_the_silent_are_reminded_once_and_nobody_who_answered_or_left(group, plan) -> None:
    answered, left, inactive, *silent = people(group.brescia, 12)
    asked(plan)
    answer(answered, 9)
    Membership.objects.filter(person=left).update(until=NOON.date())
    Person.objects.filter(pk=inactive.pk).update(is_active=False)
    before = set(Outgoing.objects.values_list("pk", flat=True))

    assert remind_colleagues(plan_id=plan.pk, by=ROBOT, now=NOON + 3 * DAY) == 9
    assert remind_colleagues(plan_id=plan.pk, by=ROBOT, now=NOON + 9 * DAY) == 0
    mails = Outgoing.objects.exclude(pk__in=before)
    assert sorted(mail.to_address for mail in mails) == sorted(one.email for one in silent)
    for mail in mails:
        [path] = re.findall(r"/portal/colleague/[^/]+/", mail.body)
        assert path == link_of(Person.objects.get(email=mail.to_address))
    # Who was reminded would else tell who answered after it.
    assert set(StaffInvitation.objects.values_list("reminded_at", flat=True)) == {NOON + 3 * DAY}
    assert wave_of(plan).silent == 0


# -- who may --------------------------------------------------------------------------------------------


def test_a_manager_looks_sends_and_reminds_from_the_page_of_the_plan(group, plan) -> None:
    people(group.brescia, 10)
    browser = signed_in(person_in(group.root, Role.EXPERIENCE_MANAGER))
    page, choice = f"/listening/plans/{plan.pk}/", f"/listening/plans/{plan.pk}/colleagues/"
    assert choice in browser.get(page).content.decode()
    html = browser.get(choice).content.decode()
    assert html.count("sarebbe invitato") == 10
    assert "sarebbe invitato" not in browser.get(f"{choice}?role=partner").content.decode()

    body = {"role": [str(role) for role in NETWORK_ROLES]}
    assert browser.post(f"{choice}invite/", body).headers["Location"] == page
    assert StaffInvitation.objects.count() == 10
    html = browser.get(page).content.decode()
    assert '0<span class="muted"> / 10 · 0%' in html
    assert browser.post(f"{choice}remind/").headers["Location"] == page
    assert Outgoing.objects.count() == 20
    names = [one.full_name for one in Person.objects.filter(memberships__role="salesperson")]
    assert not [name for name in names if name in browser.get(page).content.decode()]


def test_agents_branches_and_other_groups_neither_see_nor_send(group, plan) -> None:
    people(group.brescia, 10)
    asked(plan)
    rivals = small_group(code="rivali")
    urls = [f"/listening/plans/{plan.pk}/colleagues/{rest}" for rest in ("", "invite/", "remind/")]
    for unit, role, status in (
        (group.brescia_care, Role.AGENT, 403),
        (group.brescia, Role.BRANCH_MANAGER, 403),
        (rivals.root, Role.EXPERIENCE_MANAGER, 404),
    ):
        browser = signed_in(person_in(unit, role))
        assert browser.get(urls[0]).status_code == status
        assert [browser.post(url, {"role": "partner"}).status_code for url in urls[1:]] == [status, status]
    manager = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER))
    assert " / 10 · " not in manager.get(f"/listening/plans/{plan.pk}/").content.decode()
    assert (StaffInvitation.objects.count(), StaffInvitation.objects.exclude(reminded_at=None).count()) == (10, 0)
    with pytest.raises(NotAllowed):
        asked(plan, by=actor_in(group.brescia, Role.BRANCH_MANAGER))
