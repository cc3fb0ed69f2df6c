"""Merged and taken apart again, split, linked, under a parent (T11); a late answer."""

from datetime import UTC, datetime, timedelta

import pytest

from corsia.cases.models import Case, CaseLink, Deadline, Segment
from corsia.cases.queries import family_ids, living_case_id, may_reopen
from corsia.cases.services import (
    CaseClosed,
    MergedElsewhere,
    close_case,
    customer_wrote,
    link_cases,
    merge_cases,
    reopen_case,
    set_parent,
    split_case,
    unlink_cases,
    unmerge_case,
)
from corsia.cases.services.relations import NotMerged, OtherCustomer, SameCase, WouldBeOwnAncestor
from corsia.cases.vocabulary import ClockKind
from corsia.events.cases import CasesMerged
from tests.factories.cases import ROBOT, a_case, a_customer
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


@pytest.fixture
def pair(desk, now):
    return [a_case(desk.group.brescia_care, now=now, customer=desk.customer) for _ in range(2)]


def test_a_merge_lets_one_case_go_on_for_both(pair, now):
    survivor, absorbed = pair

    merge_cases(survivor_id=survivor.pk, absorbed_id=absorbed.pk, by=ROBOT, now=now + timedelta(hours=1))

    absorbed.refresh_from_db()
    assert (absorbed.merged_into_id, absorbed.closed_at) == (survivor.pk, now + timedelta(hours=1))
    assert not Deadline.objects.filter(case=absorbed, met_at=None, dropped_at=None).exists()
    assert Deadline.objects.filter(case=survivor, met_at=None, dropped_at=None).count() == 3
    assert (living_case_id(absorbed.pk), family_ids(survivor.pk)) == (survivor.pk, [survivor.pk, absorbed.pk])
    assert [(fact.case_id, fact.absorbed_id) for fact in stated_facts(CasesMerged)] == [(survivor.pk, absorbed.pk)]
    with pytest.raises(CaseClosed):
        customer_wrote(case_id=absorbed.pk, now=now + timedelta(hours=2))
    with pytest.raises(MergedElsewhere):
        reopen_case(case_id=absorbed.pk, reason="", by=ROBOT, now=now + timedelta(hours=2))
    assert not may_reopen(absorbed, now + timedelta(hours=2))


def test_taking_a_merge_back_gives_the_case_as_it_was_with_the_time_it_had_left(pair, now):
    survivor, absorbed = pair
    left = Deadline.objects.get(case=absorbed, clock=ClockKind.SOLUTION)
    before = Case.objects.filter(pk=absorbed.pk).values(
        "phase_id", "assignee_id", "holder", "priority", "end_kind", "closed_at", "merged_into_id", "closed_from_id"
    )[0]
    merge_cases(survivor_id=survivor.pk, absorbed_id=absorbed.pk, by=ROBOT, now=now + timedelta(minutes=30))

    unmerge_case(case_id=absorbed.pk, by=ROBOT, now=now + timedelta(hours=24))

    assert Case.objects.filter(pk=absorbed.pk).values(*before)[0] == before
    # The day spent merged costs nothing: of 24 working hours 23.5 are left at noon of Wednesday, until Monday at 10:00.
    again = Deadline.objects.get(pk=left.pk)
    assert (again.dropped_at, again.due_at) == (None, datetime(2026, 3, 16, 9, tzinfo=UTC))
    assert Segment.objects.filter(case=absorbed, ended_at=None).count() == 1


def test_a_case_closed_before_its_merge_stays_closed_after_it(pair, now):
    survivor, absorbed = pair
    close_case(case_id=absorbed.pk, by=ROBOT, now=now)
    merge_cases(survivor_id=survivor.pk, absorbed_id=absorbed.pk, by=ROBOT, now=now + timedelta(hours=1))

    unmerge_case(case_id=absorbed.pk, by=ROBOT, now=now + timedelta(hours=2))

    absorbed.refresh_from_db()
    assert (absorbed.closed_at, absorbed.end_kind, absorbed.merged_into_id) == (now, "solved", None)


def test_merging_a_merged_pair_leads_everybody_to_the_last_survivor(desk, pair, now):
    survivor, absorbed = pair
    last = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
    merge_cases(survivor_id=survivor.pk, absorbed_id=absorbed.pk, by=ROBOT, now=now)

    merge_cases(survivor_id=last.pk, absorbed_id=survivor.pk, by=ROBOT, now=now + timedelta(hours=1))

    assert living_case_id(absorbed.pk) == last.pk
    assert family_ids(last.pk) == [survivor.pk, absorbed.pk, last.pk]


def test_cases_of_different_customers_are_not_merged(desk, pair, now):
    other = a_case(desk.group.brescia_care, now=now, customer=a_customer(desk.group, now=now, name="Elena Conti"))

    with pytest.raises(OtherCustomer):
        merge_cases(survivor_id=pair[0].pk, absorbed_id=other.pk, by=ROBOT, now=now)
    with pytest.raises(SameCase):
        merge_cases(survivor_id=pair[0].pk, absorbed_id=pair[0].pk, by=ROBOT, now=now)
    with pytest.raises(NotMerged):
        unmerge_case(case_id=other.pk, by=ROBOT, now=now)


def test_a_merge_is_taken_back_only_from_the_case_it_went_into(desk, pair, now):
    survivor, absorbed = pair
    stranger = a_case(desk.group.brescia_care, now=now, customer=survivor.customer)
    merge_cases(survivor_id=survivor.pk, absorbed_id=absorbed.pk, by=ROBOT, now=now)

    with pytest.raises(NotMerged):
        unmerge_case(case_id=absorbed.pk, survivor_id=stranger.pk, by=ROBOT, now=now)
    absorbed.refresh_from_db()
    assert absorbed.merged_into_id == survivor.pk
    assert unmerge_case(case_id=absorbed.pk, survivor_id=survivor.pk, by=ROBOT, now=now).merged_into_id is None


def test_a_split_opens_a_linked_case_for_the_same_customer(pair, now):
    new = split_case(case_id=pair[0].pk, subject="Fattura", process_key="administrative", by=ROBOT, now=now)

    assert (new.customer_id, new.subject, new.version.process.key) == (pair[0].customer_id, "Fattura", "administrative")
    assert list(CaseLink.objects.values_list("source_id", "target_id", "kind")) == [(new.pk, pair[0].pk, "split_from")]


def test_linking_twice_or_from_the_other_side_is_one_link(pair, now):
    one, other = pair

    for source, target in ((one, other), (one, other), (other, one)):
        link_cases(case_id=source.pk, other_id=target.pk, by=ROBOT, now=now)
    assert CaseLink.objects.count() == 1
    unlink_cases(case_id=other.pk, other_id=one.pk, by=ROBOT, now=now)
    assert CaseLink.objects.count() == 0


def test_no_case_stands_above_itself(desk, pair, now):
    child, parent = pair
    set_parent(case_id=child.pk, parent_id=parent.pk, by=ROBOT, now=now)

    with pytest.raises(WouldBeOwnAncestor):
        set_parent(case_id=parent.pk, parent_id=child.pk, by=ROBOT, now=now)

    assert Case.objects.get(pk=parent.pk).parent_id is None
