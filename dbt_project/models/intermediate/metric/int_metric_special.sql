-- Figures that are not made of events: the health of the data, at the root, per feed and for all.
with outcomes as (
    select * from {{ ref('int_rule_outcome') }}
),

weights as (
    select * from {{ ref('ref_quality_weight') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

periods as (
    select * from {{ ref('int_metric_period') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

health as (
    {{ metric_sql__data_health() }}
),

sliced as (
    select 'M50' as metric_id, 'feed' as slice_kind, feed as slice_code, day, num, den from health
    union all
    select 'M50' as metric_id, 'all' as slice_kind, 'all' as slice_code, day, num, den from health
),

final as (
    select
        sliced.metric_id,
        sliced.slice_kind,
        sliced.slice_code,
        build_info.root_code as grid_code,
        0 as area_level,
        periods.period_kind,
        periods.period_start,
        periods.period_end,
        sum(sliced.num) as num,
        sum(sliced.den) as den
    from sliced
    cross join build_info
    inner join cuts on sliced.metric_id = cuts.metric_id and sliced.slice_kind = cuts.slice_kind
    inner join periods
        on
            cuts.period_kind = periods.period_kind
            and sliced.day >= periods.period_start
            and sliced.day <= periods.period_end
    group by
        sliced.metric_id, sliced.slice_kind, sliced.slice_code, build_info.root_code,
        periods.period_kind, periods.period_start, periods.period_end
)

select * from final
