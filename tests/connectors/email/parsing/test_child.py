"""Children that read mails: they lose nothing on the way, and one that fails costs one mail."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from corsia.connectors.email.parsing import Outcome, Reason, child, parse_mail, wire
from corsia.connectors.email.parsing.child import ParserPool, parse_in_child
from tests.connectors.email.parsing.test_invitations import EVENT
from tests.connectors.email.parsing.test_pec import INNER

MAIL = "From: Mario <m@example.it>\r\nSubject: Città\r\n\r\nCiao".encode()
RICH = (
    b"From: MAILER-DAEMON@x.it\r\nDate: Mon, 5 Feb 2024 10:32:11 +0100\r\n"
    b"Subject: failure notice\r\nX-Ricevuta: accettazione\r\n"
    b"Authentication-Results: x; spf=pass\r\nReferences: <a@b> <c@d>\r\nTo: \xff\xfe <a@b.it>\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n550 5.1.1 user unknown a@b.it\r\n"
    b"--x\r\nContent-Type: text/calendar\r\n\r\n"
    + EVENT.encode()
    + b"--x\r\nContent-Type: application/pdf\r\n\r\n%PDF\x00\xff\r\n--x--"
)


@pytest.mark.parametrize("raw", [MAIL, RICH, INNER, b"", RICH.replace(b"X-Ricevuta: accettazione\r\n", b"")])
def test_a_child_says_exactly_what_the_parser_says(raw: bytes) -> None:
    with ParserPool() as pool:
        assert pool.parse(raw) == parse_mail(raw)


def test_what_goes_over_the_wire_comes_back_equal() -> None:
    mail = parse_mail(RICH)
    record, contents = wire.encode(mail)

    assert mail.invitations
    assert mail.attachments
    assert mail.pec
    assert wire.decode(record, memoryview(b"".join(contents))) == mail


def test_a_frame_that_does_not_add_up_is_refused() -> None:
    record, contents = wire.encode(parse_mail(RICH))

    with pytest.raises(ValueError, match="fill the frame"):
        wire.decode(record, memoryview(b"".join(contents) + b"x"))


def test_one_child_reads_many_mails() -> None:
    with ParserPool(size=1) as pool:
        first = {pool.parse(MAIL).text for _ in range(20)}
        processes = pool.processes()

        assert first == {"Ciao"}
        assert len(processes) == 1
        assert pool.parse(MAIL).text == "Ciao"
        assert pool.processes() == processes


def test_a_child_killed_between_two_mails_is_replaced_unnoticed() -> None:
    with ParserPool(size=1) as pool:
        pool.parse(MAIL)
        (process,) = pool.processes()
        os.kill(process, signal.SIGKILL)
        time.sleep(0.1)

        assert pool.parse(MAIL).text == "Ciao"
        assert pool.processes() != (process,)


def test_a_child_killed_at_work_costs_that_mail_alone() -> None:
    with ParserPool(size=1) as pool:
        pool.parse(MAIL)
        (process,) = pool.processes()
        os.kill(process, signal.SIGSTOP)  # at work for ever, as far as the parent can see
        threading.Timer(0.3, os.kill, (process, signal.SIGKILL)).start()

        mail = pool.parse(MAIL)

        assert (mail.outcome, mail.reason) == (Outcome.QUARANTINED, Reason.CRASHED)
        assert pool.parse(MAIL).text == "Ciao"


def test_a_child_that_hangs_is_given_up_in_time() -> None:
    with ParserPool(size=1, seconds=4.0) as pool:
        pool.parse(MAIL)
        (process,) = pool.processes()
        os.kill(process, signal.SIGSTOP)
        started = time.monotonic()

        mail = pool.parse(MAIL)

        assert (mail.outcome, mail.reason) == (Outcome.QUARANTINED, Reason.TOO_SLOW)
        assert time.monotonic() - started < 20
        assert not Path(f"/proc/{process}").exists()
        assert pool.parse(MAIL).text == "Ciao"


def test_a_mail_over_sixty_megabytes_never_reaches_a_child() -> None:
    with ParserPool(size=1) as pool:
        mail = pool.parse(b"x" * (60 * 1024 * 1024 + 1))

        assert mail.reason is Reason.TOO_LARGE
        assert pool.processes() == ()


def test_a_child_is_renewed_after_its_share_of_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_RENEW_AFTER", 3)
    with ParserPool(size=1) as pool:
        pool.parse(MAIL)
        before = pool.processes()
        for _ in range(3):
            assert pool.parse(MAIL).text == "Ciao"

        assert pool.processes() != before


def test_a_child_is_renewed_after_a_large_mail() -> None:
    with ParserPool(size=1) as pool:
        pool.parse(MAIL)
        before = pool.processes()
        pool.parse(MAIL + b"\r\n" + b"riga\r\n" * 1_500_000)

        assert pool.parse(MAIL).text == "Ciao"
        assert pool.processes() != before


def test_threads_share_a_pool_without_mixing_their_mails() -> None:
    found: dict[int, set[str]] = {}

    with ParserPool(size=2) as pool:

        def read(number: int) -> None:
            raw = b"From: m@example.it\r\n\r\nmail %d" % number
            found[number] = {pool.parse(raw).text for _ in range(20)}

        threads = [threading.Thread(target=read, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pool.processes()) <= 2

    assert found == {number: {f"mail {number}"} for number in range(6)}


def test_no_child_outlives_its_pool() -> None:
    pool = ParserPool(size=1)
    pool.parse(MAIL)
    (process,) = pool.processes()
    pool.close()

    assert not Path(f"/proc/{process}").exists()


def test_a_child_ends_when_its_parent_is_killed() -> None:
    script = (
        "import time\nfrom corsia.connectors.email.parsing.child import ParserPool\n"
        "pool = ParserPool()\npool.parse(b'From: a@b.it\\n\\nciao')\n"
        "print(*pool.processes(), flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[4]
    )
    assert parent.stdout is not None
    process = Path(f"/proc/{parent.stdout.readline().strip()}")
    assert process.exists()

    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(50):
        # An orphan nobody waits for stays a zombie in a container without init: ended all the same.
        if not process.exists() or "\nState:\tZ" in (process / "status").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the child is still there 5 s after its parent")


def test_a_child_knows_no_secret_and_no_django() -> None:
    os.environ["CORSIA_SECRET_CANARY"] = "canary-7391"
    try:
        with ParserPool() as pool:
            pool.parse(MAIL)
            (process,) = pool.processes()
            environment = Path(f"/proc/{process}/environ").read_bytes()
            maps = Path(f"/proc/{process}/maps").read_text()
    finally:
        del os.environ["CORSIA_SECRET_CANARY"]

    assert b"canary-7391" not in environment
    assert "psycopg" not in maps
    loaded = "import sys, corsia.connectors.email.parsing.worker; print('django' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[4]
    )
    assert answer.stdout.strip() == "False"


def test_a_child_has_its_limits() -> None:
    with ParserPool() as pool:
        pool.parse(MAIL)
        (process,) = pool.processes()
        limits = Path(f"/proc/{process}/limits").read_text()

    limit = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert str(512 * 1024 * 1024) in limit
    seconds = next(line for line in limits.splitlines() if line.startswith("Max cpu time")).split()[3]
    assert 10 <= int(seconds) <= 15


def test_the_shared_pool_is_ready_when_asked() -> None:
    assert parse_in_child(MAIL) == parse_mail(MAIL)
