"""Signatures on receipts and certificates: Ed25519, named by a key id."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app

from core.audit.rules import canonical


@dataclass(frozen=True)
class Signer:
    """One signing key. ``kid`` is the beginning of the SHA-256 of the public key."""

    private: Ed25519PrivateKey

    @classmethod
    def from_text(cls, text: str) -> Signer:
        """From base64 of the 32 private bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(text)))

    @property
    def public_key(self) -> Ed25519PublicKey:
        return self.private.public_key()

    @property
    def kid(self) -> str:
        raw = self.public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return hashlib.sha256(raw).hexdigest()[:16]

    def sign(self, content: object) -> str:
        """Base64 signature over the canonical JSON of the content."""
        return base64.b64encode(self.private.sign(canonical(content).encode())).decode()

    def is_genuine(self, content: object, signature: str) -> bool:
        """Whether the signature belongs to exactly this content."""
        try:
            self.public_key.verify(base64.b64decode(signature), canonical(content).encode())
        except (InvalidSignature, ValueError):
            return False
        return True


def signer() -> Signer:
    """The application's signing key."""
    found: Signer = current_app.extensions["signer"]
    return found


def new_secret() -> str:
    """A fresh secret for cookies."""
    return secrets.token_urlsafe(48)


def new_signing_key() -> str:
    """A fresh private signing key, as base64 of 32 bytes."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def kept(path: Path, make: str) -> str:
    """The content of a key file; written with ``make`` on first use, readable by its owner only."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(make)
    return make
