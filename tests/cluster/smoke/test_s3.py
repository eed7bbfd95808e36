"""Listing a bucket: the signature, and recorded answers of SeaweedFS 4.48 (recorded/)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from penstock.cluster.smoke import s3
from penstock.core.errors import PenstockError
from smoke_support import Web, serve

RECORDED = Path(__file__).parent / "recorded"
LOGIN = s3.Login("penstock", "secret", "us-east-1")


def recorded(name: str) -> str:
    return (RECORDED / f"s3-{name}.xml").read_text()


@pytest.fixture
def store() -> Iterator[Web]:
    with serve() as web:
        yield web


def test_the_signature_is_that_of_amazon_s_own_example() -> None:
    """GET Bucket (List Objects) of "Examples: Signature Calculations" in the API reference of S3."""
    login = s3.Login("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    day = datetime(2013, 5, 24, tzinfo=UTC)
    headers = s3.signed("examplebucket.s3.amazonaws.com", "/", "max-keys=2&prefix=J", login, day)
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )


def test_the_objects_of_a_bucket(store: Web) -> None:
    store.answers = {"GET /metrics?list-type=2": (200, recorded("blocks"))}
    found = s3.objects(store.address, "metrics", LOGIN)
    assert found["01M879JWAYSQRH61J8995SJ0E4/meta.json"] == datetime(2026, 11, 24, 17, 28, 9, tzinfo=UTC)
    assert len(found) == 6
    ((_, headers, _),) = store.asked
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=penstock/")
    assert headers["host"] == store.address
    assert "secret" not in str(headers)


def test_an_empty_bucket(store: Web) -> None:
    store.answers = {"GET /logs?list-type=2": (200, recorded("empty"))}
    assert s3.objects(store.address, "logs", LOGIN) == {}


def test_every_page_is_read(store: Web) -> None:
    token = "continuation-token=single-tenant%2F6f1d%2Fmeta.json"
    store.answers = {
        "GET /traces?list-type=2": (200, recorded("page-1")),
        f"GET /traces?{token}&list-type=2": (200, recorded("page-2")),
    }
    found = s3.objects(store.address, "traces", LOGIN)
    assert list(found) == ["single-tenant/6f1d/data.parquet", "single-tenant/6f1d/meta.json", "work.json"]


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        (404, recorded("no-bucket"), "bucket traces: the store answers 404 'NoSuchBucket'"),
        (403, recorded("wrong-key"), "bucket traces: the store answers 403 'SignatureDoesNotMatch'"),
        (500, "<html/>", "bucket traces: the store answers 500 '<html/>'"),
        (200, "<html/>", "bucket traces: the store answers with a html instead of a list"),
        (200, "", "bucket traces: the store answers 200 without XML (no element found"),
        (200, "upstream connect error", "bucket traces: the store answers 200 without XML (syntax error"),
        (200, recorded("page-1")[:300], "bucket traces: the store answers 200 without XML"),
        (
            200,
            recorded("page-1").replace("NextContinuationToken", "Next"),
            "bucket traces: the store's list lacks a NextContinuationToken",
        ),
        (
            200,
            recorded("page-1").replace("LastModified", "Date"),
            "bucket traces: the store's list lacks a LastModified",
        ),
        (200, recorded("page-1").replace("2026-11-24T17:29:36Z", "now"), "bucket traces: 'now' is no time"),
    ],
)
def test_an_invalid_answer(store: Web, code: int, text: str, said: str) -> None:
    store.answers = {"GET /traces?list-type=2": (code, text)}
    with pytest.raises(PenstockError) as caught:
        s3.objects(store.address, "traces", LOGIN)
    assert caught.value.message.startswith(said)


def test_an_unreachable_store() -> None:
    with serve() as web:
        address = web.address
    with pytest.raises(PenstockError, match="doesn't answer"):
        s3.objects(address, "traces", LOGIN)
