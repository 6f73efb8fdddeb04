{% set q %}select * from {{ ref('top') }}{% endset %}{{ q }}
