-- The first path not before the hash part is the one sought, if any is.
select path from ValidPaths where path >= ? limit 1;
