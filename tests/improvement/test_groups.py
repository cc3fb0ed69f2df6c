"""A group: who may make one, its four meetings, quick survey, matrices and letters."""

from datetime import timedelta

import pytest

from corsia.improvement.models import Group, Meeting, Rating
from corsia.improvement.queries.authority import open_group
from corsia.improvement.queries.groups import macro_lines, meeting_lines, members_of, recipients_missing
from corsia.improvement.services import actions, groups
from corsia.improvement.services.actions import Card
from corsia.improvement.vocabulary import Direction, Weight
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.scope import entered
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from tests.factories.improvement import HEARD, a_group, four_people
from tests.factories.organisation import TODAY, actor_in, person_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


def actors_of(people):
    return [actor_of(person, today=TODAY) for person in people]


def test_a_group_has_four_meetings_a_week_apart_and_the_criticality_as_it_was_counted(group, now) -> None:
    people = four_people(group.brescia)

    made = a_group(group.brescia, now=now, people=people)

    planned = list(Meeting.objects.filter(group=made).order_by("number").values_list("number", "planned_at"))
    assert planned == [(number, now + timedelta(days=7 * number)) for number in (1, 2, 3, 4)]
    pain = made.pains.get()
    assert (pain.key, pain.volume, pain.severity, pain.is_inside) == (HEARD.key, 12, 4, True)
    assert {one.function for one in made.participants.all()} == {Role.AGENT, Role.RECEPTIONIST, Role.MECHANIC}
    assert Notification.objects.filter(kind="improvement.group").count() == 4


@pytest.mark.parametrize("many", [3, 7])
def test_fewer_than_four_or_more_than_six_people_make_no_group(group, now, many) -> None:
    people = [*four_people(group.brescia), *four_people(group.brescia)][:many]

    with pytest.raises(groups.PeopleMissing):
        a_group(group.brescia, now=now, people=people)

    assert not Group.objects.exists()


def test_people_of_one_function_make_no_group(group, now) -> None:
    with pytest.raises(groups.OneFunctionOnly):
        a_group(group.brescia, now=now, people=[person_in(group.brescia, Role.MECHANIC) for _ in range(4)])


def test_people_of_another_branch_make_no_group_of_this_one(group, now) -> None:
    people = [*four_people(group.brescia)[:3], person_in(group.verona, Role.AGENT)]

    with pytest.raises(groups.NotFromHere):
        a_group(group.brescia, now=now, people=people)

    assert a_group(group.root, now=now, people=people).participants.count() == 4


def test_who_does_not_lead_begins_no_group_and_opens_none_of_others(group, now) -> None:
    made = a_group(group.brescia, now=now)
    stranger, boss = actor_in(group.brescia), actor_in(group.brescia, Role.BRANCH_MANAGER)

    with pytest.raises(NotAllowed):
        a_group(group.brescia, now=now, by=stranger)
    with pytest.raises(NotFound):
        open_group(made.pk, stranger)
    with pytest.raises(NotFound):
        groups.add_macro(group_id=made.pk, title="x", description="", by=stranger, now=now)
    assert open_group(made.pk, boss) == made


def test_a_participant_from_below_works_in_a_group_of_the_unit_above(group, now) -> None:
    people = four_people(group.brescia_care)
    made = a_group(group.root, now=now, people=people)
    laura = actors_of(people)[0]

    with entered(scope_of(laura, None)):
        macro = groups.add_macro(group_id=made.pk, title="Richiamare", description="", by=laura, now=now)

    assert made.macros.get() == macro


def test_the_quick_survey_gives_mean_spread_and_n_and_one_answer_each(group, now) -> None:
    people = four_people(group.brescia)
    made = a_group(group.brescia, now=now, people=people)
    first, second = (
        groups.add_macro(group_id=made.pk, title=t, description="", by=actors_of(people)[0], now=now) for t in "AB"
    )
    with pytest.raises(groups.SurveyNotOpen):
        groups.rate(group_id=made.pk, ratings={first.pk: 3, second.pk: 3}, by=actors_of(people)[0], now=now)
    groups.open_survey(group_id=made.pk, by=actors_of(people)[0], now=now)

    for actor, rating in zip(actors_of(people), (5, 1, 5, 1), strict=True):
        groups.rate(group_id=made.pk, ratings={first.pk: 2, second.pk: rating}, by=actor, now=now)
    groups.rate(group_id=made.pk, ratings={first.pk: 2, second.pk: 5}, by=actors_of(people)[1], now=now)

    lines = [
        (line.macro.title, line.priority.mean, line.priority.n, line.priority.is_disputed) for line in macro_lines(made)
    ]
    assert lines == [("B", 4.0, 4, True), ("A", 2.0, 4, False)]
    assert round(macro_lines(made)[0].priority.spread, 6) == 2.0
    assert Rating.objects.count() == 8


def test_a_rating_of_an_outsider_or_without_every_candidate_is_refused(group, now) -> None:
    people = four_people(group.brescia)
    made = a_group(group.brescia, now=now, people=people)
    boss = actor_in(group.brescia, Role.BRANCH_MANAGER)
    with pytest.raises(groups.NothingToRate):
        groups.open_survey(group_id=made.pk, by=boss, now=now)
    first, second = (groups.add_macro(group_id=made.pk, title=t, description="", by=boss, now=now) for t in "AB")
    groups.open_survey(group_id=made.pk, by=boss, now=now)

    with pytest.raises(groups.NotAParticipant):
        groups.rate(group_id=made.pk, ratings={first.pk: 3, second.pk: 3}, by=boss, now=now)
    with pytest.raises(groups.RatingsMissing):
        groups.rate(group_id=made.pk, ratings={first.pk: 3, second.pk: 6}, by=actors_of(people)[0], now=now)
    groups.close_survey(group_id=made.pk, by=boss, now=now)
    with pytest.raises(groups.SurveyNotOpen):
        groups.rate(group_id=made.pk, ratings={first.pk: 3, second.pk: 3}, by=actors_of(people)[0], now=now)
    assert not Rating.objects.exists()


def test_one_person_answers_for_a_macro_action(group, now, robot) -> None:
    made = a_group(group.brescia, now=now)
    macro = groups.add_macro(group_id=made.pk, title="A", description="", by=robot, now=now)
    one, two, *_rest = made.participants.order_by("pk").values_list("pk", flat=True)

    with pytest.raises(groups.TwoAccountable):
        groups.set_letters(group_id=made.pk, letters={(macro.pk, one): "A", (macro.pk, two): "A"}, by=robot, now=now)
    with pytest.raises(groups.NobodyAccountable):
        groups.set_letters(group_id=made.pk, letters={(macro.pk, one): "R"}, by=robot, now=now)
    groups.set_letters(group_id=made.pk, letters={(macro.pk, one): "A", (macro.pk, two): "R"}, by=robot, now=now)

    assert macro_lines(made)[0].letters == {one: "A", two: "R"}


def test_attendance_counts_hours_and_writing_the_minutes_again_replaces_them(group, now, robot) -> None:
    made = a_group(group.brescia, now=now)
    people = list(made.participants.order_by("pk").values_list("pk", flat=True))
    given = {"group_id": made.pk, "number": 1, "held_at": now, "notes": "Deciso", "bridge": "", "by": robot, "now": now}

    groups.write_minutes(minutes=dict.fromkeys(people, 60), **given)
    groups.write_minutes(minutes={people[0]: 120, people[1]: 90, people[2]: 0}, **given)
    with pytest.raises(groups.PresenceImpossible):
        groups.write_minutes(minutes={people[0]: 601}, **given)

    assert sorted((member.hours, member.meetings) for member in members_of(made)) == [
        (0, 0),
        (0, 0),
        (1.5, 1),
        (2.0, 1),
    ]


def test_each_meeting_says_which_of_its_outputs_are_there(group, now, robot) -> None:
    people = four_people(group.brescia)
    made = a_group(group.brescia, now=now, people=people)

    def there() -> list[list[bool]]:
        return [[is_there for _key, _words, is_there in line.outputs] for line in meeting_lines(made)]

    assert there() == [[True, False, False], [False] * 3, [False] * 3, [False] * 3]

    groups.set_perimeter(pain_id=made.pains.get().pk, is_inside=True, segments=["private"], by=robot, now=now)
    first, second = (groups.add_macro(group_id=made.pk, title=t, description="", by=robot, now=now) for t in "AB")
    assert there()[0] == [True, True, True]

    groups.open_survey(group_id=made.pk, by=robot, now=now)
    for actor in actors_of(people):
        groups.rate(group_id=made.pk, ratings={first.pk: 4, second.pk: 2}, by=actor, now=now)
    groups.place_macro(macro_id=first.pk, customer=9, company=8, by=robot, now=now)
    groups.place_macro(macro_id=second.pk, customer=5, company=9, by=robot, now=now)
    assert there()[1] == [True, True, False]
    assert [line.weight for line in macro_lines(made)] == [Weight.MATERIAL, Weight.COMPANY]
    participant = made.participants.first()
    groups.set_letters(group_id=made.pk, letters={(first.pk, participant.pk): "A"}, by=robot, now=now)
    assert there()[1] == [True, True, True]

    card = Card(
        title="Carta", segments=["private"], owner_id=people[0].pk, unit_ids=[group.brescia.pk], due_on=now.date()
    )
    action = actions.make_action(group_id=made.pk, macro_id=first.pk, card=card, by=robot, now=now)
    actions.place_action(action_id=action.pk, benefit=9, constraint=2, by=robot, now=now)
    actions.add_measure(
        action_id=action.pk, name="Ore", better=Direction.LOWER, baseline=9, target=1, by=robot, now=now
    )
    actions.move_action(action_id=action.pk, state="planned", by=robot, now=now)
    assert there()[2:] == [[True, True, True], [True, True, False]]


def test_a_closed_group_stays_as_it_is(group, now) -> None:
    made = a_group(group.brescia, now=now)
    boss = actor_in(group.brescia, Role.BRANCH_MANAGER)
    groups.close_group(group_id=made.pk, by=boss, now=now)

    with pytest.raises(groups.GroupClosed):
        groups.add_macro(group_id=made.pk, title="x", description="", by=boss, now=now)

    assert not made.macros.exists()


def test_whose_work_the_flow_is_and_who_is_missing_is_said(group, now, robot) -> None:
    from corsia.cases.models import Phase, PhaseRole
    from tests.factories.cases import ready_group

    ready_group(group, now=now)
    made = a_group(group.brescia, now=now)
    Group.objects.filter(pk=made.pk).update(process_key="complaint")
    made.refresh_from_db()
    PhaseRole.objects.all().delete()
    phase = Phase.objects.filter(version__process__key="complaint").first()
    for role in (Role.MECHANIC, Role.WAREHOUSE):
        PhaseRole.objects.create(phase=phase, role=role, part="does")

    assert recipients_missing(made) == [str(Role.WAREHOUSE.label)]
