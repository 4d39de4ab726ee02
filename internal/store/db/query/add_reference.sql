insert or ignore into Refs (referrer, reference) values (?, ?);
