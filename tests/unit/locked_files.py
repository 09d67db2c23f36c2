"""Writers of locked files, from the formats' descriptions; only for tests. Compared once with pyzipper and msoffcrypto."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import zipfile
import zlib
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pipelines.cleaning.unlock import BLOCK_KEYS
from tests.unit.old_workbook import compound

SALT = bytes(range(16))


def _weak(data: bytes, password: bytes, check: int) -> bytes:
    """ZipCrypto (APPNOTE 6.1)."""
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ 0xEDB88320 if n & 1 else n >> 1  # noqa: PLW2901
        table.append(n)
    keys = [0x12345678, 0x23456789, 0x34567890]

    def turn(byte: int) -> None:
        keys[0] = table[(keys[0] ^ byte) & 255] ^ keys[0] >> 8
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = table[(keys[2] ^ keys[1] >> 24) & 255] ^ keys[2] >> 8

    for byte in password:
        turn(byte)
    out = bytearray()
    for byte in bytes(11) + bytes([check]) + data:
        mix = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (mix * (mix ^ 1) >> 8 & 255))
        turn(byte)
    return bytes(out)


def _strong(packed: bytes, password: bytes) -> bytes:
    """WinZip's AES with 256 bits."""
    keys = hashlib.pbkdf2_hmac("sha1", password, SALT, 1000, 66)
    block = Cipher(algorithms.AES(keys[:32]), modes.ECB()).encryptor()  # noqa: S305
    stream = b"".join(block.update(n.to_bytes(16, "little")) for n in range(1, len(packed) // 16 + 2))
    sealed = bytes(a ^ b for a, b in zip(packed, stream, strict=False))
    return SALT + keys[64:] + sealed + hmac.digest(keys[32:64], sealed, "sha1")[:10]


def locked_zip(path: Path, files: dict[str, bytes], password: bytes, *, aes: bool) -> Path:
    """A ZIP with every member locked: with ZipCrypto, or with AES-256 (AE-2)."""
    local, central = b"", b""
    for name, data in files.items():
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed, check, label = packer.compress(data) + packer.flush(), zlib.crc32(data), name.encode()
        extra = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 8) if aes else b""
        body = _strong(packed, password) if aes else _weak(packed, password, check >> 24)
        told = struct.pack(
            "<HHHHHIIIHH", 20, 0x801, 99 if aes else 8, 0, 0x21, 0 if aes else check, len(body), len(data), len(label), len(extra)
        )
        central += b"PK\x01\x02" + struct.pack("<H", 20) + told + struct.pack("<HHHII", 0, 0, 0, 0, len(local)) + label + extra
        local += b"PK\x03\x04" + told + label + extra + body
    path.write_bytes(
        local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(central), len(local), 0)
    )
    assert zipfile.ZipFile(path).namelist() == list(files)
    return path


def _aes(data: bytes, key: bytes, iv: bytes | None) -> bytes:
    writer = Cipher(algorithms.AES(key), modes.CBC(iv) if iv is not None else modes.ECB()).encryptor()  # noqa: S305
    return writer.update(data.ljust(-(-len(data) // 16) * 16, b"\0")) + writer.finalize()


def locked_agile(book: bytes, password: str, rounds: int = 1000) -> bytes:
    """A workbook locked as Excel 2010 and later lock it: AES-256, SHA-512."""

    def sha(data: bytes) -> bytes:
        return hashlib.sha512(data).digest()

    key, digest = bytes(range(32)), sha(SALT + password.encode("utf-16-le"))
    for number in range(rounds):
        digest = sha(struct.pack("<I", number) + digest)
    block = {name: bytes.fromhex(text) for name, text in BLOCK_KEYS.items()}
    package = struct.pack("<Q", len(book)) + b"".join(
        _aes(book[at : at + 4096], key, sha(SALT + struct.pack("<I", at // 4096))[:16]) for at in range(0, len(book), 4096)
    )
    own = {name: sha(digest + block[name])[:32] for name in ("input", "value", "key")}
    told = {
        "encryptedVerifierHashInput": _aes(SALT, own["input"], SALT),
        "encryptedVerifierHashValue": _aes(sha(SALT), own["value"], SALT), "encryptedKeyValue": _aes(key, own["key"], SALT),
    }  # fmt: skip
    seal = {
        "encryptedHmacKey": _aes(bytes(64), key, sha(SALT + block["seal_key"])[:16]),
        "encryptedHmacValue": _aes(hmac.digest(bytes(64), package, "sha512"), key, sha(SALT + block["seal"])[:16]),
    }
    lock = (
        'saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" '
        f'hashAlgorithm="SHA512" saltValue="{base64.b64encode(SALT).decode()}"'
    )

    def words(values: dict[str, bytes]) -> str:
        return " ".join(f'{name}="{base64.b64encode(value).decode()}"' for name, value in values.items())

    info = (
        '<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" '
        'xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f"<keyData {lock}/><dataIntegrity {words(seal)}/><keyEncryptors>"
        '<keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f'<p:encryptedKey spinCount="{rounds}" {lock} {words(told)}/></keyEncryptor></keyEncryptors></encryption>'
    )
    return compound({"EncryptionInfo": struct.pack("<HHI", 4, 4, 0x40) + info.encode().ljust(4096), "EncryptedPackage": package})


def locked_standard(book: bytes, password: str) -> bytes:
    """A workbook locked as Excel 2007 locks it: AES-128, SHA-1."""

    def sha(data: bytes) -> bytes:
        return hashlib.sha1(data).digest()  # noqa: S324

    digest = sha(SALT + password.encode("utf-16-le"))
    for number in range(50_000):
        digest = sha(struct.pack("<I", number) + digest)
    digest = sha(digest + bytes(4)).ljust(64, b"\0")
    key = sha(bytes(a ^ 0x36 for a in digest))[:16]
    header = struct.pack("<IIIIIIII", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + "AES\0".encode("utf-16-le")
    verifier = struct.pack("<I", 16) + SALT + _aes(SALT, key, None) + struct.pack("<I", 20) + _aes(sha(SALT), key, None)
    info = struct.pack("<HHII", 3, 2, 0x24, len(header)) + header + verifier
    package = struct.pack("<Q", len(book)) + _aes(book, key, None)
    return compound({"EncryptionInfo": info.ljust(4096, b"\0"), "EncryptedPackage": package})
