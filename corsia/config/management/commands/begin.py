"""corsia begin: found a dealer group with its first administrator, the shipped processes and texts."""

from argparse import ArgumentParser
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from corsia.cases.services import install_processes
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.listening.services import install_questionnaires, install_touchpoints
from corsia.messaging.services import install_templates
from corsia.organisation.models import Person, Unit
from corsia.organisation.services import PersonDetails, add_person
from corsia.organisation.vocabulary import Role, UnitKind


class Command(BaseCommand):
    help = "Found a dealer group in an empty database and print the link by which its administrator chooses a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--group", required=True, help="name of the dealer group")
        parser.add_argument("--email", required=True, help="address of the administrator")
        parser.add_argument("--first-name", required=True)
        parser.add_argument("--last-name", required=True)
        parser.add_argument("--time-zone", default="Europe/Rome")

    def handle(self, *_: Any, **options: Any) -> None:
        if Unit.objects.exists() or Person.objects.exists():
            raise CommandError(
                "This database has an organisation already. Sign in as its administrator, or name an empty database in "
                "DATABASE_URL."
            )
        now, robot = timezone.now(), system("corsia begin")
        with transaction.atomic(), scope.system("corsia begin"):
            group = Unit.objects.create(
                kind=UnitKind.GROUP,
                name=options["group"],
                code=slugify(options["group"])[:40] or "group",
                time_zone=options["time_zone"],
            )
            group.path = f"/{group.pk}/"
            group.save(update_fields=["path"])
            person = add_person(
                details=PersonDetails(
                    email=options["email"], first_name=options["first_name"], last_name=options["last_name"]
                ),
                unit_id=group.pk,
                role=Role.ADMINISTRATOR,
                since=now.date(),
                by=robot,
                now=now,
            )
            install_processes(unit_id=group.pk, by=robot, now=now)
            install_templates(unit_id=group.pk, by=robot, now=now)
            install_touchpoints(unit_id=group.pk, by=robot, now=now)
            install_questionnaires(unit_id=group.pk, by=robot, now=now)
        key = default_token_generator.make_token(person)
        path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), key])
        self.stdout.write(
            f"{group.name} is founded, with the shipped processes, texts, questionnaires and touchpoints.\n"
            f"{person.full_name} chooses a password at\n  {settings.PUBLIC_URL}{path}\n"
            "Next: add branches and people, working hours, and the mailboxes."
        )
