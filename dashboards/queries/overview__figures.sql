-- Every figure of one area: year to date or one month, else the nearest period it has; and the same period a year before,
-- unless its cases were sent for a part of that period only.
-- Asked once, and of these days alone: a figure that was hidden is worked out for each day of the data.
with figures as materialized (
    select * from marts.v_metric_display
    where
        grid_code = $area and slice_kind = 'all' and basis = 'as_was'
        and period_kind in ('year_to_date', 'month', 'day', 'cumulative')
        and period_end in (
            $today, $month_end, cast($today - interval 1 year as date), cast($month_end - interval 1 year as date),
            last_day(cast($month - interval 1 year as date))
        )
),

candidates as (
    select
        shown.metric_id, shown.period_kind, shown.period_start, shown.period_end, shown.num, shown.den, shown.stat_value,
        shown.value, shown.is_suppressed, shown.reason, shown.ci_low, shown.ci_high,
        case shown.period_kind
            when 'year_to_date' then 1
            when 'month' then 2
            when 'day' then 3
            else 4
        end as preference
    from figures as shown
    inner join marts.ref_metric as register on shown.metric_id = register.metric_id
    where
        (
            ($is_year_to_date and shown.period_kind = 'year_to_date' and shown.period_end = $today)
            or (shown.period_kind = 'month' and shown.period_start = $month)
            or (shown.period_kind = 'day' and shown.period_end = $today and register.periods = 'day')
            or (shown.period_kind = 'cumulative' and shown.period_end in ($today, $month_end))
        )
),

chosen as (
    select * from candidates
    qualify row_number() over (
        partition by metric_id
        order by preference, case when $is_year_to_date then period_end end desc, period_end
    ) = 1
),

earlier as (
    select chosen.metric_id, old.num, old.den, old.value, old.ci_low, old.ci_high
    from chosen
    inner join {begins} as begins on chosen.metric_id = begins.metric_id
    inner join figures as old
        on
            old.metric_id = chosen.metric_id
            and old.period_kind = chosen.period_kind
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
    register.caveat_zh, register.caveat_en, cuts.levels, register.periods,
    chosen.period_kind, chosen.period_start, chosen.period_end, chosen.num, chosen.den, chosen.stat_value, chosen.value,
    chosen.is_suppressed, chosen.reason, chosen.ci_low, chosen.ci_high,
    earlier.num as earlier_num, earlier.den as earlier_den, earlier.value as earlier_value
from marts.ref_metric as register
left join chosen on register.metric_id = chosen.metric_id
left join (
    select metric_id, string_agg(distinct cast(grid_level as varchar), ' ' order by cast(grid_level as varchar)) as levels
    from marts.ref_metric_cut
    group by metric_id
) as cuts on register.metric_id = cuts.metric_id
left join earlier on register.metric_id = earlier.metric_id
-- Changes stand beside what they are of, composites where they are switched on; what has parts alone is no card.
where register.family not in ('change', 'composite') and ' ' || register.slices || ' ' like '% all %'
order by register.metric_id
