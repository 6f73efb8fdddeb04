{{ config(fail_calc='max(id)', error_if='>5', group='makers') }}
select * from {{ ref('bottom') }} where {{ var('flag') }}
