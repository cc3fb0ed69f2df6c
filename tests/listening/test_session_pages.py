"""The pages of sessions: who sees names, what a line becomes on screen, what leaves as a table."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from corsia.kernel import scope
from corsia.listening import services
from corsia.listening.links import join_token
from corsia.listening.models import Finding, ListeningPlan, Note, Post, Session, Touchpoint
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT
from tests.factories.organisation import person_in, signed_in
from tests.factories.sessions import a_guest, a_member, a_session, first_block
from tests.factories.surveys import surveyed_group

KEY = "k" * 20


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def ready(group, now):
    with scope.system("test"):
        surveyed_group(group, now=now)
        services.install_touchpoints(unit_id=group.root.pk, by=ROBOT, now=now)
    return group


@pytest.fixture
def focus(ready, now) -> Session:
    with scope.system("test"):
        session = a_session(ready.brescia, now=now)
        a_guest(session, "Anna Segreta", now=now)
    return session


@pytest.fixture
def boss(ready) -> Client:
    return signed_in(person_in(ready.root, Role.EXPERIENCE_MANAGER))


@pytest.fixture
def consultant(ready) -> Client:
    return signed_in(person_in(ready.root, Role.CONSULTANT))


def add_line(client: Client, session: Session, text: str, key: str = KEY, **fields):
    return client.post(
        f"/listening/sessions/{session.pk}/notes/", {"text": text, "key": key, **fields}, headers={"HX-Request": "true"}
    )


def test_a_session_is_planned_on_a_page(ready, boss, now) -> None:
    point = Touchpoint.unscoped.get(key="quotation")
    form = boss.get("/listening/sessions/new/?instrument=focus").content.decode()
    once = re.search(r'name="once" value="([^"]+)"', form)[1]
    body = {
        "once": once, "title": "Nuova", "unit": ready.brescia.pk, "touchpoint": point.pk, "population": "agent",
        "quota": "5", "day": "2026-12-01", "hour": "18:30", "outline": "agents-focus",
    }  # fmt: skip
    for _turn in range(2):
        answer = boss.post("/listening/sessions/new/?instrument=focus", body)
    session = Session.unscoped.get()
    assert answer.headers["Location"] == f"/listening/sessions/{session.pk}/"
    assert f"{session.starts_at:%Y-%m-%d %H:%M}" == "2026-12-01 17:30"  # 18:30 in Rome
    page = boss.get(f"/listening/sessions/{session.pk}/").content.decode()
    assert "Tre cose da cambiare" in page
    community = boss.post("/listening/sessions/new/?instrument=community", body | {"outline": "week-community"})
    assert community.status_code == 422
    assert Session.unscoped.count() == 1


def test_a_plan_shows_its_sessions_and_counts_who_came(ready, boss, now) -> None:
    with scope.system("test"):
        plan = ListeningPlan.objects.create(
            unit=ready.root, name="Agenti", touchpoint=Touchpoint.objects.get(key="quotation"), instrument="focus",
            starts_on=now.date(), expected_answers=10, state="running", changed_at=now,
        )  # fmt: skip
        session = a_session(ready.brescia, now=now, plan_id=plan.pk)
        one = a_guest(session, now=now)
        services.set_participant_state(participant_id=one.pk, state="came", by=ROBOT, now=now)
    html = boss.get(f"/listening/plans/{plan.pk}/").content.decode()
    assert "La Sua auto e noi" in html
    assert '<div class="kpi-v">1</div>' in html


def test_names_are_not_on_the_pages_of_whoever_may_not_see_them(focus, boss, consultant) -> None:
    add_line(boss, focus, "P1: ho aspettato")
    paths = [f"/listening/sessions/{focus.pk}/{page}" for page in ("", "hold/", "results/", "results.csv")]
    seen = {path: ("Segreta" in boss.get(path).content.decode()) for path in paths}
    assert list(seen.values()) == [True, True, False, False]
    for path in paths:
        answer = consultant.get(path)
        assert answer.status_code == 200
        assert "Segreta" not in answer.content.decode()
        assert "P1" in answer.content.decode()


def test_a_line_appears_as_it_was_read_and_becomes_a_finding(focus, boss) -> None:
    block = first_block_of(focus)
    answer = add_line(boss, focus, "P1: quaranta minuti -4 #attesa", block=block.pk)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "quaranta minuti</textarea>" in html
    assert 'value="#attesa"' in html
    note = Note.unscoped.get()
    url = f"/listening/sessions/notes/{note.pk}/"
    body = {"text": "quaranta minuti buoni", "participant": note.participant_id, "sign": "minus", "severity": "4"}
    saved = boss.post(url, body | {"tags": "#attesa #banco"}, headers={"HX-Request": "true"})
    assert (saved.status_code, saved.content) == (204, b"")
    found = boss.post(url, body | {"tags": "#attesa", "act": "finding"}, headers={"HX-Request": "true"})
    assert 'name="title" value="Attesa"' in found.content.decode()
    assert Finding.unscoped.get().quote == "quaranta minuti buoni"
    gone = boss.post(url, body | {"act": "remove"}, headers={"HX-Request": "true"})
    assert (gone.status_code, gone.content, Note.unscoped.count(), Finding.unscoped.count()) == (200, b"", 0, 0)


def first_block_of(session):
    with scope.system("test"):
        return first_block(session)


def test_what_was_said_leaves_as_a_table_in_which_no_cell_runs(focus, boss) -> None:
    add_line(boss, focus, 'P1: "=HYPERLINK(1)" -4 #attesa', block=first_block_of(focus).pk)
    answer = boss.get(f"/listening/sessions/{focus.pk}/results.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[1] == "Presentazione;Citazione;P1;'=HYPERLINK(1);Preventivo;Criticità;4;attesa;"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_community_is_moderated_from_the_desk(ready, boss, now) -> None:
    with scope.system("test"):
        week = a_session(ready.brescia, "community", now=now)
        anna = a_member(week, "Anna Segreta", now=now)
        block = first_block(week)
        post = services.write_post(
            token=join_token(anna.pk), block_id=block.pk, text="<i>Dinelli</i>", parent_id=None, now=now
        )
    page = f"/listening/sessions/{week.pk}/community/"
    html = boss.get(page).content.decode()
    assert "&lt;i&gt;Dinelli" in html
    assert "Segreta" not in html
    url = f"/listening/sessions/posts/{post.pk}/"
    assert boss.post(url, {"act": "hide", "reason": ""}).status_code == 422
    boss.post(url, {"act": "hide", "reason": "Nome di una persona"})
    assert "Nome di una persona" in boss.get(page).content.decode()
    boss.post(url, {"act": "show"})
    boss.post(url, {"act": "finding"})
    boss.post(f"/listening/sessions/prompts/{block.pk}/answer/", {"text": "Grazie", "parent": post.pk})
    post.refresh_from_db()
    reply = Post.unscoped.get(parent=post)
    assert (post.hidden_at, Finding.unscoped.get().quote, reply.text) == (None, "<i>Dinelli</i>", "Grazie")
    assert "Anna Segreta" in boss.get(f"/listening/sessions/{week.pk}/participation/").content.decode()


@pytest.mark.parametrize("sessions", [1, 3])
def test_the_list_asks_the_same_of_the_database_however_long_it_is(
    ready, boss, now, sessions, django_assert_num_queries
) -> None:
    with scope.system("test"):
        for number in range(sessions):
            one = a_session(ready.brescia, now=now)
            for place in range(number + 1):
                a_guest(one, f"Ospite {place}", now=now)
    boss.get("/listening/sessions/")
    with django_assert_num_queries(LIST_QUERIES):
        boss.get("/listening/sessions/")


LIST_QUERIES = 8
