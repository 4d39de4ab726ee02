-- The tables of a local store, schema version 10. Paths are full ("/nix/store/…").

-- One row a valid path.
create table if not exists ValidPaths (
    id               integer primary key autoincrement not null,
    path             text unique not null,
    hash             text not null,    -- of the NAR: "sha256:" and base16
    registrationTime integer not null, -- seconds since 1970
    deriver          text,             -- null if not known
    narSize          integer,          -- null if not known
    ultimate         integer,          -- 1 if built here, else null
    sigs             text,             -- separated by blanks
    ca               text              -- content address, null for none
);

-- One row a reference. An object may refer to itself.
create table if not exists Refs (
    referrer  integer not null,
    reference integer not null,
    primary key (referrer, reference),
    foreign key (referrer) references ValidPaths(id) on delete cascade,
    foreign key (reference) references ValidPaths(id) on delete restrict
);

create index if not exists IndexReference on Refs(reference);

-- A path's reference to itself would forbid deleting it.
create trigger if not exists DeleteSelfRefs before delete on ValidPaths
  begin
    delete from Refs where referrer = old.id and reference = old.id;
  end;

-- The outputs of valid derivations, as far as their paths are known.
create table if not exists DerivationOutputs (
    drv  integer not null,
    id   text not null, -- the output's name
    path text not null,
    primary key (drv, id),
    foreign key (drv) references ValidPaths(id) on delete cascade
);

create index if not exists IndexDerivationOutputs on DerivationOutputs(path);

-- Changes that newer versions made without a new schema version. A version that
-- finds its own name here does not ask for the database to itself.
create table if not exists SchemaMigrations (
    migration text primary key not null
);

-- Older versions had an index on Refs(referrer), which the primary key makes superfluous.
insert or ignore into SchemaMigrations values ('20260309-drop-redundant-indexreferrer');
