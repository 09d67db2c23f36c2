-- What a reader may see, not yet divided: figures that are not hidden; every period of a hidden block, with cases or
-- without, because a missing row were known to be 0; changes on an earlier period likewise.
{%- set area = 'metric_id, slice_kind, slice_code, grid_code, grid_version_id, grid_level' %}
with figures as (
    select *, false as is_small_base from {{ ref('fct_metric_value') }}
    union all
    select * from {{ ref('fct_metric_change') }}
),

hidden as (
    select * from {{ ref('fct_metric_hidden') }}
),

periods as (
    select * from {{ ref('dim_period') }}
),

pairs as (
    select * from {{ ref('v_metric_pair') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

cuts as (
    select cuts.*, metrics.family, metrics.of_metric
    from {{ ref('ref_metric_cut') }} as cuts
    inner join {{ ref('ref_metric') }} as metrics on cuts.metric_id = metrics.metric_id
),

grids as (
    select grid_code, grid_version_id, row_number() over (partition by grid_code order by valid_from desc) as newness
    from {{ ref('dim_grid') }}
),

-- What is published of a count, each year that it lies in, and how coarse it is there.
asked as (
    {%- for year, rank in [('first_year', 'period_rank'), ('last_year', 'closing_rank')] %}
    select
        cuts.metric_id, cuts.metric_id as counted_by, cuts.slice_kind, cuts.grid_level,
        periods.period_kind, periods.period_start, periods.period_end,
        periods.{{ year }} as year, periods.{{ rank }} as fineness
    from cuts
    cross join build_info
    inner join periods on cuts.period_kind = periods.period_kind
    where
        cuts.family <> 'change'
        and (cuts.family <> 'stock' or periods.period_end = build_info.as_of_day)
    union all
    {%- endfor %}
    {%- for end, rank in [('period_end', 'period_rank'), ('before_end', 'before_rank')] %}
    select
        cuts.metric_id, cuts.of_metric as counted_by, cuts.slice_kind, cuts.grid_level,
        pairs.period_kind, pairs.period_start, pairs.period_end,
        extract(year from pairs.{{ end }}) as year, pairs.{{ rank }} as fineness
    from cuts
    inner join pairs on cuts.metric_id = pairs.metric_id and cuts.period_kind = pairs.period_kind
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

blanks as (
    select distinct
        asked.metric_id, hidden.slice_kind, hidden.slice_code,
        hidden.grid_code, grids.grid_version_id, hidden.grid_level,
        asked.period_kind, asked.period_start, asked.period_end,
        'as_was' as basis,
        false as is_weighted
    from hidden
    inner join asked
        on
            hidden.metric_id = asked.counted_by
            and hidden.slice_kind = asked.slice_kind
            and hidden.grid_level = asked.grid_level
            and hidden.year = asked.year
            and hidden.height >= asked.fineness
    inner join grids on hidden.grid_code = grids.grid_code and grids.newness = 1
    -- Where a hidden figure is another one on today's map, that is hidden too.
    union all
    select {{ area }}, period_kind, period_start, period_end, basis, is_weighted from figures
    where is_suppressed and basis <> 'as_was'
),

final as (
    select * from figures
    where not is_suppressed
    union all
    select
        {{ area }}, period_kind, period_start, period_end, basis,
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
)

select * from final
