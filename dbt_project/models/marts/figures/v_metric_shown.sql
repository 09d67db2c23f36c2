-- What a reader may see, not yet divided: figures that are not hidden; every period of a hidden block, with cases or
-- without, because a missing row were known to be 0; changes on a year before.
with figures as (
    select * from {{ ref('fct_metric_value') }}
),

hidden as (
    select * from {{ ref('fct_metric_hidden') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

periods as (
    select * from {{ ref('dim_period') }}
),

grids as (
    select grid_code, grid_version_id, row_number() over (partition by grid_code order by valid_from desc) as newness
    from {{ ref('dim_grid') }}
),

changes as (
    select * from {{ ref('v_metric_change') }}
),

blanks as (
    select distinct
        hidden.metric_id, hidden.slice_kind, hidden.slice_code,
        hidden.grid_code, grids.grid_version_id, hidden.grid_level,
        periods.period_kind, periods.period_start, periods.period_end,
        'as_was' as basis,
        false as is_weighted
    from hidden
    inner join cuts
        on
            hidden.metric_id = cuts.metric_id
            and hidden.slice_kind = cuts.slice_kind
            and hidden.grid_level = cuts.grid_level
    inner join periods
        on
            cuts.period_kind = periods.period_kind
            and (
                (hidden.year = periods.first_year and periods.period_rank <= hidden.height)
                or (hidden.year = periods.last_year and periods.closing_rank <= hidden.height)
            )
    inner join grids on hidden.grid_code = grids.grid_code and grids.newness = 1
    -- Where a hidden figure is another one on today's map, that is hidden too.
    union all
    select
        metric_id, slice_kind, slice_code, grid_code, grid_version_id, grid_level,
        period_kind, period_start, period_end, basis, is_weighted
    from figures
    where is_suppressed and basis <> 'as_was'
),

final as (
    select *, false as is_small_base from figures
    where not is_suppressed
    union all
    select
        metric_id, slice_kind, slice_code, grid_code, grid_version_id, grid_level,
        period_kind, period_start, period_end, basis,
        cast(null as bigint) as num,
        cast(null as bigint) as den,
        cast(null as double) as stat_value,
        true as is_suppressed,
        'small_cell' as reason,
        is_weighted,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        false as is_small_base
    from blanks
    union all
    select * from changes
)

select * from final
