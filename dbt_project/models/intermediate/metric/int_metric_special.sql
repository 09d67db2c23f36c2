-- Figures that are not made of events: the health of the data, clocks, steps; at the root, per feed and for all.
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

facts as (
    select * from {{ ref('fct_event') }}
),

clocks as (
    select
        clocks.*,
        facts.event_kind,
        facts.reported_at,
        facts.extension_n,
        feeds.as_of
    from {{ ref('fct_sla_clock') }} as clocks
    inner join facts on clocks.event_id = facts.event_id
    inner join {{ ref('dim_feed') }} as feeds on facts.feed = feeds.feed
    where facts.is_counted and facts.reported_at <= feeds.as_of
),

stages as (
    select
        stages.*,
        facts.feed,
        facts.reported_at
    from {{ ref('fct_event_stage') }} as stages
    inner join facts on stages.event_id = facts.event_id
),

measured as (
    {%- for metric in register() if metric.sql[:12] == 'metric_sql__' and metric.family == 'ratio' %}
    select
        '{{ metric.id }}' as metric_id,
        rule.*
    from ({{ metric_sql(metric.sql) }}) as rule
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

sliced as (
    select metric_id, 'feed' as slice_kind, feed as slice_code, day, num, den from measured
    union all
    select metric_id, 'all' as slice_kind, 'all' as slice_code, day, num, den from measured
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
