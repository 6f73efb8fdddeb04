-- Question 3: where do companies become insolvent after they have borrowed?
select
    companies.city,
    count(*) as loans,
    count(*) filter (where loan_facts.insolvent_on >= loan_facts.opened_on) as defaults,
    round(count(*) filter (where loan_facts.insolvent_on >= loan_facts.opened_on)::numeric / count(*), 4) as rate
from {{ ref('loan_facts') }} as loan_facts
join {{ ref('companies') }} as companies using (company_id)
group by companies.city
