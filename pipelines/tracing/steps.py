"""The steps by which a figure gets from one build to another, and which column belongs to which.

Belongs here: the steps, their order, their words, and the rule that gives each changed value of a case to one step. Does not:
counting (difference). The order is part of the rule: a case is carried from its old to its new state one step after the
other, and what a step changes in the figure is that step's.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.core.settings import pick


@dataclass(frozen=True, slots=True)
class StepKind:
    """One kind of reason."""

    id: str
    en: str
    zh: str

    @property
    def words(self) -> str:
        """In the reader's language."""
        return pick(self.en, self.zh)


STEPS = (
    StepKind("definition", "definition: the register's entry changed", "口径：指标登记项变更"),
    StepKind("population", "residents or grids: another number below the line", "分母：人口数或网格数变更"),
    StepKind("retracted", "retracted or held files", "撤回或搁置的文件"),
    StepKind("regridded", "re-gridding: the same record lies in another area", "网格调整：同一记录归入其他区域"),
    StepKind("time", "passing of time: a deadline passed, the period moved on", "时间推移：到期或时段前移"),
    StepKind("withdrawn", "withdrawals, merges and links", "撤销、并案与关联"),
    StepKind("reclassified", "re-classification", "重新归类"),
    StepKind("progress", "progress: what was open was told", "进展：此前未填的环节已填报"),
    StepKind("corrected", "corrections: what was told was told otherwise", "更正：此前填报的内容被改写"),
    StepKind("rules", "other rules: the same record is read otherwise", "处理规则：同一记录按新规则读取"),
    StepKind("late", "late rows: of days that were over already", "迟报：属于此前已过日期的记录"),
    StepKind("new", "new rows of new days", "新增：新日期的记录"),
    StepKind("whole", "computed as a whole, not from cases", "整体计算，并非由案件汇总"),
    StepKind("unexplained", "unexplained", "未能解释"),
)  # fmt: skip
WORDS = {step.id: step.words for step in STEPS}
#: The steps that carry a case which both builds have, in their order; the last one ends at the new state.
CARRIED = ("retracted", "regridded", "time", "withdrawn", "reclassified", "progress", "corrected", "rules")

#: Whether and as what a case counts.
LINKS = ("is_counted", "not_counted_reason", "root_event_id")
CATEGORIES = ("category_code", "category_domain")
PLACES = (
    "grid_code", "grid_version_id", "grid_level", "grid_resolution_method", "geo_conf", "restated_grid_code", "restated_by",
)  # fmt: skip
#: States in which a case ends by being given up, handed over or taken into another.
ENDED = ("MERGED", "WITHDRAWN", "REJECTED", "TRANSFERRED")
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")


def step_sql(column: str, kind: str) -> str:
    """SQL for the step to which a changed value of `column` (of SQL type `kind`) belongs.

    Over `o` and `n`, the case's rows in the old and the new build, with flags `is_gone` (the old row's file is retracted or
    held in the new build), `is_same` (both rows are of one record of one file) and `has_new_rules` (the builds differ in more
    than event files). Of a new record a value that was empty is progress, and so is a number that grew (returns, reworks);
    any other is a correction. Of one and the same record only how it is read can have changed: its code (the code map), its
    place (the grid), the rules; or, under the same rules, what other records say of it: a call-back that was made is
    progress too, anything else a link.
    """
    grown = f" or n.{column} > o.{column}" if kind in NUMBERS else ""
    told = f"(o.{column} is null and n.{column} is not null{grown})"
    of_others = f"case when {told} then 'progress' else 'withdrawn' end"
    if column in LINKS:
        return _unless_gone("'withdrawn'")
    if column in CATEGORIES:
        return _unless_gone("'reclassified'")
    if column in PLACES:
        return _unless_gone("case when is_same then 'regridded' else 'corrected' end")
    if column == "current_state":
        ended = ", ".join(f"'{state}'" for state in ENDED)
        return _unless_gone(
            f"case when o.is_counted is distinct from n.is_counted or n.current_state in ({ended}) then 'withdrawn' "
            "when is_same and has_new_rules then 'rules' "
            "when o.closed_at is not null and o.closed_at is distinct from n.closed_at then 'corrected' else 'progress' end"
        )
    by_rules = "reclassified" if kind == "VARCHAR" else "rules"
    return _unless_gone(
        f"case when is_same and has_new_rules then '{by_rules}' when is_same then {of_others} "
        f"when {told} then 'progress' else 'corrected' end"
    )


def _unless_gone(sql: str) -> str:
    return f"case when is_gone then 'retracted' else {sql} end"
