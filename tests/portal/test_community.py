"""The page of an invitation and a community: no account, no script, nothing of a member's is ever HTML, and an end."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from corsia.customers.models import Consent
from corsia.kernel import scope
from corsia.kernel.errors import NotFound
from corsia.listening import services
from corsia.listening.links import join_token
from corsia.listening.models import Finding, Note, Post, Session, SessionBlock, SessionParticipant
from corsia.listening.queries.communities import participation_in, thread_of
from tests.factories.cases import ROBOT
from tests.factories.sessions import a_guest, a_member, a_session, first_block
from tests.factories.surveys import reachable, surveyed_group

DAY = timedelta(days=1)


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
def week(ready, now) -> Session:
    with scope.system("test"):
        return a_session(ready.brescia, "community", now=now, quota=100)


@pytest.fixture
def anna(week, now) -> SessionParticipant:
    with scope.system("test"):
        return a_member(week, now=now)


@pytest.fixture
def visitor() -> Client:
    return Client(enforce_csrf_checks=True)


def path(member, block=None, door: str = "community") -> str:
    return f"/portal/{door}/{join_token(member.pk)}/" + (f"{block.pk}/" if block else "")


def post_to(visitor: Client, url: str, **fields):
    visitor.get(url)
    token = visitor.cookies["csrftoken"].value if "csrftoken" in visitor.cookies else ""
    return visitor.post(url, {"csrfmiddlewaretoken": token, **fields})


def today_of(session) -> SessionBlock:
    with scope.system("test"):
        return first_block(session)


def test_somebody_accepts_and_may_change_their_mind(ready, visitor, now) -> None:
    with scope.system("test"):
        focus = a_session(ready.brescia, now=now, place="Salone, sala 2")
        anna = a_guest(focus, now=now)
    url = path(anna, door="session")
    page = visitor.get(url)
    html = page.content.decode()
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store, private")
    assert "La Sua auto e noi" in html
    assert "Salone, sala 2" in html
    assert "Partecipo" in html
    assert "<script" not in html
    assert "Anna" not in html  # whoever finds the address learns no name
    assert "I take part" in visitor.get(url + "?l=en").content.decode()

    anna.refresh_from_db()
    assert anna.state == "listed"
    for comes, state in (("yes", "accepted"), ("no", "declined"), ("yes", "accepted")):
        assert post_to(visitor, url, comes=comes).status_code == 302
        anna.refresh_from_db()
        assert anna.state == state
    assert visitor.post(url, {"comes": "no"}).status_code == 403


def test_declining_for_good_is_kept_as_a_wish(ready, visitor, now) -> None:
    with scope.system("test"):
        focus = a_session(ready.brescia, now=now)
        giulia = reachable(ready, now=now)
        one = services.add_customer(session_id=focus.pk, customer_id=giulia.pk, by=ROBOT, now=now)
    post_to(visitor, path(one, door="session"), comes="no", stop="1")
    wish = Consent.unscoped.get(customer=giulia)
    assert (wish.purpose, wish.is_given, wish.source) == ("survey", False, "session invitation")


def test_what_is_over_or_called_off_takes_no_answer(ready, visitor, now) -> None:
    with scope.system("test"):
        past = a_session(ready.brescia, now=now - 9 * DAY)
        off = a_session(ready.brescia, now=now)
        people = [a_guest(one, now=now) for one in (past, off)]
        services.set_session_state(session_id=off.pk, state="cancelled", by=ROBOT, now=now)
    for one in people:
        url = path(one, door="session")
        assert "Partecipo" not in visitor.get(url).content.decode()
        assert post_to(visitor, url, comes="yes").status_code in (403, 410)
        visitor.get(path(people[0], door="session") + "?l=it")
        one.refresh_from_db()
        assert one.state == "listed"


@pytest.mark.parametrize("token", ["1-" + "0" * 32, "x", "99999999999999999999-" + "a" * 32])
def test_an_unknown_link_opens_nothing(ready, visitor, token) -> None:
    for door in ("session", "community"):
        assert visitor.get(f"/portal/{door}/{token}/").status_code == 404


def test_who_has_not_accepted_is_sent_to_the_invitation(week, visitor, now) -> None:
    with scope.system("test"):
        guest = a_guest(week, now=now)
    for url in (path(guest), path(guest, today_of(week))):
        assert visitor.get(url).headers["Location"] == f"{path(guest, door='session')}?l=it"
    assert Post.unscoped.count() == 0


def test_a_member_writes_and_others_read_it_as_text(week, anna, visitor, now) -> None:
    block = today_of(week)
    with scope.system("test"):
        bea = a_member(week, "Bea", now=now)
    hostile = "<script>alert(1)</script> & <b>bello</b>"

    assert post_to(visitor, path(anna, block), text=hostile).status_code == 302
    assert post_to(visitor, path(anna, block), text=hostile).status_code == 302  # a double click

    post = Post.unscoped.get()
    assert (post.text, post.participant_id) == (hostile, anna.pk)
    html = Client().get(path(bea, block)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bello&lt;/b&gt;" in html
    assert "<script" not in html
    assert "P1" in html
    assert "Anna" not in html
    anna.refresh_from_db()
    assert anna.state == "came"

    assert post_to(visitor, path(bea, block), text="Anch'io", parent=str(post.pk)).status_code == 302
    reply = Post.unscoped.get(participant=bea)
    assert reply.parent_id == post.pk
    post_to(visitor, path(anna, block), text="Grazie", parent=str(reply.pk))
    assert Post.unscoped.get(text="Grazie").parent_id == post.pk  # answers stand beside each other


def test_what_cannot_be_written(week, anna, visitor, ready, now) -> None:
    block, url = today_of(week), path(anna, today_of(week))
    empty = post_to(visitor, url, text="  ")
    assert (empty.status_code, Post.unscoped.count()) == (422, 0)
    long = post_to(visitor, url, text="x" * 2001)
    assert long.status_code == 422
    assert "x" * 2000 in long.content.decode()
    with scope.system("test"):
        tomorrow = SessionBlock.objects.get(session=week, day=block.day + DAY)
        other = first_block(a_session(ready.verona, "community", now=now))
    assert visitor.get(path(anna, tomorrow)).status_code == 404
    assert visitor.get(path(anna, other)).status_code == 404
    assert post_to(visitor, path(anna, other), text="x").status_code in (403, 404)
    assert Post.unscoped.count() == 0


def test_it_ends_by_itself_after_its_last_day(week, anna, visitor, now) -> None:
    block = today_of(week)
    post_to(visitor, path(anna, block), text="In tempo")
    Session.unscoped.filter(pk=week.pk).update(starts_at=now - 9 * DAY, ends_on=(now - DAY).date())

    html = visitor.get(path(anna, block)).content.decode()
    assert "In tempo" in html
    assert "<textarea" not in html
    assert "si è conclusa" in html
    with scope.system("test"), pytest.raises(services.CommunityClosed):
        services.write_post(token=join_token(anna.pk), block_id=block.pk, text="Tardi", parent_id=None, now=now)
    with scope.system("test"), pytest.raises(services.CommunityClosed):
        services.answer_post(block_id=block.pk, text="Tardi", parent_id=None, by=ROBOT, now=now)
    assert Post.unscoped.count() == 1


def test_a_hidden_post_is_gone_for_members_and_stays_with_its_reason(week, anna, visitor, now) -> None:
    block = today_of(week)
    post_to(visitor, path(anna, block), text="Il signor Dinelli")
    with scope.system("test"):
        post = Post.objects.get()
        with pytest.raises(services.ReasonMissing):
            services.hide_post(post_id=post.pk, reason=" ", by=ROBOT, now=now)
        services.hide_post(post_id=post.pk, reason="Nomina una persona", by=ROBOT, now=now)
        assert "Dinelli" not in visitor.get(path(anna, block)).content.decode()
        assert thread_of(block).talks[0].post.hidden_reason == "Nomina una persona"
        with pytest.raises(NotFound):
            services.write_post(token=join_token(anna.pk), block_id=block.pk, text="x", parent_id=post.pk, now=now)
        services.show_post(post_id=post.pk, by=ROBOT, now=now)
    assert "Dinelli" in visitor.get(path(anna, block)).content.decode()


def test_a_post_becomes_a_finding_once(week, anna, visitor, now) -> None:
    block = today_of(week)
    post_to(visitor, path(anna, block), text="Tre volte la stessa storia")
    with scope.system("test"):
        post = Post.objects.get()
        services.note_post(post_id=post.pk, as_finding=False, by=ROBOT, now=now)
        note = services.note_post(post_id=post.pk, as_finding=True, by=ROBOT, now=now)
        services.note_post(post_id=post.pk, as_finding=True, by=ROBOT, now=now)
        row = Finding.objects.get()
        assert Note.objects.count() == 1
        assert (note.kind, note.participant, row.quote, row.instrument, row.title) == (
            "quote",
            anna,
            "Tre volte la stessa storia",
            "community",
            "Ci presentiamo",
        )


def test_participation_counts_who_wrote_where_and_when(week, anna, visitor, now) -> None:
    block = today_of(week)
    with scope.system("test"):
        a_member(week, "Bea", now=now)
        a_guest(week, "Carlo", now=now)
    for text in ("Uno", "Due"):
        post_to(visitor, path(anna, block), text=text)
    with scope.system("test"):
        found = participation_in(week, now=now, by_name=False)
    assert (found.wrote, found.silent, found.share_pct) == (1, 1, 50)
    assert [(row.somebody.pseudonym, row.total, row.posts[0], row.somebody.name) for row in found.members] == [
        ("P1", 2, 2, ""),
        ("P2", 0, 0, ""),
    ]
    assert [(day.writers, day.posts) for day in found.days] == [(1, 2)]


def test_a_full_thread_comes_in_pages_of_15_kb_at_most(week, now) -> None:
    block = today_of(week)
    with scope.system("test"):
        members = [a_member(week, f"Membro {number}", now=now) for number in range(40)]
        words = "La data l'ho saputa dall'assicurazione, non da voi: così non va. " * 6
        heads = Post.objects.bulk_create(
            Post(block=block, participant=one, text=f"{place} {words}", at=now) for place, one in enumerate(members)
        )
        Post.objects.bulk_create(
            Post(block=block, participant=one, parent=heads[-1], text=f"{place} {words}", at=now)
            for place, one in enumerate(members)
        )
    seen, url, pages = set(), f"{path(members[0], block)}?l=it", 0
    while url:
        answer = Client().get(url)
        html = answer.content.decode()
        assert len(answer.content) < 15_000
        pages += 1
        seen |= {head.pk for head in heads if f'id="p{head.pk}"' in html}
        older = re.search(r"before=(\d+)", html)
        url = f"{path(members[0], block)}?l=it&before={older[1]}" if older else ""
    assert seen == {head.pk for head in heads}
    assert pages > 4
    only = Client().get(f"{path(members[0], block)}?l=it&post={heads[-1].pk}").content.decode()
    assert only.count("<li id=") == 41


def test_too_many_posts_are_refused_with_a_friendly_page(week, anna, visitor) -> None:
    url = path(anna, today_of(week))
    visitor.get(url)
    token = visitor.cookies["csrftoken"].value
    answers = [visitor.post(url, {"csrfmiddlewaretoken": token, "text": f"{turn}"}) for turn in range(31)]
    assert [answer.status_code for answer in answers] == [302] * 30 + [429]
    assert "Un momento" in answers[-1].content.decode()
