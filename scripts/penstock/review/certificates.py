"""Certificates in ConfigMaps, Secrets and `caBundle`, as what a reviewer needs of them: whose, and until when."""

from __future__ import annotations

import base64
import binascii
import re

_BEGIN = "-----BEGIN CERTIFICATE-----"
# The first bytes of a PEM file, encoded.
_ENCODED = base64.b64encode(b"-----").decode()[:6]
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def described(value: object) -> list[str] | None:
    """Return a line for each certificate in a text, PEM or that in base64: subject, expiry, and the serial number.

    None for any other value, and for a damaged certificate.
    """
    text = pem(value)
    if _BEGIN not in text:
        return None
    from cryptography import x509  # loads OpenSSL, which only these values need

    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return None
    return [
        f"{each.subject.rfc4514_string() or 'no subject'}, valid until {each.not_valid_after_utc:%Y-%m-%d}, "
        f"serial {each.serial_number:x}"
        for each in found
    ]


def is_private(value: object) -> bool:
    """Whether a text contains a private key, PEM or that in base64."""
    return bool(_PRIVATE.search(pem(value)))


def pem(value: object) -> str:
    """Return the text of a PEM file, decoded if it is in base64; empty for anything else."""
    if not isinstance(value, str):
        return ""
    if value.startswith(_ENCODED):
        try:
            return base64.b64decode(value, validate=False).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return value if "-----BEGIN " in value else ""
