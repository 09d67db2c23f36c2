-- The register as boards need it.
select metric_id, name_zh, name_en, unit_zh, unit_en, decimals, direction, family, scale, population, subject, min_denominator,
    caveat_zh, caveat_en, cuts.levels, periods, slices, of_metric
from marts.ref_metric as register
-- A figure of a day is given down to the street, whatever levels its entry names.
left join (
    select metric_id, string_agg(distinct cast(grid_level as varchar), ' ' order by cast(grid_level as varchar)) as levels
    from marts.ref_metric_cut
    group by metric_id
) as cuts using (metric_id)
order by metric_id
