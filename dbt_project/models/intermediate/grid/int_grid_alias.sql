{{ config(materialized='table') }}
-- Codes that came late or early: an old code still sent after its area has another, or a new one sent before it holds.
-- It means the version that it leads to, as long as every step leads to one area only (a part lies in its whole, but an
-- area that was divided in none of its parts). One row per code and version.
with recursive versions as (
    select * from {{ ref('int_grid_path') }}
),

crosswalk as (
    select * from {{ ref('int_grid_crosswalk') }}
    where is_used
),

counted as (
    select
        from_version_id,
        to_version_id,
        count(*) over (partition by from_version_id) as targets_n,
        count(*) over (partition by to_version_id) as sources_n
    from crosswalk
),

steps as (
    select from_version_id, to_version_id, 'late' as direction from counted
    where targets_n = 1
    union all
    select to_version_id as from_version_id, from_version_id as to_version_id, 'early' as direction from counted
    where sources_n = 1
),

reached as (
    select from_version_id as start_id, to_version_id as at_id, direction, 1 as steps_n
    from steps
    union all
    select reached.start_id, steps.to_version_id as at_id, reached.direction, reached.steps_n + 1 as steps_n
    from reached
    inner join steps on reached.at_id = steps.from_version_id and reached.direction = steps.direction
),

final as (
    select
        sent.grid_code as code_sent,
        meant.grid_version_id,
        meant.grid_code,
        meant.grid_level,
        meant.valid_from,
        meant.valid_to,
        min(reached.steps_n) as steps_n
    from reached
    inner join versions as sent on reached.start_id = sent.grid_version_id
    inner join versions as meant on reached.at_id = meant.grid_version_id
    where sent.grid_code <> meant.grid_code
    group by
        sent.grid_code, meant.grid_version_id, meant.grid_code, meant.grid_level, meant.valid_from, meant.valid_to
)

select * from final
