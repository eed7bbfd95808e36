"""The JSON Schemas of the review's output, of review.yaml and of promotion.yaml, from their types."""

from __future__ import annotations

import msgspec

from penstock.promotion.settings import Promotion
from penstock.review.model import Review
from penstock.review.settings import Settings


def review() -> str:
    """Return the schema of `inv review --format json`."""
    return _text(Review)


def settings() -> str:
    """Return the schema of review.yaml."""
    return _text(Settings)


def promotion() -> str:
    """Return the schema of promotion.yaml."""
    return _text(Promotion)


def _text(model: type) -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(model)}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"
