"""The frame around every page: the rail and the dialogs behind it. The same for everybody with the same entries."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from corsia.kernel.actors import Actor
from corsia.ui.panels import panel_urls
from corsia.ui.rail import ShownEntry, shown_entries

_KEPT = 2048  # frames of that many people and pages are kept ready; a process of a whole group needs some hundreds


def frame(actor: Actor, path: str) -> dict[str, SafeString]:
    """Return the ready parts for base.html: `rail_html` and `dialogs_html`."""
    entries = tuple(shown_entries(actor, path))
    language = get_language()
    return {
        "rail_html": _rail(language, entries, tuple(panel_urls("rail", None, actor)), actor.name),
        "dialogs_html": _dialogs(
            language, entries, tuple(panel_urls("palette", None, actor)), tuple(panel_urls("frame", None, actor))
        ),
    }


@lru_cache(maxsize=_KEPT)
def _rail(_language: str | None, entries: tuple[ShownEntry, ...], urls: tuple[str, ...], name: str) -> SafeString:
    return render_to_string("ui/_rail.html", {"rail": entries, "urls": urls, "name": name})


@lru_cache(maxsize=_KEPT)
def _dialogs(
    _language: str | None, entries: tuple[ShownEntry, ...], palette_urls: tuple[str, ...], urls: tuple[str, ...]
) -> SafeString:
    context = {"rail": entries, "palette_urls": palette_urls, "frame_urls": urls}
    return render_to_string("ui/_dialogs.html", context)
