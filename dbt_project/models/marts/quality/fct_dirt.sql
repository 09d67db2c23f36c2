-- How much of each dirt of the catalogue came, by feed and month of the extract. A month in which none came has no row.
with found as (
    select * from {{ ref('int_dirt_found') }}
),

marks as (
    select * from {{ ref('ref_dirt_mark') }}
),

files as (
    select
        feed,
        contract,
        sha256,
        read_n,
        nondata_n,
        cast(date_trunc('month', coalesce(extracted_at, clock_max, received_at)) as date) as month
    from {{ ref('stg_ops__feed_outcome') }}
    where status <> 'retracted'
),

feed_months as (
    select
        feed,
        month,
        sum(read_n) as read_n,
        sum(read_n - nondata_n) as rows_n,
        count(*) as files_n
    from files
    group by feed, month
),

final as (
    select
        files.feed,
        files.contract,
        files.month,
        marks.dirt_code,
        found.column_name,
        found.mark,
        marks.unit,
        cast(sum(found.found_n) as bigint) as found_n,
        cast(max(
            case
                when marks.unit = 'file' then feed_months.files_n
                when found.mark = 'nondata' then feed_months.read_n
                else feed_months.rows_n
            end
        ) as bigint) as of_n
    from found
    inner join marks on found.mark = marks.mark and found.origin = marks.origin
    inner join files on found.feed = files.feed and found.sha256 = files.sha256
    inner join feed_months on files.feed = feed_months.feed and files.month = feed_months.month
    group by files.feed, files.contract, files.month, marks.dirt_code, found.column_name, found.mark, marks.unit
)

select * from final
