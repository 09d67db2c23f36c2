-- Changes on the same period last year (family change): both counts, never stored a second time. Only periods that are
-- over, and years to date; a period without a row in either year is a count of 0.
with changes as (
    select metric_id, of_metric from {{ ref('ref_metric') }}
    where family = 'change'
),

published as (
    select * from {{ ref('fct_metric_value') }}
    where metric_id in (select changes.of_metric from changes)
),

-- Both years on one basis: on the map in force, a figure is what was restated, else what it was.
figures as (
    {{ on_both_bases('published') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

first_days as (
    select * from {{ ref('fct_metric_begin') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

limits as (
    select {{ threshold('small_base') }} as small_base
),

based as (
    select
        changes.metric_id, figures.slice_kind, figures.slice_code, figures.grid_code, figures.grid_level,
        figures.period_kind, figures.period_start, figures.period_end, figures.basis, figures.num,
        figures.is_suppressed, figures.is_weighted, figures.grid_version_id,
        {{ next_year('figures.period_start') }} as next_start,
        {{ next_year('figures.period_end') }} as next_end
    from changes
    inner join figures on changes.of_metric = figures.metric_id
    inner join cuts
        on
            changes.metric_id = cuts.metric_id
            and figures.slice_kind = cuts.slice_kind
            and figures.grid_level = cuts.grid_level
            and figures.period_kind = cuts.period_kind
),

-- A year before the data begins there is nothing to compare with.
begins as (
    select changes.metric_id, first_days.first_day
    from changes
    inner join first_days on changes.of_metric = first_days.metric_id
),

both_years as (
    select
        metric_id, slice_kind, slice_code, grid_code, grid_level, period_kind, period_start, period_end, basis,
        num, 0 as den, is_suppressed, is_weighted, grid_version_id, cast(null as varchar) as version_before
    from based
    union all
    select
        metric_id, slice_kind, slice_code, grid_code, grid_level, period_kind, next_start as period_start,
        next_end as period_end, basis, 0 as num, num as den, is_suppressed, is_weighted,
        cast(null as varchar) as grid_version_id, grid_version_id as version_before
    from based
),

paired as (
    select
        both_years.metric_id, both_years.slice_kind, both_years.slice_code, both_years.grid_code, both_years.grid_level,
        both_years.period_kind, both_years.period_start, both_years.period_end, both_years.basis,
        coalesce(max(both_years.grid_version_id), max(both_years.version_before)) as grid_version_id,
        sum(both_years.num) as num,
        sum(both_years.den) as den,
        bool_or(both_years.is_suppressed) as is_suppressed,
        bool_or(both_years.is_weighted) as is_weighted
    from both_years
    inner join begins on both_years.metric_id = begins.metric_id
    cross join build_info
    where
        both_years.period_end <= build_info.as_of_day
        and {{ add_months('both_years.period_start', '-12') }} >= begins.first_day
    group by
        both_years.metric_id, both_years.slice_kind, both_years.slice_code, both_years.grid_code, both_years.grid_level,
        both_years.period_kind, both_years.period_start, both_years.period_end, both_years.basis
),

final as (
    select
        paired.metric_id, paired.slice_kind, paired.slice_code,
        paired.grid_code, paired.grid_version_id, paired.grid_level,
        paired.period_kind, paired.period_start, paired.period_end, paired.basis,
        cast(paired.num as bigint) as num,
        cast(paired.den as bigint) as den,
        cast(null as double) as stat_value,
        paired.is_suppressed,
        case when paired.is_suppressed then 'small_cell' when paired.den = 0 then 'no_base' end as reason,
        paired.is_weighted,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        paired.den < limits.small_base as is_small_base
    from paired
    cross join limits
)

select * from final
