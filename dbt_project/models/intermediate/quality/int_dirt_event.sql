-- Dirt that shows only where events meet: counts of events, or of versions, by the file that told them.
{%- set marks = dirt_of_events() %}
with facts as (
    select * from {{ ref('fct_event') }}
),

versions as (
    select * from {{ ref('fct_event_version') }}
),

said as (
    select * from {{ ref('int_event_place') }}
),

spoilt as (
    select * from {{ ref('int_dirt_code') }}
),

counted as (
    select
        feed,
        source_file,
        {%- for mark, condition in marks %}
        sum(case when {{ condition }} then 1 else 0 end) as {{ mark }}_n,
        {%- endfor %}
        count(*) as events_n
    from facts
    group by feed, source_file
),

-- A later version that changes what an earlier file said.
later as (
    select
        facts.feed,
        versions.source_file,
        count(*) as found_n
    from versions
    inner join facts on versions.event_id = facts.event_id
    where versions.version_no > 1
    group by facts.feed, versions.source_file
),

damaged as (
    select
        facts.feed,
        facts.source_file,
        spoilt.mark,
        count(*) as found_n
    from said
    inner join spoilt on said.code_sent = spoilt.spoilt_code
    inner join facts on said.event_id = facts.event_id
    group by facts.feed, facts.source_file, spoilt.mark
),

final as (
    {%- for mark, _ in marks %}
    select
        feed,
        source_file as sha256,
        '{{ mark }}' as mark,
        cast({{ mark }}_n as bigint) as found_n
    from counted
    where {{ mark }}_n > 0
    union all
    {%- endfor %}
    select
        feed,
        source_file as sha256,
        'later_version' as mark,
        found_n
    from later
    union all
    select
        feed,
        source_file as sha256,
        mark,
        found_n
    from damaged
)

select * from final
