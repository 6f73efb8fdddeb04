-- Each case as it was published last; a file may arrive after a later one.
select distinct on (case_number)
    case_number,
    company_id,
    court,
    opened_on,
    claims,
    published
from {{ source('registers', 'insolvencies') }}
order by case_number, published desc
