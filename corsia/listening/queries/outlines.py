"""The outlines that come with the product."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from corsia.listening.rules.outlines import Outline, OutlineBlock

SHIPPED = Path(__file__).parent.parent / "shipped" / "outlines.yaml"


@cache
def outlines() -> Mapping[str, Outline]:
    """Return the outlines of the package by key."""
    return {data["key"]: _outline(data) for data in yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))}


def _outline(data: Mapping[str, Any]) -> Outline:
    return Outline(
        key=data["key"],
        instrument=data["instrument"],
        population=data["population"],
        quota=data["quota"],
        name_it=data["it"],
        name_en=data["en"],
        blocks=[
            OutlineBlock(
                name_it=block["it"],
                name_en=block["en"],
                text_it=block["text_it"].strip(),
                text_en=block["text_en"].strip(),
                minutes=block.get("minutes", 0),
                touchpoint=block.get("touchpoint", ""),
            )
            for block in data["blocks"]
        ],
    )
