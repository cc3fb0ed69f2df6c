"""Processes are data: shipped, installed, drafted, published; a version in use never changes."""

from dataclasses import replace

import pytest

from corsia.cases.models import Case, Process, ProcessVersion
from corsia.cases.queries.definitions import definition, draft_definition
from corsia.cases.rules.process_file import BadProcessFile, read_process
from corsia.cases.rules.process_spec import PhaseSpec, VersionSpec, problems_of
from corsia.cases.services import enter_phase, install_processes
from corsia.cases.services.processes import (
    KeyTaken,
    NotADraft,
    NotReady,
    add_process,
    discard_draft,
    publish_draft,
    renamed,
    save_draft,
    shipped_processes,
    start_draft,
)
from corsia.cases.web.process_editor import moved
from corsia.ui.templatetags.ui import icon
from tests.factories.cases import ROBOT, a_case

KINDS = {
    "information",
    "complaint",
    "nonconformity",
    "spare-parts",
    "warranty",
    "return",
    "administrative",
    "technical",
    "contact",
    "engineering",
}


def test_the_ten_shipped_processes_read_and_leave_no_case_stuck():
    shipped = shipped_processes()

    assert {spec.key for spec in shipped} == KINDS
    for spec in shipped:
        assert problems_of(spec.version) == []
        assert icon(spec.icon)


def test_a_shipped_complaint_asks_for_root_cause_and_remedy_before_every_end_but_cancelling():
    complaint = next(spec for spec in shipped_processes() if spec.key == "complaint")
    ends = {phase.key for phase in complaint.version.phases if phase.end_kind not in ("", "cancelled")}

    before = [phase for phase in complaint.version.phases if ends & set(phase.goes_to)]

    assert before
    assert all({"root_cause", "remedy"} <= set(phase.requires) for phase in before)


GOOD = """
key: test
name_it: Prova
name_en: Test
phases:
  - {key: one, name_it: Uno, name_en: One, goes_to: [two]}
  - {key: two, name_it: Due, name_en: Two, end: solved}
"""


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (("name_en: Test", ""), "the top › name_en", "this is missing"),
        (("goes_to: [two]", "goes_too: [two]"), "the top › phases › one › goes_too", "this word is unknown"),
        (("end: solved", "end: finished"), "the top › phases › two › end", "“finished” is unknown"),
        (
            ("goes_to: [two]", "goes_to: two"),
            "the top › phases › one › goes_to",
            "a list of words in [brackets] is expected here",
        ),
        (("goes_to: [two]", "goes_to: [three]"), "phase “one”", "unknown target three"),
        (
            ("end: solved", "limit_minutes: soon"),
            "the top › phases › two › limit_minutes",
            "a whole number of minutes or days is expected here",
        ),
        (("goes_to: [two]", "goes_to: [two], on_answer: two"), "phase “one”", "answer closes two"),
        (("key: test", "key: [test"), "line 3", "this is not YAML"),
    ],
)
def test_a_mistake_in_a_file_says_where_it_is_and_what(change, where, what):
    with pytest.raises(BadProcessFile) as refusal:
        read_process(GOOD.replace(*change), file="test.yaml")

    assert (refusal.value.data["where"], refusal.value.data["what"]) == (where, what)


def spec(*phases):
    return VersionSpec(
        phases=tuple(PhaseSpec(key=key, name_it=key, name_en=key, goes_to=to, end_kind=end) for key, to, end in phases)
    )


@pytest.mark.parametrize(
    ("version", "codes"),
    [
        (spec(), ["no_phases"]),
        (spec(("a", ("b",), ""), ("b", (), "solved")), []),
        (spec(("a", (), "")), ["no_end", "no_way_out"]),
        (spec(("a", ("b",), ""), ("b", ("a",), ""), ("c", (), "solved")), ["never_ends", "never_ends", "unreachable"]),
        (spec(("a", (), "solved")), ["starts_at_the_end"]),
        (spec(("a", ("a", "b"), ""), ("b", (), "solved")), ["leads_to_itself"]),
        (spec(("a", ("b",), ""), ("b", (), "solved"), ("b", (), "solved")), ["twice"]),
    ],
)
def test_what_would_leave_cases_stuck_is_found(version, codes):
    assert [problem.code for problem in problems_of(version)] == codes


@pytest.mark.parametrize(
    ("on_answer", "codes"),
    [("", []), ("b", []), ("c", ["answer_without_way"]), ("z", ["answer_without_way"]), ("d", ["answer_closes"])],
)
def test_an_answer_leads_only_where_the_phase_does_and_never_closes(on_answer, codes):
    version = spec(("a", ("b", "d"), ""), ("b", ("c",), ""), ("c", ("d",), ""), ("d", (), "solved"))
    first = replace(version.phases[0], on_answer=on_answer)

    problems = problems_of(replace(version, phases=(first, *version.phases[1:])))

    assert [problem.code for problem in problems] == codes


@pytest.mark.django_db
@pytest.mark.usefixtures("everything")
class TestVersions:
    def test_installing_twice_installs_once(self, group, now):
        first = install_processes(unit_id=group.root.pk, by=ROBOT, now=now)
        second = install_processes(unit_id=group.root.pk, by=ROBOT, now=now)

        assert ({process.key for process in first}, second) == (KINDS, [])
        assert Process.objects.count() == 10

    def test_what_is_installed_says_what_the_file_says(self, desk):
        for shipped in shipped_processes():
            version = ProcessVersion.objects.get(process__key=shipped.key)
            written = [replace(phase, goes_to=tuple(sorted(phase.goes_to))) for phase in shipped.version.phases]
            stored = definition(version.pk).spec
            kept = [replace(phase, goes_to=tuple(sorted(phase.goes_to))) for phase in stored.phases]
            assert kept == written
            assert replace(stored, phases=()) == replace(shipped.version, phases=())

    def test_a_draft_starts_as_a_copy_and_is_one(self, desk, now):
        process = Process.objects.get(key="complaint")

        draft = start_draft(process_id=process.pk, by=ROBOT, now=now)

        assert (draft.number, draft.state) == (2, "draft")
        assert start_draft(process_id=process.pk, by=ROBOT, now=now) == draft
        in_use = ProcessVersion.objects.get(process=process, state="published")
        assert draft_definition(draft.pk).spec == draft_definition(in_use.pk).spec

    def test_an_edited_answer_way_is_kept_and_goes_with_the_phase_it_names(self, desk, now):
        process = Process.objects.get(key="technical")
        draft = start_draft(process_id=process.pk, by=ROBOT, now=now)
        phases = draft_definition(draft.pk).spec.phases
        assert (phases[0].on_answer, phases[1].key) == ("diagnosis", "diagnosis")

        removed = moved(draft_definition(draft.pk).spec, "remove:1")
        assert removed.phases[0].on_answer == ""
        save_draft(version_id=draft.pk, spec=removed, by=ROBOT, now=now)

        assert draft_definition(draft.pk).spec.phases[0].on_answer == ""
        assert definition(ProcessVersion.objects.get(process=process, state="published").pk).start.on_answer

    def test_running_cases_keep_their_version_and_new_ones_get_the_new(self, desk, now):
        running = a_case(desk.group.brescia_care, now=now, customer=desk.customer)
        draft = start_draft(process_id=running.version.process_id, by=ROBOT, now=now)
        changed = moved(draft_definition(draft.pk).spec, "remove:1")  # “in progress” goes away

        assert save_draft(version_id=draft.pk, spec=changed, by=ROBOT, now=now) == []
        publish_draft(version_id=draft.pk, by=ROBOT, now=now)
        enter_phase(case_id=running.pk, phase_key="working", by=ROBOT, now=now)
        fresh = a_case(desk.group.brescia_care, now=now, customer=desk.customer)

        assert Case.objects.get(pk=running.pk).version.number == 1
        assert fresh.version.number == 2
        assert "working" not in {phase.key for phase in definition(fresh.version_id).phases}

    def test_a_version_in_use_is_not_edited(self, desk, now):
        version = ProcessVersion.objects.get(process__key="complaint")

        with pytest.raises(NotADraft):
            save_draft(version_id=version.pk, spec=VersionSpec(phases=()), by=ROBOT, now=now)
        with pytest.raises(NotADraft):
            publish_draft(version_id=version.pk, by=ROBOT, now=now)
        with pytest.raises(NotADraft):
            discard_draft(version_id=version.pk, by=ROBOT, now=now)

        assert version.phases.count() == 9

    def test_an_unfinished_draft_is_kept_but_not_put_in_use(self, desk, now):
        process = Process.objects.get(key="complaint")
        draft = start_draft(process_id=process.pk, by=ROBOT, now=now)
        unfinished = moved(draft_definition(draft.pk).spec, "add")

        problems = save_draft(version_id=draft.pk, spec=unfinished, by=ROBOT, now=now)

        assert {problem.code for problem in problems} == {"no_name", "no_way_out", "unreachable"}
        assert draft_definition(draft.pk).spec == unfinished
        with pytest.raises(NotReady):
            publish_draft(version_id=draft.pk, by=ROBOT, now=now)
        assert ProcessVersion.objects.get(process=process, state="published").number == 1

    def test_a_branch_may_have_its_own_wording_of_a_process(self, desk, now):
        complaint = next(one for one in shipped_processes() if one.key == "complaint")
        own = add_process(unit_id=desk.group.verona.pk, spec=complaint, by=ROBOT, now=now)
        publish_draft(version_id=own.versions.get().pk, by=ROBOT, now=now)

        there = a_case(desk.group.verona_care, now=now, customer=desk.customer, process_key="complaint")
        here = a_case(desk.group.brescia_care, now=now, customer=desk.customer, process_key="complaint")

        assert (there.version.process_id == own.pk, here.version.process_id == own.pk) == (True, False)
        with pytest.raises(KeyTaken):
            add_process(unit_id=desk.group.verona.pk, spec=complaint, by=ROBOT, now=now)
        assert renamed(complaint, key="x", name_it="X", name_en="X").version == complaint.version
