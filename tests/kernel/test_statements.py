"""SQL of our own sees the rows of the scope, and none without one."""

import pytest
from django.db import connection

from corsia.kernel import scope
from corsia.kernel.access import Right, scope_of
from corsia.kernel.scope import NoScope
from corsia.kernel.statements import Statement
from corsia.organisation.vocabulary import Role
from corsia.portal.models import WebForm
from tests.factories.organisation import actor_in

FORMS = Right(name="tests.forms", roles=frozenset({Role.AGENT}))  # not registered: it is no right of the product
TITLES = Statement(
    "SELECT f.title_it FROM portal_webform f WHERE {within} AND f.title_it <> %(but)s", column="f.unit_id"
)
SHARED = Statement("SELECT f.title_it FROM portal_webform f WHERE {within}", column="f.unit_id", is_shared=True)


@pytest.fixture
def forms(group):
    for unit in (group.root, group.brescia, group.verona, group.brescia_care):
        WebForm.unscoped.create(unit=unit, slug=unit.code, title_it=unit.name, title_en=unit.name)


def test_without_a_scope_it_refuses(forms) -> None:
    with pytest.raises(NoScope):
        TITLES.rows(but="")


def test_it_sees_the_own_part_of_the_tree_and_with_shared_rows_what_lies_above(group, forms) -> None:
    with scope.entered(scope_of(actor_in(group.brescia), FORMS)):
        assert sorted(TITLES.rows(but="")) == [("Assistenza",), ("Brescia",)]
        assert TITLES.rows(but="Brescia") == [("Assistenza",)]
        assert sorted(SHARED.rows()) == sorted([("Assistenza",), ("Brescia",), (group.root.name,)])


def test_jobs_see_everything(group, forms) -> None:
    with scope.system("test"):
        assert len(TITLES.rows(but="")) == 4


def test_a_statement_that_forgets_the_scope_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="within"):
        Statement("SELECT 1 FROM portal_webform", column="unit_id")


def test_a_report_is_planned_for_its_own_parameters_and_leaves_the_others_prepared(group, forms) -> None:
    report = Statement(TITLES.sql, column=TITLES.column, is_report=True)
    with scope.system("test"):
        for _ in range(12):
            assert len(report.rows(but="")) == 4
        assert _prepared() == 0
        for _ in range(12):
            TITLES.rows(but="")
        assert _prepared() == 1


def _prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%portal_webform f%'")
        return int(cursor.fetchone()[0])
