"""The pages of interviews: what they count, who may see them, and a trial that changes nothing."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from corsia.kernel import scope
from corsia.listening.models import Interview, InterviewSetup, InterviewWords, Response
from corsia.listening.queries.interviews import interviewed
from corsia.organisation.vocabulary import Role
from tests.factories.interviews import calling_plan, in_force, to_be_called
from tests.factories.organisation import person_in, signed_in
from tests.factories.surveys import reachable, surveyed_group


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def ready(group, now):
    with scope.system("test"):
        return surveyed_group(group, now=now)


@pytest.fixture
def version(ready, now):
    with scope.system("test"):
        return in_force(ready.root, now=now)


@pytest.fixture
def boss(ready) -> Client:
    return signed_in(person_in(ready.root, Role.CARE_MANAGER))


def a_call(version, unit, *, at, outcome="done", script="A", attempt=1, slot="morning", invitation=None) -> Interview:
    return Interview.objects.create(
        unit=unit,
        version=version,
        way="callback" if invitation else "transfer",
        invitation=invitation,
        attempt=attempt,
        slot=slot,
        script=script,
        planned_at=at,
        placed_at=at,
        answered_at=at if outcome in ("done", "partial", "declined", "left") else None,
        ended_at=at,
        outcome=outcome,
    )


def rows_everywhere() -> dict[str, int]:
    """Count the rows of every table but those in which any request leaves a trace: sessions, and uses of a door."""
    traces = {"sessions.Session", "kernel.UseCount"}
    with scope.system("test"):
        return {
            model._meta.label: model._base_manager.count()
            for model in apps.get_models()
            if model._meta.managed
            and model._meta.label not in traces
            and not model._meta.label.startswith("procrastinate")
        }


def test_the_trial_changes_nothing_and_says_what_would_be_kept(boss, version) -> None:
    place = f"/listening/interviews/{version.questionnaire_id}/try/"
    boss.get(place)
    before = rows_everywhere()
    keys: list[str] = []
    for key in "21" + "901234567" + "1":
        page = boss.get(place, {"keys": ",".join(keys), "key": key, "language": "it"}).content.decode()
        keys.append(key)
        assert f'name="keys" value="{",".join(keys)}"' in page
    assert "Abbiamo finito." in page
    assert "L&#x27;intervista è completa e conterebbe." in page
    assert boss.get(place, {"keys": "2,1,9", "key": "hangup"}).status_code == 200
    assert rows_everywhere() == before
    assert (Response.unscoped.count(), Interview.unscoped.count()) == (0, 0)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "Buongiorno da Gruppo Bellandi."),
        ({"keys": "1", "key": "2"}, "non conserviamo nessuna risposta"),
        ({"keys": "1,1", "key": "#"}, "Questo tasto non è tra le risposte."),
        ({"keys": "1,1", "key": "-"}, "Non abbiamo ricevuto nessun tasto."),
        ({"keys": "1,1,5", "key": "hangup"}, "quanto è stato risposto conterebbe"),
        ({"keys": "1", "key": "hangup"}, "Nulla: non hanno accettato."),
        ({"keys": "x," * 500, "key": "9"}, "La chiamata è finita"),
        ({"language": "en"}, "Hello from Gruppo Bellandi."),
    ],
)
def test_every_way_through_the_trial(boss, version, query, words) -> None:
    page = boss.get(f"/listening/interviews/{version.questionnaire_id}/try/", {"language": "it", **query})
    assert words in page.content.decode().replace("&#x27;", "'")


def test_a_number_of_two_keys_is_typed(boss, ready, now) -> None:
    with scope.system("test"):
        nps = in_force(ready.root, "nps-care", now=now)
    place = f"/listening/interviews/{nps.questionnaire_id}/try/"
    first = boss.get(place, {"keys": "1,1", "key": "1"}).content.decode()
    assert 'name="typed" value="1"' in first
    assert 'name="keys" value="1,1,10"' in boss.get(place, {"keys": "1,1", "typed": "1", "key": "0"}).content.decode()
    assert 'name="keys" value="1,1,1"' in boss.get(place, {"keys": "1,1", "typed": "1", "key": "#"}).content.decode()


def test_only_who_manages_listening_tries_and_words_it(ready, version) -> None:
    doors = [
        ("get", f"/listening/interviews/{version.questionnaire_id}/try/"),
        ("get", f"/listening/interviews/{version.questionnaire_id}/"),
        ("post", f"/listening/interviews/{version.questionnaire_id}/A/it/"),
    ]
    agent = signed_in(person_in(ready.brescia_care, Role.AGENT))
    branch = signed_in(person_in(ready.brescia, Role.BRANCH_MANAGER))
    assert [getattr(Client(), verb)(url).status_code for verb, url in doors] == [302, 302, 302]
    assert [getattr(agent, verb)(url).status_code for verb, url in doors] == [403, 403, 403]
    assert [getattr(branch, verb)(url).status_code for verb, url in doors] == [200, 403, 403]  # it is the group's


def test_calls_are_set_and_words_are_said_in_the_trial(boss, version) -> None:
    place = f"/listening/interviews/{version.questionnaire_id}/"
    values = {"most_attempts": 4, "hours_between": 5, "ring_seconds": 30, "share_b_pct": 50, "slots": ["evening"]}
    assert boss.post(place, values).status_code == 302
    assert boss.post(place, {**values, "most_attempts": 0, "slots": []}).status_code == 422
    row = InterviewSetup.unscoped.get()
    assert (row.most_attempts, row.hours_between, row.slots, row.share_b_pct) == (4, 5, ["evening"], 50)

    assert boss.post(f"{place}B/it/", {"greeting": "Salve da {group}!"}).status_code == 302
    assert "Salve da Gruppo Bellandi!" in boss.get(f"{place}try/", {"script": "B", "language": "it"}).content.decode()
    assert "Salve" not in boss.get(f"{place}try/", {"script": "A", "language": "it"}).content.decode()
    assert boss.post(f"{place}B/it/", {"privacy": "Va bene?"}).status_code == 422  # names no keys
    assert boss.post(f"{place}C/it/", {"greeting": "Salve"}).status_code == 404


def test_a_recording_is_kept_and_removed(boss, version) -> None:
    place = f"/listening/interviews/{version.questionnaire_id}/A/it/sound/"
    sound = SimpleUploadedFile("ciao.mp3", b"ID3" + b"\x00" * 40)
    assert boss.post(place, {"prompt": "q.overall", "sound": sound}).status_code == 302
    row = InterviewWords.unscoped.get()
    assert (row.prompt, row.media_type, row.sound.size) == ("q.overall", "audio/mpeg", 43)
    wrong = {"prompt": "q.overall", "sound": SimpleUploadedFile("x.mp3", b"<html>")}
    assert boss.post(place, wrong).status_code == 422
    assert boss.post(place, {"prompt": "q.overall"}).status_code == 302  # without a file nothing changes
    assert InterviewWords.unscoped.get().sound_id == row.sound_id
    other = SimpleUploadedFile("x.mp3", b"ID3x")
    assert boss.post(place, {"prompt": "q.nothing", "sound": other}).status_code == 404
    assert boss.post(f"/listening/interviews/sounds/{row.pk}/remove/").status_code == 302
    assert InterviewWords.unscoped.get().sound is None


def test_shares_are_counted_over_calls_and_answered_calls(ready, version, now, boss) -> None:
    at = now - timedelta(days=3)
    with scope.system("test"):
        plan = calling_plan(version, ready.root, now=now)
        giulia = reachable(ready, now=now)
        invitation = to_be_called(plan, ready.brescia_care, giulia, now=at)
        for number in range(40):
            a_call(version, ready.brescia_care, at=at, outcome="done" if number < 30 else "declined", script="A")
            a_call(version, ready.brescia_care, at=at, outcome="done" if number < 12 else "partial", script="B")
        a_call(version, ready.brescia_care, at=at, outcome="no_answer", attempt=1, invitation=invitation)
        a_call(version, ready.brescia_care, at=at, outcome="done", attempt=2, slot="noon", invitation=invitation)
        a_call(version, ready.verona, at=now - timedelta(days=300), outcome="done")
        found = interviewed(days=90, now=now)
    assert (found.total.made, found.total.answered.hits, found.total.done.hits, found.total.partial) == (82, 81, 43, 28)
    one, other = found.scripts.lines
    assert ((one.key, one.done.hits, one.done.of), (other.key, other.done.hits, other.done.of)) == (
        ("A", 31, 41),
        ("B", 12, 40),
    )
    assert (found.scripts.best, found.scripts.gap.is_chance, found.scripts.gap.points) == (one, False, "46")
    assert [(line.key, line.made, line.answered.of) for line in found.attempts.lines] == [("1", 1, 1), ("2", 1, 1)]
    assert found.attempts.gap is None  # of two calls nothing is compared
    page = boss.get("/listening/interviews/").content.decode()
    assert "script A va meglio di script B (concluse, sulle risposte): 46 punti" in page


def test_the_page_takes_as_many_statements_for_many_calls_as_for_one(boss, version, ready, now) -> None:
    counts = []
    for calls in (1, 3):
        with scope.system("test"):
            for _number in range(calls):
                a_call(version, ready.brescia_care, at=now - timedelta(days=1))
        boss.get("/listening/interviews/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert boss.get("/listening/interviews/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_managers_see_the_calls_of_their_own_branch(ready, version, now) -> None:
    with scope.system("test"):
        a_call(version, ready.brescia_care, at=now - timedelta(days=1))
    for unit, made in ((ready.brescia, "1"), (ready.verona, "0")):
        page = signed_in(person_in(unit, Role.BRANCH_MANAGER)).get("/listening/interviews/").content.decode()
        assert f'<p class="kpi-v ls-v">{made}</p>' in page
