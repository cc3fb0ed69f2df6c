"""The scope fails closed and shows each role its part of the tree, no more."""

import pytest

from corsia.customers.models import Customer
from corsia.kernel import scope
from corsia.kernel.access import Right, scope_of
from corsia.kernel.errors import NotFound
from corsia.kernel.scope import NoScope
from corsia.organisation.vocabulary import Role
from corsia.portal.models import WebForm
from tests.conftest import NOON
from tests.factories.organisation import actor_in

FORMS = Right(name="tests.forms", roles=frozenset({Role.AGENT}))  # not registered: it is no right of the product


@pytest.fixture
def forms(group):
    return {
        unit.name: WebForm.unscoped.create(unit=unit, slug=unit.code, title_it=unit.name, title_en=unit.name)
        for unit in (group.root, group.brescia, group.verona, group.brescia_care)
    }


def test_rows_cannot_be_asked_for_without_a_scope(forms) -> None:
    with pytest.raises(NoScope):
        list(WebForm.objects.all())


def test_an_agent_sees_the_own_part_of_the_tree_only(group, forms) -> None:
    laura = actor_in(group.brescia)

    with scope.entered(scope_of(laura, FORMS)):
        assert {form.title_it for form in WebForm.objects.all()} == {"Brescia", "Assistenza"}
        with pytest.raises(NotFound):
            WebForm.objects.find(forms["Verona"].pk)


def test_a_role_without_the_right_sees_nothing(group, forms) -> None:
    mechanic = actor_in(group.brescia, Role.MECHANIC)

    with scope.entered(scope_of(mechanic, FORMS)):
        assert WebForm.objects.count() == 0


def test_what_a_group_shares_is_seen_below_it_but_not_beside_it(group, db) -> None:
    from tests.factories.organisation import small_group

    other = small_group(code="rivali")
    ours = Customer.unscoped.create(unit=group.root, display_name="Giulia Ferri", created_at=NOON)
    theirs = Customer.unscoped.create(unit=other.root, display_name="Giulia Ferri", created_at=NOON)

    with scope.entered(scope_of(actor_in(group.brescia_care), None)):
        assert list(Customer.objects.all()) == [ours]
        with pytest.raises(NotFound):
            Customer.objects.lock(theirs.pk)
