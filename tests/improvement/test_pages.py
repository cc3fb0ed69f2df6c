"""The pages: who gets in, what a form does, papers, and how many statements a list takes."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from corsia.improvement.models import Action, GoldenRule, Group, Rating
from corsia.improvement.queries.actions import board
from corsia.improvement.queries.groups import group_lines, macro_lines
from corsia.improvement.services import groups, spreading
from corsia.kernel import scope
from corsia.knowledge.services.playbooks import install_playbooks
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT, a_case, ready_group
from tests.factories.improvement import a_group, an_action, four_people
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0) - timedelta(hours=1)


@pytest.fixture
def scene(group):
    """A group of Brescia with two candidates, its people, and a manager."""
    with scope.system("test"):
        people = four_people(group.brescia, language="en")
        made = a_group(group.brescia, now=NOW, people=people)
        macros = [groups.add_macro(group_id=made.pk, title=t, description="", by=ROBOT, now=NOW) for t in "AB"]
    boss = person_in(group.brescia, Role.BRANCH_MANAGER, language="en")
    return {"group": group, "made": made, "people": people, "macros": macros, "boss": boss}


def test_the_group_is_open_to_its_people_and_leaders_only(scene, group) -> None:
    address = f"/improvement/groups/{scene['made'].pk}/"
    others = {
        scene["boss"]: 200,
        scene["people"][0]: 200,
        person_in(group.root, Role.CONSULTANT): 200,
        person_in(group.brescia, Role.AGENT): 404,
        person_in(group.verona, Role.BRANCH_MANAGER): 404,
    }

    for person, status in others.items():
        for path in (
            "",
            "meetings/1/",
            "meetings/2/",
            "meetings/3/",
            "meetings/4/",
            "survey/",
            "meetings/1/minutes.pdf",
        ):
            assert signed_in(person).get(address + path).status_code == status, (person, path)
    assert signed_in(scene["boss"]).get(f"{address}meetings/5/").status_code == 404


def test_who_does_not_lead_sees_no_criticalities_and_begins_nothing(scene) -> None:
    browser = signed_in(scene["people"][0])

    assert browser.get("/improvement/criticalities/").status_code == 403
    assert browser.get("/improvement/groups/new/").status_code == 403
    assert browser.get("/improvement/actions/new/").status_code == 403
    assert browser.get(f"/improvement/actions/new/?group={scene['made'].pk}").status_code == 200
    assert browser.post("/improvement/rules/", {"text": "x"}).status_code == 403
    assert browser.get("/improvement/").status_code == 200


def test_a_group_begun_by_the_form_sent_twice_is_one(scene, group) -> None:
    browser, people = signed_in(scene["boss"]), four_people(group.brescia)
    body = {
        "unit": group.brescia.pk, "name": "Nuovo", "on": (NOW + timedelta(days=9)).date().isoformat(), "at": "14:30",
        "people": [one.pk for one in people], "once": "x" * 24,
    }  # fmt: skip

    few = browser.post("/improvement/groups/new/", body | {"people": [people[0].pk]})
    first, second = (browser.post("/improvement/groups/new/", body) for _ in range(2))

    assert few.status_code == 422
    assert "from 4 to 6 people" in few.content.decode()
    assert first["Location"] == second["Location"]
    assert Group.unscoped.filter(name="Nuovo").count() == 1


def test_the_quick_survey_is_answered_on_its_page(scene) -> None:
    made, (a, b) = scene["made"], scene["macros"]
    signed_in(scene["boss"]).post(f"/improvement/groups/{made.pk}/survey/open/")
    browser = signed_in(scene["people"][0])

    refused = browser.post(f"/improvement/groups/{made.pk}/survey/", {f"m{a.pk}": "5"})
    answer = browser.post(f"/improvement/groups/{made.pk}/survey/", {f"m{a.pk}": "5", f"m{b.pk}": "2"})

    assert (refused.status_code, answer.status_code) == (422, 302)
    assert sorted(Rating.unscoped.values_list("macro_id", "value")) == [(a.pk, 5), (b.pk, 2)]


def test_a_point_dragged_answers_with_the_matrix_and_the_form_with_the_page(scene) -> None:
    macro, browser = scene["macros"][0], signed_in(scene["people"][0])
    address = f"/improvement/macros/{macro.pk}/place/"

    dragged = browser.post(address, {"x": "8", "y": "9"}, headers={"HX-Request": "true"})
    off = browser.post(address, {"x": "11", "y": "9"}, headers={"HX-Request": "true"})
    typed = browser.post(address, {"x": "7", "y": "9"})

    assert "Material: act now" in dragged.content.decode()
    assert (off.status_code, typed.status_code) == (422, 302)
    macro.refresh_from_db()
    assert (macro.company_importance, macro.customer_importance) == (7, 9)


def test_the_letters_are_kept_from_the_grid(scene) -> None:
    made, (a, _b) = scene["made"], scene["macros"]
    with scope.system("test"):
        one, two, *_rest = made.participants.order_by("pk").values_list("pk", flat=True)
    browser = signed_in(scene["people"][0])

    wrong = browser.post(f"/improvement/groups/{made.pk}/raci/", {f"r{a.pk}-{one}": "R", "rx-": "A"})
    right = browser.post(f"/improvement/groups/{made.pk}/raci/", {f"r{a.pk}-{one}": "R", f"r{a.pk}-{two}": "A"})

    assert (wrong.status_code, right.status_code) == (422, 302)
    with scope.system("test"):
        assert macro_lines(made)[0].letters == {one: "R", two: "A"}


def test_minutes_are_written_and_handed_out_as_a_paper(scene) -> None:
    made, browser = scene["made"], signed_in(scene["boss"])
    with scope.system("test"):
        people = list(made.participants.order_by("pk").values_list("pk", flat=True))
    body = {"on": NOW.date().isoformat(), "at": "14:30", "notes": "Si richiama entro due ore", f"p{people[0]}": "90"}

    answer = browser.post(f"/improvement/groups/{made.pk}/meetings/1/minutes/", body)
    paper = browser.get(f"/improvement/groups/{made.pk}/meetings/1/minutes.pdf")

    assert answer.status_code == 302
    assert "1.5 hours given" in browser.get(f"/improvement/groups/{made.pk}/").content.decode()
    assert (paper["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    for number in (2, 3, 4):
        assert browser.get(f"/improvement/groups/{made.pk}/meetings/{number}/minutes.pdf").content[:5] == b"%PDF-"


def test_evidence_is_handed_out_as_a_file_and_never_as_a_page(scene, group) -> None:
    with scope.system("test"):
        action = an_action(group.brescia, now=NOW, group=scene["made"])
    browser = signed_in(scene["people"][0])
    file = SimpleUploadedFile("<b>prova</b>.html", b"<script>alert(1)</script>")

    browser.post(f"/improvement/actions/{action.pk}/evidence/", {"text": "", "file": file})

    with scope.system("test"):
        row = action.evidence.get()
    answer = browser.get(f"/improvement/evidence/{row.pk}/file/")
    assert answer.content == b"<script>alert(1)</script>"
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert answer["Content-Disposition"].startswith("attachment")
    assert (
        signed_in(person_in(group.brescia, Role.AGENT)).get(f"/improvement/evidence/{row.pk}/file/").status_code == 404
    )


def test_a_card_moved_on_the_board_is_refused_with_the_reason(scene, group) -> None:
    with scope.system("test"):
        action = an_action(group.brescia, now=NOW, owner_id=None)
    browser = signed_in(scene["boss"])

    refused = browser.post(
        f"/improvement/actions/{action.pk}/move/", {"state": "planned"}, headers={"HX-Request": "true"}
    )
    dropped = browser.post(
        f"/improvement/actions/{action.pk}/move/", {"state": "dropped"}, headers={"HX-Request": "true"}
    )

    assert (refused.status_code, dropped.status_code) == (409, 204)
    assert "has no owner" in refused.content.decode()
    assert Action.unscoped.get().state == "dropped"


def test_golden_rules_stand_in_the_playbook_of_their_process(group) -> None:
    with scope.system("test"):
        ready_group(group, now=NOW)
        install_playbooks(unit_id=group.root.pk, by=ROBOT, now=NOW)
        from corsia.knowledge.models import Playbook

        for text, key in (("Con nome e cognome", "complaint"), ("Auto lavata", "return")):
            rule = spreading.write_rule(unit_id=group.root.pk, text=text, process_key=key, by=ROBOT, now=NOW)
            spreading.publish_rule(rule_id=rule.pk, by=ROBOT, now=NOW)
        playbook = Playbook.objects.get(process_key="complaint")
    browser = signed_in(person_in(group.brescia_care, Role.MECHANIC))

    panel = f"/improvement/rules/of-playbook/{playbook.pk}/"
    assert panel in browser.get(f"/knowledge/playbooks/{playbook.pk}/").content.decode()
    shown = browser.get(panel).content.decode()

    assert "Con nome e cognome" in shown
    assert "Auto lavata" not in shown


def test_golden_rules_stand_beside_the_cases_they_are_for(group) -> None:
    with scope.system("test"):
        ready_group(group, now=NOW)
        for text, key, unit in (
            ("Con nome e cognome", "complaint", group.root),
            ("Auto lavata", "return", group.root),
            ("Caffè", "", group.brescia),
            ("Solo a Verona", "", group.verona),
        ):
            rule = spreading.write_rule(unit_id=unit.pk, text=text, process_key=key, by=ROBOT, now=NOW)
            spreading.publish_rule(rule_id=rule.pk, by=ROBOT, now=NOW)
        case = a_case(group.brescia_care, now=NOW, process_key="complaint")
    browser = signed_in(person_in(group.brescia_care, Role.AGENT))

    panel = f"/improvement/rules/of-case/{case.pk}/"
    assert panel in browser.get(f"/cases/{case.pk}/").content.decode()
    shown = browser.get(panel).content.decode()

    assert [text in shown for text in ("Con nome e cognome", "Caffè", "Auto lavata", "Solo a Verona")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert signed_in(person_in(group.verona_care, Role.AGENT)).get(panel).status_code == 404


def test_everybody_reads_rules_practices_and_the_plan(scene, group) -> None:
    with scope.system("test"):
        rule = spreading.write_rule(unit_id=group.root.pk, text="Richiamare", by=ROBOT, now=NOW)
        spreading.publish_rule(rule_id=rule.pk, by=ROBOT, now=NOW)
        spreading.publish_practice(origin_id=group.verona.pk, title="Foto", what="x", by=ROBOT, now=NOW)
    browser = signed_in(person_in(group.brescia_care, Role.PARTNER))

    assert "Richiamare" in browser.get("/improvement/rules/").content.decode()
    assert "Foto" in browser.get("/improvement/practices/").content.decode()
    assert browser.get("/improvement/culture/").status_code == 200
    assert GoldenRule.unscoped.count() == 1


@pytest.mark.parametrize("many", [1, 3])
def test_lists_take_the_same_statements_for_one_and_three(group, many) -> None:
    with scope.system("test"):
        for number in range(many):
            made = a_group(group.brescia, now=NOW, name=f"Gruppo {number}")
            an_action(group.brescia, now=NOW, group=made)
        rows = list(Group.objects.all())
        with CaptureQueriesContext(connection) as lines:
            assert len(group_lines(rows)) == many
        with CaptureQueriesContext(connection) as columns:
            assert board(Action.objects.all(), today=NOW.date())[0].count == many
    assert (len(lines), len(columns)) == (5, 18)
