"""Secrets that the database holds sealed, so that the file, or a copy of it, gives nobody's away.

XChaCha20-Poly1305 with a key derived from the secret key. What a secret belongs to is sealed along with it:
put under another name, it does not open. The only home of PyNaCl.
"""

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nacl.secret import Aead

_PREFIX = "sealed:"


def seal(key: str, secret: str, owner: str) -> str:
    """Seal `secret`, which is `owner`'s, as text."""
    sealed = bytes(_box(key).encrypt(secret.encode(), owner.encode()))
    return _PREFIX + base64.urlsafe_b64encode(sealed).decode()


def unseal(key: str, kept: str, owner: str) -> str | None:
    """The secret in what was kept; None where it was sealed with another key, or for somebody else.

    What older versions kept unsealed is given as it stands.
    """
    from nacl.exceptions import CryptoError

    if not is_sealed(kept):
        return kept
    try:
        sealed = base64.urlsafe_b64decode(kept.removeprefix(_PREFIX))
        return bytes(_box(key).decrypt(sealed, owner.encode())).decode()
    except (CryptoError, ValueError):
        return None


def is_sealed(kept: str) -> bool:
    """Whether it was sealed, and not kept as it is."""
    return kept.startswith(_PREFIX)


def _box(key: str) -> "Aead":
    from nacl.secret import Aead  # 20 ms, which only a second step has to pay

    return Aead(hashlib.blake2b(key.encode(), digest_size=Aead.KEY_SIZE, person=b"desk-sealing").digest())
