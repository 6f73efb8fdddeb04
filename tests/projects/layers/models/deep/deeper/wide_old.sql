select 2 as id from {{ ref('wide', v=2) }} where 1 = {{ this.schema | length }} - {{ model.alias | length }}
