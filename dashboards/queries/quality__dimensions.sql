-- The dimensions of the scorecard and their formulas.
select dimension, name_zh, name_en, definition_zh, definition_en, num_zh, num_en, den_zh, den_en, unit, source_text
from marts.ref_score_dimension
where effective_to > $month_end
order by position
