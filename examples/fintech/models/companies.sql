-- Each company as its latest event describes it, in whatever order they arrived.
select distinct on (company_id)
    company_id,
    version,
    payload ->> 'name' as name,
    payload ->> 'city' as city,
    kind = 'dissolved' as is_dissolved,
    at as changed_at
from {{ source('registers', 'company_events') }}
order by company_id, version desc
