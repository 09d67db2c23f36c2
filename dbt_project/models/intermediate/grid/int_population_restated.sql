{{ config(materialized='table') }}
-- Residents of the areas in force whose extent changed, in every year for which any were given: the parts' shares of
-- what the old areas had, whole persons whose sum is kept exactly. A count of the area in its present extent wins.
-- noqa: disable=LT02
with given as (
    select * from {{ ref('stg_reference__population') }}
),

versions as (
    select * from {{ ref('int_grid_path') }}
),

restated as (
    select * from {{ ref('int_grid_restated') }}
),

touched as (
    select * from {{ ref('int_grid_touched') }}
),

-- A register may list an area after its end: then it is told only where nothing better is.
counted as (
    select
        given.*,
        versions.grid_version_id,
        {{ last_day_of('given.year') }} >= versions.valid_from
        and ({{ last_day_of('given.year') }} < versions.valid_to or versions.is_current) as is_live
    from given
    inner join versions
        on
            given.grid_code = versions.grid_code
            and {{ last_day_of('given.year') }} >= versions.span_from
            and {{ last_day_of('given.year') }} < versions.span_to
),

parted as (
    select
        counted.grid_code, counted.year, counted.pop_kind, counted.value, counted.is_live,
        coalesce(restated.to_code, counted.grid_code) as to_code,
        counted.value * coalesce(restated.weight, 1) as exact_value
    from counted
    left join restated on counted.grid_version_id = restated.grid_version_id
),

-- Largest remainders: whole persons, and no one lost.
floored as (
    select
        *,
        cast(floor(exact_value + 0.000001) as bigint) as whole_value,
        row_number() over (
            partition by grid_code, year, pop_kind
            order by exact_value - floor(exact_value + 0.000001) desc, to_code asc
        ) as remainder_rank,
        value - sum(cast(floor(exact_value + 0.000001) as bigint)) over (
            partition by grid_code, year, pop_kind
        ) as missing_n
    from parted
),

arrived as (
    select
        to_code as grid_code, year, pop_kind, is_live,
        sum(whole_value + case when remainder_rank <= missing_n then 1 else 0 end) as value
    from floored
    group by to_code, year, pop_kind, is_live
),

known as (
    select grid_code, year, pop_kind, cast(value as bigint) as value
    from (
        select *, row_number() over (partition by grid_code, year, pop_kind order by is_live desc) as nearness
        from arrived
    ) as ranked
    where nearness = 1
),

placed as (
    select
        known.*, versions.grid_level
        {%- for k in range(0, 6) %},
        versions.path_{{ k }}
        {%- endfor %}
    from known
    inner join versions on known.grid_code = versions.grid_code and versions.is_current
),

everywhere as (
    {{ summed_population('known', 'placed') }}
),

final as (
    select everywhere.*
    from everywhere
    inner join touched on everywhere.grid_code = touched.grid_code
)

select * from final
