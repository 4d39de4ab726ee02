select max(id) from ValidPaths;
