{{ config(materialized='table') }}
-- Every change as pairs of an old and a new code with the share of the old area that goes to the new one. Shares that a
-- notice rounded are brought to a sum of one; without any, residents are taken to live as households do, else equally.
with printed as (
    select * from {{ ref('int_grid_notice') }}
),

followers as (
    select * from {{ ref('int_grid_follower') }}
),

homes as (
    select grid_code, max(households) as households from {{ ref('stg_reference__grid') }}
    group by grid_code
),

limits as (
    select {{ threshold('grid_share_rounding') }} as share_rounding
),

unioned as (
    select notice_no, change_kind, effective_on, old_code, new_code, share, weight_basis, source_notice from printed
    union all
    select
        notice_no, 'code_change' as change_kind, effective_on, old_code, new_code,
        cast(1 as double) as share, 'one_to_one' as weight_basis, source_notice
    from followers
),

grouped as (
    select
        unioned.*,
        homes.households,
        count(*) over same_old as pairs_n,
        count(unioned.share) over same_old as shares_n,
        sum(unioned.share) over same_old as shares_sum,
        count(homes.households) over same_old as homes_n,
        sum(homes.households) over same_old as homes_sum
    from unioned
    left join homes on unioned.new_code = homes.grid_code
    window same_old as (partition by unioned.old_code, unioned.effective_on, unioned.weight_basis)
),

final as (
    select
        notice_no,
        change_kind,
        effective_on,
        old_code,
        new_code,
        case
            when old_code is null then cast(null as double)
            when pairs_n = 1 and (share is null or change_kind in ('code_change', 'merge')) then 1.0
            when shares_n > 0 and abs(shares_sum - 1) < limits.share_rounding then coalesce(share, 0) / shares_sum
            when shares_n > 0 then coalesce(share, 0)
            when homes_n = pairs_n and homes_sum > 0 then cast(households as double) / homes_sum
            else cast(1 as double) / pairs_n
        end as weight,
        case
            when old_code is null then cast(null as varchar)
            when pairs_n = 1 and weight_basis is null then 'one_to_one'
            when shares_n > 0 or pairs_n = 1 then coalesce(weight_basis, 'stated')
            when homes_n = pairs_n and homes_sum > 0 then 'households'
            else 'equal'
        end as weight_basis,
        source_notice
    from grouped
    cross join limits
)

select * from final
