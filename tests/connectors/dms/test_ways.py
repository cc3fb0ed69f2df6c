"""How files come: from a folder of the server once they are whole, by SFTP from the one server that is known."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from corsia.connectors.dms.models import Delivery
from corsia.connectors.dms.services import deliveries, folders, processing, running, sftp, sources
from corsia.connectors.dms.vocabulary import DeliveryState, Way
from corsia.customers.models import Customer
from corsia.kernel.models import Blob
from tests.connectors.dms.files import CLIENTI, NOW, ROBOT, counts, source_of, take_in
from tests.connectors.dms.test_orders import VEICOLI

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]
LATER = timedelta(minutes=3)


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.DELIVERIES = tmp_path
    (tmp_path / "bs").mkdir()
    return tmp_path / "bs"


def put(path: Path, text: str) -> None:
    path.write_bytes(text.encode("cp1252"))


def test_a_folder_is_emptied_in_the_order_in_which_files_need_each_other(group, folder: Path) -> None:
    source_of(group.root, folder="bs", is_automatic=True)
    put(folder / "a_veicoli.csv", "x")
    put(folder / "clienti.csv", CLIENTI)
    put(folder / "veicoli.csv", VEICOLI)
    put(folder / "clienti.csv.part", "half")
    put(folder / ".hidden", "x")
    (folder / "link.csv").symlink_to("/etc/hostname")
    now = datetime.now(tz=UTC)

    early, kept = folders.collect_folders(now=now), folders.collect_folders(now=now + LATER)

    assert (early, kept) == (0, 3)  # what changed a moment ago may still be written
    names = list(Delivery.objects.order_by("pk").values_list("file_name", "way"))
    assert names == [("clienti.csv", "folder"), ("veicoli.csv", "folder"), ("a_veicoli.csv", "folder")]
    assert sorted(path.name for path in folder.iterdir()) == [".hidden", "clienti.csv.part", "done", "link.csv"]
    assert len(list((folder / "done").iterdir())) == 3
    for one in Delivery.objects.order_by("pk"):
        processing.process(delivery_id=one.pk, now=now)
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["applied", "applied", "failed"]
    assert Customer.objects.count() == 3


def test_a_file_kept_but_not_moved_is_only_moved(group, folder: Path) -> None:
    source = source_of(group.root, folder="bs")
    put(folder / "clienti.csv", CLIENTI)
    now = datetime.now(tz=UTC) + LATER
    deliveries.keep_delivery(
        source_id=source.pk,
        file_name="clienti.csv",
        content=CLIENTI.encode("cp1252"),
        way=Way.FOLDER,
        by=ROBOT,
        now=now,
    )

    folders.collect_folders(now=now)

    assert Delivery.objects.count() == 1
    assert [path.name for path in folder.iterdir()] == ["done"]


def test_an_empty_file_is_laid_aside(group, folder: Path) -> None:
    source_of(group.root, folder="bs")
    put(folder / "clienti.csv", "")

    folders.collect_folders(now=datetime.now(tz=UTC) + LATER)

    assert [path.name for path in folder.iterdir()] == ["failed"]
    assert not Delivery.objects.exists()


def test_a_file_with_too_much_left_out_waits_for_somebody(group) -> None:
    source = source_of(group.root, is_automatic=True, most_left_out_pct=20)
    content = (CLIENTI + ";;;;;;;;;;;;;;x\r\n").encode("cp1252")
    waiting, _ = deliveries.keep_delivery(
        source_id=source.pk, file_name="clienti.csv", content=content, way=Way.FOLDER, by=ROBOT, now=NOW
    )

    assert processing.process(delivery_id=waiting.pk, now=NOW).state == DeliveryState.CHECKED
    assert not Customer.objects.exists()


@pytest.mark.parametrize("folder_name", ["../x", "/etc", "a/b", ".ssh", "a b", "x" * 81])
def test_a_folder_never_leads_elsewhere(group, folder_name: str) -> None:
    with pytest.raises(sources.FolderUnusable):
        source_of(group.root, folder=folder_name)


def test_a_name_never_leads_elsewhere() -> None:
    assert deliveries.plain_name("../../etc/passwd") == "passwd"
    assert deliveries.plain_name("C:\\export\\clienti.csv") == "clienti.csv"
    assert deliveries.plain_name("a\x00\nb.csv") == "ab.csv"


def test_a_run_broken_off_goes_on_where_it_was(source, monkeypatch) -> None:
    many = CLIENTI + "".join(f"N{number};P;Neri;Numero {number};;;;;;;;;;;\r\n" for number in range(20))
    kept, _ = deliveries.keep_delivery(
        source_id=source.pk, file_name="clienti.csv", content=many.encode("cp1252"), way=Way.PAGE, by=ROBOT, now=NOW
    )
    processing.process(delivery_id=kept.pk, now=NOW)
    deliveries.confirm_delivery(delivery_id=kept.pk, by=ROBOT, now=NOW)
    monkeypatch.setattr(running, "BATCH", 5)
    whole = running.Run._batch

    def breaks(self, plan, place, batch):  # type: ignore[no-untyped-def]
        if self._done > 10:
            raise ConnectionError
        whole(self, plan, place, batch)

    monkeypatch.setattr(running.Run, "_batch", breaks)
    with pytest.raises(ConnectionError):
        processing.process(delivery_id=kept.pk, now=NOW)
    kept.refresh_from_db()
    assert (kept.state, kept.done, Customer.objects.count()) == (DeliveryState.CONFIRMED, 10, 10)
    monkeypatch.setattr(running.Run, "_batch", whole)

    done = processing.process(delivery_id=kept.pk, now=NOW)

    assert (done.state, counts(done), Customer.objects.count()) == (DeliveryState.APPLIED, (23, 23, 0, 0, 0), 23)


def test_what_files_held_is_forgotten_after_two_months(source) -> None:
    taken = take_in(source, CLIENTI)

    assert deliveries.forget_contents(now=NOW + timedelta(days=59)) == 0
    assert deliveries.forget_contents(now=NOW + timedelta(days=61)) == 1

    taken.refresh_from_db()
    assert (taken.content_id, taken.new) == (None, 3)
    assert not Blob.objects.exists()
    with pytest.raises(deliveries.ContentGone):
        deliveries.replay(delivery_id=taken.pk, by=ROBOT, now=NOW)


class _Server(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("dms", "right")


@contextlib.contextmanager
def sftp_server(root: Path) -> Iterator[tuple[int, str]]:
    """Serve a folder by SFTP on loopback; gives the port and the server's public key."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=_Server,
            server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(root)),
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    try:
        yield server.get_port(), key.export_public_key().decode().strip()
    finally:
        server.close()
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def test_files_of_a_server_are_fetched_once_and_left_there(group, tmp_path: Path, settings) -> None:
    settings.SANDBOX = False
    (tmp_path / "out").mkdir()
    put(tmp_path / "out" / "veicoli.csv", VEICOLI)
    put(tmp_path / "out" / "clienti.csv", CLIENTI)
    (tmp_path / "out" / "sub").mkdir()
    later = datetime.now(tz=UTC) + LATER
    with sftp_server(tmp_path) as (port, key):
        there = {
            "sftp_host": "127.0.0.1", "sftp_port": port, "sftp_user": "dms", "sftp_secret": "right",
            "sftp_host_key": key, "sftp_folder": "out",
        }  # fmt: skip
        source = source_of(group.root, **there)

        too_early, first, second = (sftp.pull_all(now=at) for at in (datetime.now(tz=UTC), later, later))

        assert (too_early, first, second) == (0, 2, 0)
        assert list(Delivery.objects.order_by("pk").values_list("file_name", "way")) == [
            ("clienti.csv", "sftp"), ("veicoli.csv", "sftp"),
        ]  # fmt: skip
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["clienti.csv", "sub", "veicoli.csv"]
        source.refresh_from_db()
        assert (source.pull_error, source.pulled_at, source.sftp_secret) == ("", later, "right")

        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        for wrong in ({"sftp_host_key": other}, {"sftp_secret": "wrong"}, {"sftp_host_key": "nonsense"}):
            stranger = source_of(group.root, name=f"S{min(wrong.values())[:20]}", **(there | wrong))
            assert sftp.pull(source=stranger, now=later) == 0
            stranger.refresh_from_db()
            assert stranger.pull_error.startswith("127.0.0.1: ")
        assert Delivery.objects.count() == 2


def test_a_server_without_its_key_is_refused(group) -> None:
    with pytest.raises(sources.HostKeyMissing):
        source_of(group.root, sftp_host="sftp.example.it", sftp_user="dms", sftp_secret="x")
