delete from Refs where referrer in (select value from json_each(?));
