"""Sources and their mappings: who hands over files, by which way, and what they call things."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.connectors.dms.models import MappingVersion, Source
from corsia.connectors.dms.permissions import MANAGE_DMS
from corsia.connectors.dms.rules.mapping import MappingUnusable, read_mapping
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused


class SourceUnnamed(Invalid):
    code = "dms.source_unnamed"
    message = _("Give the source a name, such as that of the system.")


class SourceKnown(Refused):
    code = "dms.source_known"
    message = _("There is a source called %(name)s here already. Choose another name, or open that one.")


class FolderUnusable(Invalid):
    code = "dms.folder_unusable"
    message = _("A folder is named by letters, digits, dots, dashes and underscores alone, and by one source only.")


class HostKeyMissing(Invalid):
    code = "dms.host_key_missing"
    message = _(
        "Paste the key of the server, as “ssh-keyscan” prints it: without it nobody can tell whether the files come "
        "from there."
    )


class MappingWrong(Invalid):
    code = "dms.mapping_wrong"
    message = _("The mapping was not saved: %(problems)s")


@dataclass(frozen=True, kw_only=True)
class SourceData:
    """What a source is; `facts_since` is the moment before which everything is history. An empty secret stays."""

    name: str
    facts_since: datetime
    is_active: bool = True
    is_automatic: bool = False
    most_left_out_pct: int = 5
    folder: str = ""
    sftp_host: str = ""
    sftp_port: int = 22
    sftp_user: str = ""
    sftp_host_key: str = ""
    sftp_folder: str = ""
    sftp_secret: str = ""
    sftp_key: str = ""


_SECRETS = ("sftp_secret", "sftp_key")


@transaction.atomic
def save_source(*, source_id: int | None, unit_id: int, data: SourceData, by: Actor, now: datetime) -> Source:
    """Add a source or change one; its unit stays.

    Raises:
        SourceUnnamed, SourceKnown: it has no name, or that of another source of the unit.
        FolderUnusable: the folder's name leads elsewhere, or is another source's.
        HostKeyMissing: a server without the key that it shows.
    """
    source: Source = Source.objects.lock(source_id) if source_id else Source(unit_id=unit_id, created_at=now)
    demand(by, MANAGE_DMS, source.unit_id)
    name, folder = " ".join(data.name.split())[:80], data.folder.strip()
    if not name:
        raise SourceUnnamed
    others = Source.unscoped.exclude(pk=source_id or 0)
    if others.filter(unit_id=source.unit_id, name=name).exists():
        raise SourceKnown(name=name)
    if folder and (not _is_plain(folder) or others.filter(folder=folder).exists()):
        raise FolderUnusable
    source.name, source.folder, source.facts_since = name, folder, data.facts_since
    source.is_active, source.is_automatic = data.is_active, data.is_automatic
    source.most_left_out_pct = max(0, min(100, data.most_left_out_pct))
    if data.sftp_host.strip() and not data.sftp_host_key.strip():
        raise HostKeyMissing
    for name_ in ("sftp_host", "sftp_user", "sftp_host_key", "sftp_folder"):
        setattr(source, name_, getattr(data, name_).strip())
    source.sftp_port = data.sftp_port
    for name_ in _SECRETS:
        if getattr(data, name_):
            setattr(source, name_, getattr(data, name_))
    source.save()
    audit(source, "dms_source_saved", by=by, now=now, name=name, automatic=data.is_automatic)
    return source


@transaction.atomic
def save_mapping(*, source_id: int, text: str, by: Actor, now: datetime) -> MappingVersion:
    """Keep what a source calls things as a new version, unless nothing changed.

    Raises:
        MappingWrong: it cannot be used; the sentence names every line.
    """
    source: Source = Source.objects.lock(source_id)
    demand(by, MANAGE_DMS, source.unit_id)
    try:
        read_mapping(text)
    except MappingUnusable as wrong:
        told = "; ".join(_said(one.line, one.words) for one in wrong.problems[:20])
        raise MappingWrong(problems=told) from None
    before: MappingVersion | None = source.mappings.order_by("-number").first()
    if before is not None and before.toml == text:
        return before
    version: MappingVersion = MappingVersion.objects.create(
        source=source, number=before.number + 1 if before else 1, toml=text, saved_by_id=by.id, saved_at=now
    )
    audit(source, "mapping_saved", by=by, now=now, number=version.number)
    return version


def _said(line: int, words: str) -> str:
    return str(_("line %(line)s: %(words)s") % {"line": line, "words": words}) if line else words


def _is_plain(folder: str) -> bool:
    return len(folder) <= 80 and not folder.startswith(".") and all(sign.isalnum() or sign in "._-" for sign in folder)
