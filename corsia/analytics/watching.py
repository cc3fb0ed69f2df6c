"""Have the database note which rows of a table changed, for migrations.

Triggers, because a row that a service, a library, an erasure or an SQL prompt wrote must all reach the warehouse. They
run once per statement and belong to the owner of the tables: a web process can neither write the notes nor leave them
out.
"""

from django.db.migrations.operations.special import RunSQL


def watch(table: str, *, key: str, join: str = "", only: str = "", noted_as: str = "") -> RunSQL:
    """Return the migration step that notes every insert, update and delete of a table's rows.

    Args:
        key: the key of the datasets that follow the table, as an expression over the changed row `r`.
        join: what leads from `r` to the key, where it stands in another table.
        only: columns, separated by commas: only updates that change one of them are noted, and no insert or delete.
        noted_as: another name than the table's, where its changes are noted under two keys.
    """
    name = noted_as or table
    note = f"INSERT INTO analytics_changedrow (source, key, xid) SELECT DISTINCT '{name}', {key}::bigint, "
    note += "pg_current_xact_id()::text::bigint FROM {rows} r " + join + f" WHERE {key} IS NOT NULL"
    whenever = note.format(rows="changed")
    if only:
        fields = [name.strip() for name in only.split(",")]
        differs = " OR ".join(f"n.{name} IS DISTINCT FROM o.{name}" for name in fields)
        on_update = note.format(rows=f"(SELECT n.* FROM changed n JOIN before o ON o.id = n.id WHERE {differs})")
    else:
        on_update = note.format(rows="(SELECT * FROM changed UNION ALL SELECT * FROM before)")
    steps = [
        _function(f"analytics_note_update_{name}", on_update),
        _trigger(table, "UPDATE", rows="OLD TABLE AS before NEW TABLE AS changed", noted_as=noted_as),
    ]
    if not only:
        steps += [
            _function(f"analytics_note_{name}", whenever),
            _trigger(table, "INSERT", rows="NEW TABLE AS changed", noted_as=noted_as),
            _trigger(table, "DELETE", rows="OLD TABLE AS changed", noted_as=noted_as),
        ]
    functions = [f"analytics_note_update_{name}", *([] if only else [f"analytics_note_{name}"])]
    return RunSQL("\n".join(steps), "\n".join(f"DROP FUNCTION {one}() CASCADE;" for one in functions))


def _function(name: str, statement: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp"
        f" AS $$ BEGIN {statement}; RETURN NULL; END $$;"
    )


def _trigger(table: str, event: str, *, rows: str, noted_as: str) -> str:
    # ALWAYS: bulk loads switch off ordinary triggers, and what they write must reach the warehouse too.
    name = f"analytics_note_{event.lower()}" + (f"_{noted_as}" if noted_as else "")
    runs = f"analytics_note_{'update_' if event == 'UPDATE' else ''}{noted_as or table}"
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows} FOR EACH STATEMENT"
        f" EXECUTE FUNCTION {runs}(); ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
    )
