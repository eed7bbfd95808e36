"""Certificates are compared by subject and expiry; private keys are never shown."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from diff_support import an
from penstock.review.differences import compare
from penstock.review.payloads import REDACTED


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def private() -> str:
    kind = serialization.PrivateFormat.PKCS8
    return key().private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()


def certificate(name: str, year: int, serial: int = 255) -> str:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key().public_key(), serial)
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(year, 6, 1, tzinfo=UTC)
    made = builder.not_valid_before(begin).not_valid_after(end).sign(key(), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


OLD, NEW = "CN=town, valid until 2027-06-01, serial ff", "CN=town, valid until 2028-06-01, serial 100"


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_a_renewed_certificate(kind: str) -> None:
    encode = encoded if kind == "Secret" else str
    old, new = (
        an(kind, data={"tls.crt": encode(text)})
        for text in (certificate("town", 2027), certificate("town", 2028, serial=256))
    )
    [field] = compare(old, new)
    assert (field.path, field.old, field.new) == ("data[tls.crt]", [OLD], [NEW])


def test_a_bundle_gains_a_certificate() -> None:
    bundle = certificate("town", 2027)
    old, new = (an("ConfigMap", data={"ca.pem": text}) for text in (bundle, bundle + certificate("village", 2030, 3)))
    [field] = compare(old, new)
    assert (field.old, field.new) == ([OLD], [OLD, "CN=village, valid until 2030-06-01, serial 3"])


def test_a_certificate_that_is_replaced_by_a_text_shows_no_text() -> None:
    old, new = (an("ConfigMap", data={"tls.crt": text}) for text in (certificate("town", 2027), "hunter2"))
    [field] = compare(old, new)
    assert (field.old, field.new) == ([OLD], REDACTED)


def test_a_private_key_is_never_shown() -> None:
    old, new = (an("ConfigMap", data={"server.pem": text}) for text in (private(), private().replace("\n", "\n\n")))
    [field] = compare(old, new)
    assert (field.old, field.new, field.lines) == (REDACTED, REDACTED, [])


def test_a_key_next_to_its_certificate_is_not_shown() -> None:
    old, new = (an("ConfigMap", data={"server.pem": certificate("town", year) + private()}) for year in (2027, 2028))
    [field] = compare(old, new)
    assert "PRIVATE" not in str(field)
    assert field.old == [OLD]


def test_a_damaged_certificate_is_a_text() -> None:
    damaged = [f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n" for text in ("AAAA", "BBBB")]
    old, new = (an("ConfigMap", data={"tls.crt": text}) for text in damaged)
    [field] = compare(old, new)
    assert "AAAA" in str(field)
