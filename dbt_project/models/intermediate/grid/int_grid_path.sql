{{ config(materialized='table') }}
-- One row per version of an area: a span of days in which its description and all areas above it stay the same. Spans
-- of one code follow each other without gap (`span_from`, `span_to`): every day finds exactly one, also a day before
-- the first notice of an area and after its last.
-- noqa: disable=LT02
with grids as (
    select * from {{ ref('int_grid') }}
),

paths as (
    select * from {{ ref('int_grid_lineage') }}
),

identities as (
    select * from {{ ref('int_grid_identity') }}
),

build_info as (
    select * from {{ ref('stg_ops__build_info') }}
),

pieces as (
    select
        grids.*,
        {%- for k in range(0, 6) %}
        paths.path_{{ k }},
        {%- endfor %}
        greatest(grids.valid_from, paths.stays_from) as piece_from,
        least(grids.valid_to, paths.stays_to) as piece_to
    from grids
    inner join paths
        on
            grids.grid_code = paths.grid_code
            and grids.valid_from < paths.stays_to
            and grids.valid_to > paths.stays_from
),

final as (
    select
        pieces.grid_code || '@' || cast(pieces.piece_from as varchar) as grid_version_id,
        identities.grid_id,
        pieces.grid_code, pieces.grid_level, pieces.parent_code,
        {%- for k in range(0, 6) %}
        pieces.path_{{ k }},
        {%- endfor %}
        pieces.grid_type, pieces.code_authority, pieces.name_zh, pieces.name_en, pieces.households, pieces.geom_wkt,
        pieces.piece_from as valid_from,
        pieces.piece_to as valid_to,
        case when pieces.piece_from > pieces.valid_from then 'hierarchy' else pieces.change_reason end as change_reason,
        case when pieces.piece_from = pieces.valid_from then pieces.source_notice end as source_notice,
        pieces.piece_from <= cast(build_info.as_of as date)
        and pieces.piece_to > cast(build_info.as_of as date) as is_current,
        case
            when row_number() over (partition by pieces.grid_code order by pieces.piece_from) = 1
                then date '1900-01-01'
            else pieces.piece_from
        end as span_from,
        coalesce(
            lead(pieces.piece_from) over (partition by pieces.grid_code order by pieces.piece_from), date '9999-12-31'
        ) as span_to
    from pieces
    cross join build_info
    inner join identities on pieces.grid_code = identities.grid_code and pieces.valid_from = identities.valid_from
)

select * from final
