"""The pages of cases: what they show, how many statements they take, how the list walks and narrows."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from corsia.cases.models import Case, SavedView, Task
from corsia.cases.queries import desk as queries
from corsia.cases.queries.desk import Filters
from corsia.cases.services import add_tag, add_task, close_case, hand_to, link_cases, snooze
from corsia.kernel import scope
from corsia.organisation.queries import tree
from corsia.vehicles.models import Vehicle
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(desk):
    return signed_in(desk.agent)


@pytest.fixture
def today():
    return timezone.now()


def some_cases(desk, count, *, now, **fields):
    with scope.system("test"):
        made = []
        for number in range(count):
            case = a_case(
                desk.group.brescia_care, now=now + timedelta(minutes=number), customer=desk.customer, **fields
            )
            add_tag(case_id=case.pk, label="gomme", by=ROBOT, now=now)
            add_task(case_id=case.pk, title="Richiamare", assignee_id=desk.agent.pk, by=ROBOT, now=now)
            made.append(case)
        return made


def statements(browser, url):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = browser.get(url)
    assert answer.status_code == 200
    return len(captured), answer.content.decode()


@pytest.mark.parametrize(
    ("name", "query", "most"),
    [("desk", "?tab=unit", 17), ("board", "?process=information", 16), ("calendar", "", 13)],
)
def test_more_rows_take_no_more_statements(desk, browser, today, name, query, most):
    some_cases(desk, 1, now=today, assignee_id=desk.agent.pk)
    url = reverse(f"cases:{name}") + query
    browser.get(url)
    with_one, page = statements(browser, url)
    assert page.count("Spia motore accesa") >= 1
    some_cases(desk, 2, now=today, assignee_id=desk.agent.pk)

    with_three, page = statements(browser, url)

    assert page.count("Spia motore accesa") >= 3
    assert with_three == with_one <= most


def test_beside_a_case_stand_its_customer_and_their_other_open_cases(desk, browser, today):
    (case,) = some_cases(desk, 1, now=today)
    page = browser.get(reverse("cases:case", args=[case.pk])).content.decode()
    brief, others = (reverse(name, args=[case.customer_id]) for name in ("customers:brief", "cases:open_panel"))
    assert f'hx-get="{brief}"' in page
    assert f'hx-get="{others}"' in page
    assert "Giulia Ferri" in browser.get(brief).content.decode()
    assert browser.get(others).content.decode().strip() == ""  # it is the only one

    closed, second = some_cases(desk, 2, now=today)
    with scope.system("test"):
        close_case(case_id=closed.pk, by=ROBOT, now=today + timedelta(hours=1))

    shown = browser.get(others).content.decode()
    assert (f"#{case.pk}" in shown, f"#{second.pk}" in shown, f"#{closed.pk}" in shown) == (True, True, False)


def test_a_case_page_takes_as_many_statements_with_more_around_it(desk, browser, today):
    one, two, three = some_cases(desk, 3, now=today)
    url = reverse("cases:case", args=[one.pk])
    browser.get(url)  # the version is in memory from now on
    with_one, _page = statements(browser, url)
    with scope.system("test"):
        link_cases(case_id=one.pk, other_id=two.pk, by=ROBOT, now=today)
        link_cases(case_id=one.pk, other_id=three.pk, by=ROBOT, now=today)
        add_task(case_id=one.pk, title="Ordinare il ricambio", by=ROBOT, now=today)
        hand_to(case_id=one.pk, holder="part", by=ROBOT, now=today + timedelta(hours=1))

    with_three, page = statements(browser, url)

    assert f"#{two.pk}" in page
    assert f"#{three.pk}" in page
    assert "Ordinare il ricambio" in page
    assert with_three == with_one <= 17


def rows(filters, *, actor_id=None, now, after=""):
    page = queries.page(filters, actor_id=actor_id, organisation=tree(), now=now, after=after)
    return [row.case.pk for row in page.rows], page.after


@pytest.mark.usefixtures("everything")
class TestList:
    def test_it_goes_by_due_instant_and_pages_by_key_without_loss(self, desk, now, monkeypatch):
        monkeypatch.setattr(queries, "PAGE", 2)
        cases = [a_case(desk.group.brescia_care, now=now, customer=desk.customer) for _ in range(5)]
        expected = [case.pk for case in cases]  # all due at the same instant: told apart by number

        seen, after = [], ""
        for _ in range(3):
            page, after = rows(Filters(tab="unit"), now=now, after=after)
            seen += page
        assert (seen, after) == (expected, "")

    def test_closed_cases_come_latest_first(self, desk, now, monkeypatch):
        monkeypatch.setattr(queries, "PAGE", 2)
        cases = [a_case(desk.group.brescia_care, now=now, customer=desk.customer) for _ in range(3)]
        for number, case in enumerate(cases):
            close_case(case_id=case.pk, by=ROBOT, now=now + timedelta(hours=number))

        first, after = rows(Filters(tab="closed"), now=now)
        second, _end = rows(Filters(tab="closed"), now=now, after=after)

        assert first + second == [case.pk for case in reversed(cases)]

    @pytest.mark.parametrize("after", ["x", "_", "2026-03-10_5", "2026-03-10T10:00:00+00:00_x", "'; DROP TABLE"])
    def test_a_broken_key_starts_at_the_beginning(self, desk, now, after):
        case = a_case(desk.group.brescia_care, now=now)

        assert rows(Filters(tab="unit"), now=now, after=after) == ([case.pk], "")

    def test_each_tab_shows_its_own(self, desk, now):
        mine = a_case(desk.group.brescia_care, now=now, customer=desk.customer, assignee_id=desk.agent.pk)
        free = a_case(desk.group.brescia_care, now=now + timedelta(hours=1), customer=desk.customer)
        asleep = a_case(desk.group.brescia_care, now=now, assignee_id=desk.agent.pk)
        snooze(case_id=asleep.pk, until=now + timedelta(days=9), by=ROBOT, now=now)
        late = now + timedelta(hours=4)  # the first two are due at 15:30 and 16:30 in Rome, it is 16:00

        def shown(tab):
            return rows(Filters(tab=tab), actor_id=desk.agent.pk, now=late)[0]

        assert shown("mine") == [mine.pk]
        assert shown("unit") == [mine.pk, free.pk]
        assert shown("unassigned") == [free.pk]
        assert set(shown("overdue")) == {mine.pk, asleep.pk}
        assert shown("snoozed") == [asleep.pk]
        counts = queries.tab_counts(actor_id=desk.agent.pk, now=late)
        assert counts == {"mine": 1, "unit": 2, "unassigned": 1, "overdue": 2, "neglected": 0, "snoozed": 1}

    def test_filters_and_search_narrow_it(self, desk, now):
        car = Vehicle.objects.create(unit=desk.group.root, make="Fiat", model="Panda", plate="FT903AB")
        one = a_case(desk.group.brescia_care, now=now, customer=desk.customer, vehicle_id=car.pk, priority=4)
        other = a_case(
            desk.group.verona_care, now=now, process_key="complaint", subject="Città: auto sporca", origin="phone"
        )
        add_tag(case_id=other.pk, label="VIP", by=ROBOT, now=now)

        for narrowed, expected in [
            ({"q": f"#{one.pk}"}, one),
            ({"q": "ft 903 ab"}, one),
            ({"q": "spia mot"}, one),
            ({"q": "CITTÀ"}, other),
            ({"process": "complaint"}, other),
            ({"process": "complaint", "phase": "received"}, other),
            ({"priority": "4"}, one),
            ({"origin": "phone"}, other),
            ({"unit": str(desk.group.verona.pk)}, other),
            ({"tag": "vip"}, other),
        ]:
            assert rows(Filters.of({"tab": "unit", **narrowed}), now=now)[0] == [expected.pk], narrowed
        assert rows(Filters.of({"tab": "unit", "q": "nothing like it"}), now=now)[0] == []

    def test_a_search_by_words_reads_the_index(self, desk, now):
        found = queries.found(Case.objects.all(), "spia motore").order_by()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            sql, parameters = found.query.sql_with_params()
            cursor.execute(f"EXPLAIN {sql}", parameters)
            plan = "\n".join(row[0] for row in cursor.fetchall())

        assert "cases_subject_words" in plan

    def test_unknown_filters_narrow_nothing_and_leave_the_saved_query(self):
        filters = Filters.of(
            {"tab": "nope", "priority": "9", "origin": "fax", "assignee": "x", "evil": "1", "tag": " "}
        )

        assert filters == Filters()
        assert Filters.of({"tab": "unit", "priority": "4", "after": "x"}).query == "tab=unit&priority=4"


def test_the_preview_changes_nothing_and_doing_it_offers_to_undo(desk, browser, today):
    (case,) = some_cases(desk, 1, now=today)
    asked = {"verb": "priority", "value_priority": "4", "case": [case.pk]}

    preview = browser.post(reverse("cases:bulk_plan"), asked, headers=HTMX)
    assert preview.status_code == 200
    with scope.system("test"):
        assert Case.objects.get(pk=case.pk).priority == 2

    done = browser.post(reverse("cases:bulk_run"), {"verb": "priority", "value": "4", "case": [case.pk]}, headers=HTMX)
    with scope.system("test"):
        assert Case.objects.get(pk=case.pk).priority == 4
    undo_url = json.loads(done["HX-Trigger"])["toast"]["undo_url"]
    assert browser.post(undo_url, headers=HTMX).status_code == 204
    with scope.system("test"):
        assert Case.objects.get(pk=case.pk).priority == 2


def test_the_board_is_refused_a_move_with_the_reason(desk, browser, today):
    (case,) = some_cases(desk, 1, now=today, process_key="complaint")

    answer = browser.post(reverse("cases:enter_phase", args=[case.pk, "solved"]), {"from": "board"}, headers=HTMX)

    assert (answer.status_code, answer["HX-Refusal"]) == (409, "1")
    assert "Preso in carico" in answer.content.decode()


def test_what_a_phase_asks_for_is_asked_in_place_and_then_the_case_moves(desk, browser, today):
    (case,) = some_cases(desk, 1, now=today, process_key="complaint")
    move = lambda phase, **data: browser.post(  # noqa: E731
        reverse("cases:enter_phase", args=[case.pk, phase]), data, headers=HTMX
    )
    assert move("taken_charge").status_code == 200

    asked = move("investigation")
    assert (asked.status_code, asked["HX-Retarget"]) == (422, "#case-dialog")
    assert 'name="fill_assignee"' in asked.content.decode()
    moved = move("investigation", filling="1", fill_assignee=desk.agent.pk)

    assert moved.status_code == 200
    with scope.system("test"):
        case.refresh_from_db()
        assert (case.phase.key, case.assignee_id) == ("investigation", desk.agent.pk)


def test_a_case_by_hand_needs_a_customer_unless_it_is_internal(desk, browser, today):
    given = {
        "process": "complaint",
        "subject": "Auto sporca",
        "unit": desk.group.brescia_care.pk,
        "origin": "counter",
        "priority": "2",
        "language": "it",
    }

    refused = browser.post(reverse("cases:new"), given)
    assert refused.status_code == 422
    assert "Auto sporca" in refused.content.decode()  # nothing typed is lost
    opened = browser.post(reverse("cases:new"), {**given, "customer_id": desk.customer.pk})
    internal = browser.post(reverse("cases:new"), {**given, "process": "nonconformity", "origin": "internal"})

    with scope.system("test"):
        first, second = Case.objects.order_by("pk")
        assert opened["Location"] == reverse("cases:case", args=[first.pk])
        assert internal["Location"] == reverse("cases:case", args=[second.pk])
        assert (first.customer_id, first.origin, second.customer_id) == (desk.customer.pk, "counter", None)


def test_a_saved_view_keeps_only_filters_and_is_shared_on_purpose(desk, browser):
    browser.post(reverse("cases:save_view"), {"name": "Urgenti", "tab": "unit", "priority": "4", "evil": "1"})
    colleague = signed_in(person_in(desk.group.brescia_care))

    with scope.system("test"):
        assert SavedView.objects.get().query == "tab=unit&priority=4"
    assert "Urgenti" not in colleague.get(reverse("cases:desk")).content.decode()
    browser.post(reverse("cases:save_view"), {"name": "Urgenti", "tab": "unit", "priority": "4", "is_shared": "on"})
    assert "Urgenti" in colleague.get(reverse("cases:desk")).content.decode()
    with scope.system("test"):
        assert SavedView.objects.count() == 1


def test_the_palette_finds_a_case_by_number_and_by_word(desk, browser, today):
    (case,) = some_cases(desk, 1, now=today)

    for text in (str(case.pk), "spia"):
        page = browser.get(reverse("cases:palette"), {"q": text}).content.decode()
        assert page.count('<li role="option"') == 1
        assert f'data-href="{reverse("cases:case", args=[case.pk])}"' in page


def test_an_action_answers_with_what_may_have_changed_and_never_with_the_messages(desk, browser, today):
    (case,) = some_cases(desk, 1, now=today)
    with scope.system("test"):
        task = Task.objects.get(case=case)

    page = browser.post(reverse("cases:finish_task", args=[task.pk]), headers=HTMX).content.decode()

    for part in ("case-head", "case-strip", "case-side", "case-history"):
        assert f'id="{part}"' in page
    assert "panel" not in page


def test_the_pages_speak_english_too(desk, today):
    some_cases(desk, 1, now=today)
    english = signed_in(person_in(desk.group.brescia_care, language="en"))

    page = english.get(reverse("cases:desk"), {"tab": "unit"}).content.decode()

    assert "Information request" in page
    assert "Richiesta di informazioni" not in page


def test_a_busy_day_shows_its_first_cases_and_says_how_many_more(desk, browser, today):
    some_cases(desk, 6, now=today)
    with scope.system("test"):
        Case.objects.update(due_at=today)

    page = browser.get(reverse("cases:calendar"), {"on": timezone.localtime(today).date().isoformat()}).content.decode()

    assert page.count('class="cal-c') == 4
    assert "e altre 2" in page
