"""The server in front of Django believes no header either: only our own list of proxies counts."""

import urllib.error
import urllib.request

import pytest

from tests.running import corsia_running

pytestmark = pytest.mark.django_db(transaction=True)


def status_of(web: str, forwarded: str) -> int:
    """Use a public door that counts thirty uses a minute; without a token, as mail programs do."""
    address = f"{web}/portal/unsubscribe/1-x/"
    request = urllib.request.Request(address, data=b"", headers={"X-Forwarded-For": forwarded})  # noqa: S310
    try:
        return int(urllib.request.urlopen(request, timeout=10).status)  # noqa: S310
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_real_server_counts_a_spoofing_client_as_one(monkeypatch) -> None:
    monkeypatch.setenv("CORSIA_TRUSTED_PROXIES", "192.0.2.1")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own switch must change nothing
    with corsia_running(parts=("web",)) as running:
        # More than two minutes' worth: whatever the clock says, one minute holds more than thirty.
        seen = [status_of(running.web, f"198.51.100.{number}") for number in range(70)]

    assert set(seen) == {404, 429}
    assert seen.count(404) <= 60
