-- class: access method, tablespace, owner
create access method ROLE_heap type table handler heap_tableam_handler;
alter table orders set access method ROLE_heap;
grant create on schema SCHEMA to ROLE_owner; grant references on states to ROLE_owner; alter table orders owner to ROLE_owner;
