"""Where in a mapping file a key stands, so that what is wrong with it can be shown with its line."""

import re
from typing import Final

_TABLE: Final = re.compile(r"^\s*\[\[\s*tables\s*\]\]")
_HEADER: Final = re.compile(r"^\s*\[\s*([\w.\-\"']+)\s*\]")
_KEY: Final = re.compile(r"^\s*([\w\-]+|\"[^\"]*\"|'[^']*')\s*(?:\.|=)")


class Lines:
    """The lines of a mapping file by header, number of the table and key."""

    def __init__(self, text: str) -> None:
        self._found: dict[tuple[str, int, str], int] = {}
        header, table = "", -1
        for number, line in enumerate(text.splitlines(), start=1):
            if _TABLE.match(line):
                header, table = "tables", table + 1
                self._found.setdefault((header, table, ""), number)
            elif named := _HEADER.match(line):
                header = named[1]
                self._found.setdefault((header, self._counted(header, table), ""), number)
                parent, _dot, last = header.rpartition(".")
                self._found.setdefault((parent, self._counted(parent, table), last), number)
            elif key := _KEY.match(line):
                name = key[1].strip("\"'")
                self._found.setdefault((header, self._counted(header, table), name), number)

    def of(self, header: str, table: int, key: str) -> int:
        """Return the line of a key, else of what it stands in; 0 where nothing of it is there."""
        parent = header.rpartition(".")[0]
        for place in ((header, table, key), (header, table, ""), (parent, table, "")):
            if place in self._found:
                return self._found[place]
        return 0

    def _counted(self, header: str, table: int) -> int:
        return table if header.startswith("tables") else -1
