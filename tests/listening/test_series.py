"""Branches may word a question their own way: its figures are never added to those of another wording."""

import copy

from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.listening.models import Questionnaire, QuestionnaireVersion
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.surveys import current_wording
from corsia.listening.services import install_questionnaires, publish_draft, save_draft, start_draft
from corsia.listening.vocabulary import VersionState
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.organisation import actor_in


def reworded(questionnaire: Questionnaire, by, words: str) -> QuestionnaireVersion:
    """Put a wording in force whose recommendation reads otherwise."""
    draft = start_draft(questionnaire_id=questionnaire.pk, by=by, now=NOON)
    definition = copy.deepcopy(draft.definition)
    definition["pages"][0]["questions"][0]["text"] = {"it": words, "en": words}
    save_draft(version_id=draft.pk, definition=definition, by=by, now=NOON)
    return publish_draft(version_id=draft.pk, by=by, now=NOON)


def test_two_branches_with_own_words_have_own_series_though_neither_sees_the_other(group) -> None:
    found = {}
    for unit, words in ((group.root, ""), (group.brescia, "Consiglierebbe Brescia?"), (group.verona, "E Verona?")):
        boss = actor_in(unit, Role.CARE_MANAGER)
        with scope.entered(scope_of(boss, MANAGE_LISTENING)):
            install_questionnaires(unit_id=unit.pk, by=boss, now=NOON)
            mine = Questionnaire.objects.get(unit=unit, key="nps-workshop")
            if words:
                found[unit.name] = reworded(mine, boss, words).series["recommend"]
            else:
                [first] = QuestionnaireVersion.objects.filter(questionnaire=mine)
                found[unit.name] = first.series["recommend"]
            assert QuestionnaireVersion.objects.filter(questionnaire=mine, state=VersionState.IN_FORCE).count() == 1

            assert current_wording("nps-workshop")[1]["recommend"] == found[unit.name]

    with scope.system("test"):
        assert current_wording("nps-workshop")[1]["recommend"] == 1  # the group's, not the latest of a branch
        assert current_wording("nps-workshop", unit_id=group.verona_care.pk)[1]["recommend"] == 3
    assert found == {group.root.name: 1, group.brescia.name: 2, group.verona.name: 3}


def test_a_branch_that_asks_as_the_group_does_shares_its_series(group, everything, robot) -> None:
    install_questionnaires(unit_id=group.root.pk, by=robot, now=NOON)
    shared = Questionnaire.objects.get(unit=group.root, key="nps-workshop")
    assert reworded(shared, robot, "E adesso?").series["recommend"] == 2

    install_questionnaires(unit_id=group.brescia.pk, by=robot, now=NOON)
    own = Questionnaire.objects.get(unit=group.brescia, key="nps-workshop")
    assert QuestionnaireVersion.objects.get(questionnaire=own).series["recommend"] == 1  # as the group asked at first
    assert reworded(own, robot, "E adesso?").series["recommend"] == 2
