"""Why a file cannot be read, in words."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

_WHY: Final[Mapping[str, Any]] = {
    "empty": _("The file holds nothing."),
    "binary": _("This is no such file as the mapping says: neither text nor a sheet that can be read."),
    "too_large": _("The file is too large to be read whole. Have it exported as CSV, or in parts."),
    "too_long": _("The sheet has more than 200,000 lines. Have it exported as CSV."),
    "encoding": _(
        "The text is not written in the encoding that the mapping names: the byte %(detail)s means nothing in it."
    ),
    "csv": _("The columns cannot be told apart: %(detail)s."),
    "columns": _("The file has %(detail)s columns: the delimiter may be another one."),
    "column": _("The column “%(detail)s”, which the mapping reads, is not in the file."),
    "xml": _("This is no well-formed XML, or one that defines entities of its own: %(detail)s."),
    "json": _("This is no well-formed JSON: %(detail)s."),
    "nested": _("The elements of the file are nested too deeply."),
    "tables": _("No table of the mapping reads a file called “%(detail)s”."),
    "mapping": _("The mapping cannot be used: %(detail)s"),
}


def unreadable(why: str, detail: str = "") -> str:
    """Return a sentence on why a file cannot be read; `why` is the code of a FileUnreadable."""
    return str(_WHY[why] % {"detail": detail})
