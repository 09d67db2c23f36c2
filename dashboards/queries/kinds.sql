-- What the kinds of matter are called.
select event_kind, name_zh, name_en, is_case
from marts.ref_event_kind
order by event_kind
