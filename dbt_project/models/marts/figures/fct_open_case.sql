-- What is hidden has one row, without band and number: how many bands there are would tell of it.
with open_areas as (
    select * from {{ ref('int_open_case_area') }}
),

areas as (
    select grid_code, grid_level, parent_code, path_2, path_3, path_4
    from {{ ref('int_grid_path') }}
    where is_current and grid_level <= 4
),

kinds as (
    select event_kind from {{ ref('ref_event_kind') }}
    where subject = 'person'
),

build_info as (
    select cast(extract(year from as_of) as integer) as as_of_year from {{ ref('build_info') }}
),

limits as (
    select
        {{ threshold('small_cell_max') }} as small_cell_max,
        {{ threshold('small_cell_level') }} as small_cell_level
),

-- A kind about persons is hidden in all areas of a parent if it is small in one of them: nothing is left to subtract.
small as (
    select distinct open_areas.event_kind, areas.parent_code
    from open_areas
    inner join areas on open_areas.grid_code = areas.grid_code
    inner join kinds on open_areas.event_kind = kinds.event_kind
    cross join limits
    where open_areas.area_level >= limits.small_cell_level and open_areas.cases_n <= limits.small_cell_max
),

-- So is what the stock of overdue cases hides: its number is in these too.
first_hidden as (
    select small.event_kind, areas.grid_code
    from small
    inner join areas on small.parent_code = areas.parent_code
    union
    select hidden.slice_code as event_kind, hidden.grid_code
    from {{ ref('fct_metric_hidden') }} as hidden
    inner join build_info on hidden.year = build_info.as_of_year
    where hidden.metric_id = 'M44' and hidden.slice_kind = 'event_kind'
),

-- And it stays hidden in the areas below, which would else add up to it.
hidden_areas as (
    {%- for k in [2, 3, 4] %}
    select first_hidden.event_kind, areas.grid_code, areas.grid_level
    from areas
    inner join first_hidden on areas.path_{{ k }} = first_hidden.grid_code
    {% if not loop.last %}union{% endif %}
    {%- endfor %}
),

final as (
    select
        open_areas.event_kind, open_areas.grid_code, open_areas.area_level as grid_level, open_areas.age_band,
        open_areas.is_overdue, open_areas.cases_n, open_areas.was_overdue_n, open_areas.earliest_deadline_on,
        false as is_suppressed
    from open_areas
    left join hidden_areas
        on open_areas.event_kind = hidden_areas.event_kind and open_areas.grid_code = hidden_areas.grid_code
    where hidden_areas.grid_code is null
    union all
    select
        event_kind, grid_code, grid_level,
        cast(null as varchar) as age_band,
        cast(null as boolean) as is_overdue,
        cast(null as bigint) as cases_n,
        cast(null as bigint) as was_overdue_n,
        cast(null as date) as earliest_deadline_on,
        true as is_suppressed
    from hidden_areas
)

select * from final
