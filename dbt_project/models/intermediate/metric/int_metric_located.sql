-- Atoms of the due cells with the areas they lie in and the chunk of their day. Where an atom lies in other areas today
-- than it did, what leaves the old ones (negative) and what comes to the new ones stands beside it as `moved_*`; areas
-- that are the same in both are left out there. `side` tells the three apart.
{%- set said = 'atoms.metric_id, atoms.slice_kind, atoms.slice_code, atoms.time_grain, atoms.day, atoms.until_day, '
    ~ 'atoms.grid_code, atoms.grid_version_id, atoms.restated_grid_code, atoms.is_weighted, '
    ~ 'days.cell_start, days.chunk_start, days.chunk_end, until_days.chunk_end as until_end' %}
with atoms as (
    select * from {{ ref('int_metric_atom') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

moves as (
    select * from {{ ref('int_grid_moved') }}
),

days as (
    select * from {{ ref('int_metric_day') }}
),

due as (
    select * from {{ ref('int_metric_due_cell') }}
),

stayed as (
    select
        {{ said }}, 'own' as side,
        {%- for k in range(0, 6) %}
        paths.path_{{ k }},
        {%- endfor %}
        1 as own_n, atoms.num, atoms.den, 0 as moved_num, 0 as moved_den, 0 as weighted_n
    from atoms
    inner join days on atoms.day = days.day
    inner join days as until_days on atoms.until_day = until_days.day
    -- An event without a place has no version; its pseudo-area has one.
    inner join paths on coalesce(atoms.grid_version_id, 'UNASSIGNED@1900-01-01') = paths.grid_version_id
    where days.cell_start in (select due.cell_start from due)
),

moved as (
    {%- for side, sign in [('old', '-'), ('new', '')] %}
    select
        {{ said }}, '{{ side }}' as side,
        {%- for k in range(0, 6) %}
        moves.{{ side }}_path_{{ k }} as path_{{ k }},
        {%- endfor %}
        0 as own_n, 0 as num, 0 as den, {{ sign }}atoms.num as moved_num, {{ sign }}atoms.den as moved_den,
        case when atoms.is_weighted then 1 else 0 end as weighted_n
    from atoms
    inner join days on atoms.day = days.day
    inner join days as until_days on atoms.until_day = until_days.day
    inner join moves
        on atoms.grid_version_id = moves.grid_version_id and atoms.restated_grid_code = moves.restated_grid_code
    where days.cell_start in (select due.cell_start from due)
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

final as (
    select * from stayed
    union all
    select * from moved
)

select * from final
