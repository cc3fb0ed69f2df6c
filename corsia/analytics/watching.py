"""Have the database note which rows of a table changed, for migrations.

Triggers, because a row that a service, a library, an erasure or an SQL prompt wrote must all reach the warehouse. They
run once per statement and belong to the owner of the tables: a web process can neither write the notes nor leave them
out.

A statement may change one row or a million, and a session keeps the plan that it made for its first: beyond `_FEW` rows
the keys are looked up in other tables by a plan made for them. Of a table that is just being filled the database may
believe that it is empty (autovacuum counted it before the transaction ended); every plan then looks alike, and a nested
loop may pass over the whole table for each row. Where pages with less than a row each say so, nested loops are out.
"""

import re
from collections.abc import Sequence

from django.db.migrations.operations.special import RunSQL

_FEW = 200
_SOME_PAGES = 8  # below them, a whole table is read as quickly as its index


def watch(
    table: str,
    *,
    key: str,
    join: str = "",
    only: str = "",
    noted_as: str = "",
    also: Sequence[tuple[str, str]] = (),
) -> RunSQL:
    """Return the migration step that notes every insert, update and delete of a table's rows.

    Args:
        key: the key of the datasets that follow the table, as an expression over the changed row `r`.
        join: what leads from `r` to the key, where it stands in another table: by equality, so that it can be hashed.
        only: columns, separated by commas: only updates that change one of them are noted, and no insert or delete.
        noted_as: another name than the table's, where its changes are noted under two keys.
        also: further keys of the same changed row, each with its own join.
    """
    functions = _functions(noted_as or table, [(key, join), *also], only)
    steps = list(functions.values())
    steps.append(_trigger(table, "UPDATE", rows="OLD TABLE AS before NEW TABLE AS changed", noted_as=noted_as))
    if not only:
        steps.append(_trigger(table, "INSERT", rows="NEW TABLE AS changed", noted_as=noted_as))
        steps.append(_trigger(table, "DELETE", rows="OLD TABLE AS changed", noted_as=noted_as))
    return RunSQL("\n".join(steps), "\n".join(f"DROP FUNCTION {one}() CASCADE;" for one in functions))


def watch_otherwise(
    noted_as: str, *, key: str, join: str = "", only: str = "", also: Sequence[tuple[str, str]] = ()
) -> RunSQL:
    """Return the migration step that looks the keys up in another way, for a table that is watched; see `watch`."""
    return RunSQL("\n".join(_functions(noted_as, [(key, join), *also], only).values()), RunSQL.noop)


def _functions(name: str, keys: Sequence[tuple[str, str]], only: str) -> dict[str, str]:
    """Return the statements that make the functions, by the functions' names: for updates, and for all else."""
    both = "(SELECT * FROM changed UNION ALL SELECT * FROM before)"
    if only:
        fields = [field.strip() for field in only.split(",")]
        differs = " OR ".join(f"n.{field} IS DISTINCT FROM o.{field}" for field in fields)
        both = f"(SELECT n.* FROM changed n JOIN before o ON o.id = n.id WHERE {differs})"
    rows = {f"analytics_note_update_{name}": both}
    if not only:
        rows[f"analytics_note_{name}"] = "changed"
    tables = sorted({table for _key, join in keys for table in re.findall(r"JOIN (\w+_\w+) ", join)})
    return {function: _function(function, _note(name, keys, rows=those), tables) for function, those in rows.items()}


def _note(name: str, keys: Sequence[tuple[str, str]], *, rows: str) -> str:
    found = " UNION ".join(f"SELECT ({key})::bigint AS key FROM {rows} r {join}" for key, join in keys)
    return (
        "INSERT INTO analytics_changedrow (source, key, xid)"
        f" SELECT DISTINCT '{name}', k.key, pg_current_xact_id()::text::bigint FROM ({found}) k WHERE k.key IS NOT NULL"
    )


def _function(name: str, statement: str, tables: Sequence[str]) -> str:
    head = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = public, pg_temp"
    )
    if not tables:
        return f"{head} AS $$ BEGIN {statement}; RETURN NULL; END $$;"
    listed = ", ".join(f"'{table}'::regclass" for table in tables)
    blind = (
        f"EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid IN ({listed})"
        f" AND relpages > {_SOME_PAGES} AND reltuples < relpages)"
    )
    # What set_config sets ends with the function, because the function has a value of its own to begin with.
    return (
        f"{head} SET enable_nestloop = on AS $$ DECLARE blind CONSTANT boolean := {blind}; BEGIN"
        f" IF NOT blind AND (SELECT count(*) FROM (SELECT FROM changed LIMIT {_FEW + 1}) seen) <= {_FEW}"
        f" THEN {statement}; ELSE"
        " IF blind THEN PERFORM set_config('enable_nestloop', 'off', true); END IF;"
        f" EXECUTE $note${statement}$note$; END IF; RETURN NULL; END $$;"
    )


def _trigger(table: str, event: str, *, rows: str, noted_as: str) -> str:
    # ALWAYS: bulk loads switch off ordinary triggers, and what they write must reach the warehouse too.
    name = f"analytics_note_{event.lower()}" + (f"_{noted_as}" if noted_as else "")
    runs = f"analytics_note_{'update_' if event == 'UPDATE' else ''}{noted_as or table}"
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows} FOR EACH STATEMENT"
        f" EXECUTE FUNCTION {runs}(); ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
    )
