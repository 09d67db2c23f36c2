with hidden as (
    select * from {{ ref('int_metric_hidden') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

paths as (
    select areas.grid_code, areas.grid_level
    from {{ ref('int_grid_path') }} as areas
    inner join build_info on areas.span_from <= build_info.as_of_day and areas.span_to > build_info.as_of_day
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
