update BuildTraceV3 set signatures = ? where drvPath = ? and outputName = ?;
