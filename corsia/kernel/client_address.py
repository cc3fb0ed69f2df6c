"""From which address a request came, also behind a proxy; whatever a stranger writes into a header says nothing."""

import ipaddress
import logging
import re
from collections.abc import Callable, Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("corsia.client_address")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# A household or an office is given a whole /64: who counts single IPv6 addresses limits nobody.
IPV6_PREFIX = 64
X_FORWARDED_FOR, FORWARDED = "x-forwarded-for", "forwarded"
# What a proxy may tell. From anybody else these are not passed on; the first is read here and nowhere else.
_OF_PROXIES = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")
_FOR = re.compile(r"(?:^|;)\s*for\s*=\s*(\"[^\"]*\"|[^;\s]*)", re.IGNORECASE)


def networks_of(names: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks that addresses ("10.0.0.7") or networks ("10.0.0.0/24", "::1") name.

    Raises:
        ImproperlyConfigured: one of them names none.
    """
    try:
        return tuple(ipaddress.ip_network(name.strip(), strict=False) for name in names if name.strip())
    except ValueError as error:
        raise ImproperlyConfigured(f"CORSIA_TRUSTED_PROXIES: {error}") from error


def address_of(text: str) -> Address | None:
    """Return the address in "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711", or None."""
    plain = text.strip().strip('"')
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ipaddress.ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def client_address(peer: str, hops: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the address of the client.

    Args:
        peer: who is connected to us.
        hops: what the header lists, the nearest last: each proxy adds whom it was connected to.

    Returns:
        The last hop that is no proxy of ours. Without a trusted peer, the peer; where a hop is no address, the proxy
        that named it, for nothing further left can be believed.
    """
    nearest = address_of(peer)
    if nearest is None:
        return peer
    for hop in reversed(hops):
        if not any(nearest in network for network in trusted):
            break
        further = address_of(hop)
        if further is None:
            break
        nearest = further
    return str(nearest)


def hops_of(header: str, value: str) -> list[str]:
    """Return what a forwarding header lists, the nearest last."""
    entries = value.split(",") if value else []
    if header == X_FORWARDED_FOR:
        return entries
    named = (_FOR.search(entry) for entry in entries)
    return [found[1] if found else "" for found in named]


def address_key(request: HttpRequest) -> str:
    """Return the name under which the uses of a public door by this client are counted."""
    return count_key(str(request.META.get("REMOTE_ADDR", "")))


def count_key(told: str) -> str:
    """Return the name under which the uses by an address are counted."""
    address = address_of(told)
    if isinstance(address, ipaddress.IPv6Address):
        return f"address:{ipaddress.ip_network((address, IPV6_PREFIX), strict=False)}"
    return f"address:{address or told}"


class Proxies:
    """The proxies that the settings name: what they tell of a client is believed.

    Attributes:
        header: in which they tell it, in lower case.
    """

    def __init__(self) -> None:
        self.trusted = networks_of(settings.CORSIA_TRUSTED_PROXIES)
        self.header: str = settings.CORSIA_PROXY_HEADER
        if self.header not in (X_FORWARDED_FOR, FORWARDED):
            raise ImproperlyConfigured("CORSIA_PROXY_HEADER is either x-forwarded-for or forwarded.")

    def include(self, peer: str) -> bool:
        """Tell whether who is connected to us is one of them."""
        nearest = address_of(peer)
        return nearest is not None and any(nearest in network for network in self.trusted)

    def client_of(self, peer: str, told: str) -> str:
        """Return the client's address; `told` is what the header says, believed only from one of them."""
        return client_address(peer, hops_of(self.header, told), self.trusted) if self.include(peer) else peer


class ClientAddressMiddleware:
    """Puts the client's address where everything reads it (REMOTE_ADDR). Stands before all other middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.proxies = Proxies()
        self._has_warned = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = str(request.META.get("REMOTE_ADDR", ""))
        if self.proxies.include(peer):
            told = request.META.get(f"HTTP_{self.proxies.header.upper().replace('-', '_')}", "")
            request.META["REMOTE_ADDR"] = self.proxies.client_of(peer, told)
            kept = "HTTP_X_FORWARDED_PROTO"
        else:
            kept = ""
            self._warn(request, peer)
        for name in _OF_PROXIES:
            if name != kept:
                request.META.pop(name, None)
        return self.get_response(request)

    def _warn(self, request: HttpRequest, peer: str) -> None:
        if not self._has_warned and "HTTP_X_FORWARDED_FOR" in request.META:
            self._has_warned = True
            logger.warning(
                "%s sent X-Forwarded-For, which is passed over. If it is your proxy, name it in CORSIA_TRUSTED_PROXIES;"
                " until then all its visitors count as one.",
                peer,
            )
