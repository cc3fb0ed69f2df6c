"""Every door declares itself: views their access, jobs their name, queue and retry."""

from procrastinate.contrib.django import app

from corsia.kernel.access import RIGHTS
from corsia.kernel.checks import declared_views, every_view_is_declared
from corsia.organisation.vocabulary import Role


def test_every_view_declares_its_access() -> None:
    assert every_view_is_declared() == []


def test_public_views_have_a_limit() -> None:
    assert [
        path for path, _view, declared in declared_views() if not declared.signed_in and declared.limit is None
    ] == []


def test_a_view_without_a_declaration_is_found(settings) -> None:
    settings.ROOT_URLCONF = "tests.architecture.undeclared_urls"

    assert [error.id for error in every_view_is_declared()] == ["corsia.E001"]


def test_every_right_is_held_by_a_known_role() -> None:
    known = set(Role.values)

    assert {name: sorted(right.roles - known) for name, right in RIGHTS.items() if right.roles - known} == {}
    assert [name for name, right in RIGHTS.items() if not right.roles] == []


def test_every_job_declares_name_queue_and_retry() -> None:
    ours = {name: task for name, task in app.tasks.items() if task.func.__module__.startswith("corsia.")}

    assert ours
    assert [name for name in ours if "." not in name or name.startswith("corsia.")] == []
    assert [name for name, task in ours.items() if task.queue == "default"] == []
    assert [name for name, task in ours.items() if task.retry_strategy is None] == []
