"""Playbooks: versions that never change once published, and people who say by name that they know them."""

import pytest
from django.urls import reverse

from corsia.cases.services import install_processes
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.kernel.errors import NotAllowed
from corsia.knowledge.models import Acknowledgement, Playbook, PlaybookVersion
from corsia.knowledge.queries.playbooks import playbook_version, who_knows
from corsia.knowledge.rules.playbook_spec import Flaw, PlaybookSpec, StepSpec, flaws_of
from corsia.knowledge.services.playbooks import (
    DraftUnknown,
    HasOne,
    NotReady,
    PublishedStays,
    acknowledge,
    add_playbook,
    discard_playbook_draft,
    publish_playbook,
    retire_playbook,
    save_playbook_draft,
    shipped_playbooks,
    start_playbook_draft,
)
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from tests.factories.organisation import TODAY, actor_in, person_in, signed_in

pytestmark = pytest.mark.django_db
ROBOT = system("test")
SPEC = PlaybookSpec(readers=("agent",), steps=(StepSpec(title_it="Leggere", title_en="Read", phase_key="received"),))


@pytest.fixture
def draft(group, now) -> PlaybookVersion:
    with scope.system("test"):
        install_processes(unit_id=group.root.pk, by=ROBOT, now=now)
        return add_playbook(
            unit_id=group.root.pk,
            process_key="complaint",
            title_it="Reclamo",
            title_en="Complaint",
            spec=SPEC,
            by=ROBOT,
            now=now,
        )


def test_every_shipped_playbook_fits_the_phases_of_its_shipped_process():
    from corsia.cases.services.processes import shipped_processes

    phases = {spec.key: {phase.key for phase in spec.version.phases} for spec in shipped_processes()}

    assert {key for key, *_rest in shipped_playbooks()} == set(phases) - {"contact"}  # a chat is no procedure
    for key, _it, _en, spec in shipped_playbooks():
        assert flaws_of(spec, phases=phases[key]) == []
        assert any(step.is_required for step in spec.steps)


def test_what_would_leave_people_without_guidance_is_named():
    spec = PlaybookSpec(
        steps=(
            StepSpec(title_it="Solo italiano", title_en=""),
            StepSpec(title_it="a", title_en="a", phase_key="nowhere"),
            StepSpec(title_it="a", title_en="a", hint="article"),
        )
    )

    assert flaws_of(spec, phases=["received"]) == [
        Flaw("no_readers"),
        Flaw("no_title", 1),
        Flaw("unknown_phase", 2),
        Flaw("no_hint", 3),
    ]
    assert flaws_of(PlaybookSpec(steps=(), readers=("agent",)), phases=[]) == [Flaw("no_steps")]


def test_a_published_version_never_changes_and_an_edit_makes_the_next(draft, now):
    with scope.system("test"):
        publish_playbook(version_id=draft.pk, by=ROBOT, now=now)
        with pytest.raises(PublishedStays):
            save_playbook_draft(version_id=draft.pk, spec=PlaybookSpec(steps=()), by=ROBOT, now=now)
        second = start_playbook_draft(playbook_id=draft.playbook_id, by=ROBOT, now=now)
        same = start_playbook_draft(playbook_id=draft.playbook_id, by=ROBOT, now=now)
        publish_playbook(version_id=second.pk, by=ROBOT, now=now)

        assert (second.number, same.pk) == (2, second.pk)
        assert playbook_version(second.pk).spec.steps == SPEC.steps
        assert dict(PlaybookVersion.objects.values_list("number", "state")) == {1: "replaced", 2: "published"}


def test_an_unfinished_draft_is_kept_but_not_published(draft, now):
    with scope.system("test"):
        spec = PlaybookSpec(steps=(StepSpec(title_it="Solo", title_en=""),), readers=("agent",))
        save_playbook_draft(version_id=draft.pk, spec=spec, by=ROBOT, now=now)
        with pytest.raises(NotReady) as refusal:
            publish_playbook(version_id=draft.pk, by=ROBOT, now=now)

        assert refusal.value.flaws == [Flaw("no_title", 1)]
        assert playbook_version(draft.pk).spec == spec


def test_a_unit_has_one_playbook_for_a_process_until_it_is_retired(group, draft, now):
    given = {"unit_id": group.root.pk, "process_key": "complaint", "title_it": "B", "title_en": "B", "spec": SPEC}
    with scope.system("test"):
        with pytest.raises(HasOne):
            add_playbook(**given, by=ROBOT, now=now)
        retire_playbook(playbook_id=draft.playbook_id, by=ROBOT, now=now)
        add_playbook(**given, by=ROBOT, now=now)

        assert Playbook.objects.filter(retired_at=None).count() == 1


def test_a_discarded_first_draft_takes_its_playbook_along(draft, now):
    with scope.system("test"):
        discard_playbook_draft(version_id=draft.pk, by=ROBOT, now=now)

        assert not Playbook.objects.exists()


def test_publication_tells_those_who_must_know_it_and_only_them(group, draft, now):
    agent, clerk = person_in(group.brescia_care), person_in(group.brescia_care, Role.SPECIALIST)
    with scope.system("test"):
        publish_playbook(version_id=draft.pk, by=ROBOT, now=now)

    told = Notification.objects.filter(kind="knowledge.playbook").values_list("person_id", flat=True)
    assert list(told) == [agent.pk]
    assert clerk.pk not in told


def test_people_say_by_name_that_they_know_a_version_and_each_version_anew(group, draft, now):
    agent = person_in(group.brescia_care)
    actor = actor_of(agent, today=TODAY)
    with scope.system("test"):
        with pytest.raises(DraftUnknown):
            acknowledge(version_id=draft.pk, by=actor, now=now)
        publish_playbook(version_id=draft.pk, by=ROBOT, now=now)
        acknowledge(version_id=draft.pk, by=actor, now=now)
        acknowledge(version_id=draft.pk, by=actor, now=now)
        second = start_playbook_draft(playbook_id=draft.playbook_id, by=ROBOT, now=now)
        publish_playbook(version_id=second.pk, by=ROBOT, now=now)

        assert Acknowledgement.objects.count() == 1
        assert [one.at for one in who_knows(playbook_version(draft.pk), now=now)] == [now]
        assert [one.at for one in who_knows(playbook_version(second.pk), now=now)] == [None]


def test_only_managers_of_the_unit_write_its_playbooks(group, draft, now):
    for actor in (actor_in(group.brescia_care), actor_in(group.brescia, Role.BRANCH_MANAGER)):
        with scope.system("test"), pytest.raises(NotAllowed):
            publish_playbook(version_id=draft.pk, by=actor, now=now)


def test_an_agent_reads_and_acknowledges_on_the_page(group, draft, now):
    with scope.system("test"):
        publish_playbook(version_id=draft.pk, by=ROBOT, now=now)
    agent = person_in(group.brescia_care)
    browser = signed_in(agent)

    assert "da leggere" in browser.get(reverse("knowledge:playbooks")).content.decode()
    page = browser.get(reverse("knowledge:playbook", args=[draft.playbook_id])).content.decode()
    assert "Leggere" in page
    assert reverse("knowledge:start_playbook_draft", args=[draft.playbook_id]) not in page
    browser.post(reverse("knowledge:acknowledge_playbook", args=[draft.pk]))

    assert Acknowledgement.unscoped.get().person_id == agent.pk
    assert "da leggere" not in browser.get(reverse("knowledge:playbooks")).content.decode()


def test_the_editor_keeps_what_was_typed_with_every_button(group, draft):
    manager = signed_in(person_in(group.root, Role.CARE_MANAGER))
    url = reverse("knowledge:edit_playbook", args=[draft.pk])
    typed = {
        "steps": "1",
        "readers": ["agent", "mechanic"],
        "change_note": "Nuovo",
        "s0-title_it": "Chiamare",
        "s0-title_en": "Call",
        "s0-phase": "received",
        "s0-required": "on",
        "s0-asks": "promise",
        "s0-role": "agent",
    }

    assert manager.post(url, {**typed, "do": "add"}).status_code == 302
    with scope.system("test"):
        spec = playbook_version(draft.pk).spec
    assert [one.title_it for one in spec.steps] == ["Chiamare", ""]
    assert spec.steps[0] == StepSpec(
        title_it="Chiamare", title_en="Call", phase_key="received", asks="promise", role="agent"
    )
    assert (spec.readers, spec.change_note) == (("agent", "mechanic"), "Nuovo")
    refused = manager.post(url, {**typed, "steps": "2", "do": "publish"})
    assert refused.status_code == 422
    assert "Chiamare" in refused.content.decode()
    assert manager.post(url, {**typed, "do": "publish"}).status_code == 302
    with scope.system("test"):
        assert PlaybookVersion.objects.get().state == "published"
