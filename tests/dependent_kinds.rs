//! Every class of objects that can depend on a table: it moves to the rebuilt table with all that it had, or the
//! rebuild is refused and says what is in the way.

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project};

const ORDERS: &str = "{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}]) }}
select {{ var('id', 1) }} as id, 'new' as status";

/// One of each, with everything that can be set on it. ROLE is a role of the test's own.
const DEPENDENTS: &str = r#"
create view plain with (security_barrier, security_invoker) as select id, status from orders;
alter view plain alter column status set default 'fresh';
comment on view plain is 'a view';
comment on column plain.id is 'its key';
create rule "insert it" as on insert to plain do instead insert into orders values (new.id, new.status);
create function fire() returns trigger language plpgsql as 'begin return new; end';
create trigger updated instead of update on plain for each row execute function fire();
comment on trigger updated on plain is 'a trigger';
grant select on plain to ROLE with grant option;
grant insert (id) on plain to ROLE;

create view rigid with (check_option = local) as select orders, id from orders;
alter view rigid alter column id set default 7;
create rule "delete it" as on delete to rigid do instead delete from orders where id = old.id;
comment on rule "delete it" on rigid is 'a rule';
create trigger changed instead of insert on rigid for each row execute function fire();
grant select on rigid to public;
grant update (id) on rigid to ROLE with grant option;
revoke delete on rigid from current_user;

create materialized view "the totals" with (autovacuum_enabled = false, toast.autovacuum_enabled = false, fillfactor = 50) as
  select id, status, count(*) as n from orders group by 1, 2;
create unique index "totals key" on "the totals" (id) with (fillfactor = 60);
create index totals_expression on "the totals" ((id + n)) where n > 0;
alter index totals_expression alter column 1 set statistics 77;
comment on index "totals key" is 'an index';
alter materialized view "the totals" cluster on "totals key";
alter materialized view "the totals" replica identity full;
alter materialized view "the totals" alter column n set statistics 99;
alter materialized view "the totals" alter column n set (n_distinct = 5);
alter materialized view "the totals" alter column status set storage external;
create statistics totals_statistics on id, n from "the totals";
alter statistics totals_statistics set statistics 55;
comment on statistics totals_statistics is 'statistics';
comment on materialized view "the totals" is 'a materialized view';
grant select on "the totals" to ROLE;
grant select (n) on "the totals" to public;
create materialized view empty as select id from rigid with no data;
create view "on top" as select * from "the totals" join empty using (id);

create table audit (id int, status text, kind regclass default 'orders'::regclass);
create rule copied as on insert to audit do also insert into orders values (new.id, new.status);
alter table audit enable always rule copied;
comment on rule copied on audit is 'it copies';
create rule noted as on update to audit do also insert into rigid (id) values (new.id);
create policy known on audit as restrictive for select to ROLE using (id in (select id from orders));
create policy "both" on audit for all using (id in (select id from rigid)) with check (exists (select from orders));
comment on policy known on audit is 'a policy';
create constraint trigger checked after insert on audit from orders deferrable initially deferred for each row execute function fire();
alter table audit enable replica trigger checked;
comment on trigger checked on audit is 'a constraint trigger';
create trigger when_orders before insert on audit for each row when (new.kind = 'orders'::regclass) execute function fire();

create function newest(smallest int) returns int stable security definer set work_mem = '5MB'
  begin atomic select max(id) from orders where id > smallest; end;
comment on function newest is 'a function';
grant execute on function newest to ROLE;
create procedure add(id int) begin atomic insert into orders values (add.id, 'new'); insert into plain values (add.id + 1, 'new'); end;

create table lines (order_id int constraint "to orders" references orders (id) on delete cascade deferrable initially deferred);
comment on constraint "to orders" on lines is 'a foreign key';
create table later (order_id int);
alter table later add constraint unchecked foreign key (order_id) references orders (id) not valid;
create table parted (order_id int references orders (id)) partition by list (order_id);
create table parted_1 partition of parted for values in (1);
insert into lines values (1);
insert into parted values (1);
"#;

/// What is there besides the table itself, as the server writes it down.
const SNAPSHOT: &str = r"
with here as (select oid from pg_namespace where nspname = current_schema()),
relation as (select * from pg_class where relnamespace = (select oid from here) and relkind in ('v', 'm', 'r', 'p') and relname <> 'orders')
select 'relation' as what, relname::text || relkind::text as name, concat_ws(' ', pg_get_userbyid(relowner), coalesce(relacl, acldefault('r', relowner))::text, reloptions::text,
  (select reloptions::text from pg_class as toast where toast.oid = relation.reltoastrelid), relreplident::text, relispopulated::text, obj_description(oid, 'pg_class'), case when relkind in ('v', 'm') then pg_get_viewdef(oid) end) as state
from relation
union all select 'column', relname::text || '.' || attname, concat_ws(' ', atttypid::regtype, attacl::text, attstattarget, attoptions::text, attstorage::text, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum))
from relation join pg_attribute on attrelid = relation.oid and attnum > 0 left join pg_attrdef on adrelid = attrelid and adnum = attnum
union all select 'rule', relname::text || '.' || rulename, concat_ws(' ', ev_enabled::text, pg_get_ruledef(pg_rewrite.oid), obj_description(pg_rewrite.oid, 'pg_rewrite'))
from relation join pg_rewrite on ev_class = relation.oid
union all select 'trigger', relname::text || '.' || tgname, concat_ws(' ', tgenabled::text, pg_get_triggerdef(pg_trigger.oid), obj_description(pg_trigger.oid, 'pg_trigger'))
from relation join pg_trigger on tgrelid = relation.oid and not tgisinternal
union all select 'policy', relname::text || '.' || polname, concat_ws(' ', polcmd::text, polpermissive::text, polroles::regrole[]::text, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(pg_policy.oid, 'pg_policy'))
from relation join pg_policy on polrelid = relation.oid
union all select 'constraint', relname::text || '.' || conname, concat_ws(' ', convalidated::text, pg_get_constraintdef(pg_constraint.oid), obj_description(pg_constraint.oid, 'pg_constraint'))
from relation join pg_constraint on conrelid = relation.oid and contype <> 'n'
union all select 'index', relname::text, concat_ws(' ', pg_get_indexdef(indexrelid), indisclustered::text, indisreplident::text, obj_description(indexrelid, 'pg_class'), (select string_agg(attstattarget::text, ',') from pg_attribute where attrelid = indexrelid))
from relation join pg_index on indrelid = relation.oid
union all select 'statistics', stxname::text, concat_ws(' ', pg_get_statisticsobjdef(pg_statistic_ext.oid), stxstattarget, obj_description(pg_statistic_ext.oid, 'pg_statistic_ext'))
from relation join pg_statistic_ext on stxrelid = relation.oid
union all select 'function', proname::text, concat_ws(' ', pg_get_functiondef(oid), proacl::text, obj_description(oid, 'pg_proc'))
from pg_proc where pronamespace = (select oid from here)
union all select 'depends', concat_ws(' ', (pg_identify_object(classid, objid, objsubid)).type, (pg_identify_object(classid, objid, objsubid)).identity), deptype::text
from pg_depend where refobjid = 'orders'::regclass and refclassid = 'pg_class'::regclass and classid <> 'pg_class'::regclass and classid <> 'pg_type'::regclass
  and (pg_identify_object(classid, objid, objsubid)).identity !~ 'RI_ConstraintTrigger'
order by 1, 2, 3";

/// A role for the test, and the two parts of a project.
struct Stage {
    database: Database,
    project: Project,
    role: String,
}

impl Stage {
    fn new() -> Self {
        let mut database = Database::new();
        let project = Project::new(&database);
        let role = format!("{}_reader", database.schema);
        database.execute(&format!("create role {role}"));
        project.write("models/orders.sql", ORDERS);
        project.run_ok(&["run"]);
        Self { database, project, role }
    }

    fn execute(&mut self, sql: &str) {
        self.database.execute(&sql.replace("ROLE", &self.role));
    }

    fn snapshot(&mut self) -> Vec<String> {
        let rows = self.database.query(SNAPSHOT).unwrap().rows;
        rows.into_iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(" | ")).collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // a role without superuser rights must be a member of the other role
            self.database.execute(&format!(
                "grant {0} to current_user; drop owned by {0} cascade; drop role {0}",
                self.role
            ));
        }
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[test]
fn one_of_each_moves_with_all_that_it_had() {
    let mut stage = Stage::new();
    stage.execute(DEPENDENTS);
    stage.execute(
        "alter default privileges in schema SCHEMA grant all on tables to public"
            .replace("SCHEMA", &stage.database.schema.clone())
            .as_str(),
    );
    let before = stage.snapshot();
    stage.project.run_ok(&["run"]);
    let after = stage.snapshot();
    let changed: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(changed.is_empty() && new.is_empty(), "gone:\n{changed:#?}\nnew:\n{new:#?}");
    stage.execute("insert into audit values (2, 'copied'); insert into plain values (3, 'through the view'); call add(4)");
    let answer = stage.database.query("select count(*), newest(0) from orders").unwrap();
    assert_eq!(answer.rows, [[Cell::Int(5), Cell::Int(5)]]);
}

/// (what makes it, what the message says, what removes it)
const REFUSED: [(&str, &str, &str); 8] = [
    ("create table child () inherits (orders)", "table child", "drop table child"),
    ("create table holder (one orders)", "column one of table holder", "drop table holder"),
    (
        "create function of_row(orders) returns int language sql as 'select 1'",
        "function of_row(orders)",
        "drop function of_row",
    ),
    (
        "create table other (a int check ('orders'::regclass is not null))",
        "constraint other_check on table other",
        "drop table other",
    ),
    (
        "create table made (a int, b regclass generated always as ('orders'::regclass) stored)",
        "default value for column b of table made",
        "drop table made",
    ),
    (
        "create table found (a int); create index found_index on found ((a + 'orders'::regclass::oid::int))",
        "index found_index",
        "drop table found",
    ),
    ("create type pair as (one orders)", "column one of composite type pair", "drop type pair"),
    ("create domain row_domain as orders", "type row_domain", "drop domain row_domain"),
];

#[test]
fn what_cannot_move_is_named_and_stays() {
    let mut stage = Stage::new();
    for (make, what, remove) in REFUSED {
        stage.execute(make);
        let output = stage.project.run(&["run", "--vars", "{id: 2}"]);
        assert_eq!(output.status, 1, "{make}: {}", output.text);
        let said = output.text.replace(&format!("{}.", stage.database.schema), "");
        assert!(
            said.contains(what) && output.text.contains("cannot move to another table"),
            "{make}: {}",
            output.text
        );
        assert_eq!(stage.database.query("select id from orders").unwrap().rows, [[Cell::Int(1)]]);
        stage.execute(remove);
    }
    stage.project.run_ok(&["run", "--vars", "{id: 2}"]);
}

/// What becomes of the objects of each catalog when the table is rebuilt.
const DECISIONS: [(&str, &str); 4] = [
    ("moves", "pg_class pg_attrdef pg_constraint pg_policy pg_proc pg_rewrite pg_trigger"),
    ("refused", "pg_type pg_cast pg_operator"),
    ("belongs to the table", "pg_publication_rel pg_statistic_ext"),
    (
        "does not depend on tables",
        "pg_am pg_amop pg_amproc pg_auth_members pg_authid pg_collation pg_conversion pg_database pg_default_acl pg_enum \
         pg_event_trigger pg_extension pg_foreign_data_wrapper pg_foreign_server pg_language pg_largeobject_metadata \
         pg_namespace pg_opclass pg_opfamily pg_parameter_acl pg_publication pg_publication_namespace pg_subscription \
         pg_tablespace pg_transform pg_ts_config pg_ts_dict pg_ts_parser pg_ts_template pg_user_mapping",
    ),
];

/// A new version's catalogs need a decision.
#[test]
fn every_catalog_of_the_server_has_a_decision() {
    let mut database = Database::new();
    let catalogs = "select relname::text from pg_attribute join pg_class on pg_class.oid = attrelid
        where attname = 'oid' and relkind = 'r' and relnamespace = 'pg_catalog'::regnamespace";
    let rows = database.query(catalogs).unwrap().rows;
    let decided: Vec<&str> = DECISIONS.iter().flat_map(|(_, names)| names.split_whitespace()).collect();
    let open: Vec<String> =
        rows.iter().map(|row| text(&row[0])).filter(|name| !decided.contains(&name.as_str())).collect();
    assert!(rows.len() > 30 && open.is_empty(), "{open:?}");
}
