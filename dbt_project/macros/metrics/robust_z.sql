{# The weeks that alert, of a relation with event_kind, grid_code, week_start, weeks_ago, value (no week missing) and the
   limits of the rule. Very high once, or high two weeks running. #}
{% macro robust_z(relation, limits) -%}
    (
        with pairs as (
            select
                this_week.event_kind, this_week.grid_code, this_week.week_start, this_week.weeks_ago, this_week.value,
                before.value as before_value
            from {{ relation }} as this_week
            cross join {{ limits }}
            inner join {{ relation }} as before
                on
                    this_week.event_kind = before.event_kind
                    and this_week.grid_code = before.grid_code
                    and before.weeks_ago > this_week.weeks_ago
                    and before.weeks_ago <= this_week.weeks_ago + {{ limits }}.baseline_weeks
        ),

        medians as (
            select event_kind, grid_code, week_start, weeks_ago, value, count(*) as weeks_n, {{ quantile('before_value', 0.5) }} as baseline
            from pairs
            group by event_kind, grid_code, week_start, weeks_ago, value
        ),

        deviations as (
            select
                medians.event_kind, medians.grid_code, medians.week_start, medians.weeks_ago, medians.value, medians.weeks_n,
                medians.baseline, {{ quantile('abs(pairs.before_value - medians.baseline)', 0.5) }} as mad
            from medians
            inner join pairs
                on
                    medians.event_kind = pairs.event_kind
                    and medians.grid_code = pairs.grid_code
                    and medians.week_start = pairs.week_start
            group by
                medians.event_kind, medians.grid_code, medians.week_start, medians.weeks_ago, medians.value, medians.weeks_n,
                medians.baseline
        ),

        scored as (
            select
                deviations.*,
                (deviations.value - deviations.baseline)
                / greatest({{ limits }}.mad_to_sd * deviations.mad, sqrt(greatest(deviations.baseline, 1.0))) as robust_z,
                deviations.value >= {{ limits }}.least_count
                and deviations.value - deviations.baseline >= {{ limits }}.least_excess as is_change,
                {{ limits }}.high_z, {{ limits }}.very_high_z, {{ limits }}.weeks_kept
            from deviations
            cross join {{ limits }}
            where deviations.weeks_n = {{ limits }}.baseline_weeks
        ),

        marked as (
            select
                *,
                is_change and robust_z >= very_high_z as is_very_high,
                is_change and robust_z >= high_z as is_high,
                coalesce(
                    lag(is_change and robust_z >= high_z) over (partition by event_kind, grid_code order by week_start), false
                ) as was_high
            from scored
        )

        select *, case when is_very_high then 'very_high' else 'high_twice' end as rule_id
        from marked
        where weeks_ago <= weeks_kept and (is_very_high or (is_high and was_high))
    )
{%- endmacro %}

{# The numbers of the rule, in one row. #}
{% macro alert_limits() -%}
select
    {{ threshold('alert_baseline_weeks') }} as baseline_weeks,
    {{ threshold('alert_high_z') }} as high_z,
    {{ threshold('alert_very_high_z') }} as very_high_z,
    {{ threshold('alert_least_count') }} as least_count,
    {{ threshold('alert_least_excess') }} as least_excess,
    {{ threshold('alert_mad_to_sd') }} as mad_to_sd,
    {{ threshold('alert_weeks_kept') }} as weeks_kept,
    {{ threshold('small_cell_max') }} as small_cell_max
{%- endmacro %}

{# What an alert says, from the CTEs of fct_alert; the number of a hidden figure is not said. #}
{% macro alert_reason_zh() -%}
    grids.name_zh || told.kind_zh || case
        when told.is_suppressed then '一周明显多于前13周,件数为保护隐私不显示'
        when told.is_baseline_hidden then '一周' || cast(told.value as varchar) || '件,明显多于前13周'
        else
            '一周' || cast(told.value as varchar) || '件,前13周中位数'
            || cast(cast(told.baseline as decimal(18, 1)) as varchar) || '件'
    end
{%- endmacro %}
{% macro alert_reason_en() -%}
    grids.name_en || ': ' || case
        when told.is_suppressed
            then told.kind_en || ' in a week, clearly more than in the 13 weeks before; the number is hidden to protect people'
        when told.is_baseline_hidden
            then cast(told.value as varchar) || ' ' || told.kind_en || ' in a week, clearly more than in the 13 weeks before'
        else
            cast(told.value as varchar) || ' ' || told.kind_en || ' in a week, median of the 13 weeks before '
            || cast(cast(told.baseline as decimal(18, 1)) as varchar)
    end
{%- endmacro %}
