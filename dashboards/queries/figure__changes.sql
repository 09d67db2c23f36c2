-- The changes that the register defines of one metric, in one area and period.
select
    changes.metric_id, changes.name_zh, changes.name_en, changes.against, changes.adjust, changes.unit_zh, changes.unit_en,
    changes.decimals, changes.caveat_zh, changes.caveat_en, changes.direction, changes.min_denominator,
    shown.num, shown.den, shown.value, shown.reason, shown.is_small_base
from marts.ref_metric as changes
inner join marts.v_metric_display as shown on changes.metric_id = shown.metric_id
where
    changes.family = 'change' and changes.of_metric = $metric
    and shown.grid_code = $area and shown.slice_kind = 'all' and shown.basis = 'as_was'
    and shown.period_kind = $period_kind and shown.period_start = $period_start and shown.period_end = $period_end
order by changes.against desc, changes.adjust, changes.metric_id
