"""What import-linter cannot see in the sources: who publishes, who looks past the scope, what no file may contain."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "corsia"

# Modules that may look past the scope, each with how it knows what it may see instead.
UNSCOPED = {
    "kernel/scope.py": "defines it",
    "messaging/": "intake runs before a unit is known; sending jobs serve all units",
    "connectors/": "receives and sends for all units",
    "portal/": "a token or a form's address stands for the customer",
    "listening/": "a token stands for the customer; sending jobs serve all units",
    "cases/jobs.py": "finds due work of all units",
    "config/": "the demonstration and the benchmarks write whole tables",
    "customers/services/": "identity is found across the group before a scope is known",
    "organisation/queries": "the tree itself",
    "privacy/": "a customer's rows are all of theirs, wherever they stand; who may ask is decided in reach.py",
    "customers/privacy.py": "declares whose a row is, for privacy/",
    "cases/privacy.py": "declares whose a row is, for privacy/",
}


def python_files() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if "/migrations/" not in place:
            yield place, path.read_text()


def test_facts_are_published_by_their_owner_only() -> None:
    strangers = []
    for place, source in python_files():
        context, tree = place.split("/")[0], ast.parse(source)
        called = {
            name.asname: name.name
            for imported in ast.walk(tree)
            if isinstance(imported, ast.ImportFrom)
            for name in imported.names
            if name.asname
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("publish", "publish_all") and call.args:
                fact = getattr(call.args[0], "elt", call.args[0])  # one, or one for each of many
                if isinstance(fact, ast.Call) and isinstance(fact.func, ast.Name | ast.Attribute):
                    name = fact.func.id if isinstance(fact.func, ast.Name) else fact.func.attr
                    name = called.get(name, name)
                    events = PACKAGE / "events" / f"{context}.py"
                    if not events.exists() or f"class {name}(" not in events.read_text():
                        strangers.append(f"{place} publishes {name}")

    assert strangers == []


def test_only_listed_modules_look_past_the_scope() -> None:
    strangers = [
        place
        for place, source in python_files()
        if ".unscoped" in source and not any(place.startswith(allowed) for allowed in UNSCOPED)
    ]

    assert strangers == []


def test_templates_stay_within_their_context() -> None:
    strangers = []
    for path in sorted(PACKAGE.rglob("templates/**/*.html")):
        first, second = path.relative_to(PACKAGE).parts[:2]
        context = second if first == "connectors" else first
        for name in re.findall(r"{%-?\s*(?:include|extends)\s+[\"']([^\"']+)[\"']", path.read_text()):
            owner = name.split("/")[0]
            if owner not in (context, "ui", "allauth", "account", "mfa", "usersessions", "socialaccount"):
                strangers.append(f"{path.relative_to(PACKAGE)} uses {name}")

    assert strangers == []


def test_templates_need_no_unsafe_policy() -> None:
    wrong = re.compile(r"\sstyle=\"|\son[a-z]+=\"|<script>|\|safe\b|autoescape off|hx-on|hx-vals=['\"]js:|<style")
    found = [
        f"{path.relative_to(PACKAGE)}: {match.group().strip()}"
        for path in sorted(PACKAGE.rglob("templates/**/*.html"))
        for match in wrong.finditer(path.read_text())
    ]

    assert found == []


def test_no_module_reads_the_clock_but_the_doors() -> None:
    doors = re.compile(
        r"(jobs|middleware|facts|maintenance|audit)\.py$|/web/|/management/|^config/|/jobs/|^connectors/"
    )
    found = [
        place
        for place, source in python_files()
        if not doors.search(place)
        and re.search(r"timezone\.now\(\)|datetime\.now\(|date\.today\(|time\.time\(", source)
        and place != "ui/templatetags/ui.py"  # "today" and "yesterday" depend on when the page is drawn
    ]

    assert found == []


def test_no_file_names_a_machine_path_or_an_index_address() -> None:
    import subprocess

    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    found = []
    wrong = re.compile(r"pypi\.org|registry\.npmjs|files\.pythonhosted|(?<![\w.])/(?:work|root)/[\w.]")
    for name in listed:
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".woff2", ".mo"}:
            text = path.read_text(errors="ignore")
            if wrong.search(text) and name != "tests/architecture/test_sources.py":
                found.append(name)

    assert found == []


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    locks = [ROOT / "package-lock.json", ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]

    assert [
        f"{lock.name}: {line.strip()}" for lock in locks for line in lock.read_text().splitlines() if "://" in line
    ] == []


def test_every_context_says_what_it_owns() -> None:
    contexts = [path.parent for path in PACKAGE.glob("*/apps.py") if path.parent.name != "config"]
    contexts += [path.parent for path in PACKAGE.glob("connectors/*/apps.py")]

    assert [context.name for context in contexts if not (context / "README.md").exists()] == []


def test_texts_are_called_by_names_that_extracting_knows() -> None:
    """A text behind another name is never taken to the translators, and stays English for ever."""
    known = re.compile(r"gettext\w* as (?!_\b)\w+")

    assert [place for place, source in python_files() if known.search(source)] == []
