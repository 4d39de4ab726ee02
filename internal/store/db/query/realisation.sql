select outputPath, signatures from BuildTraceV3 where drvPath = ? and outputName = ?;
