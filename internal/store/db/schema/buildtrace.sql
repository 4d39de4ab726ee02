-- What content-addressed derivations were built to, as Nix keeps it since 2.35.

create table if not exists SchemaMigrations (
    migration text primary key not null
);

create table if not exists BuildTraceV3 (
    id         integer primary key autoincrement not null,
    drvPath    text not null, -- base name
    outputName text not null,
    outputPath text not null, -- full path
    signatures text           -- separated by blanks
);

create index if not exists IndexBuildTraceV3 on BuildTraceV3(drvPath, outputName);

insert or ignore into SchemaMigrations values ('20251017-ca-derivations');
