-- What each event says about where it happened, as sent. On an incremental build only for touched events.
with current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

said as (
    select
        event_id,
        source_file,
        source_record_no,
        cast(reported_at as date) as on_date,
        grid_code as grid_code_sent,
        lon,
        lat,
        cast(null as varchar) as place_code,
        community_name,
        cast(null as varchar) as street_name
    from {{ ref('stg_police__incident') }}
    union all
    select
        event_id,
        source_file,
        source_record_no,
        cast(reported_at as date) as on_date,
        coalesce(grid_code, duty_grid_code) as grid_code_sent,
        lon,
        lat,
        cast(null as varchar) as place_code,
        community_name,
        street_name
    from {{ ref('stg_urban__case') }}
    union all
    select
        event_id,
        source_file,
        source_record_no,
        cast(registered_at as date) as on_date,
        grid_code as grid_code_sent,
        cast(null as double) as lon,
        cast(null as double) as lat,
        place_code,
        community_name,
        cast(null as varchar) as street_name
    from {{ ref('stg_petition__matter') }}
    union all
    select
        event_id,
        source_file,
        source_record_no,
        filed_on as on_date,
        cast(null as varchar) as grid_code_sent,
        cast(null as double) as lon,
        cast(null as double) as lat,
        place_code,
        cast(null as varchar) as community_name,
        cast(null as varchar) as street_name
    from {{ ref('stg_justice__court_case') }}
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
