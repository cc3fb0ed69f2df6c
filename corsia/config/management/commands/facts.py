"""corsia facts: draw the graph fact -> reaction -> fact into docs/facts.md, or check that it is current."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

import corsia.events
from corsia.config.subscriptions import SUBSCRIPTIONS
from corsia.events import Fact
from corsia.kernel.facts import kind_of, name_of

PAGE = settings.ROOT / "docs" / "facts.md"
HEAD = """# Facts

What becomes true in Corsia, who says so, and what happens then. This page is made by `make facts`; the check fails when
it is stale. How facts work: [architecture](architecture.md#facts).

| Fact | Said by | What happens then | It carries |
|---|---|---|---|
"""


def facts() -> Iterator[type[Fact]]:
    """Yield every fact that has no narrower one, by context and name."""
    for module in sorted(pkgutil.iter_modules(corsia.events.__path__), key=lambda found: found.name):
        members = vars(importlib.import_module(f"corsia.events.{module.name}")).values()
        for kind in sorted(
            (m for m in members if inspect.isclass(m) and issubclass(m, Fact)), key=lambda k: k.__name__
        ):
            if kind.__module__.endswith(module.name) and not kind.__subclasses__():
                yield kind


def publishers() -> dict[str, set[str]]:
    """Return which functions publish each fact, read from the sources."""
    found: dict[str, set[str]] = {}
    for path in sorted((settings.PACKAGE).rglob("*.py")):
        tree = ast.parse(path.read_text())
        called = {
            name.asname: name.name
            for imported in ast.walk(tree)
            if isinstance(imported, ast.ImportFrom)
            for name in imported.names
            if name.asname
        }
        place = ".".join(path.relative_to(settings.PACKAGE).with_suffix("").parts)
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for name in _published_in(function, called):
                found.setdefault(name, set()).add(f"{place}.{function.name}")
    return found


def _published_in(function: ast.FunctionDef, called: dict[str, str]) -> Iterator[str]:
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("publish", "publish_all"):
            for made in ast.walk(call):
                if isinstance(made, ast.Call) and made is not call:
                    name = made.func.attr if isinstance(made.func, ast.Attribute) else getattr(made.func, "id", "")
                    yield called.get(name, name)


def page() -> str:
    """Return the page as it should be."""
    said_by = publishers()
    rows = []
    for kind in facts():
        reactions = [f"`{name_of(r).removeprefix('corsia.')}`" for r in SUBSCRIPTIONS.get(kind, ())]
        fields = [field.name for field in dataclasses.fields(kind) if field.name not in ("unit_id", "occurred_at")]
        who = sorted(said_by.get(kind.__name__, ()))
        rows.append(
            f"| `{kind_of(kind)}` | {'<br>'.join(f'`{name}`' for name in who) or '–'} "
            f"| {'<br>'.join(reactions) or '–'} | {', '.join(fields)} |"
        )
    return HEAD + "\n".join(rows) + "\n"


class Command(BaseCommand):
    help = "Write docs/facts.md, or with --check fail when it is stale."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        current = PAGE.read_text() if PAGE.exists() else ""
        if options["check"]:
            if current != page():
                raise CommandError("docs/facts.md is stale. Run `make facts` and commit it.")
            return
        Path(PAGE).parent.mkdir(exist_ok=True)
        PAGE.write_text(page())
