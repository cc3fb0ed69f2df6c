"""corsia scaffold NAME: the empty rooms of a new context, in the shape every context has."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

FILES = {
    "__init__.py": '"""{title}: say in one line what it owns."""\n',
    "README.md": "# {title}\n\nWhat it owns, its words, its invariants, the facts it states and reacts to.\n",
    "apps.py": '"""{title} as a Django app."""\n\nfrom django.apps import AppConfig\n\n\n'
    'class {title}Config(AppConfig):\n    name = "corsia.{name}"\n    label = "{name}"\n',
    "vocabulary.py": '"""The words of {name}."""\n',
    "rules.py": '"""Pure rules of {name}: no tables, no clock, no settings."""\n',
    "models.py": '"""The tables of {name}."""\n',
    "queries.py": '"""What screens read of {name}."""\n',
    "services.py": '"""What can be done with {name}: one verb per use case."""\n',
    "permissions.py": '"""Who may do what with {name}."""\n',
    "web/__init__.py": '"""Pages of {name}."""\n',
    "web/urls.py": '"""URLs of {name}."""\n\nfrom django.urls import URLPattern\n\n'
    'app_name = "{name}"\nurlpatterns: list[URLPattern] = []\n',
    "migrations/__init__.py": "",
    "locale/it/LC_MESSAGES/django.po": 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Language: it\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n',
}


class Command(BaseCommand):
    help = "Make the folders and files of a new context. It changes nothing that exists."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="one word, lower case: it names app, tables, URLs, templates, tests")

    def handle(self, *_: Any, **options: Any) -> None:
        name: str = options["name"]
        home = settings.PACKAGE / name
        if not name.isidentifier() or not name.islower():
            raise CommandError(f"“{name}” cannot name a context. Use one lower-case word, for example “workshop”.")
        if home.exists():
            raise CommandError(f"The context {name} exists already.")
        words = {"name": name, "title": name.capitalize()}
        for place, text in FILES.items():
            path = home / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(**words))
        events = settings.PACKAGE / "events" / f"{name}.py"
        events.write_text(f'"""What {name} tells."""\n')
        tests = settings.ROOT / "tests" / name
        tests.mkdir(parents=True, exist_ok=True)
        (tests / "__init__.py").touch()
        self.stdout.write(
            f"corsia/{name}/, corsia/events/{name}.py and tests/{name}/ are there. Next: add “corsia.{name}” to "
            "INSTALLED_APPS, its URLs to config/urls.py, its floor to [tool.importlinter] in pyproject.toml and to "
            "tests/architecture/test_models.py."
        )
