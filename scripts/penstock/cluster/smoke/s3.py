"""List the objects of a bucket by ListObjectsV2, with AWS Signature Version 4.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and, for the signature, "Create a signed AWS API
request" in the IAM User Guide.
"""

from __future__ import annotations

import hashlib
import hmac
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from penstock.cluster.smoke import http
from penstock.cluster.smoke.check import CheckFailed

_SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Login:
    """An access key, its secret, and the region of signatures."""

    key: str
    secret: str
    region: str


def objects(address: str, bucket: str, login: Login) -> dict[str, datetime]:
    """Map keys to write times, for every object of a bucket; raises CheckFailed for an invalid answer."""
    written: dict[str, datetime] = {}
    token = ""
    while True:
        query = {"list-type": "2"} | ({"continuation-token": token} if token else {})
        page = _page(address, bucket, query, login)
        for entry in page.iter(f"{_SPACE}Contents"):
            written[_text(entry, "Key", bucket)] = _time(_text(entry, "LastModified", bucket), bucket)
        if page.findtext(f"{_SPACE}IsTruncated") != "true":
            return written
        token = _text(page, "NextContinuationToken", bucket)


def _page(address: str, bucket: str, query: dict[str, str], login: Login) -> ET.Element:
    encoded = _encoded(query)
    headers = signed(address, f"/{bucket}", encoded, login, datetime.now(UTC))
    code, text = http.request(address, "GET", f"/{bucket}?{encoded}", headers)
    try:
        page = ET.fromstring(text)  # noqa: S314, the platform's own store is trusted
    except ET.ParseError as error:
        raise CheckFailed(f"bucket {bucket}: the store answers {code} without XML ({error}): {text[:80]!r}") from None
    if code != 200:
        raise CheckFailed(f"bucket {bucket}: the store answers {code} {page.findtext('Code') or text[:80]!r}")
    if page.tag != f"{_SPACE}ListBucketResult":
        raise CheckFailed(f"bucket {bucket}: the store answers with a {page.tag} instead of a list")
    return page


def _text(element: ET.Element, name: str, bucket: str) -> str:
    text = element.findtext(f"{_SPACE}{name}")
    if not text:
        raise CheckFailed(f"bucket {bucket}: the store's list lacks a {name}")
    return text


def _time(text: str, bucket: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise CheckFailed(f"bucket {bucket}: {text!r} is no time") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _encoded(query: dict[str, str]) -> str:
    return "&".join(f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}" for key, value in sorted(query.items()))


def signed(host: str, path: str, query: str, login: Login, now: datetime) -> dict[str, str]:
    """Return the headers of a GET without a body, with Signature Version 4; `query` must be encoded and sorted."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-content-sha256": _EMPTY, "x-amz-date": stamp}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(["GET", quote(path), query, lines, names, _EMPTY])
    scope = f"{stamp[:8]}/{login.region}/s3/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{login.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"Credential={login.key}/{scope}"
    authorization = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": authorization}
