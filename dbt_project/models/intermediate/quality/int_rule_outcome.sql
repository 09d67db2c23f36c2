-- What each rule said of each file: the judge's counts, and whether the second opinion (Great Expectations) raised
-- an error.
with rules as (
    select * from {{ ref('stg_ops__rule_outcome') }}
),

second_opinions as (
    select * from {{ ref('stg_ops__quality_outcome') }}
),

files as (
    select * from {{ ref('stg_ops__feed_outcome') }}
),

final as (
    select
        rules.feed,
        rules.contract,
        rules.sha256,
        rules.rule_id,
        rules.column_name,
        rules.severity,
        rules.dimension,
        rules.evaluated_n,
        rules.failed_n,
        coalesce(second_opinions.is_error, false) as is_error,
        files.extracted_at,
        files.clock_max
    from rules
    inner join files on rules.feed = files.feed and rules.sha256 = files.sha256
    left join second_opinions
        on
            rules.feed = second_opinions.feed
            and rules.sha256 = second_opinions.sha256
            and rules.rule_id = second_opinions.rule_id
)

select * from final
