{{ config(materialized='table') }}
-- From when to when each area held under one description, by the register's deliveries and by change notices. An area
-- that a notice ends held before it, even if no delivery ever named it.
with sightings as (
    select * from {{ ref('int_grid_sighting') }}
),

changes as (
    select * from {{ ref('int_grid_change') }}
),

brought as (
    select new_code as grid_code, effective_on as begins_on from changes
    union
    select grid_code, begins_on from sightings
    where begins_on is not null
),

taken as (
    select
        changes.old_code as grid_code,
        min(changes.effective_on) as first_taken_on,
        min(brought.begins_on) as first_brought_on
    from changes
    left join brought on changes.old_code = brought.grid_code
    where changes.old_code is not null
    group by changes.old_code
),

begins as (
    select grid_code, begins_on from brought
    union
    select grid_code, date '1900-01-01' as begins_on from taken
    where first_brought_on is null or first_brought_on >= first_taken_on
),

ends as (
    select grid_code, stated_to as ends_on from sightings
    where stated_to is not null
    union
    select grid_code, missing_from as ends_on from sightings
    where missing_from is not null
    union
    select one.old_code as grid_code, one.effective_on as ends_on
    from changes as one
    left join changes as other on one.old_code = other.new_code and one.effective_on = other.effective_on
    where one.old_code is not null and other.new_code is null
),

followed as (
    select
        grid_code,
        begins_on,
        lead(begins_on) over (partition by grid_code order by begins_on) as next_on,
        row_number() over (partition by grid_code order by begins_on) > 1 as is_later
    from begins
),

ended as (
    select followed.grid_code, followed.begins_on, min(ends.ends_on) as ends_on
    from followed
    inner join ends on followed.grid_code = ends.grid_code and ends.ends_on > followed.begins_on
    group by followed.grid_code, followed.begins_on
),

-- Why a description begins: the notice of that day, if there is one.
reasons as (
    select
        new_code as grid_code, effective_on as begins_on,
        min(change_kind) as change_reason,
        max(case when change_kind in ('create', 'split', 'merge') then 1 else 0 end) = 1 as is_other_area,
        max(case when change_kind = 'code_change' then old_code end) as renamed_from,
        min(source_notice) as source_notice
    from changes
    group by new_code, effective_on
),

final as (
    select
        followed.grid_code,
        followed.begins_on as valid_from,
        least(
            coalesce(followed.next_on, date '9999-12-31'), coalesce(ended.ends_on, date '9999-12-31')
        ) as valid_to,
        coalesce(
            reasons.change_reason,
            case when followed.is_later then 'register' end
        ) as change_reason,
        coalesce(reasons.is_other_area, false) as is_other_area,
        reasons.renamed_from,
        reasons.source_notice
    from followed
    left join ended on followed.grid_code = ended.grid_code and followed.begins_on = ended.begins_on
    left join reasons on followed.grid_code = reasons.grid_code and followed.begins_on = reasons.begins_on
)

select * from final
where valid_from < valid_to
