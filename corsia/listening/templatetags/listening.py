"""The tabs of listening: what they show hangs on who looks and where."""

from typing import Any

from django import template

from corsia.listening.navigation import Group, groups_for

register = template.Library()


@register.simple_tag(takes_context=True)
def listening_groups(context: template.Context) -> list[tuple[Group, bool]]:
    """Return the groups that whoever looks may see, each with whether this page is in it."""
    request: Any = context["request"]
    here = request.resolver_match.url_name
    return [(group, any(place.name == here for place in group.places)) for group in groups_for(request.actor)]
