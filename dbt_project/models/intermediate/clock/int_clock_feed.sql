{{ config(materialized='table') }}
-- Which clocks run in which feed: a clock whose end the feed never tells would show every case as overdue, so it does
-- not run there. Whether it is told is asked of all events at every build.
with facts as (
    select * from {{ ref('fct_event') }}
),

rules as (
    select * from {{ ref('ref_sla_rule') }}
    where is_run
),

told as (
    select
        feed,
        event_kind,
        {%- for column in event_times() %}
        count({{ column }}) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from facts
    group by feed, event_kind
),

columns as (
    {%- for column in event_times() %}
    select feed, event_kind, '{{ column }}' as column_name
    from told
    where {{ column }} > 0
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

final as (
    select
        columns.feed,
        rules.sla_rule_id
    from columns
    inner join rules on columns.event_kind = rules.event_kind and columns.column_name = rules.stop_column
    group by columns.feed, rules.sla_rule_id
)

select * from final
