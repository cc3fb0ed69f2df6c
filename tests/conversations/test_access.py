"""Who may use each door of the inbox: nobody without sign-in, nobody of another branch, nobody without the right."""

import pytest
from django.db import transaction
from django.urls import URLPattern, reverse

from corsia.conversations.models import Draft, Macro, Viewing
from corsia.conversations.web import urls
from corsia.messaging.models import Message
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.conversations.cases import a_mail
from tests.factories.messaging import a_desk
from tests.factories.organisation import person_in, signed_in, small_group

pytestmark = pytest.mark.django_db

# Door: how it is used, what somebody of the branch gets, what somebody of another branch gets.
DOORS = {
    "inbox": ("get", 200, 200),
    "rows": ("get", 200, 200),
    "row": ("get", 200, 204),
    "counts": ("get", 200, 200),
    "unread": ("get", 200, 200),
    "new": ("get", 200, 200),
    "processes": ("get", 200, 200),
    "find_customer": ("get", 200, 200),
    "chosen_customer": ("get", 200, 200),  # customers belong to the whole group
    "conversation": ("get", 200, 404),
    "case_panel": ("get", 200, 404),
    "head": ("get", 200, 404),
    "aside": ("get", 200, 404),
    "before": ("get", 200, 404),
    "after": ("get", 200, 404),
    "viewers": ("get", 200, 404),
    "texts": ("get", 200, 404),
    "colleagues": ("get", 200, 404),
    "original": ("get", 200, 404),
    "assign": ("get", 200, 404),
    "snooze": ("get", 200, 404),
    "close": ("get", 200, 404),
    "here": ("post", 200, 404),
    "gone": ("post", 204, 404),
    "write": ("post", 422, 404),
    "draft": ("post", 204, 404),
    "macro": ("post", 200, 404),
    "undo": ("post", 404, 404),
    "retry": ("post", 409, 404),
    "take": ("post", 200, 404),
    "wake": ("post", 200, 404),
    "reopen": ("post", 409, 404),
    "phase": ("post", 404, 404),
    "holder": ("post", 422, 404),
    "priority": ("post", 422, 422),
    "ways": ("get", 200, 404),
    "join": ("post", 409, 404),  # of another customer
    "part": ("post", 409, 404),  # it was never joined
    "articles": ("get", 200, 404),
    "card": ("get", 200, 404),
    "dossiers": ("get", 200, 200),
    "dossiers_of_case": ("get", 200, 404),
    "ask_dossier": ("post", 422, 404),
}
MANAGERS_ONLY = {"macros": "get", "macro_new": "get", "macro_edit": "get", "macro_delete": "post"}
LIVE = {"stream"}  # see test_stream.py
# Doors with rows of their own are walked where those are made: test_bot.py, test_dossiers.py, tests/knowledge.
ELSEWHERE = {
    *("bot", "bot_start", "bot_new", "bot_item", "bot_move", "bot_remove"),
    *("dossier_file", "check_dossier", "use_article"),
}


def test_every_door_stands_in_these_tables() -> None:
    names = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}

    assert names == {*DOORS, *MANAGERS_ONLY, *LIVE, *ELSEWHERE}


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """A group and what the doors lead to, made once: each test sees it unchanged."""
    with django_db_blocker.unblock(), transaction.atomic():
        group = small_group()
        yield group, made_rows(a_desk(group, now=NOON), group)
        transaction.set_rollback(True)


@pytest.fixture
def group(made, db):
    return made[0]


def made_rows(desk, group) -> dict[str, int]:
    case = a_mail(desk)
    macro = Macro.unscoped.create(unit=group.root, name_it="Taggo", name_en="Tag", tag="x")
    message = Message.unscoped.filter(case=case).earliest("pk")
    return {
        "case_id": case.pk,
        "message_id": message.pk,
        "other_id": a_mail(desk, name="Ada Neri").pk,
        "macro_id": macro.pk,
        "customer_id": case.customer_id,
    }


@pytest.fixture
def address(made, db):
    known = made[1]

    def of(name: str) -> str:
        pattern = next(p for p in urls.urlpatterns if p.name == name)
        return reverse(f"conversations:{name}", kwargs={key: known[key] for key in pattern.pattern.converters})

    return of


@pytest.mark.parametrize("name", [*DOORS, *MANAGERS_ONLY])
def test_without_sign_in_every_door_leads_to_it(address, client, name) -> None:
    method = DOORS[name][0] if name in DOORS else MANAGERS_ONLY[name]
    answer = getattr(client, method)(address(name))

    assert answer.status_code == 302
    assert answer.url.startswith("/account/login/")


@pytest.mark.parametrize("name", [*DOORS, *MANAGERS_ONLY])
def test_without_the_right_every_door_is_closed(address, group, name) -> None:
    method = DOORS[name][0] if name in DOORS else MANAGERS_ONLY[name]
    guest = signed_in(person_in(group.brescia_care, Role.CONSULTANT))

    assert getattr(guest, method)(address(name)).status_code == 403


@pytest.mark.parametrize("name", list(DOORS))
def test_a_colleague_of_the_branch_comes_in(address, browser, noon, name) -> None:
    method, expected, _other = DOORS[name]

    assert getattr(browser, method)(address(name)).status_code == expected


@pytest.mark.parametrize("name", list(DOORS))
def test_another_branch_finds_nothing_and_changes_nothing(address, stranger, noon, name) -> None:
    method, _own, expected = DOORS[name]
    before = Message.unscoped.count()

    assert getattr(signed_in(stranger), method)(address(name)).status_code == expected
    assert Message.unscoped.count() == before
    assert not Viewing.objects.exists()
    assert not Draft.unscoped.exists()


@pytest.mark.parametrize("name", list(MANAGERS_ONLY))
def test_macros_are_written_by_managers_only(address, group, browser, noon, name) -> None:
    method = MANAGERS_ONLY[name]
    manager = signed_in(person_in(group.root, Role.CARE_MANAGER))

    assert getattr(browser, method)(address(name)).status_code == 403
    assert getattr(manager, method)(address(name)).status_code in (200, 302)


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door[0] == "post"])
def test_what_changes_something_is_never_a_link(address, browser, name) -> None:
    if name in ("assign", "snooze", "close"):
        return

    assert browser.get(address(name)).status_code == 405
