-- Atoms of the due cells with the areas they lie in and the chunk of their day.
with atoms as (
    select * from {{ ref('int_metric_atom') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

days as (
    select * from {{ ref('int_metric_day') }}
),

due as (
    select * from {{ ref('int_metric_due_cell') }}
),

final as (
    select
        atoms.metric_id,
        atoms.slice_kind,
        atoms.slice_code,
        atoms.time_grain,
        atoms.day,
        atoms.until_day,
        days.cell_start,
        days.chunk_start,
        days.chunk_end,
        until_days.chunk_end as until_end,
        paths.path_0,
        paths.path_1,
        paths.path_2,
        paths.path_3,
        paths.path_4,
        paths.path_5,
        atoms.num,
        atoms.den
    from atoms
    inner join days on atoms.day = days.day
    inner join days as until_days on atoms.until_day = until_days.day
    inner join paths
        on atoms.grid_code = paths.grid_code and atoms.day >= paths.span_from and atoms.day < paths.span_to
    where days.cell_start in (select due.cell_start from due)
)

select * from final
