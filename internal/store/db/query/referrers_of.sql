select referrer from Refs where reference = ?;
