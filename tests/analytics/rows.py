"""What stands in a warehouse, row by row."""

from corsia.analytics.queries.engine import connect
from corsia.analytics.queries.manifest import home, read_manifest


def stored(dataset: str) -> list[dict]:
    """Return all rows of a dataset, in order."""
    manifest = read_manifest()
    assert manifest is not None
    parts = manifest.shelves[dataset].parts.values()
    if not parts:
        return []
    listed = ", ".join(f"'{home() / part.file}'" for part in parts)
    found = connect().execute(f"SELECT * FROM read_parquet([{listed}]) ORDER BY ALL")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def everything_stored() -> dict[str, list[dict]]:
    """Return all rows of all datasets."""
    manifest = read_manifest()
    assert manifest is not None
    return {name: stored(name) for name in manifest.shelves}
