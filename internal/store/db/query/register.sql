-- A path that is valid already keeps its age and its deriver.
insert into ValidPaths (path, hash, registrationTime, deriver, narSize, ultimate, sigs, ca)
values (?, ?, ?, ?, ?, ?, ?, ?)
on conflict (path) do update set
    hash = excluded.hash, narSize = excluded.narSize, ultimate = excluded.ultimate,
    sigs = excluded.sigs, ca = excluded.ca
returning id;
