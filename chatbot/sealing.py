"""Secrets that the database holds sealed, so that the file, or a copy of it, gives nobody's away.

XChaCha20-Poly1305 with a key derived from the secret key. What a secret belongs to is sealed along with it:
put under another name, it does not open. The only home of PyNaCl.
"""

import base64
import hashlib
from typing import TYPE_CHECKING

from chatbot.settings import keys_of

if TYPE_CHECKING:
    from nacl.secret import Aead

_PREFIX = "sealed:"


def seal(key: str, secret: str, owner: str) -> str:
    """Seal `secret`, which is `owner`'s, as text. Of several keys in `key` the first is used."""
    sealed = bytes(_boxes(key)[0].encrypt(secret.encode(), owner.encode()))
    return _PREFIX + base64.urlsafe_b64encode(sealed).decode()


def unseal(key: str, kept: str, owner: str) -> str | None:
    """The secret in what was kept; None where it was sealed with another key, or for somebody else.

    What older versions kept unsealed is given as it stands.
    """
    if not kept.startswith(_PREFIX):
        return kept
    opened = (_opened(box, kept, owner) for box in _boxes(key))
    return next((secret for secret in opened if secret is not None), None)


def renewed(key: str, kept: str, owner: str) -> str | None:
    """What was kept bare, or sealed with an older key in `key`, sealed anew; None where that is not so."""
    if kept.startswith(_PREFIX) and _opened(_boxes(key)[0], kept, owner) is not None:
        return None
    secret = unseal(key, kept, owner)
    return None if secret is None else seal(key, secret, owner)


def _opened(box: "Aead", kept: str, owner: str) -> str | None:
    from nacl.exceptions import CryptoError

    try:
        sealed = base64.urlsafe_b64decode(kept.removeprefix(_PREFIX))
        return bytes(box.decrypt(sealed, owner.encode())).decode()
    except (CryptoError, ValueError):
        return None


def _boxes(key: str) -> "list[Aead]":
    from nacl.secret import Aead  # 20 ms, which only a second step has to pay

    def box(key: str) -> Aead:
        return Aead(hashlib.blake2b(key.encode(), digest_size=Aead.KEY_SIZE, person=b"desk-sealing").digest())

    return [box(key) for key in keys_of(key)]
