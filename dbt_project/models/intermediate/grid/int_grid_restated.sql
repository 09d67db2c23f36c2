{{ config(materialized='table') }}
-- Where each version of an area that is not in force at as_of lies in the areas that are, and with which share. An area
-- that ended without a notice goes where the one above it goes.
with recursive versions as (
    select * from {{ ref('int_grid_path') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('stg_ops__build_info') }}
),

steps as (
    select crosswalk.*
    from {{ ref('int_grid_crosswalk') }} as crosswalk
    cross join build_info
    where crosswalk.is_used and crosswalk.weight > 0 and crosswalk.effective_on <= build_info.as_of_day
),

past as (
    select versions.*
    from versions
    cross join build_info
    where not versions.is_current and versions.valid_from <= build_info.as_of_day
),

walked as (
    select
        grid_version_id as start_id, grid_version_id as at_id, cast(1 as double) as weight, 0 as merges_n
    from past
    union all
    select
        walked.start_id, steps.to_version_id as at_id, walked.weight * steps.weight as weight,
        walked.merges_n + case when steps.reason = 'merge' then 1 else 0 end as merges_n
    from walked
    inner join steps on walked.at_id = steps.from_version_id
),

arrived as (
    select
        walked.start_id,
        versions.grid_code as to_code,
        sum(walked.weight) as weight,
        max(walked.merges_n) as merges_n
    from walked
    inner join versions on walked.at_id = versions.grid_version_id and versions.is_current
    group by walked.start_id, versions.grid_code
),

-- Ends of the walk that are not in force: the areas above them on their last day, the finest first.
stranded as (
    select walked.start_id, sum(walked.weight) as weight, walked.at_id
    from walked
    inner join past on walked.at_id = past.grid_version_id
    left join steps on walked.at_id = steps.from_version_id
    where steps.from_version_id is null
    group by walked.start_id, walked.at_id
),

above as (
    {%- for k in range(0, 6) %}
    select past.grid_version_id as at_id, past.valid_to, {{ k }} as above_level, past.path_{{ k }} as above_code
    from past
    where past.path_{{ k }} is not null and past.path_{{ k }} <> past.grid_code
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

above_targets as (
    select
        above.at_id, above.above_level,
        coalesce(arrived.to_code, above.above_code) as to_code,
        coalesce(arrived.weight, 1) as weight
    from above
    inner join versions
        on
            above.above_code = versions.grid_code
            and {{ add_days('above.valid_to', '-1') }} >= versions.span_from
            and {{ add_days('above.valid_to', '-1') }} < versions.span_to
    left join arrived on versions.grid_version_id = arrived.start_id
    where versions.is_current or arrived.start_id is not null
),

finest as (
    select *, above_level = max(above_level) over (partition by at_id) as is_finest from above_targets
),

unioned as (
    select start_id, to_code, weight, merges_n, false as is_stranded from arrived
    union all
    select
        stranded.start_id, finest.to_code, stranded.weight * finest.weight as weight, 0 as merges_n,
        true as is_stranded
    from stranded
    inner join finest on stranded.at_id = finest.at_id and finest.is_finest
),

judged as (
    select
        start_id as grid_version_id,
        to_code,
        sum(weight) as weight,
        case
            when count(*) over (partition by start_id) > 1 then 'weight'
            when bool_or(is_stranded) then 'above'
            when max(merges_n) > 0 then 'merge'
            else 'code_change'
        end as restated_by
    from unioned
    group by start_id, to_code
),

final as (
    select judged.*
    from judged
    inner join versions on judged.grid_version_id = versions.grid_version_id
    where judged.to_code <> versions.grid_code or judged.restated_by = 'weight'
)

select * from final
