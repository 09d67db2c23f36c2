with open_areas as (
    select * from {{ ref('int_open_case_area') }}
),

final as (
    select event_kind, grid_code, area_level as grid_level, age_band, is_overdue, cases_n
    from open_areas
)

select * from final
