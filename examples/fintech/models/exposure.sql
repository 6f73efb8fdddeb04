-- Question 1: how much do companies in insolvency proceedings owe us?
select
    loan_facts.company_id,
    companies.name,
    min(loan_facts.insolvent_on) as insolvent_on,
    count(*) as loans,
    sum(loan_facts.outstanding) as outstanding
from {{ ref('loan_facts') }} as loan_facts
left join {{ ref('companies') }} as companies using (company_id)
where loan_facts.insolvent_on is not null and loan_facts.status = 'active' and not loan_facts.is_deleted_customer
group by loan_facts.company_id, companies.name
having sum(loan_facts.outstanding) > 0
