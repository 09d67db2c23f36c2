-- Codes of areas as a spreadsheet spoils them: beyond fifteen digits the tail becomes zeros, or the three-digit parts
-- after the sixth digit lose their leading zeros. A spoilt code that is itself the code of an area tells nothing.
with areas as (
    select distinct grid_code from {{ ref('int_grid_shape') }}
),

spoilt as (
    select
        left(grid_code, 15) || repeat('0', length(grid_code) - 15) as spoilt_code,
        'zeroed_tail' as mark
    from areas
    where length(grid_code) > 15
    union all
    select
        left(grid_code, 6)
        {%- for at in (7, 10, 13) %}
        || coalesce(cast(try_cast(nullif(substring(grid_code, {{ at }}, 3), '') as integer) as varchar), '')
        {%- endfor %} as spoilt_code,
        'lost_zeros' as mark
    from areas
    where length(grid_code) between 9 and 15
),

final as (
    select
        spoilt_code,
        min(mark) as mark
    from spoilt
    where spoilt_code not in (select areas.grid_code from areas)
    group by spoilt_code
)

select * from final
