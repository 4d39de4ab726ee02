select referrer, reference from Refs;
