-- What figures are to reach, dated. A decision on a target overrides what the departments sent from its day on; of
-- two targets for one figure the later one ends the earlier. What the register calls no goal takes no target: such a
-- row is kept and says why it is not used.
{%- set figure = 'metric_id, slice_kind, slice_code, grid_code, period_kind' %}
with sent as (
    select * from {{ ref('stg_reference__target') }}
),

decided as (
    select * from {{ ref('stg_ops__target_decision') }}
),

metrics as (
    select * from {{ ref('ref_metric') }}
),

cuts as (
    select metric_id, slice_kind, period_kind, grid_level from {{ ref('ref_metric_cut') }}
),

areas as (
    -- Figures of the whole are of level 0, whatever the level of its area.
    select grids.grid_code, case when grids.grid_code = info.root_code then 0 else grids.grid_level end as grid_level
    from {{ ref('dim_grid') }} as grids
    cross join {{ ref('build_info') }} as info
    where grids.is_current
),

no_goals as (
    select distinct metric_id from {{ ref('ref_metric_warning') }}
    where warning = 'not_a_goal'
),

stated as (
    select
        metric_id, slice_kind, slice_code, area_code as grid_code, period_kind, valid_from, valid_to,
        target_value, set_by, source_text, cast(null as bigint) as decision_id
    from sent
    union all
    select
        metric_id, slice_kind, slice_code, area_code as grid_code, period_kind, valid_from,
        date '9999-12-31' as valid_to,
        target_value, set_by, source_text, decision_id
    from decided
),

-- Of two on one day the later decision holds.
one_a_day as (
    select *
    from (
        select
            *,
            row_number() over (partition by {{ figure }}, valid_from order by decision_id desc nulls last) as place,
            min(case when decision_id is not null then valid_from end) over (partition by {{ figure }}) as decided_from
        from stated
    ) as ranked
    where place = 1 and (decision_id is not null or decided_from is null or valid_from < decided_from)
),

followed as (
    select
        *,
        lead(valid_from) over (partition by {{ figure }} order by valid_from) as next_from
    from one_a_day
),

final as (
    select
        followed.metric_id,
        followed.slice_kind,
        followed.slice_code,
        followed.grid_code,
        followed.period_kind,
        followed.valid_from,
        least(followed.valid_to, coalesce(followed.next_from, followed.valid_to)) as valid_to,
        cast(followed.target_value as decimal(28, 4)) as target_value,
        metrics.direction,
        followed.set_by,
        followed.source_text,
        followed.decision_id is not null as is_decided,
        case
            when metrics.metric_id is null then 'unknown_metric'
            when no_goals.metric_id is not null or metrics.direction = 'neutral' then 'not_a_goal'
            when areas.grid_code is null then 'unknown_area'
            when cuts.metric_id is null then 'not_published'
        end as refused_why
    from followed
    left join metrics on followed.metric_id = metrics.metric_id
    left join no_goals on followed.metric_id = no_goals.metric_id
    left join areas on followed.grid_code = areas.grid_code
    left join cuts
        on
            followed.metric_id = cuts.metric_id
            and areas.grid_level = cuts.grid_level
            and followed.slice_kind = cuts.slice_kind
            and followed.period_kind = cuts.period_kind
)

select * from final
