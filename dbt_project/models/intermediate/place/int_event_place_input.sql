-- What each event says about where it happened, as sent. On an incremental build only for touched events. Acts say
-- nothing: their place is their case's.
with current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

said as (
    {%- for kind in event_kinds() if kind.place %}
    select
        event_id,
        source_file,
        source_record_no,
        cast({{ kind.on_time or 'reported_at' }} as date) as on_date,
        {{ kind.place.grid_code_sent or 'cast(null as varchar)' }} as grid_code_sent,
        {{ kind.place.lon or 'cast(null as double)' }} as lon,
        {{ kind.place.lat or 'cast(null as double)' }} as lat,
        {{ kind.place.place_code or 'cast(null as varchar)' }} as place_code,
        {{ kind.place.community_name or 'cast(null as varchar)' }} as community_name,
        {{ kind.place.street_name or 'cast(null as varchar)' }} as street_name
    from {{ ref(kind.staging) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

final as (
    select
        said.event_id,
        said.on_date,
        said.grid_code_sent,
        said.lon,
        said.lat,
        said.place_code,
        said.community_name,
        said.street_name
    from said
    inner join current_versions
        on
            said.event_id = current_versions.event_id
            and said.source_file = current_versions.source_file
            and said.source_record_no = current_versions.source_record_no
)

select * from final
