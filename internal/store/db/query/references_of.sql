select reference from Refs where referrer = ?;
