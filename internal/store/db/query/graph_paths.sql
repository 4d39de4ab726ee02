select id, path, deriver from ValidPaths order by id;
