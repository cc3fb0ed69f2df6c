"""Ranges in exclusion constraints, without an extension of the database."""

from django.db.models import Func


class Int8Range(Func):
    """A one-point range of a bigint, so that equality can stand in an exclusion constraint without an extension."""

    function = "int8range"


class TstzRange(Func):
    """A half-open range of instants."""

    function = "tstzrange"
