-- Everything that was found dirty, by file, column and mark: marks of cleaning, broken rules, counts of files, events.
with marks as (
    select * from {{ ref('stg_ops__parse_mark') }}
),

rules as (
    select * from {{ ref('int_rule_outcome') }}
),

files as (
    select * from {{ ref('stg_ops__feed_outcome') }}
),

events as (
    select * from {{ ref('int_dirt_event') }}
),

final as (
    select
        feed,
        sha256,
        column_name,
        mark,
        'mark' as origin,
        found_n
    from marks
    union all
    select
        feed,
        sha256,
        column_name,
        case
            when rule_id like '%-order' then 'order'
            when rule_id like '%-window' then 'window'
            when rule_id like '%-required' then 'required'
            else 'range'
        end as mark,
        'rule' as origin,
        sum(failed_n) as found_n
    from rules
    where
        failed_n > 0
        and (
            rule_id like '%-order' or rule_id like '%-window' or rule_id like '%-required'
            or (rule_id like '%-range' and column_name in ('lon', 'lat'))
        )
    group by 1, 2, 3, 4
    {%- for mark, found in [
        ('repeat', 'repeat_n'),
        ('nondata', 'nondata_n'),
        ('encoding', "case when encoding not in ('', 'utf-8', 'ascii', 'parquet', 'xlsx', 'xls') then 1 else 0 end"),
        ('undecodable', "case when status = 'held' and held_what like 'bytes that are not %' then 1 else 0 end"),
        ('unknown_column', "case when unknown_columns <> '' then 1 else 0 end")
    ] %}
    union all
    select
        feed,
        sha256,
        '' as column_name,
        '{{ mark }}' as mark,
        'file' as origin,
        {{ found }} as found_n
    from files
    where {{ found }} > 0
    {%- endfor %}
    union all
    select
        feed,
        sha256,
        '' as column_name,
        mark,
        'event' as origin,
        found_n
    from events
)

select * from final
