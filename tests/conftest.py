"""Shared ground of all tests: the embedded database, a small group, people with roles, and a way to run due jobs."""

import os
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.utils import translation

from corsia.config.database import ensure_running
from corsia.kernel import scope
from corsia.kernel.actors import Actor, system
from tests.browser import chromium  # noqa: F401  (a fixture)
from tests.emptying import instead_of_flush
from tests.template_database import make_template
from tests.who_waits import nothing_left_open, pytest_runtest_makereport  # noqa: F401  (a fixture and a hook)

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # a Tuesday, 12:00 in Rome


def pytest_configure() -> None:
    # Two processes and a browser share two cores: how long one example took says nothing.
    hypothesis.settings.register_profile("corsia", deadline=None)
    hypothesis.settings.load_profile("corsia")
    ensure_running(settings.VAR)


# Files of a few tests that take minutes: begun last, one process would work on while all others are idle.
LONGEST_FIRST = (
    "tests/ui/test_every_page_in_a_browser.py",
    "tests/journeys/test_first_lane.py",
    "tests/conversations/test_stream_on_a_server.py",
    "tests/improvement/test_in_a_browser.py",
    "tests/privacy/test_others.py",
    "tests/ui/test_every_page_in_two_languages.py",
    "tests/messaging/test_contact_year.py",
    "tests/config/test_demo_door.py",
    "tests/security/test_methods.py",
    "tests/security/test_access.py",
    "tests/security/test_junk.py",
)


# What gives a test the database: until its template stands, a minute on a new machine, these wait.
OF_THE_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest file; while it waits for the database others run what needs none, then the long ones.

    Files that share a world follow; the others stay shuffled.
    """
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    stored = {_file(item) for item in items if _needs_database(item)}

    def order(item: pytest.Item) -> tuple[int, int]:
        file = _file(item)
        if file == LONGEST_FIRST[0]:
            return (0, 0)
        if file not in stored:
            return (1, 0)
        # The world of tests/security is made anew whenever a file of another folder comes in between.
        return (2, place.get(file, len(place) + (not file.startswith("tests/security/"))))

    items.sort(key=order)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _needs_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or not OF_THE_DATABASE.isdisjoint(
        getattr(item, "fixturenames", ())
    )


def fixtures_folder(*parts: str) -> Path:
    """Return a folder of real inputs kept beside the project, or skip the test when it is absent."""
    root = Path(os.environ.get("CORSIA_FIXTURES", Path(__file__).resolve().parents[2] / "shared" / "fixtures"))
    folder = root.joinpath(*parts)
    if not folder.exists():
        pytest.skip(f"the folder of real inputs is absent: {'/'.join(parts)}")
    return folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """Clone the migrated template for this process (each xdist worker has a database of its own)."""
    database = settings.DATABASES["default"]
    with django_db_blocker.unblock():
        database["TEST"]["TEMPLATE"] = make_template(database)


@pytest.fixture(scope="session", autouse=True)
def quick_end_of_committing_tests():
    with instead_of_flush():
        yield


@pytest.fixture(autouse=True)
def language() -> None:
    """Begin in the language of the house: a request leaves its own behind in the thread."""
    translation.deactivate()


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def everything():
    """Open the whole tree, as jobs do."""
    with scope.system("test"):
        yield


@pytest.fixture
def robot() -> Actor:
    return system("test")


@pytest.fixture
def group(db):
    """A dealer group with two branches of two departments each."""
    from tests.factories.organisation import small_group

    return small_group()


@pytest.fixture(autouse=True)
def no_jobs_left_over(request):
    """Empty the job table after tests that commit: its models are unmanaged, so Django's flush passes them by."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or "transactional_db" in request.fixturenames:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def pytest_sessionfinish(session, exitstatus) -> None:
    """Where nothing may be skipped (CORSIA_NOTHING_SKIPPED, set by .ci/run), a skipped test is a failure."""
    if not os.environ.get("CORSIA_NOTHING_SKIPPED") or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and session.exitstatus == 0:
        session.exitstatus = 1
        reporter.write_line(f"{len(skipped)} tests were skipped, and none may be: install what they need.", red=True)
