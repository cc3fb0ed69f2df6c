"""The editor of a draft: what the form shows is what is asked, and nothing that was written is lost."""

import pytest

from corsia.kernel import scope
from corsia.listening.models import Questionnaire, QuestionnaireVersion
from corsia.listening.rules.editing import banded, written_bands
from corsia.listening.services import install_questionnaires, start_draft
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.organisation import actor_in, person_in, signed_in


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("9-10, 7-8, 0-6", [(9, 10), (7, 8), (0, 6)]),
        ("0–6,9–10 , 7-8", [(9, 10), (7, 8), (0, 6)]),
        ("5, 1-4", [(5, 5), (1, 4)]),
        ("", []),
        ("  ", []),
        ("9-10,", None),
        ("high", None),
        ("9-", None),
        ("100-200", None),
    ],
)
def test_bands_are_read_as_people_write_them(text, bands) -> None:
    assert written_bands(text) == bands


def test_bands_keep_their_keys_while_there_are_as_many() -> None:
    assert banded([(5, 5), (1, 4)], keys=("good", "rest"), role="") == [
        {"key": "good", "from": 5, "to": 5},
        {"key": "rest", "from": 1, "to": 4},
    ]
    three = banded([(5, 5), (3, 4), (1, 2)], keys=("good", "rest"), role="recommend")
    assert [band["key"] for band in three] == ["promoter", "passive", "detractor"]


@pytest.fixture
def draft(group, everything) -> QuestionnaireVersion:
    boss = actor_in(group.root, Role.CARE_MANAGER)
    install_questionnaires(unit_id=group.root.pk, by=boss, now=NOON)
    return start_draft(questionnaire_id=Questionnaire.objects.get(key="csi-care").pk, by=boss, now=NOON)


def first_scale(draft: QuestionnaireVersion) -> dict:
    with scope.system("test"):
        draft.refresh_from_db()
    return next(row for page in draft.definition["pages"] for row in page["questions"] if row["kind"] == "scale")


def shown(response) -> dict[str, str]:
    """Return what the form of a question holds, as a browser would send it."""
    form = response.context["form"]
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: "on" if value is True else str(value) for name, value in values.items() if value not in (None, False)}


def test_a_scale_changes_with_its_bands(draft, group) -> None:
    boss = signed_in(person_in(group.root, Role.CARE_MANAGER))
    row = first_scale(draft)
    address = f"/listening/questionnaires/versions/{draft.pk}/question/{row['key']}/"
    sent = shown(boss.get(address))
    assert sent["bands"] == "9-9, 7-8, 0-6"

    assert boss.post(address, {**sent, "low": "1", "high": "5"}).status_code == 422  # the bands are of the old scale
    assert first_scale(draft) == row

    assert boss.post(address, {**sent, "bands": "nine to ten"}).status_code == 422
    changed = boss.post(address, {**sent, "low": "1", "high": "5", "low_at_most": "2", "bands": "5, 3-4, 1-2"})
    assert changed.status_code == 302
    assert first_scale(draft)["bands"] == [
        {"key": "high", "from": 5, "to": 5},
        {"key": "middle", "from": 3, "to": 4},
        {"key": "low", "from": 1, "to": 2},
    ]
    assert boss.post(address, {**sent, "bands": ""}).status_code == 302
    assert "bands" not in first_scale(draft)
