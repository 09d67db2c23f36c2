-- The register as boards need it.
select metric_id, name_zh, name_en, unit_zh, unit_en, decimals, direction, family, scale, population, subject, min_denominator,
    caveat_zh, caveat_en, levels, periods, slices, of_metric
from marts.ref_metric
order by metric_id
