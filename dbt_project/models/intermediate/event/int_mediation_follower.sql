-- When the first case was filed that names a mediation as what came before it: any, and a lawsuit (first instance,
-- civil or administrative; pre-filing mediation and enforcement are none). A case filed before the mediation ended
-- follows nothing.
with links as (
    select * from {{ ref('int_event_link') }}
    where link_kind = 'chain_next'
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

lawsuits as (
    select * from {{ ref('stg_justice__court_case') }}
),

arbitrations as (
    select * from {{ ref('stg_justice__labour_arbitration') }}
),

mediations as (
    select * from {{ ref('stg_dispute__mediation') }}
),

filed as (
    select
        event_id, source_file, source_record_no, filed_on,
        case_type in ('civil', 'administrative') and coalesce(instance, 'first') = 'first' as is_lawsuit
    from lawsuits
    where mediation_no is not null and not {{ is_deleted_at_source('landing_flags') }}
    union all
    select event_id, source_file, source_record_no, filed_on, false as is_lawsuit
    from arbitrations
    where mediation_no is not null and not {{ is_deleted_at_source('landing_flags') }}
),

filed_now as (
    select filed.*
    from filed
    inner join all_versions
        on
            filed.event_id = all_versions.event_id
            and filed.source_file = all_versions.source_file
            and filed.source_record_no = all_versions.source_record_no
),

ended as (
    select mediations.event_id, coalesce(mediations.concluded_on, mediations.agreed_on) as ended_on
    from mediations
    inner join all_versions
        on
            mediations.event_id = all_versions.event_id
            and mediations.source_file = all_versions.source_file
            and mediations.source_record_no = all_versions.source_record_no
),

final as (
    select
        ended.event_id,
        cast(min(filed_now.filed_on) as timestamp) as first_filed_at,
        cast(min(case when filed_now.is_lawsuit then filed_now.filed_on end) as timestamp) as lawsuit_filed_at
    from links
    inner join ended on links.event_id_a = ended.event_id
    inner join filed_now on links.event_id_b = filed_now.event_id and filed_now.filed_on >= ended.ended_on
    group by ended.event_id
)

select * from final
