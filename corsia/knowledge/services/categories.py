"""The shelves."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.knowledge.models import Category
from corsia.knowledge.permissions import APPROVE_ARTICLES


class ShelfNameTaken(Invalid):
    code = "knowledge.shelf_name_taken"
    message = _("The unit has a shelf called “%(name)s” already. Choose another name.")


class ShelfNotEmpty(Refused):
    code = "knowledge.shelf_not_empty"
    message = _("There are articles on the shelf “%(name)s”. Move them to another shelf, then remove it.")


@transaction.atomic
def save_category(
    *,
    category_id: int | None,
    unit_id: int,
    name_it: str,
    name_en: str,
    icon: str,
    position: int,
    by: Actor,
    now: datetime,
    key: str = "",
) -> Category:
    """Add a shelf or change one; its key, part of public addresses, stays.

    Raises:
        ShelfNameTaken: another shelf of the unit has the same key.
    """
    category: Category = Category(unit_id=unit_id) if category_id is None else Category.objects.lock(category_id)
    demand(by, APPROVE_ARTICLES, category.unit_id)
    if category_id is None:
        category.key = slugify(key or name_it)[:40] or "altro"
    category.name_it, category.name_en = name_it, name_en or name_it
    category.icon, category.position = icon, position
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError as taken:
        raise ShelfNameTaken(name=name_it) from taken
    audit(category, "shelf_saved", by=by, now=now, name=name_it)
    return category


@transaction.atomic
def remove_category(*, category_id: int, by: Actor, now: datetime) -> None:
    """Remove an empty shelf.

    Raises:
        ShelfNotEmpty: articles stand on it.
    """
    category: Category = Category.objects.lock(category_id)
    demand(by, APPROVE_ARTICLES, category.unit_id)
    audit(category, "shelf_removed", by=by, now=now, name=category.name_it)
    try:
        category.delete()
    except ProtectedError as used:
        raise ShelfNotEmpty(name=category.name_it) from used
