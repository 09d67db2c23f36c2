with hidden as (
    select * from {{ ref('int_metric_hidden') }}
),

paths as (
    select grid_code, grid_level from {{ ref('int_grid_path') }}
    where span_to = date '9999-12-31'
),

final as (
    select
        hidden.metric_id,
        hidden.slice_kind,
        hidden.slice_code,
        hidden.grid_code,
        paths.grid_level,
        cast(hidden.year as integer) as year,
        cast(hidden.height as integer) as height
    from hidden
    inner join paths on hidden.grid_code = paths.grid_code
)

select * from final
