"""Who gets through each door of cases: nobody unknown, nobody of another branch, nobody without the right."""

import pytest
from django.db import transaction
from django.urls import reverse

from corsia.cases.models import Cause, Goodwill, LegalWarranty, Process, ProcessVersion, Queue
from corsia.cases.services import add_task, save_view, tick_step
from corsia.cases.services.bulk import run
from corsia.cases.services.processes import start_draft
from corsia.cases.vocabulary import BulkVerb
from corsia.kernel import scope
from corsia.kernel.blobs import keep
from corsia.knowledge.rules.playbook_spec import PlaybookSpec, StepSpec
from corsia.knowledge.services.playbooks import add_playbook, publish_playbook
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT, a_case, a_customer, ready_group
from tests.factories.organisation import actor_in, person_in, signed_in, small_group
from tests.security.care_rows import care_rows

pytestmark = pytest.mark.django_db

# name, arguments, method, what a person of the case's branch gets; "case" stands for a case of Brescia.
CASE_DOORS = [
    ("case", ["case"], "get", 200),
    ("case_parts", ["case"], "get", 200),
    ("edit_case", ["case"], "get", 200),
    ("hand_over", ["case"], "get", 200),
    ("move", ["case"], "get", 200),
    ("move_back", ["case"], "post", 409),
    ("snooze", ["case"], "get", 200),
    ("hand_to", ["case"], "get", 200),
    ("close", ["case"], "get", 200),
    ("merge", ["case"], "get", 200),
    ("split", ["case"], "get", 200),
    ("link", ["case"], "get", 200),
    ("set_parent", ["case"], "get", 200),
    ("playbook_panel", ["case"], "get", 200),
    ("tick_step", ["case", "step"], "post", 302),
    ("untick_step", ["case", "ticked"], "post", 422),
    ("take", ["case"], "post", 302),
    ("assign", ["case"], "post", 302),
    ("priority", ["case"], "post", 422),
    ("enter_phase", ["case", "working"], "post", 302),
    ("watch", ["case"], "post", 302),
    ("unwatch", ["case"], "post", 302),
    ("add_tag", ["case"], "post", 422),
    ("remove_tag", ["case"], "post", 302),
    ("add_task", ["case"], "post", 422),
    ("unmerge", ["case"], "post", 409),
    ("reopen", ["case"], "get", 200),
    ("talk_panel", ["case"], "get", 200),
    ("talk_beside", ["case"], "get", 200),
    ("talk_badge", ["case"], "get", 200),
    ("say", ["case"], "post", 422),
    ("resolve_discussion", ["talk"], "post", 422),
    ("add_to_discussion", ["talk"], "post", 302),
    ("discussion_seen", ["talk"], "post", 204),
    ("edit_line", ["line"], "post", 403),
    ("discussion_file", ["file"], "get", 200),
    ("redress", ["case"], "get", 200),
    ("state_sale", ["case"], "post", 422),
    ("warranty_agreement", ["case"], "get", 200),
    ("ask_goodwill", ["case"], "post", 422),
    ("withdraw_goodwill", ["goodwill"], "post", 404),
    ("recovery_panel", ["case"], "get", 200),
    ("recovery_attempt", ["item"], "post", 422),
    ("end_recovery_item", ["item"], "post", 422),
    ("finish_task", ["task"], "post", 302),
    ("take_up_task", ["task"], "post", 302),
    ("remove_task", ["task"], "post", 302),
    ("unlink", ["case", "case"], "post", 302),
]
DESK_DOORS = [
    ("desk", [], "get", 200),
    ("board", [], "get", 200),
    ("calendar", [], "get", 200),
    ("roles", [], "get", 200),
    ("new", [], "get", 200),
    ("palette", [], "get", 200),
    ("badge", [], "get", 200),
    ("pick_customers", [], "get", 200),
    ("pick_vehicles", ["customer"], "get", 200),
    ("customer_panel", ["customer"], "get", 200),
    ("open_panel", ["customer"], "get", 200),
    ("save_view", [], "post", 422),
    ("bulk_plan", [], "post", 422),
    ("bulk_run", [], "post", 422),
    ("discussions", [], "get", 200),
    ("recoveries", [], "get", 200),
    ("recovery", ["recovery"], "get", 200),
    ("next_to_recover", ["recovery"], "get", 302),
    ("register", [], "get", 200),
    ("propose_process", [], "get", 200),
    ("proposal", ["proposal"], "get", 200),
    ("vote_for_proposal", ["proposal"], "post", 302),
]
MANAGER_DOORS = [
    ("goodwill", [], "get", 200),
    ("decide_goodwill", ["goodwill"], "post", 302),
    ("set_goodwill_budget", [], "post", 403),
    ("set_goodwill_limit", [], "post", 403),
    ("processes", [], "get", 200),
    ("install_processes", [], "post", 302),
    ("add_process", [], "get", 200),
    ("process", ["process"], "get", 200),
    ("change_process", ["process"], "post", 422),
    ("update_process", ["process"], "get", 302),
    ("causes", [], "get", 200),
    ("cause", ["cause"], "get", 200),
    ("start_draft", ["process"], "post", 302),
    ("edit_version", ["version"], "get", 200),
    ("publish_version", ["version"], "post", 302),
    ("discard_version", ["version"], "post", 302),
    ("queues", [], "get", 200),
    ("add_queue", [], "get", 200),
    ("queue", ["queue"], "get", 200),
    ("new_recovery", [], "get", 200),
    ("change_recovery", ["recovery"], "get", 200),
    ("end_recovery", ["recovery"], "post", 409),
    ("export_recovery", ["recovery"], "get", 200),
    ("pick_for_recovery", ["recovery"], "get", 200),
    ("upload_list", ["recovery"], "post", 422),
    ("recovery_list", ["list"], "get", 200),
    ("confirm_list", ["list"], "post", 302),
    ("discard_list", ["list"], "post", 302),
    ("rest_of_list", ["list"], "get", 200),
    ("steer_proposal", ["proposal"], "post", 422),
    ("join_proposal", ["proposal"], "post", 404),
    ("give_process_owner", ["process"], "post", 302),
]
OWN_DOORS = [("delete_view", ["view"]), ("bulk_undo", ["run"])]


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """A group and one of everything in it, made once: each test sees it unchanged."""
    with django_db_blocker.unblock(), transaction.atomic():
        group = small_group()
        yield group, made_things(group, NOON)
        transaction.set_rollback(True)


@pytest.fixture
def group(made, db):
    return made[0]


@pytest.fixture
def things(made, db):
    return made[1]


def made_things(group, now):
    """Make one of everything a door may name, in Brescia, and return their ids."""
    with scope.system("test"):
        ready_group(group, now=now)
        customer = a_customer(group, now=now)
        case = a_case(group.brescia_care, now=now, customer=customer)
        owner = actor_in(group.brescia_care)
        task = add_task(case_id=case.pk, title="Richiamare", by=ROBOT, now=now)
        process = Process.objects.get(key="information")
        draft = start_draft(process_id=process.pk, by=ROBOT, now=now)
        queue = Queue.objects.create(unit=group.brescia, name="Assistenza")
        view = save_view(
            unit_id=group.brescia_care.pk, name="Urgenti", query="priority=4", is_shared=False, by=owner, now=now
        )
        done = run(verb=BulkVerb.TAG, value="gomme", case_ids=[case.pk], by=owner, now=now)
        spec = PlaybookSpec(
            steps=tuple(StepSpec(title_it=name, title_en=name, is_required=False) for name in ("one", "two")),
            readers=("agent",),
        )
        playbook = add_playbook(
            unit_id=group.root.pk, process_key="information", title_it="I", title_en="I", spec=spec, by=ROBOT, now=now
        )
        publish_playbook(version_id=playbook.pk, by=ROBOT, now=now)
        step, ticked = (step.pk for step in playbook.steps.order_by("position"))
        tick_step(case_id=case.pk, step_id=ticked, by=ROBOT, now=now)
        rows = care_rows(
            branch=group.brescia, desk=group.brescia_care, canary="Brescia", group_canary="Gruppo", case_id=case.pk,
            forgotten_id=a_case(group.brescia_care, now=now, customer=customer).pk,
            boss=actor_in(group.brescia, Role.CARE_MANAGER), now=now,
        )  # fmt: skip
        LegalWarranty.objects.create(
            case=case, delivered_on=now.date(), is_used=True, is_consumer=True, stated_at=now, document_id=keep(b"x")
        )
        goodwill = Goodwill.objects.create(case=case, amount_cents=100, reason="x", asked_at=now)
        return {
            "goodwill": goodwill.pk,
            "talk": rows["discussion_id"],
            "line": rows["line_id"],
            "file": rows["discussion_file_id"],
            "item": rows["item_id"],
            "recovery": rows["recovery_id"],
            "list": rows["list_id"],
            "proposal": rows["proposal_id"],
            "case": case.pk,
            "step": step,
            "ticked": ticked,
            "task": task.pk,
            "customer": customer.pk,
            "process": process.pk,
            "version": draft.pk,
            "queue": queue.pk,
            "cause": Cause.objects.first().pk,
            "view": view.pk,
            "run": done.pk,
        }


def ask(client, door, things):
    name, arguments, method = door[:3]
    url = reverse(f"cases:{name}", args=[things.get(argument, argument) for argument in arguments])
    return getattr(client, method)(url)


ids = lambda door: door[0]  # noqa: E731


@pytest.mark.parametrize("door", [*CASE_DOORS, *DESK_DOORS, *MANAGER_DOORS], ids=ids)
def test_who_is_not_signed_in_goes_to_the_sign_in_page(door, things, client):
    answer = ask(client, door, things)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize("door", CASE_DOORS, ids=ids)
def test_a_case_of_another_branch_does_not_exist(door, things, group):
    answer = ask(signed_in(person_in(group.verona_care)), door, things)

    assert answer.status_code == 404
    assert "Spia motore accesa" not in answer.content.decode()


@pytest.mark.parametrize("door", [*CASE_DOORS, *DESK_DOORS], ids=ids)
def test_an_agent_of_the_branch_gets_through(door, things, group):
    assert ask(signed_in(person_in(group.brescia_care)), door, things).status_code == door[3]


@pytest.mark.parametrize("door", [*CASE_DOORS, *DESK_DOORS, *MANAGER_DOORS], ids=ids)
def test_a_consultant_does_not_work_cases(door, things, group):
    allowed = door[0] in ("processes", "process") and door[2] == "get"  # to read how the house works
    answer = ask(signed_in(person_in(group.brescia_care, Role.CONSULTANT)), door, things)
    assert answer.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("door", MANAGER_DOORS, ids=ids)
def test_an_agent_does_not_manage_processes(door, things, group):
    assert ask(signed_in(person_in(group.root)), door, things).status_code == 403


@pytest.mark.parametrize("door", MANAGER_DOORS, ids=ids)
def test_a_manager_of_the_group_manages_processes(door, things, group):
    assert ask(signed_in(person_in(group.root, Role.CARE_MANAGER)), door, things).status_code == door[3]


def test_a_branch_manager_sees_the_groups_processes_but_does_not_change_them(things, group):
    manager = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER))

    assert ask(manager, ("process", ["process"], "get"), things).status_code == 200
    assert ask(manager, ("start_draft", ["process"], "post"), things).status_code == 403
    assert ask(manager, ("publish_version", ["version"], "post"), things).status_code == 403
    with scope.system("test"):
        assert ProcessVersion.objects.get(pk=things["version"]).state == "draft"


@pytest.mark.parametrize(("name", "arguments"), OWN_DOORS)
def test_what_is_somebody_elses_own_is_refused_to_colleagues(name, arguments, things, group):
    colleague = signed_in(person_in(group.brescia_care))

    assert ask(colleague, (name, arguments, "post"), things).status_code in (403, 404)


def test_every_door_of_cases_is_in_these_tables():
    from corsia.cases.web.urls import urlpatterns

    named = {door[0] for door in [*CASE_DOORS, *DESK_DOORS, *MANAGER_DOORS, *OWN_DOORS]}
    assert named == {pattern.name for pattern in urlpatterns}


def test_the_list_of_another_branch_shows_and_counts_nothing(things, group):
    page = signed_in(person_in(group.verona_care)).get(reverse("cases:desk"), {"tab": "unit"}).content.decode()

    assert "Spia motore accesa" not in page
    assert page.count('class="cases-r') == 0
