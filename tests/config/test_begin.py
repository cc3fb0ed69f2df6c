"""A fresh installation gets its group and an administrator who can choose a password."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from corsia.cases.models import Process
from corsia.kernel import scope
from corsia.organisation.models import Membership, Unit

ARGUMENTS = ["--group", "Gruppo Nuovo", "--email", "ada@nuovo.example", "--first-name", "Ada", "--last-name", "Verdi"]


def begin() -> str:
    said = StringIO()
    call_command("begin", *ARGUMENTS, stdout=said)
    return said.getvalue()


def test_the_administrator_opens_the_link_and_the_processes_are_there(db) -> None:
    said = begin()

    link = next(word for word in said.split() if "/account/password/reset/key/" in word)
    assert Client().get(link[link.index("/account") :], follow=True).status_code == 200
    assert Membership.objects.get().person.email == "ada@nuovo.example"
    with scope.system("test"):
        assert Process.objects.filter(versions__state="published").count() == 10


def test_a_database_with_an_organisation_is_refused(group) -> None:
    with pytest.raises(CommandError, match="has an organisation already"):
        begin()

    assert Unit.objects.filter(name="Gruppo Nuovo").count() == 0
