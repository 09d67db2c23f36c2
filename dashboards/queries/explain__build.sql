-- The build that a page reads. One row.
select build_id, as_of, mode, project_version, fingerprint
from marts.build_info
