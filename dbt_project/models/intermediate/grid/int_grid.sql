{{ config(materialized='table') }}
-- Every version of every area with its parent and its path. Parents are given or follow from the code; the root is
-- the row without parent, and an area whose parent is unknown hangs on the root. The pseudo-area UNASSIGNED is a
-- child of the root.
with grids as (
    select * from {{ ref('int_grid_version') }}
),

build_info as (
    select * from {{ ref('stg_ops__build_info') }}
),

code_lengths as (
    select * from {{ ref('ref_grid_level') }}
),

rooted as (
    select * from grids
    union all
    select
        root_code as grid_code, cast(null as varchar) as parent_code, city_zh as name_zh, city_en as name_en,
        cast(null as varchar) as grid_type,
        'local' as code_authority,
        0 as grid_level,
        cast(null as bigint) as households,
        cast(null as varchar) as geom_wkt, date '1900-01-01' as valid_from, date '9999-12-31' as valid_to,
        cast(null as varchar) as change_reason, false as is_other_area, cast(null as varchar) as renamed_from,
        cast(null as varchar) as source_notice
    from build_info
    where root_code not in (select grids.grid_code from grids)
),

by_code as (
    select
        child.grid_code,
        child.valid_from,
        parent.grid_code as parent_code,
        row_number() over (
            partition by child.grid_code, child.valid_from order by parent.grid_level desc, parent.valid_from desc
        ) as nearness
    from rooted as child
    inner join code_lengths on child.grid_level > code_lengths.grid_level
    inner join rooted as parent
        on
            code_lengths.grid_level = parent.grid_level
            and left(child.grid_code, code_lengths.code_length) = left(parent.grid_code, code_lengths.code_length)
    where
        child.parent_code is null
        -- A local code (a development zone, say) may look like any other: its place is stated, never read from digits.
        and coalesce(child.code_authority, 'national') <> 'local'
        and coalesce(parent.code_authority, 'national') <> 'local'
),

known as (
    select distinct grid_code from rooted
),

parented as (
    select
        rooted.*,
        case
            when rooted.grid_code = build_info.root_code then cast(null as varchar)
            else coalesce(known.grid_code, by_code.parent_code, build_info.root_code)
        end as parent_found
    from rooted
    cross join build_info
    left join known on rooted.parent_code = known.grid_code
    left join by_code
        on rooted.grid_code = by_code.grid_code and rooted.valid_from = by_code.valid_from and by_code.nearness = 1
),

unassigned as (
    select
        'UNASSIGNED' as grid_code, '未落图' as name_zh, 'Unassigned' as name_en, cast(null as varchar) as grid_type,
        'local' as code_authority,
        coalesce(min(parented.grid_level), 1) as grid_level,
        cast(null as bigint) as households,
        cast(null as varchar) as geom_wkt, date '1900-01-01' as valid_from, date '9999-12-31' as valid_to,
        cast(null as varchar) as change_reason, false as is_other_area, cast(null as varchar) as renamed_from,
        cast(null as varchar) as source_notice,
        build_info.root_code as parent_code
    from build_info
    left join parented on build_info.root_code = parented.parent_found
    group by build_info.root_code
),

final as (
    select
        grid_code, name_zh, name_en, grid_type, code_authority, grid_level, households, geom_wkt, valid_from, valid_to,
        change_reason, is_other_area, renamed_from, source_notice,
        parent_found as parent_code
    from parented
    union all
    select * from unassigned
)

select * from final
