{{ config(materialized='table') }}
-- Change notices as pairs of one old and one new code, as printed. A notice that names several of each pairs them all,
-- but a code change pairs them in their order. A created area has no old code.
with notices as (
    select
        *,
        {{ list_size('old_codes') }} as olds_n,
        {{ list_size('new_codes') }} as news_n,
        {{ list_size('weights') }} as weights_n
    from {{ ref('stg_reference__grid_change') }}
),

olds as (
    select change_id, trim(old_code) as old_code, old_place
    from {{ numbered_members('notices', 'old_codes', 'old_code', 'old_place') }} as listed_old
    union all
    select change_id, cast(null as varchar) as old_code, 0 as old_place
    from notices
    where olds_n = 0
),

news as (
    select change_id, trim(new_code) as new_code, new_place
    from {{ numbered_members('notices', 'new_codes', 'new_code', 'new_place') }} as listed_new
),

shares as (
    select change_id, try_cast(trim(share) as double) as share, share_place
    from {{ numbered_members('notices', 'weights', 'share', 'share_place') }} as listed_share
),

paired as (
    select
        notices.change_id,
        notices.notice_no,
        notices.change_kind,
        notices.effective_on,
        notices.weight_basis,
        notices.source_notice,
        olds.old_code,
        news.new_code,
        case
            when notices.weights_n = notices.olds_n * notices.news_n
                then olds.old_place * notices.news_n + news.new_place
        end as share_place
    from notices
    inner join olds on notices.change_id = olds.change_id
    inner join news on notices.change_id = news.change_id
    where
        notices.change_kind <> 'code_change'
        or notices.olds_n <> notices.news_n
        or olds.old_place = news.new_place
),

final as (
    select
        paired.notice_no,
        paired.change_kind,
        paired.effective_on,
        paired.old_code,
        paired.new_code,
        max(shares.share) as share,
        paired.weight_basis,
        max(paired.source_notice) as source_notice
    from paired
    left join shares on paired.change_id = shares.change_id and paired.share_place = shares.share_place
    where paired.new_code <> ''
    group by
        paired.notice_no, paired.change_kind, paired.effective_on, paired.old_code, paired.new_code,
        paired.weight_basis
)

select * from final
