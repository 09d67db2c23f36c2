-- What one case says about another by its number, as declared; a number that no case has links nothing. The newest
-- version of a case speaks for it. Where a number is reused, the lowest id stands for it: one target per number.
with all_versions as (
    select * from {{ ref('int_event_current') }}
),

said as (
    {%- for link in declared_links() %}
    select
        event_id, source_file, source_record_no,
        {{ 'named_no' if link.is_list else link.column }} as named_no,
        '{{ link.target }}' as target_kind,
        '{{ link.link_kind }}' as link_kind,
        {{ 'true' if link.is_inverse else 'false' }} as is_inverse
    from {{ members(ref(link.staging), link.column, 'named_no') if link.is_list else ref(link.staging) }} as speaking
    where {{ 'named_no' if link.is_list else link.column }} is not null
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

numbered as (
    select event_kind, source_case_no, min(event_id) as event_id
    from all_versions
    where source_case_no is not null
    group by event_kind, source_case_no
),

final as (
    select distinct
        case when said.is_inverse then numbered.event_id else said.event_id end as event_id_a,
        case when said.is_inverse then said.event_id else numbered.event_id end as event_id_b,
        said.link_kind
    from said
    inner join all_versions
        on
            said.event_id = all_versions.event_id
            and said.source_file = all_versions.source_file
            and said.source_record_no = all_versions.source_record_no
    inner join numbered on said.target_kind = numbered.event_kind and said.named_no = numbered.source_case_no
    where said.event_id <> numbered.event_id
)

select * from final
