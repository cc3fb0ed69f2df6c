"""The list: by deadline, in pages that follow each other, within the scope, with few statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from corsia.cases import services as cases
from corsia.cases.models import Case
from corsia.cases.vocabulary import NEVER
from corsia.conversations import queries, services
from corsia.conversations.vocabulary import Tab
from corsia.kernel import scope
from tests.conftest import NOON
from tests.conversations.cases import a_mail
from tests.factories.messaging import Desk, a_mailbox
from tests.factories.organisation import actor_in, signed_in

pytestmark = pytest.mark.django_db


def ids(page: queries.InboxPage) -> list[int]:
    return [row.id for row in page.rows]


def listed(agent, tab: Tab = Tab.ALL, **options) -> list[int]:
    return ids(queries.inbox_rows(tab=tab, person_id=agent.id, now=NOON, **options))


def test_the_earliest_deadline_comes_first_and_cases_without_one_last(desk, at_desk) -> None:
    late, early, without = (a_mail(desk, name=name) for name in ("Ada Uno", "Bea Due", "Cia Tre"))
    Case.unscoped.filter(pk=late.pk).update(due_at=NOON + timedelta(hours=5))
    Case.unscoped.filter(pk=early.pk).update(due_at=NOON - timedelta(hours=1))
    Case.unscoped.filter(pk=without.pk).update(due_at=NEVER)

    assert listed(at_desk) == [early.pk, late.pk, without.pk]


def test_pages_follow_each_other_without_gap_or_repeat_even_at_the_same_instant(desk, at_desk) -> None:
    made = [a_mail(desk, name=f"Cliente {word}").pk for word in ("Alfa", "Beta", "Gamma", "Delta", "Epsilon")]
    Case.unscoped.filter(pk__in=made[1:4]).update(due_at=NOON + timedelta(hours=2, microseconds=123456))

    seen, after = [], ""
    for _turn in range(3):
        page = queries.inbox_rows(tab=Tab.ALL, person_id=at_desk.id, now=NOON, after=after, limit=2)
        seen += ids(page)
        after = page.after

    assert seen == listed(at_desk)
    assert sorted(seen) == sorted(made)
    assert after == ""


@pytest.mark.parametrize("after", ["x", "1_", "_1", "nan_3", "1e400_3", "-1"])
def test_a_mistyped_page_begins_at_the_top(desk, at_desk, after) -> None:
    case = a_mail(desk)

    assert listed(at_desk, after=after) == [case.pk]


def test_tabs_part_what_is_mine_nobodys_and_where_i_was_called(desk, at_desk, anna) -> None:
    mine, free, annas = (a_mail(desk, name=name) for name in ("Ada Uno", "Bea Due", "Cia Tre"))
    cases.assign(case_id=mine.pk, person_id=at_desk.id, by=at_desk, now=NOON)
    cases.assign(case_id=annas.pk, person_id=anna.pk, by=at_desk, now=NOON)
    from corsia.organisation.actors import actor_of
    from tests.factories.organisation import TODAY

    services.add_note(
        case_id=annas.pk, text="@Laura Pedretti?", mentioned_ids=[at_desk.id], by=actor_of(anna, today=TODAY), now=NOON
    )

    assert listed(at_desk, Tab.MINE) == [mine.pk]
    assert listed(at_desk, Tab.UNASSIGNED) == [free.pk]
    assert listed(at_desk, Tab.MENTIONS) == [annas.pk]
    assert sorted(listed(at_desk)) == sorted([mine.pk, free.pk, annas.pk])


def test_closed_and_sleeping_conversations_leave_the_list_and_sleepers_come_back(desk, at_desk) -> None:
    closed, asleep = a_mail(desk, name="Ada Uno"), a_mail(desk, name="Bea Due")
    cases.close_case(case_id=closed.pk, by=at_desk, now=NOON, end_kind="cancelled")
    cases.snooze(case_id=asleep.pk, until=NOON + timedelta(hours=1), by=at_desk, now=NOON)

    assert listed(at_desk) == []
    later = queries.inbox_rows(tab=Tab.ALL, person_id=at_desk.id, now=NOON + timedelta(hours=1))
    assert ids(later) == [asleep.pk]


def test_another_branch_sees_nothing_of_it(desk, stranger) -> None:
    case = a_mail(desk)
    browser = signed_in(stranger)

    assert f"conv-{case.pk}" not in browser.get("/conversations/").content.decode()
    assert browser.get(f"/conversations/rows/{case.pk}/").status_code == 204
    assert f"conv-{case.pk}" not in browser.get(f"/conversations/rows/?q=%23{case.pk}").content.decode()


def test_search_finds_by_number_name_and_subject_also_what_is_closed(desk, at_desk) -> None:
    found = a_mail(desk, name="Giulia Ferri", subject="Spia motore accesa")
    a_mail(desk, name="Ada Uno", subject="Fattura")
    cases.close_case(case_id=found.pk, by=at_desk, now=NOON, end_kind="cancelled")

    assert listed(at_desk, search=f"#{found.pk}") == [found.pk]
    assert listed(at_desk, search="ferri") == [found.pk]
    assert listed(at_desk, search="spia motore") == []  # subjects are searched among the open ones
    cases.reopen_case(case_id=found.pk, reason="", by=at_desk, now=NOON)
    assert listed(at_desk, search="spia motore") == [found.pk]


def test_counts_are_exact_below_the_cap_and_stop_there(desk, at_desk, monkeypatch) -> None:
    for name in ("Ada Uno", "Bea Due", "Cia Tre"):
        a_mail(desk, name=name)
    first = Case.objects.order_by("pk").first()
    cases.take(case_id=first.pk, by=at_desk, now=NOON)
    Case.unscoped.filter(pk=first.pk).update(due_at=NOON - timedelta(minutes=1))

    counts = queries.tab_counts(person_id=at_desk.id, now=NOON)

    assert counts == queries.TabCounts(mine=1, unassigned=2, all=3, mentions=0, overdue=1, unread=1)


def test_a_row_says_what_the_case_is_about(desk, at_desk) -> None:
    case = a_mail(desk, name="Giulia Ferri", subject="Spia motore accesa", text="Buongiorno,\nla spia resta accesa.")
    cases.add_tag(case_id=case.pk, label="officina", by=at_desk, now=NOON)
    services.keep_draft(case_id=case.pk, is_note=False, text="Gentile", by=at_desk, now=NOON)

    row = queries.inbox_row(case_id=case.pk, tab=Tab.ALL, person_id=at_desk.id, now=NOON)

    assert row is not None
    assert (row.name, row.subject, row.preview) == (
        "Giulia Ferri",
        "Spia motore accesa",
        "Buongiorno, la spia resta accesa.",
    )
    assert (row.unread, row.tags, row.has_draft, row.is_to_assign) == (1, ("officina",), True, True)
    assert row.due_at == Case.objects.get(pk=case.pk).due_at


def statements(browser, path: str) -> int:
    browser.get(path)  # warms what is kept in memory: process versions, the tree
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


def test_the_list_costs_the_same_for_one_and_for_three_rows(desk, browser, noon) -> None:
    a_mail(desk, name="Ada Uno")
    one = statements(browser, "/conversations/")
    a_mail(desk, name="Bea Due")
    a_mail(desk, name="Cia Tre")

    assert statements(browser, "/conversations/") == one == LIST_STATEMENTS


def test_the_page_with_a_conversation_costs_the_same_for_one_and_for_three_rows(desk, browser, noon) -> None:
    case = a_mail(desk, name="Ada Uno")
    one = statements(browser, f"/conversations/{case.pk}/")
    a_mail(desk, name="Bea Due")
    a_mail(desk, name="Cia Tre")

    assert statements(browser, f"/conversations/{case.pk}/") == one == PAGE_STATEMENTS


LIST_STATEMENTS = 6
PAGE_STATEMENTS = 15


def test_people_of_the_group_see_every_branch(group, desk, everything) -> None:
    a_mailbox(group.verona_care, address="verona@bellandi.example")
    other = Desk(group, group.verona_care, a_mailbox(group.verona_care, address="verona2@bellandi.example"))
    mine, theirs = a_mail(desk, name="Ada Uno"), a_mail(other, name="Bea Due")
    manager = actor_in(group.root, "care_manager")
    from corsia.conversations.permissions import USE_INBOX
    from corsia.kernel.access import scope_of

    with scope.entered(scope_of(manager, USE_INBOX)):
        assert sorted(listed(manager)) == sorted([mine.pk, theirs.pk])


def test_forgotten_customers_go_first_and_pages_go_on_to_the_others(desk, at_desk, noon) -> None:
    made = [a_mail(desk, name=f"Ada {number}").pk for number in range(5)]
    for offset, number in ((3, 4), (9, 2)):
        Case.unscoped.filter(pk=made[number]).update(recovery_rank_at=noon - timedelta(days=offset))

    seen, after = [], ""
    while True:
        page = queries.inbox_rows(tab=Tab.ALL, person_id=at_desk.id, now=NOON, after=after, limit=2)
        seen += [row.id for row in page.rows]
        if not (after := page.after):
            break

    assert seen[:2] == [made[2], made[4]]
    assert sorted(seen) == sorted(made)
    first, *_others = queries.inbox_rows(tab=Tab.ALL, person_id=at_desk.id, now=NOON).rows
    assert first.due_key < "0"  # before every deadline, also where the page's script sorts
