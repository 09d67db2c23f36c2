"""Unseal: the vault's files read by code of our own, for `verify`.

Belongs here: opening a sealed file as the vault's docstrings describe the form. Does not: writing, making keys, any import of
`pipelines`, on purpose: what the pipeline sealed wrongly, its own reader might open wrongly too. What is opened stays in memory.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC, CHUNK, SEAL = b"CBV1", 1 << 20, 16
#: A wrapped key begins with this and eight bytes that name its master key; one of an older home does not.
KEY_MAGIC, KEY_HEAD, NONCE = b"CBK1", 12, 12


class Unreadable(ValueError):
    """The file, or its key, does not open."""


def masters_of(home: Path) -> tuple[bytes, ...]:
    """The master keys that lie in the home; none where they are kept elsewhere."""
    paths = [home / "keys" / name for name in ("master.key", "master.old.key")]
    return tuple(base64.b64decode(path.read_bytes()) for path in paths if path.is_file())


def _data_key(path: Path, label: bytes, masters: Iterable[bytes]) -> bytes:
    wrapped = path.read_bytes()
    wrapped = wrapped[KEY_HEAD:] if wrapped.startswith(KEY_MAGIC) else wrapped
    for master in masters:
        try:
            return AESGCM(master).decrypt(wrapped[:NONCE], wrapped[NONCE:], label)
        except InvalidTag:
            continue
    raise Unreadable("no master key opens its key")


def unsealed(path: Path, vault: Path, masters: Iterable[bytes]) -> bytes | None:
    """The bytes of one sealed file; None where its key was shredded. Raises Unreadable, also for one that was cut off."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise Unreadable("not a vault file")
    start = 6 + int.from_bytes(data[4:6], "big")
    head = data[6:start]
    try:
        told = json.loads(head)
        place, prefix = (told["room"], told["feed"], told["month"]), bytes.fromhex(told["prefix"])
    except (ValueError, KeyError) as error:
        raise Unreadable("its head is damaged") from error
    folder = vault / "keys" / place[0] / place[1]
    if (folder / f"{place[2]}.shredded").exists():
        return None
    try:
        key = AESGCM(_data_key(folder / f"{place[2]}.key", "/".join(place).encode(), masters))
        pieces = [data[at : at + CHUNK + SEAL] for at in range(start, len(data), CHUNK + SEAL)]
        nonces = [prefix + n.to_bytes(4, "big") + bytes([n == len(pieces) - 1]) for n in range(len(pieces))]
        return b"".join(key.decrypt(nonce, piece, head) for nonce, piece in zip(nonces, pieces, strict=True))
    except (InvalidTag, OSError) as error:
        raise Unreadable(type(error).__name__) from error
