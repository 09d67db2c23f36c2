{{ config(materialized='table') }}
-- Every span of an area with its description: of a delivery within the span, else of the nearest one. An outline is
-- taken from a delivery within the span only, or from the same area under its other code. An area that no delivery
-- ever described has its code as name, and the level of the area it became or came from, else of its code's length.
with spans as (
    select * from {{ ref('int_grid_span') }}
),

sightings as (
    select * from {{ ref('int_grid_sighting') }}
),

changes as (
    select * from {{ ref('int_grid_change') }}
),

code_lengths as (
    select * from {{ ref('ref_grid_level') }}
),

described as (
    select *
    from (
        select
            spans.grid_code as area_code,
            spans.valid_from as area_from,
            sightings.*,
            coalesce(sightings.begins_on = spans.valid_from, false)
            or (sightings.seen_on >= spans.valid_from and sightings.seen_on < spans.valid_to) as is_within,
            row_number() over (
                partition by spans.grid_code, spans.valid_from
                order by
                    case
                        when sightings.begins_on = spans.valid_from then 0
                        when sightings.seen_on >= spans.valid_from and sightings.seen_on < spans.valid_to then 1
                        when sightings.seen_on < spans.valid_from then 2
                        else 3
                    end asc,
                    case when sightings.seen_on < spans.valid_to then sightings.seen_on end desc,
                    sightings.seen_on asc,
                    sightings.feed asc
            ) as nearness
        from spans
        inner join sightings on spans.grid_code = sightings.grid_code
    ) as ranked
    where nearness = 1
),

-- The same area under its other code, or one that it became or came from.
partners as (
    select old_code as grid_code, new_code as partner_code, change_kind, effective_on from changes
    where old_code is not null
    union all
    select new_code as grid_code, old_code as partner_code, change_kind, effective_on from changes
    where old_code is not null
),

partnered as (
    select *
    from (
        select
            spans.grid_code,
            spans.valid_from,
            sightings.grid_level,
            sightings.grid_type,
            sightings.code_authority,
            sightings.name_zh,
            sightings.name_en,
            sightings.households,
            sightings.geom_wkt,
            sightings.parent_code,
            partners.change_kind = 'code_change' as is_same,
            row_number() over (
                partition by spans.grid_code, spans.valid_from
                order by
                    case when partners.change_kind = 'code_change' then 0 else 1 end asc,
                    partners.effective_on asc, sightings.seen_on desc, sightings.grid_code asc
            ) as nearness
        from spans
        inner join partners
            on
                spans.grid_code = partners.grid_code
                and (spans.valid_from = partners.effective_on or spans.valid_to = partners.effective_on)
        inner join sightings on partners.partner_code = sightings.grid_code
    ) as ranked
    where nearness = 1
),

final as (
    select
        spans.grid_code,
        case
            when described.area_code is not null then described.parent_code
            when partnered.code_authority = 'local' then partnered.parent_code
        end as parent_code,
        coalesce(described.name_zh, case when partnered.is_same then partnered.name_zh end, spans.grid_code) as name_zh,
        coalesce(described.name_en, case when partnered.is_same then partnered.name_en end, spans.grid_code) as name_en,
        coalesce(described.grid_type, partnered.grid_type) as grid_type,
        coalesce(described.code_authority, partnered.code_authority) as code_authority,
        coalesce(described.grid_level, partnered.grid_level, code_lengths.grid_level) as grid_level,
        coalesce(described.households, case when partnered.is_same then partnered.households end) as households,
        coalesce(
            case when described.is_within then described.geom_wkt end,
            case when partnered.is_same then partnered.geom_wkt end
        ) as geom_wkt,
        spans.valid_from,
        spans.valid_to,
        spans.change_reason,
        spans.is_other_area,
        spans.renamed_from,
        spans.source_notice
    from spans
    left join described on spans.grid_code = described.area_code and spans.valid_from = described.area_from
    left join partnered on spans.grid_code = partnered.grid_code and spans.valid_from = partnered.valid_from
    left join code_lengths on length(spans.grid_code) = code_lengths.code_length
)

select * from final
where grid_level is not null
