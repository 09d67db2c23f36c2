"""Parts of verify by themselves: the vault opened, values told as they were hashed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quality import unseal, verify_rows


def sealed(data: bytes, folder: Path, *, master: bytes, head: bytes = b"") -> Path:
    """A vault file and its wrapped key, written by hand; `head` begins a key that names its master key."""
    key, prefix = AESGCM.generate_key(256), b"1234567"
    header = json.dumps({"room": "raw", "feed": "calls", "month": "202506", "prefix": prefix.hex()}).encode()
    pieces = [data[at : at + unseal.CHUNK] for at in range(0, len(data), unseal.CHUNK)]
    chunks = [
        AESGCM(key).encrypt(prefix + n.to_bytes(4, "big") + bytes([n == len(pieces) - 1]), piece, header)
        for n, piece in enumerate(pieces)
    ]
    at = folder / "keys" / "raw" / "calls" / "202506.key"
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(head + b"n" * 12 + AESGCM(master).encrypt(b"n" * 12, key, b"raw/calls/202506"))
    path = folder / "raw" / "calls" / "f"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"CBV1" + len(header).to_bytes(2, "big") + header + b"".join(chunks))
    return path


@pytest.mark.parametrize("head", [b"", b"CBK1" + b"i" * 8])
def test_the_vault_is_read_by_code_of_our_own(tmp_path: Path, head: bytes) -> None:
    data, master, other = b"x" * (unseal.CHUNK + 5), b"m" * 32, b"o" * 32
    path = sealed(data, tmp_path, master=master, head=head)
    assert unseal.unsealed(path, tmp_path, [other, master]) == data
    with pytest.raises(unseal.Unreadable):
        unseal.unsealed(path, tmp_path, [other])
    whole = path.read_bytes()
    path.write_bytes(whole[: -5 - unseal.SEAL])  # the last chunk is gone
    with pytest.raises(unseal.Unreadable):
        unseal.unsealed(path, tmp_path, [master])
    path.write_bytes(whole)
    (tmp_path / "keys" / "raw" / "calls" / "202506.shredded").write_text("decision 1")
    assert unseal.unsealed(path, tmp_path, [master]) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e16, "1e+16"),
        (119.5, "119.5"),
        (1e-7, "1e-7"),
        (-1.25e-5, "-0.0000125"),
        (1e-5, "0.00001"),
        (9.9e-6, "9.9e-6"),
        (2.0, "2.0"),
        (True, "true"),
        (None, "\x00"),
        (["a", None, "b"], "a|b"),
    ],
)
def test_values_are_told_as_ingest_hashes_them(value: Any, text: str) -> None:
    assert verify_rows._as_text(value) == text
    if not isinstance(value, list) and value is not None:
        assert pl.Series([value]).cast(pl.String)[0] == text
