"""Whatever is done to a file's bytes: it is read with every record accounted for, or held in one sentence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import formats
from pipelines.core.bindings import Binding, read_binding
from pipelines.core.errors import FileHeld
from pipelines.core.settings import ArchiveLimits
from tests.integration import test_formats as samples
from tests.unit.locked_files import locked_agile

ROWS = samples.ROWS[:8]
FORMS = {
    "csv": samples.as_csv(ROWS), "jsonl": samples.as_jsonl(ROWS), "json": samples.as_json(ROWS), "parquet": samples.as_parquet(ROWS),
    "xlsx": samples.as_xlsx(ROWS), "xls": samples.as_xls(ROWS), "html": samples.as_html(ROWS), "tsv": samples.as_tsv(ROWS),
    "locked": locked_agile(samples.as_xlsx(ROWS), "pw", rounds=1),
}  # fmt: skip
KIND = {"json": "jsonl", "tsv": "xls", "locked": "xlsx"}


@pytest.fixture(scope="module")
def bindings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Binding]:
    folder = tmp_path_factory.mktemp("city")
    return {form: _binding(folder / f"{form}.yml", KIND.get(form, form)) for form in FORMS}


def _binding(path: Path, kind: str) -> Binding:
    path.write_text(
        f"contract: urban_case\nsystem: s\nsource: {{type: drop, pattern: '*'}}\nformat: {kind}\ndelivery: increment\ncovers: file\n"
        "password: ${env:FORMATS_PW}\n", encoding="utf-8",
    )  # fmt: skip
    return read_binding(path, path.parent)


def _is_accounted_for(data: bytes, binding: Binding) -> bool:
    """Whether the file was read, with every record in one place; False if it was held. Anything else is a crash."""
    held: FileHeld | None = None
    try:
        reading = formats.open_reading(lambda: io.BytesIO(data), binding, name="x", limits=ArchiveLimits(cells=200_000))
        numbers = [number for batch in reading.batches for number in batch["_record_no"]]
    except FileHeld as error:
        held = error
    if held is not None:
        assert held.what
        assert "\n" not in held.what
        assert held.remedy
        return False
    told = sorted([*numbers, *reading.ragged, *reading.nondata])
    assert told == list(range(1, reading.records + 1))
    return True


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_sample_as_it_is_holds_eight_records(form: str, bindings: dict[str, Binding], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMATS_PW", "pw")
    assert _is_accounted_for(FORMS[form], bindings[form])


CHANGE = st.tuples(
    st.sampled_from(["cut", "flip", "drop", "double", "zero", "newline", "quote"]), st.integers(0, 10**6), st.integers(1, 200)
)


def _changed(data: bytes, how: str, at: int, size: int) -> bytes:
    at %= len(data)
    parts = {
        "cut": b"", "flip": bytes(byte ^ 0x55 for byte in data[at : at + 1]) + data[at + 1 :], "drop": data[at + size :],
        "double": data[max(0, at - size) :], "zero": bytes(size) + data[at + size :], "newline": b"\n" + data[at:], "quote": b'"' + data[at:],
    }  # fmt: skip
    return data[:at] + parts[how]


@pytest.mark.parametrize("form", sorted(FORMS))
@settings(max_examples=25, deadline=None)
@given(changes=st.lists(CHANGE, min_size=1, max_size=3))
def test_no_change_of_its_bytes_brings_a_reader_down_or_loses_a_record(
    form: str, bindings: dict[str, Binding], changes: list[tuple[str, int, int]]
) -> None:
    data = FORMS[form]
    for how, at, size in changes:
        data = _changed(data, how, at, size) or b"\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORMATS_PW", "pw")
        _is_accounted_for(data, bindings[form])
