"""What a person should hear about a file that was loaded, in one sentence: what, where, what to do.

Belongs here: those sentences. Does not: counting (batches), holding a file (ingest).
"""

from __future__ import annotations

from pipelines.cleaning import read
from pipelines.core.errors import one_line
from pipelines.core.headers import positions
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import pick
from pipelines.ingesting.batches import Work


def of_file(reading: read.Reading, work: Work) -> str:
    """The sentence about a file; empty where there is nothing to say beside the counts."""
    told = [*_unread(reading, work), *_without_records(reading), *_without_time(reading, work)]
    if not told:
        return ""
    whats, remedies = zip(*told, strict=True)
    return masked(one_line(f"{work.name}: {'; '.join(whats)} -> {'; '.join(dict.fromkeys(remedies))}"))


def _unread(reading: read.Reading, work: Work) -> list[tuple[str, str]]:
    if not reading.unread:
        return []
    names = ", ".join(reading.unread)
    return [(
        pick(f"sheets with data that the binding does not name: {names}", f"有数据而绑定未写明的工作表：{names}"),
        pick(f"list them with sheet: in feeds/{work.binding.feed}.yml, or ask what they are",
             f"请在 feeds/{work.binding.feed}.yml 的 sheet: 中写明，或向报送部门询问"),
    )]  # fmt: skip


def _without_records(reading: read.Reading) -> list[tuple[str, str]]:
    """A header and nothing below. JSON lines of an hour in which nothing happened have no header either: that is no news."""
    if reading.records > len(reading.nondata) or not reading.header:
        return []
    return [(
        pick("it has a header and no record", "只有表头，没有记录"),
        pick("ask the department whether nothing happened", "请向报送部门核实当期是否确无数据"),
    )]  # fmt: skip


def _without_time(reading: read.Reading, work: Work) -> list[tuple[str, str]]:
    """Nothing tells when the file was written: its name does not say what the binding looks for, or nothing is looked for."""
    binding, mend = work.binding, f"feeds/{work.binding.feed}.yml"
    if work.extracted_at is not None:
        return []
    if binding.extracted_pattern:
        return [(
            pick(f"its name has no date as extracted_at says ({binding.extracted_pattern})",
                 f"文件名中没有 extracted_at 所说的日期（{binding.extracted_pattern}）"),
            pick(f"mend extracted_at in {mend}", f"请修改 {mend} 中的 extracted_at"),
        )]  # fmt: skip
    is_timed = binding.contract.update_time in {*positions(reading.header, binding)[0], *binding.constants}
    if is_timed or binding.covers or not reading.header:
        return []
    return [(
        pick("nothing tells which of two rows of one key is the newer", "无从判断同一主键的两行孰新"),
        pick(f"state extracted_at, or covers: file, in {mend}", f"请在 {mend} 中写明 extracted_at，或 covers: file"),
    )]  # fmt: skip
