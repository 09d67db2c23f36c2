{{ config(materialized='table') }}
-- Which areas are the same through time. An area stays the same when its outline, name or code changes; what a split, a
-- merge or a founding brings is another one, also under a code that was used before. The id is the first code that the
-- area bore, with a number if that code is used again.
with areas as (
    select * from {{ ref('int_grid') }}
),

started as (
    select
        *,
        row_number() over (partition by grid_code order by valid_from) = 1
        or is_other_area
        or renamed_from is not null
        or lag(valid_to) over (partition by grid_code order by valid_from) < valid_from as is_start
    from areas
),

numbered as (
    select
        *,
        sum(case when is_start then 1 else 0 end) over (
            partition by grid_code order by valid_from rows between unbounded preceding and current row
        ) as use_no
    from started
),

named as (
    select
        *,
        case when use_no = 1 then grid_code else grid_code || '#' || cast(use_no as varchar) end as own_id
    from numbered
),

-- A renamed area points to itself under the code before; 32 renamings of one area are followed.
pointed_0 as (
    select named.own_id, max(coalesce(before.own_id, named.own_id)) as grid_id
    from named
    left join named as before
        on named.is_start and named.renamed_from = before.grid_code and named.valid_from = before.valid_to
    where named.is_start
    group by named.own_id
),
{% for n in range(1, 6) %}
pointed_{{ n }} as (
    select here.own_id, there.grid_id
    from pointed_{{ n - 1 }} as here
    inner join pointed_{{ n - 1 }} as there on here.grid_id = there.own_id
),
{% endfor %}
final as (
    select named.grid_code, named.valid_from, pointed_5.grid_id
    from named
    inner join pointed_5 on named.own_id = pointed_5.own_id
)

select * from final
