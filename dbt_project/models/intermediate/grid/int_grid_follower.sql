-- Areas whose code changes because the code of an area above them does: a district's new prefix re-codes every street,
-- community and grid below it. Local codes have no prefix in common with anything and never follow.
with printed as (
    select * from {{ ref('int_grid_notice') }}
),

sightings as (
    select * from {{ ref('stg_reference__grid') }}
),

first_deliveries as (
    select feed, min(seen_on) as first_on from sightings
    group by feed
),

local_codes as (
    select distinct grid_code from sightings
    where code_authority = 'local'
),

heads as (
    select * from printed
    where
        change_kind = 'code_change'
        and old_code not in (select local_codes.grid_code from local_codes)
        and new_code not in (select local_codes.grid_code from local_codes)
),

-- A code that stands on one side only: with a boundary, an area is on both.
ended as (
    select one.old_code as grid_code, one.effective_on from printed as one
    left join printed as other on one.old_code = other.new_code and one.effective_on = other.effective_on
    where one.old_code is not null and other.new_code is null
),

begun as (
    select one.new_code as grid_code, one.effective_on from printed as one
    left join printed as other on one.new_code = other.old_code and one.effective_on = other.effective_on
    where other.old_code is null
),

seen as (
    select sightings.grid_code, sightings.seen_on, sightings.seen_on = first_deliveries.first_on as is_first_delivery
    from sightings
    inner join first_deliveries on sightings.feed = first_deliveries.feed
    where sightings.grid_code not in (select local_codes.grid_code from local_codes)
    union all
    -- A code that only notices know holds from the day on which one brought it.
    select grid_code, effective_on as seen_on, false as is_first_delivery from begun
),

known as (
    select
        grid_code,
        min(seen_on) as first_seen_on,
        max(seen_on) as last_seen_on,
        bool_or(is_first_delivery) as is_from_the_start
    from seen
    group by grid_code
),

-- Known by its old code, and not seen under it from the day on.
forwards as (
    select
        heads.notice_no, heads.effective_on, heads.source_notice, length(heads.old_code) as prefix_length,
        known.grid_code as old_code,
        heads.new_code || substr(known.grid_code, length(heads.old_code) + 1) as new_code
    from heads
    inner join known
        on
            length(known.grid_code) > length(heads.old_code)
            and left(known.grid_code, length(heads.old_code)) = heads.old_code
            and known.last_seen_on < heads.effective_on
    left join ended on known.grid_code = ended.grid_code and ended.effective_on <= heads.effective_on
    where ended.grid_code is null
),

-- Known by its new code alone, because the first register we were given is younger than the change.
backwards as (
    select
        heads.notice_no, heads.effective_on, heads.source_notice, length(heads.new_code) as prefix_length,
        heads.old_code || substr(known.grid_code, length(heads.new_code) + 1) as old_code,
        known.grid_code as new_code
    from heads
    inner join known
        on
            length(known.grid_code) > length(heads.new_code)
            and left(known.grid_code, length(heads.new_code)) = heads.new_code
            and known.first_seen_on >= heads.effective_on
            and known.is_from_the_start
    left join begun on known.grid_code = begun.grid_code and begun.effective_on <= known.first_seen_on
    where begun.grid_code is null
),

unioned as (
    select * from forwards
    union
    select * from backwards
),

final as (
    select notice_no, effective_on, old_code, new_code, source_notice
    from (
        select
            *,
            row_number() over (
                partition by old_code, effective_on order by prefix_length desc, new_code asc
            ) as nearness
        from unioned
    ) as ranked
    where nearness = 1
)

select * from final
