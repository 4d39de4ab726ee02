select ValidPaths.path, Realisations.signatures from Realisations
join ValidPaths on ValidPaths.id = Realisations.outputPath
where Realisations.drvPath = ? and Realisations.outputName = ?;
