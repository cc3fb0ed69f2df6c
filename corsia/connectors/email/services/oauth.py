"""Access tokens for mailboxes of Google and Microsoft: renewed before they expire, kept encrypted, told to nobody."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from django.db import transaction

from corsia.kernel.safe_fetch import FetchFailed, safe_fetch
from corsia.messaging.models import Mailbox
from corsia.messaging.vocabulary import TokenProvider

EARLY = timedelta(minutes=2)  # a token is renewed this long before it ends
_LIVES = timedelta(hours=1)  # where the provider does not say how long
_MAX_ANSWER = 64 * 1024
_ERROR = re.compile(r"[a-z_]{1,40}")  # RFC 6749: a word; whatever else an answer holds is not shown


class TokenRefused(Exception):
    """No token was given; the text begins with the MailboxProblem and holds no secret."""


@dataclass(frozen=True)
class Provider:
    """How a provider gives tokens. `{tenant}` in the address is the organisation's at Microsoft."""

    endpoint: str
    grant: str
    scope: str = ""


PROVIDERS: dict[str, Provider] = {
    TokenProvider.GOOGLE: Provider(endpoint="https://oauth2.googleapis.com/token", grant="refresh_token"),
    TokenProvider.MICROSOFT: Provider(
        endpoint="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        grant="refresh_token",
        scope="https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    ),
    TokenProvider.MICROSOFT_APP: Provider(
        endpoint="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        grant="client_credentials",
        scope="https://outlook.office365.com/.default",
    ),
}


def access_token(mailbox: Mailbox, *, now: datetime) -> str:
    """Return a token that is valid now: the stored one, or a fresh one.

    A fresh one is stored at once, with the refresh token that some providers hand out in place of the old one.

    Raises:
        TokenRefused: the provider cannot be reached or gives none.
    """
    if mailbox.oauth_access_token and mailbox.oauth_expires_at and mailbox.oauth_expires_at - EARLY > now:
        return str(mailbox.oauth_access_token)
    provider = PROVIDERS[mailbox.oauth_provider]
    answer = _asked(mailbox, provider)
    token, renewal = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(token, str) or not token or not token.isprintable() or not token.isascii():
        raise TokenRefused("token_refused: no_access_token")
    lives = answer.get("expires_in")
    seconds = int(lives) if isinstance(lives, int | str) and str(lives).isdecimal() else _LIVES.total_seconds()
    _keep(
        mailbox,
        token=token,
        refresh_token=renewal if isinstance(renewal, str) and renewal else None,
        expires_at=now + min(timedelta(seconds=seconds), timedelta(days=1)),
    )
    return token


def forget_token(mailbox: Mailbox) -> None:
    """Drop the stored access token: the mail server did not accept it, the next visit fetches another."""
    Mailbox.unscoped.filter(pk=mailbox.pk).update(oauth_access_token=None, oauth_expires_at=None)
    mailbox.oauth_access_token, mailbox.oauth_expires_at = None, None


@transaction.atomic
def _keep(mailbox: Mailbox, *, token: str, refresh_token: str | None, expires_at: datetime) -> None:
    row: Mailbox = Mailbox.unscoped.select_for_update().get(pk=mailbox.pk)
    if (row.oauth_provider, row.oauth_client_id, row.oauth_refresh_token) != (
        mailbox.oauth_provider,
        mailbox.oauth_client_id,
        mailbox.oauth_refresh_token,
    ):
        return  # somebody entered others meanwhile: these must not take their place
    for each in (row, mailbox):
        each.oauth_access_token, each.oauth_expires_at = token, expires_at
        each.oauth_refresh_token = refresh_token or each.oauth_refresh_token
    row.save(update_fields=["oauth_access_token", "oauth_expires_at", "oauth_refresh_token"])


def _asked(mailbox: Mailbox, provider: Provider) -> dict[str, object]:
    given = {
        "grant_type": provider.grant,
        "client_id": mailbox.oauth_client_id,
        "client_secret": mailbox.oauth_client_secret or "",
        "scope": provider.scope,
        "refresh_token": (mailbox.oauth_refresh_token or "") if provider.grant == "refresh_token" else "",
    }
    url = provider.endpoint.replace("{tenant}", quote(mailbox.oauth_tenant or "common", safe=""))
    try:
        answer = safe_fetch(
            url,
            method="POST",
            body=urlencode({name: value for name, value in given.items() if value}).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            max_bytes=_MAX_ANSWER,
        )
    except FetchFailed as failure:
        raise TokenRefused(f"token_unreachable: {failure}") from failure
    found = _read(answer.body)
    if answer.status != 200:
        error = found.get("error")
        word = error if isinstance(error, str) and _ERROR.fullmatch(error) else f"HTTP {answer.status}"
        # The provider's own trouble passes by itself; what it says about us needs somebody.
        kind = "token_unreachable" if answer.status >= 500 or answer.status == 429 else "token_refused"
        raise TokenRefused(f"{kind}: {word}")
    return found


def _read(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
