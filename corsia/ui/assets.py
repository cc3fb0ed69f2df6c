"""Serve an allow-list of files straight out of node_modules, hashed and compressed, without a bundler."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import Error
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, _IMPORT_PATTERNS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class NodeFinder(BaseFinder):
    """Finds the files of settings.NODE_ASSETS under their public names."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.files = {public: settings.NODE / source for public, source in settings.NODE_ASSETS.items()}

    def check(self, **_kwargs: Any) -> list[Any]:
        return [
            Error(f"{source.name} is missing.", hint="Run `make setup`.", id="corsia.E002")
            for source in self.files.values()
            if not source.is_file()
        ]

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:
        source = self.files.get(path)
        if source is None:
            return []
        return [str(source)] if find_all else str(source)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for public, source in self.files.items():
            if not matches_patterns(public, list(ignore_patterns or [])):
                yield public, _OneFile(source)


class _OneFile(FileSystemStorage):
    """A storage of exactly one file: collectstatic asks it to open, locate and date that file."""

    prefix = ""

    def __init__(self, source: Path) -> None:
        super().__init__(location=source.parent)
        self.source = source

    def path(self, name: str) -> str:  # noqa: ARG002
        return str(self.source)


class AssetStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names. Relative ES-module imports are rewritten in our js/ only: vendor comments look like imports."""

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = ("js/*.js", _IMPORT_PATTERNS)
