select id, path, deriver, narSize, registrationTime from ValidPaths order by id;
