-- The figures of a domain's board in one area, each `metric/kind of slice/code`: year to date or one month, else the nearest
-- period it has; and the same period a year before, unless its cases were sent for a part of that period only.
with wanted as (
    select
        split_part(item, '/', 1) as metric_id, split_part(item, '/', 2) as slice_kind, split_part(item, '/', 3) as slice_code
    from (select unnest($items::varchar[]) as item)
),

-- Asked once, and of these days alone: a figure that was hidden is worked out for each day of the data.
figures as materialized (
    select shown.*
    from marts.v_metric_display as shown
    inner join wanted using (metric_id, slice_kind, slice_code)
    where
        shown.grid_code = $area and shown.basis = 'as_was'
        and shown.period_kind in ('year_to_date', 'month', 'day', 'cumulative')
        and shown.period_end in (
            $today, $month_end, cast($today - interval 1 year as date), cast($month_end - interval 1 year as date),
            last_day(cast($month - interval 1 year as date))
        )
),

chosen as (
    select
        figures.*,
        case figures.period_kind
            when 'year_to_date' then 1
            when 'month' then 2
            when 'day' then 3
            else 4
        end as preference
    from figures
    inner join marts.ref_metric as register on figures.metric_id = register.metric_id
    where
        ($is_year_to_date and figures.period_kind = 'year_to_date' and figures.period_end = $today)
        or (figures.period_kind = 'month' and figures.period_start = $month)
        or (figures.period_kind = 'day' and figures.period_end = $today and register.family = 'stock')
        or (figures.period_kind = 'cumulative' and figures.period_end in ($today, $month_end))
    qualify row_number() over (
        partition by figures.metric_id, figures.slice_kind, figures.slice_code
        order by preference, case when $is_year_to_date then figures.period_end end desc, figures.period_end
    ) = 1
),

earlier as (
    select chosen.metric_id, chosen.slice_kind, chosen.slice_code, old.num, old.den, old.value
    from chosen
    inner join {begins} as begins on chosen.metric_id = begins.metric_id
    inner join figures as old
        on
            chosen.metric_id = old.metric_id and chosen.slice_kind = old.slice_kind and chosen.slice_code = old.slice_code
            and chosen.period_kind = old.period_kind
            and (
                (chosen.period_kind = 'month' and old.period_start = chosen.period_start - interval 1 year)
                or (chosen.period_kind in ('year_to_date', 'cumulative')
                    and old.period_end = chosen.period_end - interval 1 year)
            )
    where chosen.period_kind = 'cumulative' or old.period_start >= begins.first_day
)

select
    register.metric_id, register.name_zh, register.name_en, register.unit_zh, register.unit_en, register.decimals,
    register.direction, register.family, register.scale, register.population, register.min_denominator,
    register.caveat_zh, register.caveat_en, wanted.slice_kind, wanted.slice_code,
    chosen.period_kind, chosen.period_start, chosen.period_end, chosen.num, chosen.den, chosen.stat_value, chosen.value,
    chosen.is_suppressed, chosen.reason, chosen.ci_low, chosen.ci_high,
    earlier.num as earlier_num, earlier.den as earlier_den, earlier.value as earlier_value,
    exists (
        select 1 from marts.ref_metric_cut as cuts
        where
            cuts.metric_id = wanted.metric_id and cuts.slice_kind = wanted.slice_kind
            and cuts.grid_level = greatest($level, 0)
    ) as is_given
from wanted
inner join marts.ref_metric as register on wanted.metric_id = register.metric_id
left join chosen
    on
        wanted.metric_id = chosen.metric_id and wanted.slice_kind = chosen.slice_kind
        and wanted.slice_code = chosen.slice_code
left join earlier
    on
        wanted.metric_id = earlier.metric_id and wanted.slice_kind = earlier.slice_kind
        and wanted.slice_code = earlier.slice_code
order by wanted.metric_id, wanted.slice_kind, wanted.slice_code
