-- One row per centre and start of validity: the latest version received of each.
with latest as (
    {{ latest_reference('centre', "centre_code, coalesce(valid_from, date '1900-01-01')") }}
),

final as (
    select
        centre_code,
        name_zh,
        coalesce(name_en, name_zh) as name_en,
        cast(level as integer) as grid_level,
        area_code as grid_code,
        zones,
        coalesce(valid_from, date '1900-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from latest
)

select * from final
