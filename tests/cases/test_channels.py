"""What differs by purchase channel, who gets a role's task, and what a non-conformity must have before it ends."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.http import QueryDict

from corsia.cases.models import Case, Cause, Process, ProcessVersion, Task
from corsia.cases.queries.definitions import definition, draft_definition
from corsia.cases.queries.roles import roles_map
from corsia.cases.rules.channels import OnlyFor
from corsia.cases.rules.process_changes import changes_between
from corsia.cases.rules.process_spec import PhaseSpec, VersionSpec, problems_of
from corsia.cases.services import Details, add_task, close_case, describe, enter_phase, finish_task, open_case
from corsia.cases.services.movement import FieldsMissing, NoCorrectiveAction, NoSuchWay, TooEarly
from corsia.cases.services.processes import (
    DraftInTheWay,
    NothingNewer,
    shipped_processes,
    shipped_update,
    start_draft,
    update_process,
)
from corsia.cases.services.tasks import NoOwnerOrDay
from corsia.cases.vocabulary import EndKind, Part, PurchaseChannel, TaskKind
from corsia.cases.web.process_editor import phase_rows, read_spec
from corsia.kernel import scope
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import person_in

pytestmark = pytest.mark.django_db


def a_return(desk, now, channel: str) -> Case:
    return open_case(
        unit_id=desk.group.brescia_care.pk,
        process_key="return",
        subject="Reso tappetini",
        origin="phone",
        customer_id=desk.customer.pk,
        purchase_channel=channel,
        by=ROBOT,
        now=now,
    )


def move(case: Case, phase: str, now, **given) -> Case:
    return enter_phase(case_id=case.pk, phase_key=phase, by=ROBOT, now=now, **given)


@pytest.mark.parametrize(
    ("channel", "open_way", "closed_way"),
    [
        ("marketplace", "on_portal", "authorised"),
        ("ecommerce", "authorised", "received"),
        ("reseller", "authorised", "on_portal"),
        ("counter", "received", "authorised"),
    ],
)
def test_a_return_goes_the_way_of_its_channel_and_no_other(desk, now, channel, open_way, closed_way):
    with scope.system("test"):
        case = a_return(desk, now, channel)

        with pytest.raises(NoSuchWay):
            move(case, closed_way, now)
        move(case, open_way, now)

        assert Case.objects.get(pk=case.pk).phase.key == open_way


def test_a_return_whose_channel_is_unknown_says_it_before_it_goes_on(desk, now):
    with scope.system("test"):
        case = a_return(desk, now, "")

        with pytest.raises(FieldsMissing) as refusal:
            move(case, "received", now)
        assert refusal.value.fields == ["purchase_channel"]
        with pytest.raises(NoSuchWay):
            move(case, "authorised", now, filling=Details(purchase_channel="counter"))
        assert Case.objects.get(pk=case.pk).purchase_channel == ""
        move(case, "received", now, filling=Details(purchase_channel="counter"))

        assert Case.objects.get(pk=case.pk).purchase_channel == "counter"


def test_entering_a_phase_makes_only_the_tasks_of_the_channel(desk, now):
    with scope.system("test"):
        titles = {}
        for channel in ("marketplace", "counter"):
            case = a_return(desk, now, channel)
            case.phase_id = definition(case.version_id).phase("received").id
            case.save()
            move(case, "refund", now)
            titles[channel] = list(Task.objects.filter(case=case).values_list("title", flat=True))

    assert titles == {
        "marketplace": ["Rimborsare dal portale del marketplace"],
        "counter": ["Emettere la nota di credito"],
    }


def test_a_version_in_which_a_channel_gets_stuck_is_not_put_in_use():
    sound = VersionSpec(
        phases=(
            PhaseSpec(key="one", name_it="a", name_en="a", goes_to=("two", "end"), requires=("purchase_channel",)),
            PhaseSpec(key="two", name_it="b", name_en="b", goes_to=("end",)),
            PhaseSpec(key="end", name_it="c", name_en="c", end_kind="solved"),
        )
    )
    one, two, end = sound.phases
    stuck = VersionSpec(phases=(one, replace(two, ways_only=(OnlyFor("end", ("counter",)),)), end))
    unasked = VersionSpec(phases=(replace(one, requires=()), *stuck.phases[1:]))

    assert problems_of(sound) == []
    assert {(found.code, found.phase) for found in problems_of(stuck)} == {("stuck_for_channel", "two")}
    assert {found.detail for found in problems_of(stuck)} == set(PurchaseChannel.values) - {"counter"}
    assert ("stuck_without_channel", "two") in {(found.code, found.phase) for found in problems_of(unasked)}


@pytest.mark.parametrize("spec", shipped_processes(), ids=lambda spec: spec.key)
def test_the_editor_gives_back_every_shipped_process_as_it_is(spec):
    posted = QueryDict(mutable=True)
    version = spec.version
    names = {phase.key: phase.name_it for phase in version.phases}
    posted.update({"phases": str(len(version.phases)), "neglect_minutes": str(version.neglect_minutes)})
    posted["reopen_days"] = str(version.reopen_days)
    for limit in version.limits:
        posted[f"limit-{limit.clock}-{limit.priority or 'any'}"] = str(limit.minutes)
    for n, row in enumerate(phase_rows(version, names=names, bad=set())):
        phase, p = row.phase, f"p{n}"
        plain = {"key": phase.key, "name_it": phase.name_it, "name_en": phase.name_en, "end": phase.end_kind}
        plain |= {"holder": phase.holder, "on_answer": phase.on_answer, "limit": str(phase.limit_minutes or "")}
        plain |= {"check": str(phase.check_after_days or ""), "actions": str(len(phase.actions))}
        for name, value in plain.items():
            posted[f"{p}-{name}"] = value
        posted[f"{p}-tasks_done"] = "on" if phase.requires_tasks_done else ""
        posted[f"{p}-corrective"] = "on" if phase.requires_corrective else ""
        posted.setlist(f"{p}-goes_to", [way.key for way in row.ways if way.is_on])
        posted.setlist(f"{p}-requires", [one.key for one in row.fields if one.is_on])
        for way in row.ways:
            posted.setlist(f"{p}-way-{way.key}-only", list(way.channels))
        for one in row.fields:
            posted.setlist(f"{p}-ask-{one.key}-only", list(one.channels))
        posted.setlist(f"{p}-roles", [cell.key for line in row.roles for cell in line.parts if cell.is_on])
        for a, action in enumerate(phase.actions):
            for name in ("kind", "title_it", "title_en", "role", "task_kind"):
                posted[f"{p}-a{a}-{name}"] = str(getattr(action, name))
            posted[f"{p}-a{a}-due"] = str(action.due_minutes or "")
            posted[f"{p}-a{a}-template"], posted[f"{p}-a{a}-process"] = action.template_key, action.process_key
            posted.setlist(f"{p}-a{a}-only", list(action.only_for))

    assert changes_between(version, read_spec(posted)) == []
    assert changes_between(read_spec(posted), version) == []


def test_a_roles_task_goes_to_whoever_holds_it_nearest_and_has_least_to_do(desk, now):
    with scope.system("test"):
        far = person_in(desk.group.brescia, Role.WAREHOUSE)
        near = person_in(desk.group.brescia_care, Role.WAREHOUSE)
        second = person_in(desk.group.brescia_care, Role.WAREHOUSE)
        person_in(desk.group.verona_care, Role.WAREHOUSE)
        case = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        add_task(case_id=case.pk, title="Inventario", assignee_id=near.pk, by=ROBOT, now=now)
        parcel = a_return(desk, now, "counter")
        move(parcel, "received", now)

        task = Task.objects.get(case=parcel)

    assert (task.role, task.assignee_id) == ("warehouse", second.pk)
    assert far.pk != second.pk


def test_a_roles_task_waits_for_the_role_where_nobody_holds_it(desk, now):
    with scope.system("test"):
        person_in(desk.group.verona_care, Role.WAREHOUSE)
        parcel = a_return(desk, now, "counter")
        move(parcel, "received", now)

        assert Task.objects.get(case=parcel).assignee_id is None


@pytest.fixture
def nonconformity(desk, now) -> Case:
    with scope.system("test"):
        case = open_case(
            unit_id=desk.group.brescia_care.pk,
            process_key="nonconformity",
            subject="Ordine di lavoro senza firma",
            origin="internal",
            customer_id=None,
            assignee_id=desk.agent.pk,
            by=ROBOT,
            now=now,
        )
        move(case, "analysis", now)
        cause = Cause.objects.filter(process_key="nonconformity").first()
        move(case, "correction", now, filling=Details(cause_id=cause.pk, root_cause="Modulo vecchio"))
        describe(case_id=case.pk, details=Details(remedy="Nuovo modulo"), by=ROBOT, now=now)
        return case


def test_a_correction_asks_for_an_action_with_an_owner_and_a_day(desk, nonconformity, now):
    with scope.system("test"):
        with pytest.raises(NoOwnerOrDay):
            add_task(case_id=nonconformity.pk, title="Stampare", kind=TaskKind.CORRECTIVE, by=ROBOT, now=now)
        add_task(case_id=nonconformity.pk, title="Ordinaria", assignee_id=desk.agent.pk, due_at=now, by=ROBOT, now=now)
        finish_task(task_id=Task.objects.get(title="Ordinaria").pk, by=ROBOT, now=now)
        with pytest.raises(NoCorrectiveAction):
            move(nonconformity, "verification", now)

        assert Case.objects.get(pk=nonconformity.pk).phase.key == "correction"


def test_a_non_conformity_ends_only_after_the_check_that_it_worked(desk, nonconformity, now):
    with scope.system("test"):
        action = add_task(
            case_id=nonconformity.pk,
            title="Stampare il modulo nuovo",
            kind=TaskKind.CORRECTIVE,
            assignee_id=desk.agent.pk,
            due_at=now + timedelta(days=3),
            by=ROBOT,
            now=now,
        )
        finish_task(task_id=action.pk, by=ROBOT, now=now)
        move(nonconformity, "verification", now)
        waiting = Case.objects.get(pk=nonconformity.pk)
        check = Task.objects.get(case=nonconformity, kind=TaskKind.CHECK)
        finish_task(task_id=check.pk, by=ROBOT, now=now + timedelta(days=1))
        for verb in (lambda at: move(nonconformity, "closed", at), lambda at: end(nonconformity, at)):
            with pytest.raises(TooEarly):
                verb(now + timedelta(days=30) - timedelta(seconds=1))
        move(nonconformity, "closed", now + timedelta(days=30))

        assert check.due_at == waiting.snoozed_until == now + timedelta(days=30)
        assert check.assignee_id == desk.agent.pk
        assert Case.objects.get(pk=nonconformity.pk).end_kind == EndKind.SOLVED


def end(case: Case, at) -> Case:
    return close_case(case_id=case.pk, by=ROBOT, now=at)


def test_an_old_process_offers_the_newer_wording_and_takes_it_only_when_told(desk, now):
    with scope.system("test"):
        process = Process.objects.get(key="return")
        process.shipped_revision = 1
        process.save()
        running = a_return(desk, now, "counter")

        assert shipped_update(process).revision == 2
        new = update_process(process_id=process.pk, by=ROBOT, now=now)
        process.refresh_from_db()

        assert (new.state, new.number, process.shipped_revision) == ("published", 2, 2)
        assert Case.objects.get(pk=running.pk).version_id != new.pk
        assert ProcessVersion.objects.filter(process=process, state="published").count() == 1
        with pytest.raises(NothingNewer):
            update_process(process_id=process.pk, by=ROBOT, now=now)


def test_an_update_never_walks_over_a_draft(desk, now):
    with scope.system("test"):
        process = Process.objects.get(key="return")
        process.shipped_revision = 1
        process.save()
        start_draft(process_id=process.pk, by=ROBOT, now=now)

        with pytest.raises(DraftInTheWay):
            update_process(process_id=process.pk, by=ROBOT, now=now)


def test_the_preview_names_what_comes_and_what_goes(desk):
    with scope.system("test"):
        new = draft_definition(ProcessVersion.objects.get(process__key="return").pk).spec
    old = VersionSpec(
        phases=(
            replace(new.phases[0], goes_to=("received", "ours"), ways_only=(), requires=("customer",)),
            PhaseSpec(key="ours", name_it="Nostra", name_en="Ours", goes_to=("done",)),
            *new.phases[2:],
        ),
        limits=new.limits,
        neglect_minutes=new.neglect_minutes,
        reopen_days=new.reopen_days,
    )

    found = {(one.code, one.phase, one.what, one.is_loss) for one in changes_between(old, new)}

    assert ("phase_added", "on_portal", "", False) in found
    assert ("phase_removed", "ours", "", True) in found
    assert ("asks_added", "requested", "purchase_channel", False) in found
    assert ("way_removed", "requested", "ours", True) in found
    assert changes_between(new, new) == []


def test_the_map_of_roles_shows_who_it_is_and_where_nobody_is(desk, now):
    with scope.system("test"):
        keeper = person_in(desk.group.brescia_care, Role.WAREHOUSE)
        person_in(desk.group.verona_care, Role.ENGINEER)
        found = roles_map(desk.group.brescia_care.pk, organisation=tree(), now=now)

    people = {column.role: column.people for column in found.columns}
    parts = next(line for line in found.processes if line.process.key == "spare-parts")
    identified = next(line for line in parts.phases if line.phase.key == "identified")
    engineering = next(line for line in found.processes if line.process.key == "engineering")
    column = [column.role for column in found.columns].index(Role.WAREHOUSE)
    assert people[Role.WAREHOUSE] == (keeper.full_name,)
    assert people[Role.ENGINEER] == ()
    assert identified.has_doer
    assert identified.cells[column].parts == (Part.RESPONSIBLE, Part.DOES)
    assert engineering.holes == len(engineering.phases)
