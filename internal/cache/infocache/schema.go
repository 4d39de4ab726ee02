package infocache

// schema makes the tables where they are missing. Columns and types are Nix's.
const schema = `
create table if not exists BinaryCaches (
    id            integer primary key autoincrement not null,
    url           text unique not null,
    timestamp     integer not null,
    storeDir      text not null,
    wantMassQuery integer not null,
    priority      integer not null
);
create table if not exists NARs (
    cache         integer not null,
    hashPart      text not null,
    namePart      text,
    url           text,
    compression   text,
    fileHash      text,
    fileSize      integer,
    narHash       text,
    narSize       integer,
    refs          text,
    deriver       text,
    sigs          text,
    ca            text,
    timestamp     integer not null,
    present       integer not null,
    primary key (cache, hashPart),
    foreign key (cache) references BinaryCaches(id) on delete cascade
);
create table if not exists Realisations (
    cache         integer not null,
    outputId      text not null,
    content       blob,
    timestamp     integer not null,
    primary key (cache, outputId),
    foreign key (cache) references BinaryCaches(id) on delete cascade
);
create table if not exists LastPurge (
    dummy         text primary key,
    value         integer
);
`

const (
	lastPurge    = `select value from LastPurge`
	setLastPurge = `insert or replace into LastPurge(dummy, value) values ('', ?)`
	deleteOld    = `delete from NARs where (present = 0 and timestamp < ?) or (present = 1 and timestamp < ?)`

	selectCache = `select id, storeDir, wantMassQuery, priority from BinaryCaches where url = ? and timestamp > ?`
	insertCache = `insert into BinaryCaches(url, timestamp, storeDir, wantMassQuery, priority) values (?1, ?2, ?3, ?4, ?5)
		on conflict (url) do update set timestamp = ?2, storeDir = ?3, wantMassQuery = ?4, priority = ?5 returning id`

	selectNAR = `select present, namePart, url, compression, fileHash, fileSize, narHash, narSize, refs, deriver, sigs, ca from NARs
		where cache = ? and hashPart = ? and ((present = 0 and timestamp > ?) or (present = 1 and timestamp > ?))`
	insertNAR = `insert or replace into NARs(cache, hashPart, namePart, url, compression, fileHash, fileSize, narHash, narSize, refs, deriver, sigs, ca, timestamp, present)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)
