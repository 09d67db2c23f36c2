"""The name of a reading: what the parse of a file depends on, as twelve digits. Another name means: to be read anew.

Belongs here: that name. Does not: reading (ingest), what was decided about records (amend).
"""

from __future__ import annotations

import hashlib

from pipelines.cleaning import parse, privacy
from pipelines.core.bindings import Binding
from pipelines.core.state import Ledger
from pipelines.ingesting import amend


def parser_id(binding: Binding) -> str:
    """What a parse depends on: contract, binding, cleaning version, vocabularies."""
    words = "|".join((*privacy.vocabulary(), *parse.null_tokens()))
    text = "\x1f".join((binding.contract.digest, binding.digest, parse.CLEANING_VERSION, words))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def file_parser(binding: Binding, ledger: Ledger, sha256: str) -> str:
    """What the parse of one file depends on: the same, the extract time of its rows, what was decided about its records."""
    return amend.parser_with(dated_parser(binding, ledger, sha256), ledger.amendments(binding.feed, sha256))


def dated_parser(binding: Binding, ledger: Ledger, sha256: str) -> str:
    """`parser_id`, or another where the same bytes came again as a later export: rows without a time of their own are later."""
    dated = ledger.receipts.dated(binding.feed, sha256)
    return hashlib.sha256(f"{parser_id(binding)}\x1f{dated}".encode()).hexdigest()[:12] if dated else parser_id(binding)
