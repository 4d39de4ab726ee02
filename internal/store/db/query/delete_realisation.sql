delete from BuildTraceV3 where drvPath = ? and outputName = ?;
