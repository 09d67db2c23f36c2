{{ config(materialized='table') }}
-- One row per version of an area with its ancestor at each level. Versions of one code follow each other without gap
-- (`span_from`, `span_to`): every day finds exactly one, also a day before the first notice of an area.
-- noqa: disable=LT02
with grids as (
    select * from {{ ref('int_grid') }}
),

latest as (
    select grid_code, parent_code, grid_level
    from (
        select *, row_number() over (partition by grid_code order by valid_from desc) as newness from grids
    ) as ranked
    where newness = 1
),

climbed as (
    select
        grids.*,
        up_1.grid_level as level_1, up_1.grid_code as code_1,
        up_2.grid_level as level_2, up_2.grid_code as code_2,
        up_3.grid_level as level_3, up_3.grid_code as code_3,
        up_4.grid_level as level_4, up_4.grid_code as code_4,
        up_5.grid_level as level_5, up_5.grid_code as code_5,
        up_6.grid_level as level_6, up_6.grid_code as code_6
    from grids
    {%- for n in range(1, 7) %}
    left join latest as up_{{ n }} on {{ 'grids' if n == 1 else 'up_' ~ (n - 1) }}.parent_code = up_{{ n }}.grid_code
    {%- endfor %}
),

final as (
    select
        grid_code || '@' || cast(valid_from as varchar) as grid_version_id,
        grid_code,
        grid_level,
        parent_code,
        {%- for k in range(0, 6) %}
        case
            when grid_level = {{ k }} then grid_code
            {%- for n in range(1, 7) %}
            when level_{{ n }} = {{ k }} then code_{{ n }}
            {%- endfor %}
        end as path_{{ k }},
        {%- endfor %}
        grid_type,
        code_authority,
        name_zh,
        name_en,
        households,
        geom_wkt,
        valid_from,
        valid_to,
        row_number() over (partition by grid_code order by valid_from desc) = 1 as is_latest,
        case
            when row_number() over (partition by grid_code order by valid_from) = 1 then date '1900-01-01'
            else valid_from
        end as span_from,
        coalesce(lead(valid_from) over (partition by grid_code order by valid_from), date '9999-12-31') as span_to
    from climbed
)

select * from final
