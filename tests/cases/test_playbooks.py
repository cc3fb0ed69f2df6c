"""A case follows its playbook: the version it began with, steps by name, and what a stand-in finds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from corsia.cases.models import Case, PlaybookRun, StepTick
from corsia.cases.queries.board import columns
from corsia.cases.queries.definitions import definition
from corsia.cases.queries.desk import Filters
from corsia.cases.queries.playbooks import case_playbook
from corsia.cases.services import CaseClosed, close_case, describe, enter_phase, tick_step, untick_step, we_answered
from corsia.cases.services.care import Details
from corsia.cases.services.movement import StepsOpen
from corsia.cases.services.playbooks import NoPlaybook, NoteMissing, PromiseMissing, ReasonMissing
from corsia.cases.vocabulary import EndKind
from corsia.kernel import scope
from corsia.kernel.errors import NotFound
from corsia.kernel.models import AuditEntry
from corsia.knowledge.models import Playbook, PlaybookVersion
from corsia.knowledge.queries.playbooks import playbook_version
from corsia.knowledge.rules.playbook_spec import PlaybookSpec, StepSpec
from corsia.knowledge.services.playbooks import (
    add_playbook,
    install_playbooks,
    publish_playbook,
    save_playbook_draft,
    start_playbook_draft,
)
from corsia.knowledge.vocabulary import PlaybookState
from corsia.organisation.queries import tree
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.django_db

SPEC = PlaybookSpec(
    readers=("agent",),
    steps=(
        StepSpec(title_it="Leggere", title_en="Read", phase_key="new"),
        StepSpec(title_it="Salutare", title_en="Greet", phase_key="new", is_required=False),
        StepSpec(title_it="Promettere", title_en="Promise", phase_key="working", asks="promise"),
        StepSpec(title_it="Annotare", title_en="Note", phase_key="working", asks="note", is_required=False),
        StepSpec(title_it="Ringraziare", title_en="Thank"),
    ),
)


@pytest.fixture
def playbook(desk, now) -> PlaybookVersion:
    with scope.system("test"):
        version = add_playbook(
            unit_id=desk.group.root.pk,
            process_key="information",
            title_it="Informazioni",
            title_en="Information",
            spec=SPEC,
            by=ROBOT,
            now=now,
        )
        return publish_playbook(version_id=version.pk, by=ROBOT, now=now)


@pytest.fixture
def case(desk, playbook, now) -> Case:
    with scope.system("test"):
        return a_case(desk.group.brescia_care, now=now, customer=desk.customer)


def step(version: PlaybookVersion, title: str) -> int:
    return next(one.id for one in playbook_version(version.pk).steps if one.title_it == title)


def tick(case: Case, version: PlaybookVersion, title: str, *, now, by=ROBOT, note: str = "") -> StepTick:
    return tick_step(case_id=case.pk, step_id=step(version, title), note=note, by=by, now=now)


def test_the_first_tick_fixes_the_version_and_a_later_one_is_for_new_cases(desk, playbook, case, now):
    with scope.system("test"):
        tick(case, playbook, "Leggere", now=now)
        draft = start_playbook_draft(playbook_id=playbook.playbook_id, by=ROBOT, now=now)
        spec = replace(SPEC, steps=(*SPEC.steps, StepSpec(title_it="Archiviare", title_en="File")))
        save_playbook_draft(version_id=draft.pk, spec=spec, by=ROBOT, now=now)
        publish_playbook(version_id=draft.pk, by=ROBOT, now=now)
        begun = case_playbook(Case.objects.get(pk=case.pk))
        fresh = case_playbook(a_case(desk.group.brescia_care, now=now, customer=desk.customer))

    assert (begun.version.number, begun.newer, begun.is_fixed, begun.total) == (1, 2, True, 5)
    assert (fresh.version.number, fresh.newer, fresh.is_fixed, fresh.total) == (2, None, False, 6)


def test_a_required_step_holds_the_phase_back_and_a_voluntary_one_does_not(playbook, case, now):
    with scope.system("test"):
        with pytest.raises(StepsOpen) as refusal:
            enter_phase(case_id=case.pk, phase_key="working", by=ROBOT, now=now)
        assert refusal.value.data["count"] == 1
        tick(case, playbook, "Leggere", now=now)
        enter_phase(case_id=case.pk, phase_key="working", by=ROBOT, now=now)

        assert Case.objects.get(pk=case.pk).phase.key == "working"


def test_an_answer_does_not_carry_a_case_past_its_steps(playbook, case, now):
    with scope.system("test"):
        we_answered(case_id=case.pk, by=ROBOT, now=now)
        assert Case.objects.get(pk=case.pk).phase.key == "new"
        tick(case, playbook, "Leggere", now=now)
        we_answered(case_id=case.pk, by=ROBOT, now=now)

        assert Case.objects.get(pk=case.pk).phase.key == "working"


def test_closing_asks_for_the_steps_of_any_time_too_and_cancelling_for_none(desk, playbook, case, now):
    with scope.system("test"):
        tick(case, playbook, "Leggere", now=now)
        with pytest.raises(StepsOpen):
            close_case(case_id=case.pk, by=ROBOT, now=now)
        close_case(case_id=case.pk, end_kind=EndKind.CANCELLED, by=ROBOT, now=now)
        other = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        enter_phase(case_id=other.pk, phase_key="cancelled", by=ROBOT, now=now)

        assert Case.objects.get(pk=case.pk).end_kind == EndKind.CANCELLED
        assert Case.objects.get(pk=other.pk).end_kind == EndKind.CANCELLED


def test_steps_that_ask_for_words_are_not_ticked_without_them(playbook, case, now):
    with scope.system("test"):
        for title, refusal in (("Promettere", PromiseMissing), ("Annotare", NoteMissing)):
            with pytest.raises(refusal):
                tick(case, playbook, title, now=now, note="  ")

        assert not StepTick.objects.exists()
        assert not PlaybookRun.objects.exists()


def test_a_tick_is_made_once_and_taken_back_only_with_a_reason(desk, playbook, case, now):
    with scope.system("test"):
        first = tick(case, playbook, "Leggere", now=now, by=desk.actor)
        again = tick(case, playbook, "Leggere", now=now + timedelta(minutes=5))
        with pytest.raises(ReasonMissing):
            untick_step(case_id=case.pk, step_id=first.step_id, reason=" ", by=desk.actor, now=now)
        untick_step(case_id=case.pk, step_id=first.step_id, reason="Pratica sbagliata", by=desk.actor, now=now)
        redone = tick(case, playbook, "Leggere", now=now + timedelta(hours=1))
        found = case_playbook(Case.objects.get(pk=case.pk))
        verbs = list(
            AuditEntry.objects.filter(object_kind="cases.case", object_id=case.pk, verb__startswith="step_")
            .order_by("pk")
            .values_list("verb", flat=True)
        )

    assert again.pk == first.pk
    assert first.ticked_by_id == desk.agent.pk
    assert redone.pk != first.pk
    assert [(title, one.undone_reason) for title, one in found.undone] == [("Leggere", "Pratica sbagliata")]
    assert verbs == ["step_ticked", "step_unticked", "step_ticked"]


def test_a_step_of_another_version_is_unknown_to_the_case(desk, playbook, case, now):
    with scope.system("test"):
        other = add_playbook(
            unit_id=desk.group.verona.pk,
            process_key="information",
            title_it="Verona",
            title_en="Verona",
            spec=SPEC,
            by=ROBOT,
            now=now,
        )
        publish_playbook(version_id=other.pk, by=ROBOT, now=now)

        with pytest.raises(NotFound):
            tick(case, other, "Leggere", now=now)
        there = a_case(desk.group.verona_care, now=now, customer=desk.customer)
        assert case_playbook(there).version.title_it == "Verona"


def test_a_stand_in_reads_what_was_done_what_comes_next_and_what_was_promised(desk, playbook, case, now):
    with scope.system("test"):
        tick(case, playbook, "Leggere", now=now, by=desk.actor)
        enter_phase(case_id=case.pk, phase_key="working", by=ROBOT, now=now)
        tick(case, playbook, "Promettere", note="Richiamata giovedì alle 10", now=now + timedelta(1), by=desk.actor)
    colleague = signed_in(person_in(desk.group.brescia_care))

    page = colleague.get(reverse("cases:playbook_panel", args=[case.pk])).content.decode()
    summary = page[page.index("pb-now") : page.index("</dl>")]

    assert "In lavorazione" in summary
    assert f'Promettere <span class="muted sm">{desk.agent.full_name}' in summary
    assert "<b>Annotare</b>" in summary
    assert "Richiamata giovedì alle 10" in summary


def test_nothing_of_a_closed_case_is_ticked(playbook, case, now):
    with scope.system("test"):
        close_case(case_id=case.pk, end_kind=EndKind.CANCELLED, by=ROBOT, now=now)

        with pytest.raises(CaseClosed):
            tick(case, playbook, "Leggere", now=now)


def test_without_a_playbook_there_is_nothing_to_tick_and_nothing_holds_a_case_back(desk, now):
    with scope.system("test"):
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

        with pytest.raises(NoPlaybook):
            tick_step(case_id=case.pk, step_id=1, by=ROBOT, now=now)
        enter_phase(case_id=case.pk, phase_key="working", by=ROBOT, now=now)


def test_the_board_shows_how_far_each_case_is(desk, playbook, case, now):
    with scope.system("test"):
        tick(case, playbook, "Leggere", now=now)
        a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        found = columns(definition(case.version_id), Filters(), actor_id=None, mine=False, organisation=tree(), now=now)

    cards = {card.row.case.pk: (card.steps_done, card.steps) for column in found for card in column.cards}
    assert sorted(cards.values()) == [(0, 0), (1, 5)]
    assert cards[case.pk] == (1, 5)


def test_a_complaint_is_walked_to_its_end_by_the_shipped_playbook(desk, now):
    with scope.system("test"):
        added = install_playbooks(unit_id=desk.group.root.pk, by=ROBOT, now=now)
        assert install_playbooks(unit_id=desk.group.root.pk, by=ROBOT, now=now) == []
        case = a_case(
            desk.group.brescia_care,
            now=now,
            customer=desk.customer,
            process_key="complaint",
            assignee_id=desk.agent.pk,
        )
        describe(case_id=case.pk, details=Details(root_cause="Ritardo", remedy="Tagliando omaggio"), by=ROBOT, now=now)
        for phase in ("taken_charge", "investigation", "remedy_agreed", "solved"):
            for group in case_playbook(Case.objects.get(pk=case.pk)).current:
                for line in group.lines:
                    if line.step.is_required:
                        note = "Detto" if line.step.asks else ""
                        tick_step(case_id=case.pk, step_id=line.step.id, note=note, by=desk.actor, now=now)
            for task in Case.objects.get(pk=case.pk).tasks.filter(done_at=None):
                task.done_at = now
                task.save()
            enter_phase(case_id=case.pk, phase_key=phase, by=ROBOT, now=now)

        found = case_playbook(Case.objects.get(pk=case.pk))

    assert len(added) == 9
    assert Playbook.unscoped.count() == 9
    assert Case.unscoped.get(pk=case.pk).end_kind == EndKind.SOLVED
    assert found.next is None
    assert len(found.promises) == 2
    assert PlaybookVersion.unscoped.filter(state=PlaybookState.PUBLISHED).count() == 9
